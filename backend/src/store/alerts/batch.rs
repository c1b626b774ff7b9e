//! What one batch of detections does to alerts: gathered in memory, then written in a few statements.

use super::row::{severity_code, source_code, without_nul};
use crate::store::{StoreError, TenantTx};
use serde_json::Value;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use watchfloor_engine::alert::{
    AlertSettings, Detection, Outcome,
    fold::{Correlated, correlate},
};
use watchfloor_shared::{AlertId, EndpointId, Timestamp};

/// What a batch adds to one alert.
#[derive(Default)]
pub(super) struct Addition {
    detections: i64,
    last_seen_ns: i64,
    severity: i16,
    /// The whole set, where it grew.
    related: Option<BTreeSet<EndpointId>>,
    related_more: i64,
    seq: i64,
}

/// A batch's alerts: those it raises and those it changes.
pub(super) struct Batch<'a> {
    pub raised: Vec<(AlertId, &'a Detection, Addition)>,
    pub updates: BTreeMap<AlertId, Addition>,
}

impl<'a> Batch<'a> {
    pub fn gather(detections: &'a [Cow<'_, Detection>], outcomes: &[Outcome]) -> Self {
        let mut raised: Vec<(AlertId, &Detection, Addition)> = Vec::new();
        let mut place = HashMap::new();
        let mut updates: BTreeMap<AlertId, Addition> = BTreeMap::new();
        for (detection, outcome) in detections.iter().zip(outcomes) {
            let addition = match outcome {
                Outcome::AlreadyRecorded => continue,
                Outcome::Raised(id) => {
                    place.insert(id, raised.len());
                    raised.push((id.clone(), detection, Addition::default()));
                    raised.last_mut().map(|raised| &mut raised.2)
                }
                Outcome::Folded(id) => match place.get(id) {
                    Some(at) => raised.get_mut(*at).map(|raised| &mut raised.2),
                    None => Some(updates.entry(id.clone()).or_default()),
                },
            };
            if let Some(addition) = addition {
                addition.add(detection);
            }
        }
        Self { raised, updates }
    }

    /// Finds the other endpoints' alerts near the raised ones, on both sides.
    pub async fn correlate(&mut self, tx: &mut TenantTx, window: Duration) -> Result<(), StoreError> {
        if self.raised.is_empty() {
            return Ok(());
        }
        let known = near(tx, &self.raised, window).await?;
        let mut ids: Vec<AlertId> = Vec::with_capacity(known.len() + self.raised.len());
        let mut alerts = Vec::with_capacity(ids.capacity());
        let new = self.raised.iter().map(|(id, d, _)| {
            let related = BTreeSet::new();
            let alert = Correlated {
                endpoint: d.endpoint_id.clone(),
                first_seen: d.observed,
                new: true,
                related,
            };
            (id.clone(), alert)
        });
        // The same order that `correlate` brings them into: stable by first seen.
        let mut all: Vec<(AlertId, Correlated)> = known.into_iter().chain(new).collect();
        all.sort_by_key(|(_, alert)| alert.first_seen);
        for (id, alert) in all {
            ids.push(id);
            alerts.push(alert);
        }
        let before: Vec<usize> = alerts.iter().map(|alert| alert.related.len()).collect();
        correlate(&mut alerts, window);
        let place: HashMap<AlertId, usize> = self
            .raised
            .iter()
            .enumerate()
            .map(|(at, (id, ..))| (id.clone(), at))
            .collect();
        for ((id, alert), before) in ids.into_iter().zip(alerts).zip(before) {
            let more = alert.related.len() - before;
            if more == 0 {
                continue;
            }
            let addition = match place.get(&id).and_then(|at| self.raised.get_mut(*at)) {
                Some(raised) => &mut raised.2,
                None => self.updates.entry(id).or_default(),
            };
            addition.related_more = i64::try_from(more).unwrap_or(i64::MAX);
            addition.related = Some(alert.related);
        }
        Ok(())
    }

    pub fn number(&mut self, last: i64) {
        let additions = self
            .updates
            .values_mut()
            .chain(self.raised.iter_mut().map(|raised| &mut raised.2));
        for (seq, addition) in (last + 1..).zip(additions) {
            addition.seq = seq;
        }
    }

    pub async fn insert(&self, tx: &mut TenantTx, settings: &AlertSettings, now: Timestamp) -> Result<(), StoreError> {
        if self.raised.is_empty() {
            return Ok(());
        }
        let tenant = tx.tenant().clone();
        let row = |(id, detection, addition): &(AlertId, &Detection, Addition)| {
            new_row(tenant.as_str(), id, detection, addition, settings, now)
        };
        let rows = rows_json(self.raised.iter().map(row).collect())?;
        sqlx::query!(
            "INSERT INTO alerts (tenant_id, alert_id, rule_id, endpoint_id, subject, source, severity, status, simulated, detections,
                 first_seen_ns, last_seen_ns, received_ns, detected_ns, stored_ns, version, change_seq, title, evidence,
                 user_name, process_name, technique_ids, techniques, related_endpoints)
             SELECT tenant_id, alert_id, rule_id, endpoint_id, subject, source, severity, 0, simulated, detections,
                 first_seen_ns, last_seen_ns, received_ns, detected_ns, stored_ns, version, change_seq, title, evidence,
                 user_name, process_name, technique_ids, techniques, related_endpoints
             FROM json_to_recordset($1::text::json) AS r (tenant_id text, alert_id text, rule_id text, endpoint_id text, subject text,
                 source smallint, severity smallint, simulated boolean, detections bigint, first_seen_ns bigint,
                 last_seen_ns bigint, received_ns bigint, detected_ns bigint, stored_ns bigint, version bigint,
                 change_seq bigint, title text, evidence text, user_name text, process_name text, technique_ids text[],
                 techniques json, related_endpoints text[])",
            rows
        )
        .execute(tx.connection())
        .await?;
        sqlx::query!(
            "INSERT INTO alert_explanations (tenant_id, alert_id, rule, what_happened, matched, trigger_event,
                 trigger_entity, file_sha256, correlation_window_ns)
             SELECT * FROM json_to_recordset($1::text::json) AS r (tenant_id text, alert_id text, rule json,
                 what_happened json, matched json, trigger_event text, trigger_entity text, file_sha256 text,
                 correlation_window_ns bigint)",
            rows
        )
        .execute(tx.connection())
        .await?;
        Ok(())
    }

    pub async fn update(&self, tx: &mut TenantTx) -> Result<(), StoreError> {
        if self.updates.is_empty() {
            return Ok(());
        }
        let row = |(id, addition): (&AlertId, &Addition)| {
            serde_json::json!({
                "alert_id": id, "more": addition.detections, "last_seen_ns": addition.last_seen_ns,
                "severity": addition.severity, "related": addition.related, "related_more": addition.related_more,
                "seq": addition.seq,
            })
        };
        let rows = rows_json(self.updates.iter().map(row).collect())?;
        sqlx::query!(
            "UPDATE alerts a SET detections = a.detections + r.more,
                 last_seen_ns = CASE WHEN r.more > 0 THEN greatest(a.last_seen_ns, r.last_seen_ns) ELSE a.last_seen_ns END,
                 severity = greatest(a.severity, r.severity),
                 related_endpoints = coalesce(r.related, a.related_endpoints),
                 version = a.version + r.more + r.related_more, change_seq = r.seq
             FROM json_to_recordset($1::text::json) AS r (alert_id text, more bigint, last_seen_ns bigint,
                 severity smallint, related text[], related_more bigint, seq bigint)
             WHERE a.alert_id = r.alert_id",
            rows
        )
        .execute(tx.connection())
        .await?;
        Ok(())
    }
}

impl Addition {
    fn add(&mut self, detection: &Detection) {
        let observed = detection.observed.nanos();
        self.last_seen_ns = if self.detections == 0 {
            observed
        } else {
            self.last_seen_ns.max(observed)
        };
        self.severity = self.severity.max(severity_code(detection.severity));
        self.detections += 1;
    }
}

/// Stored alerts that began within `window` of a raised one.
async fn near(
    tx: &mut TenantTx,
    raised: &[(AlertId, &Detection, Addition)],
    window: Duration,
) -> Result<Vec<(AlertId, Correlated)>, StoreError> {
    let mut times: Vec<Timestamp> = raised.iter().map(|(_, detection, _)| detection.observed).collect();
    times.sort_unstable();
    let mut spans: Vec<(i64, i64)> = Vec::new();
    for time in times {
        let (from, to) = (time.saturating_sub(window).nanos(), time.saturating_add(window).nanos());
        match spans.last_mut() {
            Some(last) if from <= last.1 => last.1 = to,
            _ => spans.push((from, to)),
        }
    }
    let (from, to): (Vec<i64>, Vec<i64>) = spans.into_iter().unzip();
    let rows = sqlx::query!(
        "SELECT a.alert_id, a.endpoint_id, a.first_seen_ns, a.related_endpoints
         FROM unnest($1::bigint[], $2::bigint[]) AS s (from_ns, to_ns)
         JOIN alerts a ON a.first_seen_ns BETWEEN s.from_ns AND s.to_ns",
        &from,
        &to
    )
    .fetch_all(tx.connection())
    .await?;
    let known = rows.into_iter().map(|row| {
        let alert = Correlated {
            endpoint: EndpointId::new(row.endpoint_id),
            first_seen: Timestamp::from_nanos(row.first_seen_ns),
            new: false,
            related: row.related_endpoints.iter().map(EndpointId::new).collect(),
        };
        (AlertId::new(row.alert_id), alert)
    });
    Ok(known.collect())
}

fn new_row(
    tenant: &str,
    id: &AlertId,
    detection: &Detection,
    addition: &Addition,
    settings: &AlertSettings,
    now: Timestamp,
) -> Value {
    let window = i64::try_from(settings.correlation_window.as_nanos()).unwrap_or(i64::MAX);
    let techniques: Vec<&str> = detection
        .techniques
        .iter()
        .map(|technique| technique.id.as_str())
        .collect();
    serde_json::json!({
        "tenant_id": tenant, "alert_id": id, "rule_id": detection.rule.id, "endpoint_id": detection.endpoint_id,
        "subject": detection.subject, "source": source_code(detection.source), "severity": addition.severity, "simulated": detection.simulated,
        "detections": addition.detections, "first_seen_ns": detection.observed.nanos(),
        "last_seen_ns": addition.last_seen_ns, "received_ns": detection.received.nanos(),
        "detected_ns": detection.detected.nanos(), "stored_ns": now.nanos(),
        "version": addition.detections + addition.related_more, "change_seq": addition.seq,
        "title": detection.rule.title, "evidence": detection.evidence, "user_name": detection.user,
        "process_name": detection.process_name, "technique_ids": techniques, "techniques": detection.techniques,
        "related_endpoints": addition.related.clone().unwrap_or_default(),
        "rule": detection.rule, "what_happened": detection.what_happened, "matched": detection.matched,
        "trigger_event": detection.event_id, "trigger_entity": detection.process_entity,
        "file_sha256": detection.file_sha256, "correlation_window_ns": window,
    })
}

/// Rows as one parameter. PostgreSQL reads no NUL, not even an escaped one.
pub(super) fn rows_json(mut rows: Vec<Value>) -> Result<String, StoreError> {
    let unreadable = |error: serde_json::Error| StoreError::Inconsistent {
        what: error.to_string(),
    };
    let text = serde_json::to_string(&rows).map_err(unreadable)?;
    if !text.contains("\\u0000") {
        return Ok(text);
    }
    rows.iter_mut().for_each(clean);
    serde_json::to_string(&rows).map_err(unreadable)
}

fn clean(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_nul(text),
        Value::Array(values) => values.iter_mut().for_each(clean),
        Value::Object(fields) => fields.values_mut().for_each(clean),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
