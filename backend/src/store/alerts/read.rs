//! One alert with all that is known of it; changes since a number; what was shown.

use super::{
    Changed, Detection, PRODUCT_ACTOR,
    row::{self, AlertRow, COLUMNS, from_json, is_id},
};
use crate::store::{StoreError, TenantTx};
use watchfloor_shared::{
    AlertId, EndpointId, EntityId, EventId, Timestamp,
    alert::{AlertDetail, AlertStatus, HistoryAction, HistoryEntry, RelatedEndpoint},
};

const EVENTS_MAX: i64 = 1_000;

pub(super) async fn row(tx: &mut TenantTx, id: &AlertId) -> Result<Option<AlertRow>, StoreError> {
    if !is_id(id) {
        return Ok(None);
    }
    let query = format!("SELECT {COLUMNS} FROM alerts WHERE alert_id = $1");
    Ok(sqlx::query_as(&query)
        .bind(id.as_str())
        .fetch_optional(tx.connection())
        .await?)
}

/// The alert with why, what and when; none when this tenant has no such alert.
pub async fn get(tx: &mut TenantTx, id: &AlertId) -> Result<Option<AlertDetail>, StoreError> {
    let Some(row) = row(tx, id).await? else { return Ok(None) };
    let why = sqlx::query!(
        r#"SELECT rule::text AS "rule!", what_happened::text AS "what_happened!", matched::text AS "matched!",
                  trigger_event, trigger_entity
           FROM alert_explanations WHERE alert_id = $1"#,
        id.as_str()
    )
    .fetch_one(tx.connection())
    .await?;
    let related = if row.related_endpoints.is_empty() {
        Vec::new()
    } else {
        related(tx, id).await?
    };
    let events = events(tx, id).await?;
    let history = history(tx, id, Timestamp::from_nanos(row.stored_ns)).await?;
    Ok(Some(AlertDetail {
        summary: row.into_summary()?,
        what_happened: from_json(&why.what_happened, "explanation")?,
        matched: from_json(&why.matched, "matched fields")?,
        rule: from_json(&why.rule, "rule")?,
        trigger_event: EventId::new(why.trigger_event),
        trigger_entity: why.trigger_entity.map(EntityId::new),
        events,
        related,
        history,
    }))
}

async fn events(tx: &mut TenantTx, id: &AlertId) -> Result<Vec<EventId>, StoreError> {
    let rows = sqlx::query!(
        "SELECT event_id, contributing FROM alert_events WHERE alert_id = $1 ORDER BY observed_ns, event_id LIMIT $2",
        id.as_str(),
        EVENTS_MAX
    )
    .fetch_all(tx.connection())
    .await?;
    let mut seen = std::collections::HashSet::new();
    let all = rows
        .into_iter()
        .flat_map(|row| row.contributing.unwrap_or_default().into_iter().chain([row.event_id]));
    let distinct = all.filter(|event| seen.insert(event.clone()));
    Ok(distinct
        .take(usize::try_from(EVENTS_MAX).unwrap_or_default())
        .map(EventId::new)
        .collect())
}

async fn related(tx: &mut TenantTx, id: &AlertId) -> Result<Vec<RelatedEndpoint>, StoreError> {
    let rows = sqlx::query_as!(
        RelatedRow,
        r#"SELECT o.endpoint_id, max(o.severity) AS "severity!", count(*) AS "alerts!",
                  bool_or(o.rule_id = a.rule_id) AS "rule!", bool_or(o.technique_ids && a.technique_ids) AS "technique!",
                  coalesce(bool_or(o.user_name = a.user_name), false) AS "user!",
                  coalesce(bool_or(oe.file_sha256 = e.file_sha256), false) AS "hash!"
           FROM alerts a
           JOIN alert_explanations e ON e.tenant_id = a.tenant_id AND e.alert_id = a.alert_id
           JOIN alerts o ON o.tenant_id = a.tenant_id AND o.endpoint_id = ANY(a.related_endpoints)
               AND o.first_seen_ns BETWEEN a.first_seen_ns - e.correlation_window_ns
                                       AND a.first_seen_ns + e.correlation_window_ns
           JOIN alert_explanations oe ON oe.tenant_id = o.tenant_id AND oe.alert_id = o.alert_id
           WHERE a.alert_id = $1
           GROUP BY o.endpoint_id ORDER BY max(o.severity) DESC, count(*) DESC, o.endpoint_id"#,
        id.as_str()
    )
    .fetch_all(tx.connection())
    .await?;
    let endpoint = |row: RelatedRow| {
        let common = [
            (row.rule, "same rule"),
            (row.technique, "same technique"),
            (row.user, "same user"),
            (row.hash, "same file hash"),
        ];
        Ok(RelatedEndpoint {
            endpoint_id: EndpointId::new(row.endpoint_id),
            severity: row::severity(row.severity)?,
            alerts: row.alerts,
            shared: common
                .into_iter()
                .filter(|(is, _)| *is)
                .map(|(_, name)| name.to_owned())
                .collect(),
        })
    };
    rows.into_iter().map(endpoint).collect()
}

struct RelatedRow {
    endpoint_id: String,
    severity: i16,
    alerts: i64,
    rule: bool,
    technique: bool,
    user: bool,
    hash: bool,
}

/// People's entries as written, and between them how many detections were folded in, told from their rows.
async fn history(tx: &mut TenantTx, id: &AlertId, stored: Timestamp) -> Result<Vec<HistoryEntry>, StoreError> {
    let entries = sqlx::query!(
        "SELECT at_ns, actor, action, from_value, to_value, note FROM alert_history WHERE alert_id = $1
         ORDER BY at_ns, entry",
        id.as_str()
    )
    .fetch_all(tx.connection())
    .await?;
    let breaks: Vec<i64> = entries.iter().map(|entry| entry.at_ns).collect();
    // The first detection raised the alert; the others were folded.
    let folds = sqlx::query!(
        r#"SELECT width_bucket(e.recorded_ns, $2::bigint[]) AS "after!", count(*) AS "count!",
                  max(e.recorded_ns) AS "at!"
           FROM alert_events e JOIN alert_explanations x USING (tenant_id, alert_id)
           WHERE e.alert_id = $1 AND e.event_id <> x.trigger_event
           GROUP BY 1 ORDER BY 1"#,
        id.as_str(),
        &breaks
    )
    .fetch_all(tx.connection())
    .await?;
    let product = |at, action, to| HistoryEntry {
        at,
        actor: PRODUCT_ACTOR.to_owned(),
        action,
        from: None,
        to,
        note: None,
    };
    let mut told = vec![product(
        stored,
        HistoryAction::Raised,
        Some(AlertStatus::Open.as_str().to_owned()),
    )];
    let mut folds = folds.into_iter().peekable();
    for place in 0..=entries.len() {
        if let Some(fold) = folds.next_if(|fold| usize::try_from(fold.after) == Ok(place)) {
            told.push(product(
                Timestamp::from_nanos(fold.at),
                HistoryAction::Folded,
                Some(fold.count.to_string()),
            ));
        }
        if let Some(entry) = entries.get(place) {
            told.push(HistoryEntry {
                at: Timestamp::from_nanos(entry.at_ns),
                actor: entry.actor.clone(),
                action: from_json(&format!("\"{}\"", entry.action), "history")?,
                from: entry.from_value.clone(),
                to: entry.to_value.clone(),
                note: entry.note.clone(),
            });
        }
    }
    told.reverse();
    Ok(told)
}

/// Notes that these were drawn now. Returns those for which it was the first time, with when their event reached us.
pub async fn mark_shown(
    tx: &mut TenantTx,
    ids: &[AlertId],
    now: Timestamp,
) -> Result<Vec<(AlertId, Timestamp)>, StoreError> {
    let ids: Vec<String> = ids.iter().filter(|id| is_id(id)).map(AlertId::to_string).collect();
    // One writer at a time, so that no two wait for each other's rows in a ring.
    tx.lock_changes().await?;
    let rows = sqlx::query!(
        "UPDATE alerts SET shown_ns = $2 WHERE alert_id = ANY($1) AND shown_ns IS NULL RETURNING alert_id, received_ns",
        &ids,
        now.nanos()
    )
    .fetch_all(tx.connection())
    .await?;
    let shown = |(id, received): (String, i64)| (AlertId::new(id), Timestamp::from_nanos(received));
    Ok(rows
        .into_iter()
        .map(|row| shown((row.alert_id, row.received_ns)))
        .collect())
}

/// Alerts whose last change is after `seq`, oldest change first, each once and as it is now.
pub async fn changed_since(tx: &mut TenantTx, seq: i64, limit: i64) -> Result<Vec<Changed>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM alerts WHERE change_seq > $1 ORDER BY change_seq LIMIT $2");
    let rows: Vec<AlertRow> = sqlx::query_as(&query)
        .bind(seq)
        .bind(limit.max(0))
        .fetch_all(tx.connection())
        .await?;
    rows.into_iter().map(changed).collect()
}

/// The alerts that these detections are in, each once and as it is now.
pub async fn holding(tx: &mut TenantTx, detections: &[&Detection]) -> Result<Vec<Changed>, StoreError> {
    let rules: Vec<&str> = detections.iter().map(|d| d.rule.id.as_str()).collect();
    let events: Vec<&str> = detections.iter().map(|d| d.event_id.as_str()).collect();
    let query = format!(
        "SELECT {COLUMNS} FROM alerts WHERE alert_id IN (SELECT alert_id FROM alert_events
             WHERE (rule_id, event_id) IN (SELECT * FROM unnest($1::text[], $2::text[])))
         ORDER BY change_seq"
    );
    let rows: Vec<AlertRow> = sqlx::query_as(&query)
        .bind(rules)
        .bind(events)
        .fetch_all(tx.connection())
        .await?;
    rows.into_iter().map(changed).collect()
}

/// Which alert each detection is in; nothing for one that was never recorded.
pub async fn alerts_of(tx: &mut TenantTx, detections: &[&Detection]) -> Result<Vec<Option<AlertId>>, StoreError> {
    let rules: Vec<&str> = detections.iter().map(|d| d.rule.id.as_str()).collect();
    let events: Vec<&str> = detections.iter().map(|d| d.event_id.as_str()).collect();
    let found: Vec<Option<String>> = sqlx::query_scalar(
        "SELECT e.alert_id FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS d (rule_id, event_id, place)
         LEFT JOIN alert_events e USING (rule_id, event_id) ORDER BY d.place",
    )
    .bind(rules)
    .bind(events)
    .fetch_all(tx.connection())
    .await?;
    Ok(found.into_iter().map(|id| id.map(AlertId::new)).collect())
}

fn changed(row: AlertRow) -> Result<Changed, StoreError> {
    Ok(Changed {
        seq: row.change_seq,
        summary: row.into_summary()?,
    })
}

/// The `seq` of the tenant's last change; 0 before the first.
pub async fn last_change(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let seq = sqlx::query_scalar!("SELECT change_seq FROM tenants")
        .fetch_optional(tx.connection())
        .await?;
    Ok(seq.unwrap_or(0))
}
