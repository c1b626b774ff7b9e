//! What a stage says about one record. Reasons are closed: their text is the metric label and the dead-letter header.

use std::fmt;

/// The outcome of a Map stage. Must be used: a dropped `Verdict` is a lost event.
#[must_use]
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict<T> {
    Emit(T),
    /// Left out on purpose; counted, not kept.
    Drop(DropReason),
    /// Cannot be used; kept as a dead letter with its original bytes.
    Dead(DeadReason),
}

/// Why a valid record goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DropReason {
    /// The store already has this event id.
    Duplicate,
    /// No rule matched.
    NoMatch,
    /// The detection joined an alert that is open.
    Folded,
    /// The detection was recorded before.
    AlreadyRecorded,
    /// The record is part of another one's event: the audit system writes several records of one.
    Joined,
    /// The alert repeats another one within its window, which counts it.
    Repeated,
    /// The event is not from an endpoint's own operating system, or names nothing that a window could show.
    NotOfAnEndpoint,
    /// There is no model for the endpoint's platform.
    NoModel,
    /// A score, where detections are read.
    Score,
    /// A detection, where scores are read.
    Detection,
    /// A daemon's own upkeep.
    Routine,
}

/// Why a record became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeadReason {
    JsonInvalid,
    JsonTooDeep,
    JsonNotAnObject,
    XmlInvalid,
    XmlTooDeep,
    Utf8Invalid,
    RecordTooLarge,
    SpellingUnknown,
    TimestampMissing,
    TimestampUnparseable,
    TimestampOutOfRange,
    EndpointMissing,
    EventCodeMissing,
    TenantMissing,
    FieldTypeConflict,
    EvtxCorrupt,
    StoreRefused,
}

impl DropReason {
    pub const ALL: [DropReason; 11] = [
        DropReason::Duplicate,
        DropReason::NoMatch,
        DropReason::Folded,
        DropReason::AlreadyRecorded,
        DropReason::Joined,
        DropReason::Repeated,
        DropReason::NotOfAnEndpoint,
        DropReason::NoModel,
        DropReason::Score,
        DropReason::Detection,
        DropReason::Routine,
    ];
    pub const fn as_str(self) -> &'static str {
        match self {
            DropReason::Duplicate => "event.duplicate",
            DropReason::NoMatch => "rule.no_match",
            DropReason::Folded => "alert.folded",
            DropReason::AlreadyRecorded => "alert.already_recorded",
            DropReason::Joined => "record.joined",
            DropReason::Repeated => "record.repeated",
            DropReason::NotOfAnEndpoint => "event.not_of_an_endpoint",
            DropReason::NoModel => "model.none",
            DropReason::Score => "record.score",
            DropReason::Detection => "record.detection",
            DropReason::Routine => "daemon.routine",
        }
    }
}

impl DeadReason {
    pub const ALL: [DeadReason; 17] = [
        DeadReason::JsonInvalid,
        DeadReason::JsonTooDeep,
        DeadReason::JsonNotAnObject,
        DeadReason::XmlInvalid,
        DeadReason::XmlTooDeep,
        DeadReason::Utf8Invalid,
        DeadReason::RecordTooLarge,
        DeadReason::SpellingUnknown,
        DeadReason::TimestampMissing,
        DeadReason::TimestampUnparseable,
        DeadReason::TimestampOutOfRange,
        DeadReason::EndpointMissing,
        DeadReason::EventCodeMissing,
        DeadReason::TenantMissing,
        DeadReason::FieldTypeConflict,
        DeadReason::EvtxCorrupt,
        DeadReason::StoreRefused,
    ];
    pub const fn as_str(self) -> &'static str {
        match self {
            DeadReason::JsonInvalid => "json.invalid",
            DeadReason::JsonTooDeep => "json.too_deep",
            DeadReason::JsonNotAnObject => "json.not_an_object",
            DeadReason::XmlInvalid => "xml.invalid",
            DeadReason::XmlTooDeep => "xml.too_deep",
            DeadReason::Utf8Invalid => "utf8.invalid",
            DeadReason::RecordTooLarge => "record.too_large",
            DeadReason::SpellingUnknown => "spelling.unknown",
            DeadReason::TimestampMissing => "timestamp.missing",
            DeadReason::TimestampUnparseable => "timestamp.unparseable",
            DeadReason::TimestampOutOfRange => "timestamp.out_of_range",
            DeadReason::EndpointMissing => "endpoint.missing",
            DeadReason::EventCodeMissing => "event_code.missing",
            DeadReason::TenantMissing => "tenant.missing",
            DeadReason::FieldTypeConflict => "field.type_conflict",
            DeadReason::EvtxCorrupt => "evtx.corrupt",
            DeadReason::StoreRefused => "store.refused",
        }
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for DeadReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_reason_has_a_label_of_its_own() {
        let labels: HashSet<_> = DropReason::ALL
            .iter()
            .map(|r| r.as_str())
            .chain(DeadReason::ALL.iter().map(|r| r.as_str()))
            .collect();
        assert_eq!(labels.len(), DropReason::ALL.len() + DeadReason::ALL.len());
    }
}
