//! Alerts of one tenant: what the detections became, and what people did with them.

mod batch;
mod change;
mod facets;
mod filter;
mod histogram;
mod list;
mod read;
mod record;
mod row;

pub use change::{change, undo};
pub(super) use facets::FacetCache;
pub use facets::facets;
pub use histogram::histogram;
pub use list::list;
pub use read::{alerts_of, changed_since, get, holding, last_change, mark_shown};
pub use record::record;
pub(super) use row::{containing, without_nul};
pub use watchfloor_engine::alert::{AlertSettings, Detection, Outcome};

use super::StoreError;
use watchfloor_shared::alert::{AlertStatus, AlertSummary};

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
