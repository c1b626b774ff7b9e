//! Detections into alerts: the durable side of `watchfloor_engine::alert::fold`.
//!
//! Invariant: everything between reading what is there and writing what follows happens under the tenant's change lock, in
//! one transaction. A batch of any size is about ten round trips.

use super::{
    AlertSettings, Changed, Detection, Outcome, Recorded,
    batch::{Batch, rows_json},
    row::without_nul,
};
use crate::store::{StoreError, TenantTx};
use serde::Serialize;
use std::{borrow::Cow, collections::BTreeMap, time::Duration};
use watchfloor_engine::alert::fold::{Fold, Key};
use watchfloor_shared::{AlertId, EndpointId, EventId, RuleId, Timestamp};

/// Folds detections into alerts; see `watchfloor_engine::alert::fold` for the rules. Repeating a batch changes nothing.
/// Commits nothing by itself: what follows in the same transaction is stored with it or not at all.
pub async fn record(
    tx: &mut TenantTx,
    detections: &[Detection],
    settings: &AlertSettings,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    if detections.is_empty() {
        return Ok(Recorded::default());
    }
    let detections: Vec<Cow<'_, Detection>> = detections.iter().map(with_clean_ids).collect();
    let last = tx.lock_changes().await?;
    let mut fold = Fold::new(tx.tenant().clone(), settings);
    recall_recorded(tx, &detections, &mut fold).await?;
    recall_alerts(tx, &detections, settings.dedup_window, &mut fold).await?;
    let outcomes: Vec<Outcome> = detections
        .iter()
        .map(|detection| fold.on_detection(detection))
        .collect();

    let mut batch = Batch::gather(&detections, &outcomes);
    batch.correlate(tx, settings.correlation_window).await?;
    let changed = batch.raised.len() + batch.updates.len();
    if changed == 0 {
        return Ok(Recorded {
            changed: Vec::new(),
            outcomes,
        });
    }
    batch.number(last);
    batch.insert(tx, settings, now).await?;
    batch.update(tx).await?;
    insert_events(tx, &detections, &outcomes, now).await?;
    tx.advance_changes(last + i64::try_from(changed).unwrap_or(i64::MAX))
        .await?;
    let changed: Vec<Changed> = super::read::changed_since(tx, last, i64::MAX).await?;
    Ok(Recorded { changed, outcomes })
}

/// Ids become columns, which cannot hold a NUL.
fn with_clean_ids(detection: &Detection) -> Cow<'_, Detection> {
    let dirty = |id: &str| id.contains('\0');
    let own = [
        detection.rule.id.as_str(),
        detection.endpoint_id.as_str(),
        detection.event_id.as_str(),
        detection.subject.as_str(),
    ];
    if !own
        .into_iter()
        .chain(detection.contributing.iter().map(EventId::as_str))
        .any(dirty)
    {
        return Cow::Borrowed(detection);
    }
    let mut clean = detection.clone();
    clean.rule.id = RuleId::new(without_nul(clean.rule.id.as_str()));
    clean.endpoint_id = EndpointId::new(without_nul(clean.endpoint_id.as_str()));
    clean.event_id = EventId::new(without_nul(clean.event_id.as_str()));
    clean.subject = without_nul(&clean.subject).to_string();
    clean.contributing = clean
        .contributing
        .iter()
        .map(|id| EventId::new(without_nul(id.as_str())))
        .collect();
    Cow::Owned(clean)
}

async fn recall_recorded(
    tx: &mut TenantTx,
    detections: &[Cow<'_, Detection>],
    fold: &mut Fold,
) -> Result<(), StoreError> {
    let rules: Vec<String> = detections.iter().map(|d| d.rule.id.to_string()).collect();
    let events: Vec<String> = detections.iter().map(|d| d.event_id.to_string()).collect();
    let known = sqlx::query!(
        "SELECT rule_id, event_id FROM alert_events
         WHERE (rule_id, event_id) IN (SELECT * FROM unnest($1::text[], $2::text[]))",
        &rules,
        &events
    )
    .fetch_all(tx.connection())
    .await?;
    for row in known {
        fold.recall_recorded(RuleId::new(row.rule_id), EventId::new(row.event_id));
    }
    Ok(())
}

async fn recall_alerts(
    tx: &mut TenantTx,
    detections: &[Cow<'_, Detection>],
    window: Duration,
    fold: &mut Fold,
) -> Result<(), StoreError> {
    let mut spans: BTreeMap<(&str, &str, &str), (Timestamp, Timestamp)> = BTreeMap::new();
    for d in detections {
        let span = spans
            .entry((d.rule.id.as_str(), d.endpoint_id.as_str(), d.subject.as_str()))
            .or_insert((d.observed, d.observed));
        *span = (span.0.min(d.observed), span.1.max(d.observed));
    }
    let (mut rules, mut endpoints, mut subjects) = (Vec::new(), Vec::new(), Vec::new());
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for ((rule, endpoint, subject), span) in spans {
        rules.push(rule.to_owned());
        endpoints.push(endpoint.to_owned());
        subjects.push(subject.to_owned());
        from.push(span.0.saturating_sub(window).nanos());
        to.push(span.1.nanos());
    }
    let alerts = sqlx::query!(
        "SELECT a.alert_id, a.rule_id, a.endpoint_id, a.subject, a.first_seen_ns
         FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
             AS k (rule_id, endpoint_id, subject, from_ns, to_ns)
         JOIN alerts a ON a.rule_id = k.rule_id AND a.endpoint_id = k.endpoint_id AND a.subject = k.subject
             AND a.first_seen_ns BETWEEN k.from_ns AND k.to_ns
         WHERE a.status < 3",
        &rules,
        &endpoints,
        &subjects,
        &from,
        &to
    )
    .fetch_all(tx.connection())
    .await?;
    for row in alerts {
        let first_seen = Timestamp::from_nanos(row.first_seen_ns);
        let key = Key {
            rule: RuleId::new(row.rule_id),
            endpoint: EndpointId::new(row.endpoint_id),
            subject: row.subject,
        };
        fold.recall_alert(key, first_seen, AlertId::new(row.alert_id));
    }
    Ok(())
}

#[derive(Serialize)]
struct EventRow<'a> {
    tenant_id: &'a str,
    rule_id: &'a RuleId,
    event_id: &'a EventId,
    alert_id: &'a AlertId,
    observed_ns: i64,
    recorded_ns: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    contributing: Option<&'a [EventId]>,
}

async fn insert_events(
    tx: &mut TenantTx,
    detections: &[Cow<'_, Detection>],
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().clone();
    let row = |(detection, outcome): (&'_ Cow<'_, Detection>, &'_ Outcome)| {
        let (Outcome::Raised(alert_id) | Outcome::Folded(alert_id)) = outcome else {
            return None;
        };
        let row = EventRow {
            tenant_id: tenant.as_str(),
            rule_id: &detection.rule.id,
            event_id: &detection.event_id,
            alert_id,
            observed_ns: detection.observed.nanos(),
            recorded_ns: now.nanos(),
            contributing: Some(detection.contributing.as_slice()).filter(|events| !events.is_empty()),
        };
        serde_json::to_value(row).ok()
    };
    let rows = rows_json(detections.iter().zip(outcomes).filter_map(row).collect())?;
    sqlx::query!(
        "INSERT INTO alert_events (tenant_id, rule_id, event_id, alert_id, observed_ns, recorded_ns, contributing)
         SELECT * FROM json_to_recordset($1::text::json) AS r (tenant_id text, rule_id text, event_id text, alert_id text,
             observed_ns bigint, recorded_ns bigint, contributing text[])",
        rows
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
