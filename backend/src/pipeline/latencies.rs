//! How long the ways through the product take, over the last minute.

use crate::{api::AlertLatency, live::LatencyRecorder};
use std::sync::Arc;
use watchfloor_shared::{Timestamp, pipeline::Latency};

/// One recorder per way, each measured from the moment a front door had the event.
#[derive(Clone, Default)]
pub struct Latencies {
    /// Until a search finds it.
    pub indexed: Arc<LatencyRecorder>,
    /// Until its alert was committed.
    pub alerted: Arc<LatencyRecorder>,
    /// Until its alert was on a live stream, and on a screen.
    pub live: Arc<AlertLatency>,
}

impl Latencies {
    pub fn snapshot(&self, now: Timestamp) -> Latency {
        let p99 = |recorder: &LatencyRecorder| recorder.percentiles(now).map(|p| p.p99);
        let alerted = self.alerted.percentiles(now);
        Latency {
            received_to_indexed_p99: p99(&self.indexed),
            received_to_alert_p50: alerted.map(|p| p.p50),
            received_to_alert_p99: alerted.map(|p| p.p99),
            received_to_stream_p99: p99(&self.live.stream),
            received_to_screen_p99: p99(&self.live.screen),
        }
    }
}
