//! Settings of the search index, `[search]` in the configuration file.

use super::opensearch::OpenSearchConfig;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A hundred years: more than any clock here can go back.
const RETENTION_DAYS_MAX: u32 = 36_500;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// Forgets events that happened longer ago; keeps all when absent.
    pub retention_days: Option<u32>,
    /// With URLs: the index in place of the one in the data directory.
    pub opensearch: OpenSearchConfig,
}

impl SearchConfig {
    /// How long events are kept; for ever when absent.
    pub fn age_max(&self) -> Option<Duration> {
        const DAY_SECONDS: u64 = 86_400;
        self.retention_days
            .map(|days| Duration::from_secs(u64::from(days) * DAY_SECONDS))
    }

    /// Key and reason of the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        if self
            .retention_days
            .is_some_and(|days| !(1..=RETENTION_DAYS_MAX).contains(&days))
        {
            return Err((
                "search.retention_days",
                format!("must be between 1 and {RETENTION_DAYS_MAX}"),
            ));
        }
        self.opensearch.validate()
    }
}
