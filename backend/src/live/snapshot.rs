//! The pipeline's snapshot for many listeners: asked for once per interval, serialized once.

use crate::pipeline::PipelineView;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};
use watchfloor_shared::{live::LiveEvent, pipeline::PipelineSnapshot};

pub struct SnapshotFeed {
    view: Arc<dyn PipelineView>,
    age_max: Duration,
    last: Mutex<Option<Taken>>,
}

#[derive(Clone)]
struct Taken {
    at: Instant,
    snapshot: Arc<PipelineSnapshot>,
    json: Arc<str>,
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
        self.taken().await.json
    }

    /// At most `age_max` old.
    pub async fn latest(&self) -> Arc<PipelineSnapshot> {
        self.taken().await.snapshot
    }

    async fn taken(&self) -> Taken {
        let mut last = self.last.lock().await;
        if let Some(taken) = last.as_ref()
            && taken.at.elapsed() < self.age_max
        {
            return taken.clone();
        }
        let snapshot = self.view.snapshot().await;
        let event = LiveEvent::Pipeline(Box::new(snapshot.clone()));
        let taken = Taken {
            json: Arc::from(serde_json::to_string(&event).unwrap_or_default()),
            snapshot: Arc::new(snapshot),
            at: Instant::now(),
        };
        *last = Some(taken.clone());
        taken
    }
}
