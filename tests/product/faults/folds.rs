//! The folds before the normalizer under the same faults: what they held comes again, and nothing that they gave away.

use super::{World, assert_whole, at::At};
use crate::folds;
use watchfloor::pipeline::topology::topic;

const FAULTS: [(&str, At, usize); 11] = [
    ("join", At::ProduceRefused(topic::NORMALIZED), 0),
    ("join", At::ProduceHalf(topic::NORMALIZED), 0),
    ("join", At::ProduceTaken(topic::NORMALIZED), 1),
    ("join", At::Poll("join"), 1),
    ("join", At::CommitRefused("join"), 0),
    ("join", At::CommitTaken("join"), 1),
    ("aggregate", At::ProduceRefused(topic::SNORT_ALERTS), 0),
    ("aggregate", At::ProduceHalf(topic::SNORT_ALERTS), 0),
    ("aggregate", At::ProduceTaken(topic::SNORT_ALERTS), 0),
    ("aggregate", At::CommitRefused("aggregate"), 0),
    ("aggregate", At::CommitTaken("aggregate"), 0),
];

#[tokio::test(flavor = "multi_thread")]
async fn after_any_fault_a_fold_gives_out_what_it_would_have_given_out() {
    let world = World::new().await;
    let lines = folds::lines();
    let dir = tempfile::tempdir().unwrap();
    let pipeline = world.pipeline(dir.path(), 0).await;
    pipeline.submit(&lines).await;
    pipeline.drained("undisturbed").await;
    let expected = pipeline.outcome().await;
    pipeline.stop().await;
    assert_eq!((expected.events.len(), expected.dead_letters), (folds::EVENTS, 0));

    for (number, (stage, at, after)) in FAULTS.into_iter().enumerate() {
        let what = format!("{stage}: {at:?}");
        let dir = tempfile::tempdir().unwrap();
        let pipeline = world.pipeline(dir.path(), number + 1).await;
        pipeline.faults.arm(at, after);
        pipeline.submit(&lines).await;
        pipeline.until(&what, |_| pipeline.faults.struck() > 0).await;
        pipeline.faults.mend();
        assert_whole(&pipeline, &expected, &what).await;
        pipeline.stop().await;
    }
    world.db.close().await;
}
