//! Which part of a list.

/// A cursor goes on where a page ended and stays right while rows come and go; an offset jumps, for a scroll bar.
/// With both, the cursor counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub cursor: Option<String>,
    pub offset: Option<i64>,
    /// 1 to 500; values outside are brought to the nearer end.
    pub limit: i64,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            cursor: None,
            offset: None,
            limit: 100,
        }
    }
}

impl Window {
    pub fn first(limit: i64) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }
}
