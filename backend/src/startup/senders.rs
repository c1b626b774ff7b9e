//! The doors of senders that speak gRPC or OTLP, and of files.

use super::{
    Running,
    doors::{http_tls, listener_of, tenant_of},
};
use crate::{
    api,
    doors::{http, listener},
    follow::{Followed, Follower, checkpoint::Checkpoints},
    grpc::{self, GrpcDoor},
    ingest::Door,
    sensors::Sensors,
};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::runtime::Handle;

/// Where they listen, and whom they heard.
#[derive(Default)]
pub struct Senders {
    pub sensors: Sensors,
    pub grpc: Option<SocketAddr>,
    pub otlp: Option<SocketAddr>,
}

/// Listens where the settings say so, and follows the files that they name.
pub(super) async fn open(running: &mut Running, state: &api::AppState) -> Result<()> {
    if let Some(address) = running.config.grpc.listen {
        let socket = listener::bind(address).with_context(|| format!("grpc.listen: cannot listen on {address}"))?;
        running.senders.grpc = Some(socket.local_addr()?);
        let router = grpc::router(&GrpcDoor {
            db: running.db.clone(),
            ingest: running.ingest.clone(),
            sensors: running.senders.sensors.clone(),
            clock: running.clock.clone(),
            stop: running.stop.clone(),
        });
        let listener = listener_of(running, "grpc", socket, http_tls(&running.config, b"h2")?);
        let served = grpc::serve(listener, router);
        running.tasks.push(tokio::spawn(served));
    }
    if let Some(address) = running.config.otlp.http {
        let socket = listener::bind(address).with_context(|| format!("otlp.http: cannot listen on {address}"))?;
        running.senders.otlp = Some(socket.local_addr()?);
        let listener = listener_of(running, "otlp", socket, http_tls(&running.config, b"http/1.1")?);
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
