//! What processes tell one another. Nothing of it is a tenant's data: who hears it asks the database.

use crate::ingest::Spent;
use serde::{Deserialize, Serialize};
use watchfloor_shared::TenantId;

/// A message that is longer is none of ours.
const BYTES_MAX: usize = 256 << 10;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Alerts of the tenant changed.
    Changed(TenantId),
    /// A session of the tenant ended.
    SessionEnded(TenantId),
    /// What senders spent of their allowances.
    Spent(Vec<Spent>),
    /// Something may have been told that was not heard.
    #[serde(skip)]
    Missed,
}

/// News on its way, with the process that tells it.
#[derive(Serialize, Deserialize)]
pub(super) struct Letter {
    from: u64,
    news: News,
}

impl Letter {
    pub fn write(from: u64, news: News) -> Vec<u8> {
        serde_json::to_vec(&Self { from, news }).unwrap_or_default()
    }

    /// None for what `me` told itself, and for what is no letter.
    pub fn read(bytes: &[u8], me: u64) -> Option<News> {
        if bytes.len() > BYTES_MAX {
            return None;
        }
        let letter: Self = serde_json::from_slice(bytes).ok()?;
        (letter.from != me).then_some(letter.news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_by_others_and_garbage_by_nobody() {
        let news = News::Changed("acme".parse().unwrap());
        let bytes = Letter::write(u64::MAX, news.clone());
        assert_eq!(Letter::read(&bytes, 1), Some(news));
        assert_eq!(Letter::read(&bytes, u64::MAX), None);
        for garbage in [
            &b""[..],
            b"{}",
            b"null",
            br#"{"from":1,"news":{"changed":"No Tenant!"}}"#,
        ] {
            assert_eq!(Letter::read(garbage, 7), None);
        }
        for bytes in crate::mutation::mutations(&bytes, 1_000) {
            let _ = Letter::read(&bytes, 7);
        }
    }
}
