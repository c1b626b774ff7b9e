//! The doors of senders that speak gRPC or OTLP, and of files.

use super::{
    Running,
    doors::{http_tls, listener_of, tenant_of},
};
use crate::{
    api,
    clock::Clock,
    config::Config,
    doors::{http, listener},
    follow::{Followed, Follower, checkpoint::Checkpoints},
    grpc::{self, GrpcDoor},
    identity::certificate::fingerprint,
    ingest::Door,
    pki::Authority,
    roles::Role,
    sensors::{HeldCredentials, Influx, Reached, Sensors},
    tls::{self, ClientCertificate, Tls, TlsFiles},
};
use anyhow::{Context, Result};
use std::{net::SocketAddr, sync::Arc};
use tokio::runtime::Handle;
use watchfloor_shared::Timestamp;

/// Where they listen, and whom they heard.
pub struct Senders {
    pub sensors: Sensors,
    /// What they were let in with.
    pub held: HeldCredentials,
    pub grpc: Option<SocketAddr>,
    pub otlp: Option<SocketAddr>,
}

impl Senders {
    /// Beside other processes where the database is shared.
    pub(super) fn listening(now: Timestamp, is_shared: bool) -> Self {
        Self {
            sensors: match is_shared {
                true => Sensors::listening_for_others(now),
                false => Sensors::listening(now),
            },
            held: HeldCredentials::default(),
            grpc: None,
            otlp: None,
        }
    }
}

/// Sensors' figures to InfluxDB, where one is named.
pub(super) fn record(running: &mut Running) -> Result<()> {
    let (config, roles) = (&running.config.influxdb, &running.config.roles);
    if !config.is_set() || !(roles.has(Role::Ingest) || roles.has(Role::Api)) {
        return Ok(());
    }
    let influx = Influx::open(config, running.stop.clone())?;
    let sensors = running.senders.sensors.clone();
    sensors.record(influx.clone());
    if roles.has(Role::Ingest) {
        let says = influx.follow(sensors, running.db.clone(), running.clock.clone(), running.stop.clone());
        running.tasks.push(tokio::spawn(says));
    }
    Ok(())
}

/// Who signs sensors' certificates.
pub(super) fn authority(config: &Config, clock: &Clock) -> Result<Authority> {
    let authority = match config.sensors.authority() {
        Some(files) => Authority::open(&files),
        None => Authority::own(&config.data_dir, clock.now()),
    };
    authority.context("the sensors' authority")
}

/// The files of the gRPC listener's certificate: those of `http.tls`, or made for the names by which sensors reach it. None
/// where it speaks without TLS.
fn grpc_files(running: &Running, authority: &Authority) -> Result<Option<TlsFiles>> {
    let (http, names) = (&running.config.http.tls, &running.config.sensors.server_names);
    match (http.is_set(), names.is_empty()) {
        (true, _) => Ok(Some(http.clone())),
        (false, true) => Ok(None),
        (false, false) => {
            let files = authority.server_files(&running.config.data_dir, names, running.clock.now());
            Ok(Some(files.context("the certificate of sensors.server_names")?))
        }
    }
}

/// What sensors are told to call.
fn address(config: &Config, bound: SocketAddr) -> String {
    let host = config.sensors.server_names.first().cloned().or_else(|| {
        let (_, rest) = config.http.public_url.as_deref()?.split_once("://")?;
        let authority = rest.split('/').next()?;
        Some(
            authority
                .rsplit_once(':')
                .map_or(authority, |(host, _)| host)
                .to_owned(),
        )
    });
    let host = host.unwrap_or_else(|| bound.ip().to_string());
    let host = match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]"),
        false => host,
    };
    let made = || format!("https://{host}:{}", bound.port());
    config.sensors.address.clone().unwrap_or_else(made)
}

/// TLS of the gRPC listener. Any certificate may be shown there: whom it speaks for is asked of the store.
fn grpc_tls(running: &Running, state: &api::AppState, bound: SocketAddr) -> Result<Option<Arc<Tls>>> {
    let authority = state.enrolment.authority();
    let Some(files) = grpc_files(running, authority)? else {
        return Ok(None);
    };
    let also = Some(authority.certificate().clone());
    let tls = Tls::open_with(&files, ClientCertificate::Welcome, also, &[b"h2"]).context("grpc")?;
    if let Some(certificate) = &files.certificate {
        let anchor = tls::anchor(certificate).context("grpc")?;
        state.enrolment.is_reached_at(Reached {
            address: address(&running.config, bound),
            fingerprint: fingerprint(&anchor),
        });
    }
    Ok(Some(Arc::new(tls)))
}

/// Listens where the settings say so, and follows the files that they name.
pub(super) async fn open(running: &mut Running, state: &api::AppState) -> Result<()> {
    if let Some(address) = running.config.grpc.listen {
        let socket = listener::bind(address).with_context(|| format!("grpc.listen: cannot listen on {address}"))?;
        let bound = socket.local_addr()?;
        running.senders.grpc = Some(bound);
        let router = grpc::router(&GrpcDoor {
            db: running.db.clone(),
            ingest: running.ingest.clone(),
            sensors: running.senders.sensors.clone(),
            enrolment: state.enrolment.clone(),
            held: running.senders.held.clone(),
            clock: running.clock.clone(),
            stop: running.stop.clone(),
        });
        let tls = grpc_tls(running, state, bound)?;
        let listener = listener_of(running, "grpc", socket, tls);
        let served = grpc::serve(listener, router);
        let board = running.senders.sensors.switchboard().clone();
        let followed = board.follow(running.db.clone(), running.stop.clone());
        running.tasks.extend([tokio::spawn(served), tokio::spawn(followed)]);
    }
    if let Some(address) = running.config.otlp.http {
        let socket = listener::bind(address).with_context(|| format!("otlp.http: cannot listen on {address}"))?;
        running.senders.otlp = Some(socket.local_addr()?);
        let tls = http_tls(&running.config, state.enrolment.authority(), b"http/1.1")?;
        let listener = listener_of(running, "otlp", socket, tls);
        let served = http::serve(listener, api::otlp_router(state.clone()));
        running.tasks.push(tokio::spawn(served));
    }
    follow(running).await
}

async fn follow(running: &mut Running) -> Result<()> {
    let mut followed = Vec::new();
    for config in running.config.follow.clone() {
        let tenant = tenant_of(running, Door::Follow, config.tenant.as_deref()).await?;
        followed.push(Followed { config, tenant });
    }
    if followed.is_empty() {
        return Ok(());
    }
    let follower = Follower {
        ingest: running.ingest.clone(),
        clock: running.clock.clone(),
        stop: running.stop.clone(),
        checkpoints: Checkpoints::new(&running.config.data_dir).context("follow: checkpoints")?,
        followed,
    };
    let runtime = Handle::current();
    let thread = std::thread::Builder::new().name("follow".to_owned()).spawn(move || {
        if let Err(error) = follower.run(&runtime) {
            tracing::error!(%error, "files are not followed");
        }
    })?;
    running.workers.push(thread);
    Ok(())
}
