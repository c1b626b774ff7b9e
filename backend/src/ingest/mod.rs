//! The way in: every front door hands its lines to the [`Ingestor`], which puts each on the raw topic of its kind with tenant,
//! key and provenance. It answers only when they are on the disk.

pub mod allowance;
pub mod epoch;
mod intake;
pub mod lines;
pub mod members;
pub mod position;
mod refusals;
mod sequences;

pub use intake::{Added, Frame, Intake, IntakeLimits, Sender};
pub use refusals::{Refusal, Refusals};
pub use sequences::Sequences;

use crate::{
    bus::{BusError, Durability, EventBus, Record, TopicPartition},
    clock::Clock,
};
pub use allowance::Spent;
use allowance::{Allowances, Rates};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use watchfloor_engine::{
    normalize::{self, Kind},
    verdict::DeadReason,
};
use watchfloor_shared::{TenantId, Timestamp, pipeline::SourceSnapshot};

/// The front doors, for provenance and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Door {
    Ndjson,
    Elasticsearch,
    SplunkHec,
    Syslog,
    Lumberjack,
    Gelf,
    Otlp,
    Sensor,
    Follow,
    File,
    Simulator,
}

impl Door {
    pub const ALL: [Door; 11] = [
        Door::Ndjson,
        Door::Elasticsearch,
        Door::SplunkHec,
        Door::Syslog,
        Door::Lumberjack,
        Door::Gelf,
        Door::Otlp,
        Door::Sensor,
        Door::Follow,
        Door::File,
        Door::Simulator,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Door::Ndjson => "ndjson",
            Door::Elasticsearch => "elasticsearch",
            Door::SplunkHec => "splunk_hec",
            Door::Syslog => "syslog",
            Door::Lumberjack => "lumberjack",
            Door::Gelf => "gelf",
            Door::Otlp => "otlp",
            Door::Sensor => "sensor",
            Door::Follow => "follow",
            Door::File => "file",
            Door::Simulator => "simulator",
        }
    }
}

/// Names of record headers on the raw topics.
pub mod header {
    /// The tenant's id; existing producers and consumers use this name.
    pub const TENANT_ID: &str = "tenant_id";
    /// Nanoseconds since the epoch at which the door had the record, decimal.
    pub const RECEIVED: &str = "received_ns";
    /// Position in the sender's stream, decimal: tells equal events apart where the source gives no identity.
    pub const POSITION: &str = "position";
    /// The door's name.
    pub const DOOR: &str = "door";
    /// What the door knows the record to be, and the sensor or machine it comes from; see the engine's `Origin`.
    pub const SOURCE: &str = "source";
    pub const SENSOR: &str = "sensor";
    /// On `logster-inference-results`: [`SCORE`] where it is a window's score, absent where it is a detection.
    pub const RECORD: &str = "record";
    pub const SCORE: &[u8] = b"score";
    /// On dead letters: the reason, the stage, and the topic that it came from.
    pub const REASON: &str = "reason";
    pub const STAGE: &str = "stage";
    pub const TOPIC: &str = "topic";
    /// On dead letters whose payload was cut: the length that it had, in bytes, decimal. Such a letter has no topic to go
    /// back to.
    pub const LENGTH: &str = "length_bytes";
    /// On dead letters: what tells one from another. A letter written twice, as after a crash, has the same.
    pub const LETTER_ID: &str = "letter_id";
    /// Among the dead letters, instead of a letter: the id of the one that was sent through the pipeline again.
    pub const REDRIVEN: &str = "redriven";
}

/// One line as the sender wrote it, without its line end.
#[derive(Debug, Clone)]
pub struct RawLine {
    pub bytes: Bytes,
    /// Where the sender's stream can be replayed, the line's place in it (a line number, an offset); for a request that is
    /// not part of a stream, how many equal lines came before it in the same request. Sent again, it must come out the same.
    pub position: u64,
}

/// What a door knows of its records beside their bytes; see the engine's `Origin`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct BatchOrigin {
    pub source: Option<Bytes>,
    pub sensor: Option<Bytes>,
}

#[derive(Debug, Clone)]
pub struct IngestBatch {
    pub tenant: TenantId,
    pub door: Door,
    pub origin: BatchOrigin,
    pub lines: Vec<RawLine>,
}

/// A record that a door cannot put on the raw topic.
#[derive(Debug)]
pub struct Refused {
    pub tenant: TenantId,
    pub door: Door,
    pub reason: DeadReason,
    /// What is kept of it.
    pub bytes: Bytes,
    /// As in [`RawLine`].
    pub position: u64,
    /// Its whole length.
    pub length_bytes: u64,
}

/// The stage that a door's dead letters name.
pub const STAGE: &str = "ingest";

/// Where refused records go unless [`Ingestor::dead_letters_to`] says otherwise.
const DEAD_LETTERS: &str = "dead-letters";

/// The raw topic of a kind of record.
pub type TopicOf = fn(Kind) -> &'static str;

/// Takes lines from all doors. Cheap to clone.
#[derive(Clone)]
pub struct Ingestor {
    bus: Arc<dyn EventBus>,
    clock: Clock,
    topic_of: TopicOf,
    dead_letters: Arc<str>,
    refused: Arc<AtomicU64>,
    refusals: Refusals,
    sequences: Sequences,
    allowances: Arc<Allowances>,
    accepted: Arc<HashMap<Door, AtomicU64>>,
}

impl Ingestor {
    pub fn new(bus: Arc<dyn EventBus>, clock: Clock, topic_of: TopicOf) -> Self {
        let accepted = Door::ALL.into_iter().map(|door| (door, AtomicU64::new(0))).collect();
        Self {
            bus,
            clock,
            topic_of,
            dead_letters: Arc::from(DEAD_LETTERS),
            refused: Arc::new(AtomicU64::new(0)),
            refusals: Refusals::default(),
            sequences: Sequences::default(),
            allowances: Arc::new(Allowances::new(Rates::default())),
            accepted: Arc::new(accepted),
        }
    }

    /// Names another dead-letters topic.
    #[must_use]
    pub fn dead_letters_to(mut self, topic: &str) -> Self {
        self.dead_letters = Arc::from(topic);
        self
    }

    /// Limits what one credential may send.
    #[must_use]
    pub fn limited_to(mut self, rates: Rates) -> Self {
        self.allowances = Arc::new(Allowances::new(rates));
        self
    }

    /// Puts the lines on their raw topics and waits until the disk has them. Returns how many; on an error none may be assumed
    /// taken, and sending the same batch again doubles nothing.
    pub async fn submit(&self, batch: IngestBatch) -> Result<usize, BusError> {
        let received = self.clock.now();
        let (tenant, door, origin) = (batch.tenant, batch.door, batch.origin);
        let count = batch.lines.len();
        // Almost always one topic, never many.
        let mut topics: Vec<(&'static str, Vec<Record>)> = Vec::with_capacity(1);
        for line in batch.lines {
            let (key, kind) = recognize(&tenant, &line.bytes, &origin);
            let record = Record {
                key: Some(key),
                headers: headers(&tenant, received, line.position, door, &origin),
                payload: line.bytes,
                timestamp: received,
            };
            let topic = (self.topic_of)(kind);
            match topics.iter_mut().find(|(known, _)| *known == topic) {
                Some((_, records)) => records.push(record),
                None => topics.push((topic, vec![record])),
            }
        }
        let produced = topics
            .into_iter()
            .map(|(topic, records)| self.bus.produce(topic, records, Durability::Synced));
        futures::future::try_join_all(produced).await?;
        if let Some(counter) = self.accepted.get(&door) {
            counter.fetch_add(count as u64, Ordering::Relaxed);
        }
        Ok(count)
    }

    /// Puts a record that cannot go on the raw topic among the dead letters and waits until the disk has it.
    pub async fn reject(&self, refused: Refused) -> Result<(), BusError> {
        let received = self.clock.now();
        let decimal = |value: u64| Bytes::from(value.to_string());
        let record = Record {
            key: Some(Bytes::from(refused.tenant.to_string())),
            headers: vec![
                (header::TENANT_ID.to_owned(), Bytes::from(refused.tenant.to_string())),
                (header::RECEIVED.to_owned(), Bytes::from(received.nanos().to_string())),
                (
                    header::DOOR.to_owned(),
                    Bytes::from_static(refused.door.as_str().as_bytes()),
                ),
                (
                    header::REASON.to_owned(),
                    Bytes::from_static(refused.reason.as_str().as_bytes()),
                ),
                (header::STAGE.to_owned(), Bytes::from_static(STAGE.as_bytes())),
                (header::LENGTH.to_owned(), decimal(refused.length_bytes)),
                (header::LETTER_ID.to_owned(), letter_id(&refused)),
            ],
            payload: refused.bytes,
            timestamp: received,
        };
        self.bus
            .produce(&self.dead_letters, vec![record], Durability::Synced)
            .await?;
        self.refused.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Nanoseconds since the epoch, for doors whose senders give their records no place.
    pub fn now_ns(&self) -> u64 {
        self.now().nanos().unsigned_abs()
    }

    /// Records refused at the doors since the start.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Senders turned away at the doors.
    pub fn refusals(&self) -> &Refusals {
        &self.refusals
    }

    /// What is missing between the numbers of messages.
    pub fn sequences(&self) -> &Sequences {
        &self.sequences
    }

    /// What each credential may still send, at whichever door.
    pub fn allowances(&self) -> &Allowances {
        &self.allowances
    }

    /// Whether the raw topics answer.
    pub async fn ready(&self) -> Result<(), BusError> {
        let first = TopicPartition {
            topic: Arc::from((self.topic_of)(Kind::Other)),
            partition: 0,
        };
        self.bus.watermarks(&first).await.map(|_| ())
    }

    /// Lines taken since the start, by door.
    pub fn sources(&self) -> Vec<SourceSnapshot> {
        Door::ALL
            .into_iter()
            .filter_map(|door| Some((door, self.accepted.get(&door)?.load(Ordering::Relaxed))))
            .map(|(door, count)| SourceSnapshot {
                name: door.as_str().to_owned(),
                events: i64::try_from(count).unwrap_or(i64::MAX),
            })
            .collect()
    }
}

fn headers(
    tenant: &TenantId,
    received: Timestamp,
    position: u64,
    door: Door,
    origin: &BatchOrigin,
) -> Vec<(String, Bytes)> {
    let mut headers = vec![
        (header::TENANT_ID.to_owned(), Bytes::from(tenant.to_string())),
        (header::RECEIVED.to_owned(), Bytes::from(received.nanos().to_string())),
        (header::POSITION.to_owned(), Bytes::from(position.to_string())),
        (header::DOOR.to_owned(), Bytes::from_static(door.as_str().as_bytes())),
    ];
    let known = [(header::SOURCE, &origin.source), (header::SENSOR, &origin.sensor)];
    headers.extend(
        known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))),
    );
    headers
}

/// The record's key, `tenant_id:endpoint_id`, so that one endpoint's records keep their order through the whole pipeline, and
/// its kind. A record that names no endpoint, and whose sensor is not known either, will be a dead letter; it gets the
/// tenant's key.
fn recognize(tenant: &TenantId, record: &[u8], origin: &BatchOrigin) -> (Bytes, Kind) {
    fn text(value: &Option<Bytes>) -> Option<&str> {
        std::str::from_utf8(value.as_ref()?).ok()
    }
    let origin = normalize::Origin {
        source: text(&origin.source),
        sensor: text(&origin.sensor),
    };
    let recognized = normalize::recognize(record, &origin);
    let key = match recognized.endpoint {
        Some(endpoint) => Bytes::from(format!("{tenant}:{endpoint}")),
        None => Bytes::from(tenant.to_string()),
    };
    (key, recognized.kind)
}

/// The same for a record that is refused again because its sender was not told yes.
fn letter_id(refused: &Refused) -> Bytes {
    let content = xxhash_rust::xxh3::xxh3_128(&refused.bytes);
    Bytes::from(format!(
        "{STAGE}/{}/{}/{}/{content:032x}",
        refused.door.as_str(),
        refused.position,
        refused.length_bytes
    ))
}
