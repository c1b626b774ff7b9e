//! An alert between its row and the wire.

use crate::store::StoreError;
use serde::de::DeserializeOwned;
use sqlx::FromRow;
use watchfloor_shared::{
    AlertId, EndpointId, RuleId, Timestamp,
    alert::{AlertStatus, AlertSummary, AlertTimes, AnalystVerdict, DetectionSource, Severity},
};

const SOURCES: [DetectionSource; 3] = [DetectionSource::Sigma, DetectionSource::Model, DetectionSource::Intel];
const VERDICTS: [AnalystVerdict; 2] = [AnalystVerdict::TruePositive, AnalystVerdict::FalsePositive];

pub(super) const fn severity_code(severity: Severity) -> i16 {
    severity as i16
}
pub(super) const fn status_code(status: AlertStatus) -> i16 {
    status as i16
}
pub(super) const fn source_code(source: DetectionSource) -> i16 {
    source as i16
}
pub(super) const fn verdict_code(verdict: AnalystVerdict) -> i16 {
    verdict as i16
}

pub(super) fn severity(code: i16) -> Result<Severity, StoreError> {
    named(&Severity::ALL, code, "severity")
}
pub(super) fn status(code: i16) -> Result<AlertStatus, StoreError> {
    named(&AlertStatus::ALL, code, "status")
}
pub(super) fn source(code: i16) -> Result<DetectionSource, StoreError> {
    named(&SOURCES, code, "source")
}
pub(super) fn verdict(code: i16) -> Result<AnalystVerdict, StoreError> {
    named(&VERDICTS, code, "verdict")
}

fn named<T: Copy>(all: &[T], code: i16, what: &str) -> Result<T, StoreError> {
    let found = usize::try_from(code).ok().and_then(|index| all.get(index));
    found.copied().ok_or_else(|| StoreError::Inconsistent {
        what: format!("the {what} {code}"),
    })
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Inconsistent {
        what: format!("unreadable {what}"),
    })
}

/// The columns of a list row, in the order of [`COLUMNS`].
#[derive(FromRow)]
pub(super) struct AlertRow {
    pub alert_id: String,
    pub rule_id: String,
    pub endpoint_id: String,
    pub source: i16,
    pub severity: i16,
    pub status: i16,
    pub verdict: Option<i16>,
    pub simulated: bool,
    pub detections: i64,
    pub first_seen_ns: i64,
    pub last_seen_ns: i64,
    pub received_ns: i64,
    pub detected_ns: i64,
    pub stored_ns: i64,
    pub shown_ns: Option<i64>,
    pub version: i64,
    pub person_version: i64,
    pub change_seq: i64,
    pub title: String,
    pub evidence: String,
    pub user_name: Option<String>,
    pub process_name: Option<String>,
    pub assignee: Option<String>,
    pub techniques: String,
    pub related_endpoints: Vec<String>,
}

pub(super) const COLUMNS: &str = "alert_id, rule_id, endpoint_id, source, severity, status, verdict, simulated, detections, \
    first_seen_ns, last_seen_ns, received_ns, detected_ns, stored_ns, shown_ns, version, person_version, change_seq, \
    title, evidence, user_name, process_name, assignee, techniques::text AS techniques, related_endpoints";

impl AlertRow {
    pub fn into_summary(self) -> Result<AlertSummary, StoreError> {
        Ok(AlertSummary {
            id: AlertId::new(&self.alert_id),
            title: self.title,
            evidence: self.evidence,
            severity: severity(self.severity)?,
            status: status(self.status)?,
            source: source(self.source)?,
            rule_id: RuleId::new(&self.rule_id),
            endpoint_id: EndpointId::new(&self.endpoint_id),
            user: self.user_name,
            process_name: self.process_name,
            count: self.detections,
            first_seen: Timestamp::from_nanos(self.first_seen_ns),
            last_seen: Timestamp::from_nanos(self.last_seen_ns),
            techniques: from_json(&self.techniques, "techniques")?,
            related_endpoints: self.related_endpoints.iter().map(EndpointId::new).collect(),
            assignee: self.assignee,
            verdict: self.verdict.map(verdict).transpose()?,
            simulated: self.simulated,
            times: AlertTimes {
                observed: Timestamp::from_nanos(self.first_seen_ns),
                received: Timestamp::from_nanos(self.received_ns),
                detected: Timestamp::from_nanos(self.detected_ns),
                stored: Timestamp::from_nanos(self.stored_ns),
                shown: self.shown_ns.map(Timestamp::from_nanos),
            },
            version: self.version,
        })
    }
}

/// Whether this can be the id of an alert at all; anything else is nobody's.
pub(super) fn is_id(id: &AlertId) -> bool {
    id.as_str().len() == 32 && id.as_str().bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// PostgreSQL's text has no NUL; telemetry does. Its picture `␀` takes its place.
pub(in crate::store) fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

/// A pattern for `ILIKE` in which every character that people type means itself.
pub(in crate::store) fn containing(text: &str) -> String {
    let escaped = without_nul(text)
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{escaped}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_way_there_and_back() {
        for value in Severity::ALL {
            assert_eq!(severity(severity_code(value)).unwrap(), value);
        }
        for value in AlertStatus::ALL {
            assert_eq!(status(status_code(value)).unwrap(), value);
        }
        for value in SOURCES {
            assert_eq!(source(source_code(value)).unwrap(), value);
        }
        for value in VERDICTS {
            assert_eq!(verdict(verdict_code(value)).unwrap(), value);
        }
        assert!(status(5).is_err() && severity(-1).is_err());
    }
}
