//! The whole graph on one screen: topic → stage → topic.
//!
//! ```text
//! sysmon-logs ──► normalize ──► normalized-endpoint-events ──┬─► index  ──► search index, endpoints
//!                     │                                      └─► detect ──► logster-inference-results ──► alert ──► PostgreSQL,
//!                     └──► dead-letters ◄── (every stage)                                                           logster-alerts, live
//! ```

use crate::bus::{Retention, TopicSpec};
use watchfloor_shared::pipeline::StageShape;

/// Topic names are contracts: existing producers and consumers use them.
pub mod topic {
    pub const SYSMON: &str = "sysmon-logs";
    pub const NORMALIZED: &str = "normalized-endpoint-events";
    pub const DETECTIONS: &str = "logster-inference-results";
    pub const ALERTS: &str = "logster-alerts";
    pub const DEAD_LETTERS: &str = "dead-letters";
}

/// A topic's name and partition count. The count is fixed for life: the order per endpoint depends on it.
pub const TOPICS: [(&str, u32); 5] = [
    (topic::SYSMON, 6),
    (topic::NORMALIZED, 12),
    (topic::DETECTIONS, 6),
    (topic::ALERTS, 3),
    (topic::DEAD_LETTERS, 3),
];

/// A stage as it is wired. Its name is its consumer group, its span and its metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSpec {
    pub name: &'static str,
    pub shape: StageShape,
    pub input: &'static str,
    /// Topics, and stores in angle brackets.
    pub outputs: &'static [&'static str],
}

pub const NORMALIZE: StageSpec = StageSpec {
    name: "normalize",
    shape: StageShape::Map,
    input: topic::SYSMON,
    outputs: &[topic::NORMALIZED, topic::DEAD_LETTERS],
};

pub const INDEX: StageSpec = StageSpec {
    name: "index",
    shape: StageShape::Map,
    input: topic::NORMALIZED,
    outputs: &["<search>", topic::DEAD_LETTERS],
};

pub const DETECT: StageSpec = StageSpec {
    name: "detect",
    shape: StageShape::Fold,
    input: topic::NORMALIZED,
    outputs: &[topic::DETECTIONS, topic::DEAD_LETTERS],
};

pub const ALERT: StageSpec = StageSpec {
    name: "alert",
    shape: StageShape::Fold,
    input: topic::DETECTIONS,
    outputs: &["<alerts>", topic::ALERTS, topic::DEAD_LETTERS],
};

/// In the order events pass them.
pub const STAGES: [StageSpec; 4] = [NORMALIZE, INDEX, DETECT, ALERT];

/// The topics to create at start.
pub fn topics(retention: Retention) -> Vec<TopicSpec> {
    TOPICS
        .iter()
        .map(|(name, partitions)| TopicSpec {
            name: (*name).to_owned(),
            partitions: *partitions,
            retention,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_a_stage_names_is_declared() {
        let declared = |name: &str| name.starts_with('<') || TOPICS.iter().any(|(topic, _)| *topic == name);
        for stage in STAGES {
            assert!(declared(stage.input), "{}", stage.input);
            for output in stage.outputs {
                assert!(declared(output), "{output}");
            }
        }
    }
}
