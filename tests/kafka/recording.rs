//! One recording with Kafka and without.

use super::{expected, on_kafka, said, start, take_in};
use watchfloor_tests::{
    fixtures::lines,
    kafka::{Kafka, state},
    product,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_gives_the_same_events_and_alerts_through_kafka_and_across_a_restart() {
    if state().is_none() {
        return;
    }
    let lines = lines(6_000);
    let expected = expected(&lines).await;
    let (dir, kafka) = (product::folder(), Kafka::apart());
    let (earlier, later) = lines.split_at(3_000);
    let first = start(on_kafka(dir.path(), &kafka)).await;
    take_in(&first, earlier).await;
    first.stop().await;
    let second = start(on_kafka(dir.path(), &kafka)).await;
    take_in(&second, later).await;
    assert_eq!(said(&second).await, expected);
    second.stop().await;
}
