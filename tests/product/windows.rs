//! Windows in the pipeline: the same recording gives the same windows and scores at any speed and across `kill -9`, and alerts
//! with what carried them.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use watchfloor::{
    bus::TopicPartition,
    clock::Clock,
    ingest::header,
    pipeline::topology::topic,
    replay::{Plan, pace::Speed},
    startup::{self, Doors, Running},
};
use watchfloor_engine::{alert::Detection, graph::Platform, inference::DATASET};
use watchfloor_shared::{
    alert::{DetectionSource, Severity},
    search::EventHit,
};
use watchfloor_tests::{
    fixtures::recording,
    onnx::{Answer, is_there, put},
    product,
};

const RECORDING: &str = "data/train/windows/otrf/lateral_movement/empire_psexec_dcerpc_tcp_svcctl.jsonl.zst";
const CHILD: &str = "WATCHFLOOR_TEST_WINDOWS_CHILD";
const ROUNDS: u32 = 6;

async fn start(dir: &Path) -> Running {
    let mut config = product::config(&dir.join("data"));
    let models = dir.join("models");
    // Every window is an alert, of high severity.
    put(&models, Platform::Windows, "1", Answer::Odds(2.0)).unwrap();
    config.infer.enabled = true;
    config.infer.models = Some(models);
    startup::start(config, Clock::system(), Doors::Closed).await.unwrap()
}

/// What the models said.
#[derive(Debug, PartialEq)]
struct Said {
    /// An alert stage folds some of them.
    detections: Vec<Detection>,
    /// Endpoint, time and score of every window, as search finds them.
    scores: BTreeSet<String>,
}

async fn said(running: &Running) -> Said {
    let hits = product::hits(running).await;
    let scores = hits.iter().filter(|hit| hit.source["event"]["dataset"] == DATASET);
    let score = |hit: &EventHit| {
        let (host, window) = (&hit.source["host"]["id"], &hit.source["event"]);
        format!(
            "{host} {} {} {}",
            window["start"], window["end"], hit.source["inference"]["attack_prob"]
        )
    };
    Said {
        detections: detections(running).await,
        scores: scores.map(score).collect(),
    }
}

async fn detections(running: &Running) -> Vec<Detection> {
    let mut found = Vec::new();
    for partition in 0..6 {
        let place = TopicPartition {
            topic: Arc::from(topic::DETECTIONS),
            partition,
        };
        let mut offset = 0;
        loop {
            let messages = running.bus.read(&place, offset, 1_000).await.unwrap();
            let Some(last) = messages.last() else { break };
            offset = last.offset + 1;
            let detections = messages
                .iter()
                .filter(|message| message.record.header(header::RECORD).is_none())
                .map(|message| serde_json::from_slice::<Detection>(&message.record.payload).unwrap());
            found.extend(detections.filter(|detection| detection.source == DetectionSource::Model));
        }
    }
    found
}

/// All that must not depend on when it ran, each once.
fn lines(detections: &[Detection]) -> BTreeSet<String> {
    let line = |detection: &Detection| {
        let Detection {
            endpoint_id,
            event_id,
            observed,
            what_happened,
            matched,
            ..
        } = detection;
        format!("{endpoint_id} {event_id} {observed} {what_happened:?} {matched:?}")
    };
    detections.iter().map(line).collect()
}

async fn run(dir: &Path, recording: &Path, speed: Speed) -> Said {
    let running = start(dir).await;
    let plan = Plan {
        speed,
        ..Plan::default()
    };
    product::take_in(&running, recording, &plan).await;
    let found = said(&running).await;
    let snapshot = running.view.snapshot().await;
    assert_eq!(snapshot.unaccounted, 0, "{snapshot:#?}");
    running.stop().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_and_scores_are_the_same_at_two_speeds_and_become_alerts() {
    let Some(recording) = recording(RECORDING) else { return };
    if !is_there() {
        return;
    }
    let dirs = [product::folder(), product::folder()];
    let fast = run(dirs[0].path(), &recording, Speed::Max).await;
    let slow = run(dirs[1].path(), &recording, Speed::Times(60.0)).await;
    assert_eq!(lines(&fast.detections), lines(&slow.detections));
    assert_eq!(fast.scores, slow.scores);
    let fast = fast.detections;
    let first = fast.first().expect("windows that are alerts");
    assert_eq!(first.severity, Severity::High);
    assert!(!first.what_happened.is_empty() && !first.matched.is_empty() && !first.contributing.is_empty());
    let running = start(dirs[0].path()).await;
    let alerts = product::stored_alerts(&running.db, &running.tenant).await;
    let of_model: Vec<_> = alerts
        .iter()
        .filter(|alert| alert.source == DetectionSource::Model)
        .collect();
    assert!(
        !of_model.is_empty() && of_model.len() < fast.len(),
        "overlapping windows are one alert"
    );
    let ids = product::event_ids(&running).await;
    let events = fast.iter().flat_map(|detection| &detection.contributing);
    events.for_each(|event| assert!(ids.binary_search(&event.to_string()).is_ok(), "{event} is in the index"));
    running.stop().await;
}

/// Not a test of its own: the process that gets killed.
#[tokio::test(flavor = "multi_thread")]
async fn windows_child() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let Some(recording) = recording(RECORDING) else { return };
    let running = start(Path::new(&dir)).await;
    product::take_in(&running, &recording, &Plan::default()).await;
    running.stop().await;
}

fn complaint(dir: &Path) -> PathBuf {
    dir.with_extension("child")
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_the_windows_are_the_same() {
    let Some(recording) = recording(RECORDING) else { return };
    if !is_there() {
        return;
    }
    let expected = run(product::folder().path(), &recording, Speed::Max).await;
    let dir = product::folder();
    for round in 1..=ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "windows::windows_child", "--nocapture", "--test-threads=1"])
            .env(CHILD, dir.path())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(complaint(dir.path())).unwrap())
            .spawn()
            .unwrap();
        tokio::time::sleep(Duration::from_millis(900) * round).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let found = run(dir.path(), &recording, Speed::Max).await;
    assert_eq!(lines(&found.detections), lines(&expected.detections));
    assert!(!expected.scores.is_empty());
    assert_eq!(found.scores, expected.scores);
}
