//! The whole graph on one screen: topic → stage → topic.
//!
//! ```text
//! sensor_events ──► aggregate ──► snort_alerts ─┐
//! other raw topics ─────────────────────────────┴─► normalize ─┬─► normalized-endpoint-events ─┬─► index  ──► search, endpoints
//! linux-auditd-logs ──► join ──────────────────────────────────┘                               └─► detect ──► logster-inference-results
//!                                                              └─► infer  ──► logster-inference-results
//!                                                                                                                   │
//! dead-letters ◄── (every stage)                            PostgreSQL, logster-alerts, live ◄── alert ◄────────────┘
//! ```

use crate::bus::{Retention, TopicSpec};
use watchfloor_engine::normalize::Kind;
use watchfloor_shared::pipeline::StageShape;

/// Topic names are contracts: existing producers and consumers use them.
pub mod topic {
    pub const SYSMON: &str = "sysmon-logs";
    pub const AUDIT: &str = "linux-auditd-logs";
    pub const EBPF_PROCESS: &str = "linux-ebpf-process-logs";
    pub const EBPF_FILE: &str = "linux-ebpf-file-logs";
    pub const EBPF_NETWORK: &str = "linux-ebpf-network-logs";
    pub const SENSOR_EVENTS: &str = "sensor_events";
    pub const SNORT_ALERTS: &str = "snort_alerts";
    pub const NETWORK_FLOWS: &str = "network_flows";
    pub const SECURITY_ALERTS: &str = "security_alerts";
    pub const OTHER: &str = "other_events";
    pub const NORMALIZED: &str = "normalized-endpoint-events";
    pub const DETECTIONS: &str = "logster-inference-results";
    pub const ALERTS: &str = "logster-alerts";
    pub const GEO: &str = "ravenxcope_threat_geo_events";
    pub const DEAD_LETTERS: &str = "dead-letters";
}

/// A topic's name and partition count. The count is fixed for life: the order per endpoint depends on it.
pub const TOPICS: [(&str, u32); 15] = [
    (topic::SYSMON, 6),
    (topic::AUDIT, 6),
    (topic::EBPF_PROCESS, 6),
    (topic::EBPF_FILE, 6),
    (topic::EBPF_NETWORK, 6),
    (topic::SENSOR_EVENTS, 6),
    (topic::SNORT_ALERTS, 6),
    (topic::NETWORK_FLOWS, 6),
    (topic::SECURITY_ALERTS, 6),
    (topic::OTHER, 3),
    (topic::NORMALIZED, 12),
    (topic::DETECTIONS, 6),
    (topic::ALERTS, 3),
    (topic::GEO, 3),
    (topic::DEAD_LETTERS, 3),
];

/// Where the front doors put a record.
pub const fn raw_topic(kind: Kind) -> &'static str {
    match kind {
        Kind::Windows => topic::SYSMON,
        Kind::Audit => topic::AUDIT,
        Kind::EbpfProcess => topic::EBPF_PROCESS,
        Kind::EbpfFile => topic::EBPF_FILE,
        Kind::EbpfNetwork => topic::EBPF_NETWORK,
        Kind::SensorBatch => topic::SENSOR_EVENTS,
        Kind::SnortAlert => topic::SNORT_ALERTS,
        Kind::NetworkFlow => topic::NETWORK_FLOWS,
        Kind::SecurityAlert => topic::SECURITY_ALERTS,
        Kind::Other => topic::OTHER,
    }
}

/// A stage as it is wired. Its name is its consumer group, its span and its metric label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSpec {
    pub name: &'static str,
    pub shape: StageShape,
    pub inputs: &'static [&'static str],
    /// Topics, and stores in angle brackets.
    pub outputs: &'static [&'static str],
}

pub const NORMALIZE: StageSpec = StageSpec {
    name: "normalize",
    shape: StageShape::Map,
    inputs: &[
        topic::SYSMON,
        topic::EBPF_PROCESS,
        topic::EBPF_FILE,
        topic::EBPF_NETWORK,
        topic::SNORT_ALERTS,
        topic::NETWORK_FLOWS,
        topic::SECURITY_ALERTS,
        topic::OTHER,
    ],
    outputs: &[topic::NORMALIZED, topic::GEO, topic::DEAD_LETTERS],
};

pub const JOIN: StageSpec = StageSpec {
    name: "join",
    shape: StageShape::Fold,
    inputs: &[topic::AUDIT],
    outputs: &[topic::NORMALIZED, topic::DEAD_LETTERS],
};

pub const AGGREGATE: StageSpec = StageSpec {
    name: "aggregate",
    shape: StageShape::Fold,
    inputs: &[topic::SENSOR_EVENTS],
    outputs: &[topic::SNORT_ALERTS, topic::DEAD_LETTERS],
};

pub const INDEX: StageSpec = StageSpec {
    name: "index",
    shape: StageShape::Map,
    inputs: &[topic::NORMALIZED, topic::DETECTIONS],
    outputs: &["<search>", topic::DEAD_LETTERS],
};

pub const DETECT: StageSpec = StageSpec {
    name: "detect",
    shape: StageShape::Fold,
    inputs: &[topic::NORMALIZED],
    outputs: &[topic::DETECTIONS, topic::DEAD_LETTERS],
};

pub const INFER: StageSpec = StageSpec {
    name: "infer",
    shape: StageShape::Fold,
    inputs: &[topic::NORMALIZED],
    outputs: &[topic::DETECTIONS, topic::DEAD_LETTERS],
};

pub const ALERT: StageSpec = StageSpec {
    name: "alert",
    shape: StageShape::Fold,
    inputs: &[topic::DETECTIONS],
    outputs: &["<alerts>", topic::ALERTS, topic::GEO, topic::DEAD_LETTERS],
};

/// In the order events pass them.
pub const STAGES: [StageSpec; 7] = [AGGREGATE, NORMALIZE, JOIN, INDEX, DETECT, INFER, ALERT];

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
            for input in stage.inputs {
                assert!(declared(input), "{input}");
            }
            for output in stage.outputs {
                assert!(declared(output), "{output}");
            }
        }
    }

    #[test]
    fn every_kind_of_record_has_a_topic_that_one_stage_reads() {
        for kind in Kind::ALL {
            let topic = raw_topic(kind);
            let readers = STAGES.iter().filter(|stage| stage.inputs.contains(&topic));
            assert_eq!(readers.count(), 1, "{topic}");
        }
    }
}
