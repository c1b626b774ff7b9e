//! The broker dies while events come in.

use super::{batch, drained, expected, on_kafka, said, start};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor::{ingest::RawLine, startup::Running};
use watchfloor_tests::{
    fixtures::{self, lines},
    kafka::{Kafka, state},
    product,
};

const ROUNDS: usize = 2;
const AWAY: Duration = Duration::from_secs(4);
const RETRY_FOR: Duration = Duration::from_secs(120);

/// Ends it as a machine does that loses its power.
fn kill(state: &Path) {
    let text = std::fs::read_to_string(state.join("server.pid")).unwrap();
    let pid = text.split_whitespace().next().unwrap();
    assert!(pid.parse::<u32>().is_ok_and(|pid| pid > 1), "{text}");
    assert!(Command::new("kill").args(["-KILL", pid]).status().unwrap().success());
}

async fn start_again() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let started = tokio::process::Command::new(cargo)
        .args(["xtask", "services", "up", "kafka"])
        .current_dir(fixtures::root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(started.await.unwrap().success(), "the broker does not start again");
}

/// What a sender does: what was refused is sent again.
async fn send(running: &Running, lines: &[RawLine]) -> u32 {
    let begun = Instant::now();
    let mut refused = 0;
    while let Err(error) = running.ingest.submit(batch(running, lines)).await {
        refused += 1;
        assert!(begun.elapsed() < RETRY_FOR, "{error}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_and_comes_back_loses_nothing_and_doubles_nothing() {
    let Some(state) = state() else { return };
    let lines = lines(8_000);
    let expected = expected(&lines).await;
    let (dir, kafka) = (product::folder(), Kafka::apart());
    let running = start(on_kafka(dir.path(), &kafka)).await;
    let senders = async {
        let mut refused = 0;
        for lines in lines.chunks(50) {
            refused += send(&running, lines).await;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        refused
    };
    let faults = async {
        for _ in 0..ROUNDS {
            tokio::time::sleep(AWAY).await;
            kill(&state);
            tokio::time::sleep(AWAY).await;
            start_again().await;
        }
        Instant::now()
    };
    let (refused, back) = tokio::join!(senders, faults);
    drained(&running).await;
    println!(
        "{refused} batches refused; done {:.1} s after the broker was back",
        back.elapsed().as_secs_f64()
    );
    assert_eq!(said(&running).await, expected);
    running.stop().await;
}
