//! `watchfloor demo`: a server in a folder of its own, an intrusion unfolding in it, this machine beside it, a link that signs
//! you in.

mod host;
mod perimeter;

use super::{SettingsArguments, client, replay, serve, simulate::ScenarioArguments, terminal};
use crate::{
    clock::Clock,
    config::Config,
    identity::token,
    ingest::{BatchOrigin, Door},
    replay::{Plan, Sink, feed, pace::Speed},
    startup::{self, Doors, Running},
    store::identity::{Member, accounts, one_time_links},
};
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};
use watchfloor_shared::{Timestamp, alert::AlertFilter, identity::Role};

const LINK_LIFETIME: Duration = Duration::from_secs(3_600);
/// The intrusion began this long ago when the demo starts, and is caught up with at this speed: the story unfolds before your
/// eyes and ends in the present.
const STORY: Duration = Duration::from_secs(9 * 60);
const STORY_SPEED: f64 = 30.0;
const SMOKE_WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Args)]
pub struct DemoArguments {
    /// Port on loopback
    #[arg(long, default_value_t = 7700)]
    port: u16,
    /// Also replay this recording; may be given several times
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,
    #[command(flatten)]
    scenario: ScenarioArguments,
    /// Leave this machine itself off the screen
    #[arg(long)]
    no_sensor: bool,
    /// End with status 0 when the first alert is there, with 1 when none comes within a minute
    #[arg(long)]
    smoke: bool,
}

pub async fn run(settings: &SettingsArguments, arguments: &DemoArguments) -> Result<ExitCode> {
    let mut config = settings.load()?;
    let temporary = match settings.data_dir {
        Some(_) => None,
        None => Some(TemporaryFolder::make(&mut config)?),
    };
    config.http.listen.set_port(arguments.port);
    if config.grpc.listen.is_none() {
        config.grpc.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    if config.log.filter == "info" {
        config.log.filter = "warn".to_owned();
    }
    serve::log(&config)?;
    let clock = Clock::system();
    terminal::say("Starting: event bus, PostgreSQL, search index, pipeline …");
    let mut end = serve::End::listen()?;
    let running = startup::start(config, clock.clone(), Doors::Open).await?;
    client::leave_address(&running).await?;
    perimeter::found(&running).await?;
    welcome(&running, arguments).await?;
    let sensor = match arguments.no_sensor {
        true => None,
        false => host::watch(&running).await,
    };
    let now = clock.now();
    let story = async {
        let told = tell(&running, arguments, now);
        tokio::try_join!(told, perimeter::watch(&running, arguments.scenario.seed())).map(|_| ())
    };
    let outcome = if arguments.smoke {
        tokio::select! {
            alert = first_alert(&running) => alert,
            told = story => told.and_then(|()| bail!("the story ended without an alert")),
        }
    } else {
        tokio::select! {
            () = end.come() => Ok(()),
            never = async { tell_to_the_end(story).await } => never,
        }
    };
    terminal::say("Stopping …");
    client::remove_address(&running).await;
    if let Some(sensor) = sensor {
        sensor.stop().await;
    }
    running.stop().await;
    drop(temporary);
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Says where to look. The demo's person has a password nobody knows: the link is the way in.
async fn welcome(running: &Running, arguments: &DemoArguments) -> Result<()> {
    let person = demo_person(running).await?;
    let link = one_time_links::issue(&running.db, &person, LINK_LIFETIME).await?;
    let url = running.url();
    let recording = match arguments.input.len() {
        0 => String::new(),
        _ => ", and your recordings after it".to_owned(),
    };
    terminal::say(format!(
        "\nWatchfloor is running. Open this link; it signs you in once:\n\n  {url}/sign-in?token={}\n\n\
         An intrusion in seven stages is unfolding among office work on {} simulated hosts{recording}.\n\
         Look first at:\n\
         \u{20} 1. Alerts, sorted by severity: open the first critical one and press j and k to move.\n\
         \u{20} 2. Its process tree: how the document became a shell, and the shell a memory dump.\n\
         \u{20} 3. Hunt: process.command_line:*-enc* — then click a value to narrow down.\n\
         \u{20} 4. Live map: who knocks at its three sites.\n\
         \u{20} 5. Pipeline: every event accounted for.\n\n\
         Ctrl-C ends it and leaves nothing behind.\n",
        link.reveal(),
        arguments.scenario.hosts(),
    ));
    Ok(())
}

/// A person for this one demo, with a password that nobody knows.
async fn demo_person(running: &Running) -> Result<Member> {
    let email = format!("demo-{}@watchfloor.invalid", token::random_id());
    let password = token::generate();
    let made = accounts::create_account(
        &running.db,
        &running.tenant,
        "Demo analyst",
        &email,
        &password,
        Role::Owner,
    );
    Ok(made.await?)
}

/// The intrusion up to now, quickly; then the recordings; then office work in real time.
async fn tell(running: &Running, arguments: &DemoArguments, now: Timestamp) -> Result<()> {
    let start = now.saturating_sub(STORY);
    let story = Sink::Local {
        ingest: running.ingest.clone(),
        tenant: running.tenant.clone(),
        door: Door::Simulator,
        origin: BatchOrigin::default(),
    };
    let plan = Plan {
        speed: Speed::Times(STORY_SPEED),
        ..Plan::default()
    };
    feed(arguments.scenario.lines_between(start, now)?, &plan, &story, |_| ()).await?;
    if !arguments.input.is_empty() {
        let recordings = Sink::Local {
            ingest: running.ingest.clone(),
            tenant: running.tenant.clone(),
            door: Door::File,
            origin: BatchOrigin::default(),
        };
        replay::files(&arguments.input, &Plan::default(), &recordings).await?;
    }
    let plan = Plan {
        speed: Speed::Times(1.0),
        from: Some(now),
        to: None,
    };
    feed(
        arguments.scenario.lines_between(start, Timestamp::MAX)?,
        &plan,
        &story,
        |_| (),
    )
    .await?;
    Ok(())
}

/// The demo goes on after its story; only a fault in it ends the wait.
async fn tell_to_the_end(story: impl Future<Output = Result<()>>) -> Result<()> {
    story.await?;
    std::future::pending().await
}

async fn first_alert(running: &Running) -> Result<()> {
    let until = tokio::time::Instant::now() + SMOKE_WAIT_MAX;
    while tokio::time::Instant::now() < until {
        let mut tx = running.db.tenant(&running.tenant).await?;
        let facets = crate::store::alerts::facets(&mut tx, &AlertFilter::default()).await?;
        tx.commit().await?;
        if facets.matching > 0 {
            terminal::say(format!(
                "First alert after {:.1} s.",
                SMOKE_WAIT_MAX.as_secs_f64() - (until - tokio::time::Instant::now()).as_secs_f64()
            ));
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("no alert within {} s", SMOKE_WAIT_MAX.as_secs())
}

/// Gone when dropped.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn make(config: &mut Config) -> Result<Self> {
        let path = std::env::temp_dir().join(format!("watchfloor-demo-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("cannot make {}", path.display()))?;
        config.data_dir.clone_from(&path);
        Ok(Self(path))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            terminal::say(format!("{} is left behind: {error}", self.0.display()));
        }
    }
}
