//! What a person does to an alert, and taking it back.

use super::{
    ChangeError, Changed,
    read::row,
    row::{AlertRow, status, status_code, verdict, verdict_code, without_nul},
};
use crate::store::{StoreError, TenantTx};
use watchfloor_shared::{
    AlertId, Timestamp,
    alert::{AlertChange, AlertStatus, AnalystVerdict},
};

const NOTE_CHARS_MAX: usize = 4_000;

/// What people decide about an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Judgement {
    status: AlertStatus,
    assignee: Option<String>,
    verdict: Option<AnalystVerdict>,
}

/// One line of the history.
struct Entry {
    action: &'static str,
    from: Option<String>,
    to: Option<String>,
    note: Option<String>,
}

/// A person's change. `expected_version` is what they looked at: it conflicts when a person changed the alert since; that
/// detections were folded in meanwhile is no conflict. A status of false positive carries that verdict and needs a note;
/// leaving it takes the verdict away.
pub async fn change(
    tx: &mut TenantTx,
    id: &AlertId,
    expected_version: Option<i64>,
    change: &AlertChange,
    actor: &str,
    now: Timestamp,
) -> Result<Changed, ChangeError> {
    let note = change
        .note
        .as_deref()
        .map(str::trim)
        .filter(|note| !note.is_empty())
        .map(without_nul);
    if note.as_ref().is_some_and(|note| note.chars().count() > NOTE_CHARS_MAX) {
        return Err(ChangeError::NoteTooLong);
    }
    let last = tx.lock_changes().await?;
    let row = row(tx, id).await?.ok_or(ChangeError::NotFound)?;
    check_version(&row, expected_version)?;
    let before = judgement(&row)?;
    let after = judge(&before, change)?;
    if after.status == AlertStatus::FalsePositive && before.status != after.status && note.is_none() {
        return Err(ChangeError::NoteRequired);
    }
    let entries = entries(&before, &after, note);
    if entries.is_empty() {
        return Err(ChangeError::NothingToChange);
    }
    let undoable = (before != after).then_some(&before);
    write(tx, &row, last, &after).await?;
    for entry in entries {
        write_entry(tx, &row, &entry, undoable, None, actor, now).await?;
    }
    changed(tx, id).await
}

/// Restores status, assignee and verdict from before `actor`'s last change, if no other person decided anything since.
/// Repeated, it goes further back.
pub async fn undo(
    tx: &mut TenantTx,
    id: &AlertId,
    expected_version: Option<i64>,
    actor: &str,
    now: Timestamp,
) -> Result<Changed, ChangeError> {
    let last = tx.lock_changes().await?;
    let row = row(tx, id).await?.ok_or(ChangeError::NotFound)?;
    check_version(&row, expected_version)?;
    let latest = sqlx::query!(
        r#"SELECT version, actor, before_status AS "status!", before_assignee, before_verdict
           FROM alert_history h
           WHERE alert_id = $1 AND before_status IS NOT NULL AND NOT EXISTS (
               SELECT FROM alert_history u WHERE u.alert_id = $1 AND u.undoes = h.version)
           ORDER BY version DESC LIMIT 1"#,
        id.as_str()
    )
    .fetch_optional(tx.connection())
    .await
    .map_err(StoreError::from)?;
    let latest = latest
        .filter(|latest| latest.actor == actor)
        .ok_or(ChangeError::NothingToUndo)?;
    let before = Judgement {
        status: status(latest.status)?,
        assignee: latest.before_assignee,
        verdict: latest.before_verdict.map(verdict).transpose()?,
    };
    let (from, to) = (judgement(&row)?.status, before.status);
    let entry = Entry {
        action: "undone",
        from: Some(from.as_str().to_owned()),
        to: Some(to.as_str().to_owned()),
        note: None,
    };
    write(tx, &row, last, &before).await?;
    write_entry(tx, &row, &entry, None, Some(latest.version), actor, now).await?;
    changed(tx, id).await
}

fn check_version(row: &AlertRow, expected: Option<i64>) -> Result<(), ChangeError> {
    match expected {
        Some(expected) if expected < row.person_version || expected > row.version => {
            Err(ChangeError::VersionConflict { current: row.version })
        }
        _ => Ok(()),
    }
}

fn judgement(row: &AlertRow) -> Result<Judgement, StoreError> {
    Ok(Judgement {
        status: status(row.status)?,
        assignee: row.assignee.clone(),
        verdict: row.verdict.map(verdict).transpose()?,
    })
}

fn judge(before: &Judgement, change: &AlertChange) -> Result<Judgement, ChangeError> {
    let to = change.status.unwrap_or(before.status);
    if to != before.status && !before.status.can_become(to) {
        return Err(ChangeError::Illegal {
            from: before.status,
            to,
        });
    }
    let left = before.status == AlertStatus::FalsePositive && to != AlertStatus::FalsePositive;
    let verdict = match (to, change.verdict) {
        (AlertStatus::FalsePositive, _) => Some(AnalystVerdict::FalsePositive),
        (_, Some(verdict)) => Some(verdict),
        (_, None) if left => None,
        (_, None) => before.verdict,
    };
    let assignee = match change.assignee.as_deref().map(str::trim) {
        None => before.assignee.clone(),
        Some("") => None,
        Some(name) => Some(without_nul(name).chars().take(200).collect()),
    };
    Ok(Judgement {
        status: to,
        assignee,
        verdict,
    })
}

fn entries(before: &Judgement, after: &Judgement, mut note: Option<String>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let status = |status: AlertStatus| Some(status.as_str().to_owned());
    if before.status != after.status {
        let (from, to) = (status(before.status), status(after.status));
        entries.push(Entry {
            action: "status_changed",
            from,
            to,
            note: note.take(),
        });
    }
    if before.assignee != after.assignee {
        let (from, to) = (before.assignee.clone(), after.assignee.clone());
        entries.push(Entry {
            action: "assigned",
            from,
            to,
            note: note.take(),
        });
    }
    let judged_alone = before.verdict != after.verdict && before.status == after.status;
    if judged_alone || note.is_some() {
        let name = |verdict: Option<AnalystVerdict>| verdict.filter(|_| judged_alone).map(verdict_name);
        let (from, to) = (name(before.verdict), name(after.verdict));
        entries.push(Entry {
            action: "noted",
            from,
            to,
            note,
        });
    }
    entries
}

fn verdict_name(verdict: AnalystVerdict) -> String {
    match verdict {
        AnalystVerdict::TruePositive => "true_positive".to_owned(),
        AnalystVerdict::FalsePositive => "false_positive".to_owned(),
    }
}

async fn write(tx: &mut TenantTx, row: &AlertRow, last: i64, after: &Judgement) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE alerts SET status = $2, assignee = $3, verdict = $4, version = $5, person_version = $5, change_seq = $6
         WHERE alert_id = $1",
        row.alert_id,
        status_code(after.status),
        after.assignee.as_deref(),
        after.verdict.map(verdict_code),
        row.version + 1,
        last + 1
    )
    .execute(tx.connection())
    .await?;
    tx.advance_changes(last + 1).await
}

async fn write_entry(
    tx: &mut TenantTx,
    row: &AlertRow,
    entry: &Entry,
    before: Option<&Judgement>,
    undoes: Option<i64>,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let tenant = tx.tenant().clone();
    sqlx::query!(
        "INSERT INTO alert_history (tenant_id, alert_id, version, at_ns, actor, action, from_value, to_value, note, undoes,
             before_status, before_assignee, before_verdict)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        tenant.as_str(),
        row.alert_id,
        row.version + 1,
        now.nanos(),
        without_nul(actor),
        entry.action,
        entry.from.as_deref(),
        entry.to.as_deref(),
        entry.note.as_deref(),
        undoes,
        before.map(|before| status_code(before.status)),
        before.and_then(|before| before.assignee.as_deref()),
        before.and_then(|before| before.verdict).map(verdict_code)
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

async fn changed(tx: &mut TenantTx, id: &AlertId) -> Result<Changed, ChangeError> {
    let row = row(tx, id).await?.ok_or(ChangeError::NotFound)?;
    Ok(Changed {
        seq: row.change_seq,
        summary: row.into_summary()?,
    })
}
