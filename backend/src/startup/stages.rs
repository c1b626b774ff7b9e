//! The stages with what each needs.

use super::{Running, stores::Stores};
use crate::infer::Scorer;
use crate::pipeline::{
    latencies::Latencies,
    stage::Stage,
    stages::{
        aggregate::Aggregate,
        alert::{Alert, Announcements},
        detect::Detect,
        index::Index,
        infer::{Infer, InferParts},
        join::Join,
        normalize::{Normalize, Normalizer},
    },
    topology::{AGGREGATE, ALERT, DETECT, INDEX, INFER, JOIN, NORMALIZE, StageSpec},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use watchfloor_engine::alert::AlertSettings;

pub(super) fn stages(stores: &Stores, running: &Running, latencies: &Latencies) -> Vec<(StageSpec, Box<dyn Stage>)> {
    let settings = AlertSettings {
        dedup_window: Duration::from_secs(running.config.alerts.dedup_window_seconds),
        correlation_window: Duration::from_secs(running.config.alerts.correlation_window_seconds),
    };
    let normalize = Normalize {
        bus: Arc::clone(&stores.bus),
        normalizer: Normalizer::new(&stores.geo, &stores.inventory),
    };
    let clock = &running.clock;
    let window = Duration::from_secs(running.config.aggregate.window_seconds);
    let aggregate = Aggregate::new(Arc::clone(&stores.bus), clock.clone(), window);
    let join = Join::new(
        Arc::clone(&stores.bus),
        clock.clone(),
        Normalizer::new(&stores.geo, &stores.inventory),
    );
    let index = Index {
        bus: Arc::clone(&stores.bus),
        search: Arc::clone(&stores.search),
        db: stores.db.clone(),
        clock: running.clock.clone(),
        latencies: latencies.clone(),
        sightings: HashMap::new(),
        waiting: Vec::new(),
    };
    let detect = Detect {
        bus: Arc::clone(&stores.bus),
        rules: stores.rules.clone(),
        clock: running.clock.clone(),
        correlators: HashMap::new(),
    };
    let config = &running.config.infer;
    let infer = Infer::new(InferParts {
        bus: Arc::clone(&stores.bus),
        models: stores.models.clone(),
        scorer: Scorer {
            workers: config.workers,
        },
        clock: running.clock.clone(),
        settings: config.settings(),
        daemons: config.routine(),
    });
    let alert = Alert {
        bus: Arc::clone(&stores.bus),
        db: stores.db.clone(),
        live: running.live.clone(),
        latencies: latencies.clone(),
        clock: running.clock.clone(),
        settings,
        announcements: Announcements::default(),
    };
    vec![
        (AGGREGATE, Box::new(aggregate)),
        (NORMALIZE, Box::new(normalize)),
        (JOIN, Box::new(join)),
        (INDEX, Box::new(index)),
        (DETECT, Box::new(detect)),
        (INFER, Box::new(infer)),
        (ALERT, Box::new(alert)),
    ]
}
