//! The same recording gives the same alerts, at any speed.

use watchfloor::{
    replay::{Plan, pace::Speed},
    startup::Doors,
};
use watchfloor_tests::{fixtures::recording, product};

const RECORDING: &str = "data/train/windows/otrf/lateral_movement/empire_psexec_dcerpc_tcp_svcctl.jsonl.zst";

#[tokio::test(flavor = "multi_thread")]
async fn the_same_recording_at_two_speeds_gives_the_same_alerts() {
    let Some(recording) = recording(RECORDING) else { return };
    let mut outcomes = Vec::new();
    for speed in [Speed::Max, Speed::Times(60.0)] {
        let dir = product::folder();
        let running = product::start(dir.path(), Doors::Closed).await;
        let lines = product::take_in(
            &running,
            &recording,
            &Plan {
                speed,
                ..Plan::default()
            },
        )
        .await;
        let alerts = product::alerts(&running).await;
        let events = product::event_ids(&running).await;
        println!(
            "{speed}: {lines} lines, {} events, {} alerts",
            events.len(),
            alerts.len()
        );
        assert!(!alerts.is_empty(), "an Empire PsExec session raises alerts");
        outcomes.push((alerts, events));
        running.stop().await;
    }
    assert_eq!(outcomes[0], outcomes[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_sent_again_changes_nothing_and_every_record_is_accounted_for() {
    let Some(recording) = recording(RECORDING) else { return };
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Closed).await;
    let lines = product::take_in(&running, &recording, &Plan::default()).await;
    let before = (product::alerts(&running).await, product::event_ids(&running).await);
    product::take_in(&running, &recording, &Plan::default()).await;
    assert_eq!(
        before,
        (product::alerts(&running).await, product::event_ids(&running).await)
    );

    let snapshot = running.view.snapshot().await;
    assert_eq!(snapshot.unaccounted, 0, "{snapshot:#?}");
    for stage in &snapshot.stages {
        let suppressed: i64 = stage.suppressed.iter().map(|reason| reason.count).sum();
        let dead: i64 = stage.dead.iter().map(|reason| reason.count).sum();
        assert_eq!(stage.received, stage.emitted + suppressed + dead, "{stage:#?}");
    }
    let index = snapshot.stages.iter().find(|stage| stage.name == "index").unwrap();
    let beside = index
        .suppressed
        .iter()
        .find(|reason| reason.reason == "record.detection");
    let events = index.received - beside.map_or(0, |reason| reason.count);
    assert_eq!(events, 2 * i64::try_from(lines).unwrap());
    assert_eq!(index.emitted, i64::try_from(before.1.len()).unwrap());
    running.stop().await;
}
