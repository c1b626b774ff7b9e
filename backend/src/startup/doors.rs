//! Opens the front doors that the settings name.

use super::Running;
use crate::{
    config::Config,
    doors::{
        admission::{self, Admission, Admitted},
        config::DoorConfig,
        http,
        listener::{self, Connection, Listener},
        syslog,
    },
    ingest::{Door, Ingestor},
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

/// The console's, the API's and the HTTP doors' listener, bound before anything slow is begun.
pub struct Http {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
}

impl Http {
    pub fn bind(config: &Config) -> Result<Self> {
        let files = &config.http.tls;
        // A browser that is asked for a certificate asks the person: only where certificates are expected.
        let client = match files.client_ca {
            Some(_) => ClientCertificate::Welcome,
            None => ClientCertificate::Ignored,
        };
        let tls = match files.is_set() {
            true => Some(Arc::new(Tls::open(files, client, &[b"http/1.1"]).context("http.tls")?)),
            false => None,
        };
        let address = config.http.listen;
        let socket = listener::bind(address).with_context(|| {
            format!(
                "cannot listen on {address}: is another server there? Choose another with --set http.listen=127.0.0.1:7701"
            )
        })?;
        Ok(Self { socket, tls })
    }

    pub fn serve(self, running: &mut Running, router: axum::Router) -> Result<SocketAddr> {
        let address = self.socket.local_addr()?;
        let listener = listener_of(running, "http", self.socket, self.tls);
        running.tasks.push(tokio::spawn(http::serve(listener, router)));
        Ok(address)
    }
}

/// Opens every other door that the settings name.
pub async fn open(running: &mut Running) -> Result<()> {
    let config = running.config.syslog.clone();
    running.syslog = open_streams(running, Door::Syslog, &config, syslog::connection).await?;
    if let Some(address) = config.udp {
        let socket = bind_udp(address, "syslog.udp").await?;
        running.syslog.udp = Some(socket.local_addr()?);
        let datagrams = syslog::Datagrams {
            ingest: running.ingest.clone(),
            tenant: tenant_of(running, Door::Syslog, config.tenant.as_deref()).await?,
            stop: running.stop.clone(),
        };
        running.tasks.push(tokio::spawn(datagrams.serve(socket)));
    }
    Ok(())
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
            unregistered: config.tls.allow_unregistered.then_some(tenant),
        };
        bound.tls = Some(open(running, "tls.listen", address, Some(Arc::new(tls)), admission)?);
    }
    Ok(bound)
}

fn listener_of(running: &Running, door: &'static str, socket: TcpListener, tls: Option<Arc<Tls>>) -> Listener {
    Listener {
        door,
        socket,
        tls,
        limits: running.config.limits.clone(),
        refusals: running.ingest.refusals().clone(),
        stop: running.stop.clone(),
    }
}

async fn bind_udp(address: SocketAddr, key: &str) -> Result<UdpSocket> {
    UdpSocket::bind(address)
        .await
        .with_context(|| format!("{key}: cannot listen on {address}"))
}

async fn tenant_of(running: &Running, door: Door, name: Option<&str>) -> Result<TenantId> {
    let Some(name) = name else {
        return Ok(running.tenant.clone());
    };
    let known = identity::tenants(&running.db).await?;
    let named = known.into_iter().find(|tenant| tenant.as_str() == name);
    named.with_context(|| format!("{}.tenant: there is no tenant `{name}`", door.as_str()))
}
