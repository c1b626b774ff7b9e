//! Opens the front doors that the settings name.

use super::Running;
use crate::{
    config::Config,
    doors::{
        admission::{self, Admission, Admitted},
        config::DoorConfig,
        gelf, http,
        listener::{self, Connection, Listener},
        lumberjack, syslog,
        unanswered::{Datagrams, Protocol, Reading},
    },
    ingest::{Door, Ingestor},
    pki::Authority,
    store::identity,
    tls::{ClientCertificate, Tls},
};
use anyhow::{Context, Result};
use std::{future::Future, net::SocketAddr, sync::Arc};
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;
use watchfloor_shared::TenantId;

/// Where a door listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bound {
    pub tcp: Option<SocketAddr>,
    pub tls: Option<SocketAddr>,
    pub udp: Option<SocketAddr>,
}

/// Where the doors with listeners of their own are.
#[derive(Debug, Clone, Copy, Default)]
pub struct BoundDoors {
    pub syslog: Bound,
    pub lumberjack: Bound,
    pub gelf: Bound,
}

/// The console's, the API's and the HTTP doors' listener, bound before anything slow is begun.
pub struct Http {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
}

impl Http {
    pub fn bind(config: &Config, sensors: &Authority) -> Result<Self> {
        let tls = http_tls(config, sensors, b"http/1.1")?;
        let address = config.http.listen;
        let socket = listener::bind(address).with_context(|| {
            format!(
                "cannot listen on {address}: is another server there? Choose another with --set http.listen=127.0.0.1:7701"
            )
        })?;
        Ok(Self { socket, tls })
    }

    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }

    pub fn serve(self, running: &mut Running, router: axum::Router) -> Result<SocketAddr> {
        let address = self.address()?;
        let listener = listener_of(running, "http", self.socket, self.tls);
        running.tasks.push(tokio::spawn(http::serve(listener, router)));
        Ok(address)
    }
}

/// TLS as `http.tls` has it, for whichever protocol is spoken over it.
pub(super) fn http_tls(config: &Config, sensors: &Authority, protocol: &[u8]) -> Result<Option<Arc<Tls>>> {
    let files = &config.http.tls;
    // A browser that is asked for a certificate asks the person: only where certificates are expected.
    let client = match files.client_ca {
        Some(_) => ClientCertificate::Welcome,
        None => ClientCertificate::Ignored,
    };
    Ok(match files.is_set() {
        true => {
            let also = Some(sensors.certificate().clone());
            let tls = Tls::open_with(files, client, also, &[protocol]).context("http.tls")?;
            Some(Arc::new(tls))
        }
        false => None,
    })
}

/// Opens every other door that the settings name.
pub async fn open(running: &mut Running) -> Result<()> {
    let (syslog, gelf) = (running.config.syslog.clone(), running.config.gelf.clone());
    let lumberjack = DoorConfig::from(running.config.lumberjack.clone());
    running.doors = BoundDoors {
        syslog: open_streams(running, Door::Syslog, &syslog, syslog::connection).await?,
        lumberjack: open_streams(running, Door::Lumberjack, &lumberjack, lumberjack::connection).await?,
        gelf: open_streams(running, Door::Gelf, &gelf, gelf::connection).await?,
    };
    running.doors.syslog.udp = open_datagrams(running, syslog::PROTOCOL, &syslog, syslog::Datagram).await?;
    running.doors.gelf.udp = open_datagrams(running, gelf::PROTOCOL, &gelf, gelf::Datagrams::default()).await?;
    Ok(())
}

async fn open_datagrams(
    running: &mut Running,
    protocol: Protocol,
    config: &DoorConfig,
    reading: impl Reading,
) -> Result<Option<SocketAddr>> {
    let Some(address) = config.udp else { return Ok(None) };
    let socket = UdpSocket::bind(address)
        .await
        .with_context(|| format!("{}.udp: cannot listen on {address}", protocol.door.as_str()))?;
    let bound = socket.local_addr()?;
    let datagrams = Datagrams {
        protocol,
        ingest: running.ingest.clone(),
        tenant: tenant_of(running, protocol.door, config.tenant.as_deref()).await?,
        stop: running.stop.clone(),
    };
    running.tasks.push(tokio::spawn(datagrams.serve(socket, reading)));
    Ok(Some(bound))
}

/// The plain and the TLS listener of a door, each with the same way to serve a connection.
async fn open_streams<S, F>(running: &mut Running, door: Door, config: &DoorConfig, serve: S) -> Result<Bound>
where
    S: Fn(Ingestor, Connection, Admitted, CancellationToken) -> F + Copy + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let mut bound = Bound::default();
    let tenant = tenant_of(running, door, config.tenant.as_deref()).await?;
    let open = |running: &mut Running, key: &str, address, tls, admission| -> Result<SocketAddr> {
        let socket =
            listener::bind(address).with_context(|| format!("{}.{key}: cannot listen on {address}", door.as_str()))?;
        let bound = socket.local_addr()?;
        let (listener, ingest) = (listener_of(running, door.as_str(), socket, tls), running.ingest.clone());
        let serve = move |connection, admitted, end| serve(ingest.clone(), connection, admitted, end);
        running
            .tasks
            .push(tokio::spawn(admission::serve(listener, admission, serve)));
        Ok(bound)
    };
    if let Some(address) = config.tcp {
        bound.tcp = Some(open(running, "tcp", address, None, Admission::Anyone(tenant.clone()))?);
    }
    if let Some(address) = config.tls.listen {
        let client = match config.tls.allow_unregistered {
            true => ClientCertificate::Welcome,
            false => ClientCertificate::Required,
        };
        let files = config.tls.files(&running.config.http.tls);
        let tls = Tls::open(&files, client, &[]).with_context(|| format!("{}.tls", door.as_str()))?;
        let admission = Admission::Registered {
            db: running.db.clone(),
            held: running.senders.held.clone(),
            unregistered: config.tls.allow_unregistered.then_some(tenant),
        };
        bound.tls = Some(open(running, "tls.listen", address, Some(Arc::new(tls)), admission)?);
    }
    Ok(bound)
}

pub(super) fn listener_of(
    running: &Running,
    door: &'static str,
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
) -> Listener {
    Listener {
        door,
        socket,
        tls,
        limits: running.config.limits.clone(),
        refusals: running.ingest.refusals().clone(),
        stop: running.stop.clone(),
    }
}

pub(super) async fn tenant_of(running: &Running, door: Door, name: Option<&str>) -> Result<TenantId> {
    let Some(name) = name else {
        return Ok(running.tenant.clone());
    };
    let known = identity::tenants(&running.db).await?;
    let named = known.into_iter().find(|tenant| tenant.as_str() == name);
    named.with_context(|| format!("{}.tenant: there is no tenant `{name}`", door.as_str()))
}
