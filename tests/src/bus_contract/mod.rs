//! What any event bus behind the seam must do, whichever product it is. A back end brings a `Backend`, calls
//! `bus_contract!` and meets every case here.

pub mod consuming;
pub mod groups;
pub mod keeping;
pub mod producing;

use async_trait::async_trait;
use bytes::Bytes;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use watchfloor::bus::{
    Committed, Consumer, Durability, EventBus, Message, Record, Retention, TopicPartition, TopicSpec,
};
use watchfloor_shared::Timestamp;

/// How the suite gets at a bus.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens the bus of this test: empty the first time, with what was left in it after that. Segments are to be small
    /// (some 10 KiB), so that retention has something to take.
    async fn open(&self) -> Arc<dyn EventBus>;

    /// Whether it can be reached here; says so where it cannot.
    fn is_there(&self) -> bool {
        true
    }

    /// Largest record, in bytes.
    fn record_bytes_max(&self) -> usize;

    /// Has retention applied, and waits until it is.
    async fn retain(&self, bus: &dyn EventBus, now: Timestamp) {
        bus.apply_retention(now).await.expect("retention");
    }
}

pub const SOON: Duration = Duration::from_secs(10);
pub const KEEP: Retention = Retention {
    bytes_max: None,
    age_max: None,
};

pub fn topic(name: &str, partitions: u32) -> TopicSpec {
    TopicSpec {
        name: name.into(),
        partitions,
        retention: KEEP,
    }
}

pub fn at(topic: &str, partition: u32) -> TopicPartition {
    TopicPartition {
        topic: topic.into(),
        partition,
    }
}

pub fn keyed(key: &str, payload: impl Into<Bytes>) -> Record {
    let payload = payload.into();
    Record {
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        headers: Vec::new(),
        payload,
        timestamp: Timestamp::EPOCH,
    }
}

pub fn plain(payload: impl Into<Bytes>) -> Record {
    Record {
        payload: payload.into(),
        ..Record::default()
    }
}

pub fn stamped(millis: i64, payload: impl Into<Bytes>) -> Record {
    Record {
        timestamp: Timestamp::from_millis(millis),
        ..plain(payload)
    }
}

/// Text that no compressor makes much smaller.
pub fn noise(seed: u64, bytes: usize) -> Bytes {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..bytes).map(|_| next()).collect::<Vec<_>>().into()
}

pub async fn with_topic(backend: &dyn Backend, spec: &TopicSpec) -> Arc<dyn EventBus> {
    let bus = backend.open().await;
    bus.create_topic(spec).await.expect("the topic is made");
    bus
}

pub async fn put(bus: &dyn EventBus, topic: &str, records: Vec<Record>) -> Vec<u64> {
    bus.produce(topic, records, Durability::Written)
        .await
        .expect("the records are taken")
}

/// Polls until `count` messages came or nothing more comes.
pub async fn take(consumer: &mut dyn Consumer, count: usize) -> Vec<Message> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let wait = if taken.is_empty() { SOON } else { Duration::from_secs(2) };
        let got = consumer.poll(count - taken.len(), 64 << 20, wait).await.expect("poll");
        if got.is_empty() {
            break;
        }
        taken.extend(got);
    }
    taken
}

/// Polls until the member holds `count` partitions, keeping whatever comes with it.
pub async fn settle(consumer: &mut dyn Consumer, count: usize) -> Vec<Message> {
    let mut taken = Vec::new();
    for _ in 0..200 {
        taken.extend(
            consumer
                .poll(1000, 64 << 20, Duration::from_millis(50))
                .await
                .expect("poll"),
        );
        if consumer.assignment().len() == count {
            return taken;
        }
    }
    panic!("holds {:?}, not {count} partitions", consumer.assignment());
}

pub fn position(topic: &str, partition: u32, offset: u64, metadata: &str) -> (TopicPartition, Committed) {
    (
        at(topic, partition),
        Committed {
            offset,
            metadata: metadata.into(),
        },
    )
}

/// The positions behind these messages.
pub fn behind(messages: &[Message]) -> Vec<(TopicPartition, Committed)> {
    let mut next = BTreeMap::new();
    for message in messages {
        next.insert((message.topic.to_string(), message.partition), message.offset + 1);
    }
    next.into_iter()
        .map(|((topic, partition), offset)| position(&topic, partition, offset, ""))
        .collect()
}

pub fn payloads(messages: &[Message]) -> Vec<String> {
    messages
        .iter()
        .map(|message| String::from_utf8_lossy(&message.record.payload).into_owned())
        .collect()
}

/// Makes one test of each case of the suite. `$backend` is evaluated anew for each. A back end whose servers apply retention by a
/// clock of their own says `retention by its own clock`, and is not asked what only ours could bring about.
#[macro_export]
macro_rules! bus_contract {
    ($backend:expr) => {
        $crate::bus_contract!($backend, retention by its own clock);
        $crate::bus_contract!(@cases $backend, keeping as keeping_by_our_clock: retention_by_age_takes_the_old);
    };
    ($backend:expr, retention by its own clock) => {
        $crate::bus_contract!(@cases $backend,
            producing: topic_is_made_once, partition_count_is_fixed, unknown_topic_is_refused,
                offsets_count_up_per_partition, order_per_key_is_kept, same_key_same_partition_as_kafka,
                without_a_key_partitions_take_turns, everything_of_a_record_comes_back, empty_payload_and_headers_are_fine,
                a_record_over_the_limit_is_refused_whole, nothing_to_produce_is_fine, concurrent_producers_lose_nothing,
                more_than_the_queue_holds_waits_and_arrives, a_closed_bus_refuses_work);
        $crate::bus_contract!(@cases $backend,
            consuming: starts_at_the_low_watermark, poll_waits_and_wakes_at_once, poll_gives_up_after_its_wait,
                poll_keeps_to_the_record_limit, poll_keeps_to_the_byte_limit, a_record_above_the_byte_limit_still_comes,
                partitions_are_served_fairly, seek_goes_back_and_forth, seek_by_time_finds_the_first,
                read_needs_no_group, a_dropped_poll_loses_nothing, watermarks_tell_low_high_and_bytes);
        $crate::bus_contract!(@cases $backend,
            groups: partitions_are_spread, a_leaving_member_hands_over, groups_do_not_share_positions,
                commit_and_metadata_are_found_again, a_long_ledger_is_kept_whole, a_lost_partition_cannot_be_committed,
                a_partition_lost_and_regained_starts_afresh, assignment_changes_only_inside_poll, a_generation_tells_of_changes,
                several_topics_in_one_group, more_members_than_partitions, commit_covers_all_or_nothing);
        $crate::bus_contract!(@cases $backend,
            keeping: records_and_positions_survive_a_restart, retention_by_bytes_keeps_the_newest,
                a_group_behind_moves_up_to_the_low_watermark,
                retention_of_one_topic_spares_another, offsets_go_on_when_all_records_are_gone,
                synced_records_survive_a_restart, topics_survive_a_restart);
    };
    (@cases $backend:expr, $module:ident: $($case:ident),* $(,)?) => {
        $crate::bus_contract!(@cases $backend, $module as $module: $($case),*);
    };
    (@cases $backend:expr, $module:ident as $name:ident: $($case:ident),* $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let backend = $backend;
                if $crate::bus_contract::Backend::is_there(&backend) {
                    $crate::bus_contract::$module::$case(&backend).await;
                }
            })*
        }
    };
}
