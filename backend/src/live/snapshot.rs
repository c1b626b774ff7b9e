//! The pipeline's snapshot for many listeners: asked for once per interval, serialized once.

use crate::pipeline::PipelineView;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};
use watchfloor_shared::live::LiveEvent;

pub struct SnapshotFeed {
    view: Arc<dyn PipelineView>,
    age_max: Duration,
    last: Mutex<Option<(Instant, Arc<str>)>>,
}

impl SnapshotFeed {
    pub fn new(view: Arc<dyn PipelineView>, age_max: Duration) -> Self {
        Self {
            view,
            age_max,
            last: Mutex::new(None),
        }
    }

    /// The live event as JSON, at most `age_max` old.
    pub async fn json(&self) -> Arc<str> {
        let mut last = self.last.lock().await;
        if let Some((at, json)) = last.as_ref()
            && at.elapsed() < self.age_max
        {
            return json.clone();
        }
        let event = LiveEvent::Pipeline(Box::new(self.view.snapshot().await));
        let json: Arc<str> = Arc::from(serde_json::to_string(&event).unwrap_or_default());
        *last = Some((Instant::now(), json.clone()));
        json
    }
}
