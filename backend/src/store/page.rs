//! Which part of a list.

use super::StoreError;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

const LIMIT_MAX: i64 = 500;

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

    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.limit.clamp(1, LIMIT_MAX)).unwrap_or(1)
    }
}

/// The place of a row in a list's order. Opaque to those who carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    pub sort: String,
    pub rank: i64,
    pub at: i64,
    pub id: String,
}

impl Cursor {
    pub fn encode(&self) -> String {
        let fields = (&self.sort, self.rank, self.at, &self.id);
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&fields).unwrap_or_default())
    }

    pub fn decode(text: &str) -> Result<Cursor, StoreError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::InvalidCursor)?;
        let (sort, rank, at, id): (String, i64, i64, String) =
            serde_json::from_slice(&bytes).map_err(|_| StoreError::InvalidCursor)?;
        if id.contains('\0') {
            return Err(StoreError::InvalidCursor);
        }
        Ok(Cursor { sort, rank, at, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_way_and_a_forged_one_is_refused() {
        let cursor = Cursor {
            sort: "s".to_owned(),
            rank: 3,
            at: i64::MIN,
            id: "ä\"".to_owned(),
        };
        assert_eq!(Cursor::decode(&cursor.encode()).unwrap(), cursor);
        for forged in ["", "!", "AAAA", &URL_SAFE_NO_PAD.encode("[\"s\",1,2,\"\\u0000\"]")] {
            assert!(
                matches!(Cursor::decode(forged), Err(StoreError::InvalidCursor)),
                "{forged}"
            );
        }
    }
}
