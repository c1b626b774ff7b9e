//! Cursor paging.

use serde::{Deserialize, Serialize};

/// One page of a list. `next` goes back as `cursor`; absent on the last page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
    /// How many the whole list has.
    pub total: i64,
}
