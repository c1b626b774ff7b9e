//! `GET /api/v1/live`: server-sent events. `event:` is the name below, `data:` the whole [`LiveEvent`] as JSON, `id:` the
//! change number to resume from with `Last-Event-ID`. `alert` and `reset` have an id, and so has the first heartbeat of a
//! stream, so that nothing is lost when a stream breaks before its first alert.

use crate::{Timestamp, alert::AlertSummary, pipeline::PipelineSnapshot};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "event", content = "data")]
pub enum LiveEvent {
    /// A new alert, or one that changed.
    Alert(Box<AlertSummary>),
    /// Once a second while someone listens.
    Pipeline(Box<PipelineSnapshot>),
    /// Once every five seconds: the stream lives, and this is the server's clock.
    Heartbeat(Timestamp),
    /// The listener was too slow or was away too long: fetch the lists again.
    Reset(Timestamp),
}

impl LiveEvent {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            LiveEvent::Alert(_) => "alert",
            LiveEvent::Pipeline(_) => "pipeline",
            LiveEvent::Heartbeat(_) => "heartbeat",
            LiveEvent::Reset(_) => "reset",
        }
    }
}
