//! A tenant's audit log. Entries are appended in the transaction of what they are about, and never changed.

use super::{StoreError, TenantTx, alerts::containing};
use crate::audit::{Act, Broken, Chain, Hash, Kept, head};
use watchfloor_shared::{
    Timestamp,
    audit::{AuditEntry, AuditHead, AuditRecord},
};

pub const PAGE_MAX: i64 = 500;

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Wanted<'a> {
    /// Numbers below.
    pub before: Option<i64>,
    pub action: Option<&'a str>,
    /// Anywhere in what an entry says, in any case.
    pub text: Option<&'a str>,
}

/// Returns the entry's number. Others who append to this tenant's log wait for the transaction's end, so this comes last.
pub async fn append(tx: &mut TenantTx, now: Timestamp, act: &Act<'_>) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT identity.append_audit($1, $2, $3) AS "number!""#,
        now.nanos(),
        act.action,
        act.text()
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(number)
}

/// Newest first, at most `limit`.
pub async fn page(tx: &mut TenantTx, wanted: &Wanted<'_>, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let pattern = wanted.text.map(containing);
    let rows = sqlx::query!(
        "SELECT number, at_ns, action, record, hash FROM audit_log
         WHERE ($1::bigint IS NULL OR number < $1) AND ($2::text IS NULL OR action = $2)
           AND ($3::text IS NULL OR record ILIKE $3 OR action ILIKE $3)
         ORDER BY number DESC LIMIT $4",
        wanted.before,
        wanted.action,
        pattern,
        limit.clamp(1, PAGE_MAX)
    )
    .fetch_all(tx.connection())
    .await?;
    let entries = rows.into_iter().map(|row| {
        let record: AuditRecord = serde_json::from_str(&row.record).map_err(|error| StoreError::Inconsistent {
            what: format!("entry {} of the audit log: {error}", row.number),
        })?;
        Ok(AuditEntry {
            number: row.number,
            at: Timestamp::from_nanos(row.at_ns),
            action: row.action,
            record,
            hash: crate::audit::hex(&read(row.number, &row.hash)?),
        })
    });
    entries.collect()
}

/// As they are kept, in order, from after `number`.
pub async fn after(tx: &mut TenantTx, number: i64, limit: i64) -> Result<Vec<Kept>, StoreError> {
    let rows = sqlx::query!(
        "SELECT number, at_ns, action, record, hash FROM audit_log WHERE number > $1 ORDER BY number LIMIT $2",
        number,
        limit.clamp(1, PAGE_MAX)
    )
    .fetch_all(tx.connection())
    .await?;
    let kept = rows.into_iter().map(|row| {
        Ok(Kept {
            number: row.number,
            at: Timestamp::from_nanos(row.at_ns),
            action: row.action,
            hash: read(row.number, &row.hash)?,
            record: row.record,
        })
    });
    kept.collect()
}

/// Of a log without entries: number 0.
pub async fn newest(tx: &mut TenantTx) -> Result<AuditHead, StoreError> {
    let found = sqlx::query!(r#"SELECT number AS "number!", hash AS "hash!" FROM identity.audit_head()"#)
        .fetch_optional(tx.connection())
        .await?;
    match found {
        Some(found) => Ok(head(found.number, &read(found.number, &found.hash)?)),
        None => Ok(head(0, &Hash::default())),
    }
}

/// Makes every hash again, and holds the newest entry against what the database counted: how far the chain is whole, and what is
/// wrong then.
pub async fn verify(tx: &mut TenantTx) -> Result<(AuditHead, Option<Broken>), StoreError> {
    // Asked first: what is appended meanwhile lies beyond it.
    let newest = newest(tx).await?;
    let mut chain = Chain::of(tx.tenant().clone());
    loop {
        let entries = after(tx, chain.head().number, PAGE_MAX).await?;
        let is_last = entries.last().is_none_or(|last| last.number >= newest.number);
        for entry in entries.iter().filter(|entry| entry.number <= newest.number) {
            if let Err(broken) = chain.take(entry) {
                return Ok((chain.head(), Some(broken)));
            }
        }
        if is_last {
            let broken = chain.ends_at(&newest).err();
            return Ok((chain.head(), broken));
        }
    }
}

fn read(number: i64, hash: &[u8]) -> Result<Hash, StoreError> {
    hash.try_into().map_err(|_| StoreError::Inconsistent {
        what: format!("the hash of entry {number} of the audit log"),
    })
}
