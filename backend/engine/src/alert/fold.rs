//! When a detection raises an alert and when it joins one; which endpoints' alerts belong together.

use std::time::Duration;
use watchfloor_shared::AlertId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSettings {
    /// A detection joins an open alert of its rule and endpoint that began at most this long before.
    pub dedup_window: Duration,
    /// Alerts of other endpoints that began at most this long before or after are related.
    pub correlation_window: Duration,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self {
            dedup_window: Duration::from_secs(300),
            correlation_window: Duration::from_secs(60),
        }
    }
}

/// What became of a detection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Outcome {
    Raised(AlertId),
    Folded(AlertId),
    /// It came before: same rule, same event.
    AlreadyRecorded,
}
