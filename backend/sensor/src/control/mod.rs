//! The control call: commands of the server in, what became of them out. It goes out from here, so it works behind NAT.
//!
//! Invariant: commands are done one after the other, in the order in which they come, each once; nothing is run but what a
//! command of the closed set means.

mod desk;
mod diagnostics;
mod ledger;
pub mod live;

pub use desk::{Desk, Foreign};
pub use diagnostics::Told;

use crate::{clock, config::ServerConfig, ship};
use anyhow::{Context, bail};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{interval, sleep, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use watchfloor_protocol::{
    IDLE_SECONDS_MAX, MESSAGE_BYTES_MAX,
    v1::{
        CommandResult, ControlHello, ControlReport, control_report::Report, sensor_service_client::SensorServiceClient,
    },
};

const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
const SAY_EVERY: Duration = Duration::from_secs(IDLE_SECONDS_MAX / 4);
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A call that lasted for so long was a good one.
const GOOD_AFTER: Duration = Duration::from_secs(5);
/// Changes of captures come in groups.
const GATHER: Duration = Duration::from_millis(100);

/// Until it is told to stop.
pub async fn run(config: ServerConfig, desk: Arc<Desk>, mut stopped: watch::Receiver<bool>) {
    let mut pause = PAUSE_MIN;
    while !*stopped.borrow() {
        let began = clock::now();
        let ended = tokio::select! {
            ended = call(&config, &desk) => ended,
            _ = stopped.changed() => return,
        };
        if clock::now().since(began) > GOOD_AFTER {
            pause = PAUSE_MIN;
        }
        let wait = pause.mul_f64(0.5 + StdRng::from_os_rng().random::<f64>());
        if let Err(error) = ended {
            tracing::warn!(wait_ms = wait.as_millis() as u64, "no commands can be had: {error:#}");
        }
        tokio::select! {
            () = sleep(wait) => {}
            _ = stopped.changed() => {}
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

type Doing = JoinHandle<Result<CommandResult, Foreign>>;

/// One call, until it ends.
async fn call(config: &ServerConfig, desk: &Arc<Desk>) -> anyhow::Result<()> {
    let channel = ship::channel(config).await?;
    desk.shared().look_towards(&config.address).await;
    let mut client = SensorServiceClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let (reports, outgoing) = mpsc::channel(4);
    say(&reports, Report::Hello(hello(desk).await?)).await?;
    say(&reports, Report::Captures(desk.captures().states())).await?;
    let mut commands = timeout(
        ANSWER_WAIT_MAX,
        client.control(Request::new(ReceiverStream::new(outgoing))),
    )
    .await
    .context("the server does not answer")?
    .map_err(|status| anyhow::anyhow!("{}: {}", status.code(), status.message()))?
    .into_inner();
    tracing::info!(server = config.address, "takes commands");
    let mut says = interval(SAY_EVERY);
    says.reset();
    let mut doing: Option<Doing> = None;
    loop {
        tokio::select! {
            command = commands.message() => {
                let command = command.map_err(|status| anyhow::anyhow!("{}: {}", status.code(), status.message()))?;
                let Some(command) = command else { bail!("the server ended the call") };
                if doing.is_some() {
                    bail!("the server gave a command while another is being done");
                }
                let desk = Arc::clone(desk);
                // Goes on when this call breaks off; the next one asks for its result.
                doing = Some(tokio::task::spawn_blocking(move || desk.answer(command)));
            }
            done = done(&mut doing) => {
                doing = None;
                say(&reports, Report::Result(done??)).await?;
            }
            () = desk.captures().changed() => {
                sleep(GATHER).await;
                say(&reports, Report::Captures(desk.captures().states())).await?;
            }
            _ = says.tick() => say(&reports, Report::Captures(desk.captures().states())).await?,
        }
    }
}

/// Waits for what is being done, for ever while nothing is.
async fn done(doing: &mut Option<Doing>) -> Result<Result<CommandResult, Foreign>, tokio::task::JoinError> {
    match doing {
        Some(doing) => doing.await,
        None => std::future::pending().await,
    }
}

async fn hello(desk: &Arc<Desk>) -> anyhow::Result<ControlHello> {
    let desk = Arc::clone(desk);
    // A command that is still being done is waited for.
    Ok(tokio::task::spawn_blocking(move || desk.hello()).await?)
}

async fn say(reports: &mpsc::Sender<ControlReport>, report: Report) -> anyhow::Result<()> {
    let report = ControlReport { report: Some(report) };
    timeout(ANSWER_WAIT_MAX, reports.send(report))
        .await
        .context("the server takes nothing")?
        .context("the server ended the call")
}
