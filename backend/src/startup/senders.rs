//! The doors of senders that speak gRPC or OTLP, and of files.

use super::{Running, listen_on};
use crate::{
    api,
    follow::{Followed, Follower, checkpoint::Checkpoints},
    grpc::{self, GrpcDoor},
    sensors::Sensors,
    store::identity,
};
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::runtime::Handle;
use watchfloor_shared::TenantId;

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
        let listener = listen_on("grpc.listen", address).await?;
        running.senders.grpc = Some(listener.local_addr()?);
        let router = grpc::router(&GrpcDoor {
            db: running.db.clone(),
            ingest: running.ingest.clone(),
            sensors: running.senders.sensors.clone(),
            clock: running.clock.clone(),
            stop: running.stop.clone(),
        });
        let served = grpc::serve(listener, router, running.stop.clone());
        running.tasks.push(tokio::spawn(served));
    }
    if let Some(address) = running.config.otlp.http {
        let listener = listen_on("otlp.http", address).await?;
        running.senders.otlp = Some(listener.local_addr()?);
        let served = super::serve(listener, api::otlp_router(state.clone()), running.stop.clone());
        running.tasks.push(tokio::spawn(served));
    }
    follow(running).await
}

async fn follow(running: &mut Running) -> Result<()> {
    let mut followed = Vec::new();
    for config in running.config.follow.clone() {
        let tenant = match &config.tenant {
            None => running.tenant.clone(),
            Some(name) => tenant(running, name).await?,
        };
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

async fn tenant(running: &Running, name: &str) -> Result<TenantId> {
    let known = identity::tenants(&running.db).await?;
    let named = known.into_iter().find(|tenant| tenant.as_str() == name);
    named.with_context(|| format!("follow.tenant: there is no tenant `{name}`"))
}
