//! What keeps data, and what is read from files: opened side by side.

use super::search;
use crate::{
    bus::{
        BusOptions, EmbeddedBus, EventBus,
        kafka::{KafkaBus, KafkaOptions},
    },
    clock::Clock,
    config::{Config, EnrichConfig, RulesConfig},
    geo::GeoBook,
    infer::{InferConfig, ModelBook},
    inventory::InventoryBook,
    pipeline::{
        stages::normalize::NORMALIZED_BYTES_MAX,
        topology::{self, DETECT, INFER, JOIN, NORMALIZE},
    },
    roles::Role,
    rules::RuleBook,
    search::SearchIndex,
    store::Database,
};
use anyhow::{Context, Result};
use std::sync::Arc;

pub(super) struct Stores {
    pub db: Database,
    pub bus: Arc<dyn EventBus>,
    pub search: Arc<dyn SearchIndex>,
    pub rules: RuleBook,
    pub geo: GeoBook,
    pub inventory: InventoryBook,
    pub models: ModelBook,
}

/// Opens everything that keeps data, side by side: the slowest decides.
pub(super) async fn open(config: &Config, clock: &Clock) -> Result<Stores> {
    let data_dir = &config.data_dir;
    let bus = open_bus(config);
    let search = search::open(config, clock);
    let Books { rules, enrich, infer } = books(config);
    let rules = tokio::task::spawn_blocking(move || RuleBook::open(rules.starter_pack, &rules.folders));
    let geo = tokio::task::spawn_blocking(move || GeoBook::open(&enrich));
    let models = {
        let data_dir = data_dir.to_owned();
        tokio::task::spawn_blocking(move || ModelBook::of(&infer, &data_dir))
    };
    let db = Database::open(&config.database, data_dir, clock);
    let (bus, search, rules, geo, models, db) = tokio::join!(bus, search, rules, geo, models, db);
    let bus = bus.context("event bus")?;
    let search = search.context("search index")?;
    let rules = rules?.context("detection rules")?;
    let geo = geo?.context("enrich")?;
    let db = db.context("database")?;
    let inventory = InventoryBook::open(&db).await.context("inventory")?;
    for topic in topology::topics(config.bus.retention()) {
        bus.create_topic(&topic).await?;
    }
    Ok(Stores {
        db,
        bus,
        search,
        rules,
        geo,
        inventory,
        models: models?,
    })
}

/// The settings of what is read from files.
struct Books {
    rules: RulesConfig,
    enrich: EnrichConfig,
    infer: InferConfig,
}

/// What the roles have no use for costs them no memory.
fn books(config: &Config) -> Books {
    let serves = |stages: &[&str]| config.roles.has(Role::Api) || config.roles.has_any_stage(stages);
    let no_rules = || RulesConfig {
        starter_pack: false,
        folders: Vec::new(),
    };
    let rules = serves(&[DETECT.name]).then(|| config.rules.clone());
    let enrich = serves(&[NORMALIZE.name, JOIN.name]).then(|| config.enrich.clone());
    let mut infer = config.infer.clone();
    infer.enabled &= serves(&[INFER.name]);
    Books {
        rules: rules.unwrap_or_else(no_rules),
        enrich: enrich.unwrap_or_default(),
        infer,
    }
}

/// A raw record of the largest size grows when it is normalized; it must still fit.
const RECORD_BYTES_MAX: usize = 2 * NORMALIZED_BYTES_MAX;

/// Kafka where brokers are named, else the log in the data directory.
async fn open_bus(config: &Config) -> Result<Arc<dyn EventBus>> {
    if config.bus.kafka.is_set() {
        let options = KafkaOptions {
            record_bytes_max: RECORD_BYTES_MAX,
            ..KafkaOptions::default()
        };
        return Ok(KafkaBus::open(&config.bus.kafka, options).await?);
    }
    let dir = config.data_dir.join("bus");
    let options = BusOptions {
        record_bytes_max: RECORD_BYTES_MAX,
        ..BusOptions::default()
    };
    let what = format!("in {}", dir.display());
    let bus = tokio::task::spawn_blocking(move || EmbeddedBus::open(&dir, options)).await?;
    Ok(bus.context(what)?)
}
