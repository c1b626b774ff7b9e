//! `watchfloor serve`.

use super::{SettingsArguments, client, terminal};
use crate::{
    clock::Clock,
    config::{Config, LogFormat},
    roles::{Role, Roles},
    startup::{self, Doors, Running},
    store::identity,
};
use anyhow::Result;
use clap::Args;
use std::{process::ExitCode, time::Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing_subscriber::EnvFilter;

#[derive(Args)]
pub struct ServeArguments {
    /// What this process does: `all`, or some of ingest, aggregate, normalize, join, index, detect, infer, alert and api
    #[arg(long, value_name = "LIST")]
    role: Option<Roles>,
}

pub async fn run(settings: &SettingsArguments, arguments: &ServeArguments) -> Result<ExitCode> {
    let mut settings = settings.clone();
    let roles = arguments
        .role
        .iter()
        .map(|roles| ("roles".to_owned(), roles.to_string()));
    settings.set.extend(roles);
    let config = settings.load()?;
    log(&config)?;
    let mut end = End::listen()?;
    let started = Instant::now();
    tracing::info!(config = %serde_json::to_string(&config)?, "settings");
    let running = startup::start(config, Clock::system(), Doors::Open).await?;
    client::leave_address(&running).await?;
    let part = match &running.config.roles {
        roles if roles.is_all() => String::new(),
        roles => format!(" ({roles})"),
    };
    terminal::say(format!(
        "Watchfloor{part} is ready at {} after {:.1} s",
        running.url(),
        started.elapsed().as_secs_f64()
    ));
    if running.config.roles.has(Role::Api) {
        greet(&running).await?;
    }
    end.come().await;
    terminal::say("Stopping …");
    client::remove_address(&running).await;
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// While nobody has an account, the link to make the owner's.
async fn greet(running: &Running) -> Result<()> {
    if let Some(token) = identity::issue_setup_token(&running.db, &running.tenant).await? {
        terminal::say("Nobody has an account yet. Make yours with this link; it works once and for 24 hours:");
        terminal::say(format!("  {}/setup?token={}", running.url(), token.reveal()));
    }
    Ok(())
}

/// Logs to standard error as the settings say.
pub fn log(config: &Config) -> Result<()> {
    let filter = EnvFilter::try_new(&config.log.filter)
        .map_err(|error| anyhow::anyhow!("log.filter {:?}: {error}", config.log.filter))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let outcome = match config.log.format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    outcome.map_err(|error| anyhow::anyhow!("logging: {error}"))
}

/// Ctrl-C or a polite kill. Listened for from before the start, so that one that comes while stores open ends the product in
/// order as well.
pub struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    pub fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub async fn come(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
