//! Alerts of one tenant: what the detections became, and what people did with them.

use super::{StoreError, TenantTx, Window};
use watchfloor_engine::alert::{AlertSettings, Detection, Outcome};
use watchfloor_shared::{
    AlertId, Timestamp,
    alert::{AlertChange, AlertDetail, AlertFacets, AlertFilter, AlertHistogram, AlertSort, AlertStatus, AlertSummary},
    page::Page,
};

/// The name in the history for what the product did itself.
pub const PRODUCT_ACTOR: &str = "watchfloor";

/// An alert as it is after a change. `seq` grows in commit order within the tenant; the live stream resumes by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub seq: i64,
    pub summary: AlertSummary,
}

/// What a batch of detections did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// New and changed alerts, each once.
    pub changed: Vec<Changed>,
    /// One per detection, in order.
    pub outcomes: Vec<Outcome>,
}

/// Why a person's change was refused.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no such alert")]
    NotFound,
    #[error("someone changed the alert: it is at version {current} now")]
    VersionConflict { current: i64 },
    #[error("an alert that is {} cannot become {}", .from.as_str(), .to.as_str())]
    Illegal { from: AlertStatus, to: AlertStatus },
    #[error("say why it is a false positive: a note is required")]
    NoteRequired,
    #[error("a note has at most 4,000 characters")]
    NoteTooLong,
    #[error("there is no change of yours to undo")]
    NothingToUndo,
    #[error("the change changes nothing")]
    NothingToChange,
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub async fn list(
    tx: &mut TenantTx,
    filter: &AlertFilter,
    sort: AlertSort,
    window: &Window,
) -> Result<Page<AlertSummary>, StoreError> {
    let _ = (tx, filter, sort, window);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

pub async fn facets(tx: &mut TenantTx, filter: &AlertFilter) -> Result<AlertFacets, StoreError> {
    let _ = (tx, filter);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// Alerts that pass the filter by first seen, in steps of `interval_ms` aligned to the epoch; at most 10,000 steps, empty
/// ones left out.
pub async fn histogram(
    tx: &mut TenantTx,
    filter: &AlertFilter,
    interval_ms: i64,
) -> Result<AlertHistogram, StoreError> {
    let _ = (tx, filter, interval_ms);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

pub async fn get(tx: &mut TenantTx, id: &AlertId) -> Result<Option<AlertDetail>, StoreError> {
    let _ = (tx, id);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// A person's change. `expected_version` is what they looked at: it conflicts when a person changed the alert since; that
/// detections were folded in meanwhile is no conflict.
pub async fn change(
    tx: &mut TenantTx,
    id: &AlertId,
    expected_version: Option<i64>,
    change: &AlertChange,
    actor: &str,
    now: Timestamp,
) -> Result<Changed, ChangeError> {
    let _ = (tx, id, expected_version, change, actor, now);
    Err(ChangeError::NotFound)
}

/// Restores status, assignee and verdict from before `actor`'s last change, if that is the alert's last change by a person.
pub async fn undo(
    tx: &mut TenantTx,
    id: &AlertId,
    expected_version: Option<i64>,
    actor: &str,
    now: Timestamp,
) -> Result<Changed, ChangeError> {
    let _ = (tx, id, expected_version, actor, now);
    Err(ChangeError::NotFound)
}

/// Notes that these were drawn now. Returns those for which it was the first time, with when their event reached us.
pub async fn mark_shown(
    tx: &mut TenantTx,
    ids: &[AlertId],
    now: Timestamp,
) -> Result<Vec<(AlertId, Timestamp)>, StoreError> {
    let _ = (tx, ids, now);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// Alerts whose last change is after `seq`, oldest change first, each once and as it is now.
pub async fn changed_since(tx: &mut TenantTx, seq: i64, limit: i64) -> Result<Vec<Changed>, StoreError> {
    let _ = (tx, seq, limit);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// The `seq` of the tenant's last change; 0 before the first.
pub async fn last_change(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let _ = tx;
    Err(StoreError::Unavailable("not there yet".to_owned()))
}

/// Folds detections into alerts; see `watchfloor_engine::alert::fold` for the rules. Repeating a batch changes nothing.
/// Commits nothing by itself: what follows in the same transaction is stored with it or not at all.
pub async fn record(
    tx: &mut TenantTx,
    detections: &[Detection],
    settings: &AlertSettings,
    now: Timestamp,
) -> Result<Recorded, StoreError> {
    let _ = (tx, detections, settings, now);
    Err(StoreError::Unavailable("not there yet".to_owned()))
}
