//! Sensors: how they enrol, and their batches, however they come: checked, taken by the intake, noted for who watches.
//!
//! Invariant: an acknowledgement is made after the disk has the batch; a batch sent again gives its records the same positions.

pub mod code;
mod config;
pub mod control;
mod enrolment;
mod held;
mod influx;
mod load;
mod metrics;
mod numbers;
mod roll;

pub use config::SensorsConfig;
pub use control::Switchboard;
pub use enrolment::{EnrolRefused, Enrolment, Lives, Reached};
pub use held::{Held, HeldCredentials};
pub use influx::{Influx, InfluxConfig, InfluxError};
pub use metrics::{SensorKey, SensorMetrics};
pub use roll::{Came, Heard, Sensors};

use crate::{
    bus::BusError,
    ingest::{BatchOrigin, Ingestor, Intake, IntakeLimits, Sender},
    store::{self, Database},
};
use bytes::Bytes;
use watchfloor_protocol::{
    BATCH_BYTES_MAX, BATCH_RECORDS_MAX, DROPPED_REASONS_MAX, INTERFACES_MAX, NAME_BYTES_MAX,
    v1::{Ack, Dropped, SensorBatch},
};
use watchfloor_shared::{TenantId, Timestamp};
use xxhash_rust::xxh3::xxh3_64;

#[derive(Debug, thiserror::Error)]
pub enum BatchRefused {
    #[error("{0}")]
    Invalid(&'static str),
    /// The credential is another's than the batch says.
    #[error("{0}")]
    Impostor(&'static str),
    #[error(transparent)]
    Bus(#[from] BusError),
}

/// Whose batch it is, and what of it the sensor says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub sensor: &'a str,
    pub stream: &'a str,
    pub source: &'a str,
}

impl Origin<'_> {
    pub fn validate(&self) -> Result<(), BatchRefused> {
        if self.sensor.trim().is_empty() {
            return Err(BatchRefused::Invalid("A sensor says its name."));
        }
        let is_name = |text: &str| text.len() <= NAME_BYTES_MAX && !text.chars().any(char::is_control);
        match [self.sensor, self.stream, self.source].into_iter().all(is_name) {
            true => Ok(()),
            false => Err(BatchRefused::Invalid(
                "The names of a sensor, its stream and its source have at most 255 bytes and no control characters.",
            )),
        }
    }

    /// What the records are known by.
    pub fn of_batch(&self) -> BatchOrigin {
        let named = |text: &str| (!text.is_empty()).then(|| Bytes::copy_from_slice(text.as_bytes()));
        BatchOrigin {
            source: named(self.source),
            sensor: named(self.sensor),
        }
    }
}

/// A record's place. Streams of one sensor may count alike; their records are not the same for it.
pub fn position(stream: &str, sequence: u64) -> u64 {
    match stream {
        "" => sequence,
        stream => (xxh3_64(stream.as_bytes()) >> 1).wrapping_add(sequence),
    }
}

/// Who hands a batch over, as its credential says.
#[derive(Debug, Clone)]
pub struct SentBy {
    pub sender: Sender,
    /// The id of a sensor that enrolled: such a one sends under no other name than `host`.
    pub enrolled: Option<String>,
    pub host: Option<String>,
}

impl SentBy {
    /// Whether the credential lets it say whose the records are.
    pub fn may_be(&self, sensor: &str, tenant: &str) -> Result<(), BatchRefused> {
        if !tenant.is_empty() && tenant != self.sender.tenant.as_str() {
            return Err(BatchRefused::Impostor(
                "The credential is another organization's than the batch says.",
            ));
        }
        match self.enrolled.is_none() || self.host.as_deref() == Some(sensor) {
            true => Ok(()),
            false => Err(BatchRefused::Impostor(
                "The certificate is another sensor's than the batch says.",
            )),
        }
    }
}

/// Takes a whole batch, which itself says where its records come from.
pub async fn take(
    db: &Database,
    ingest: &Ingestor,
    sensors: &Sensors,
    by: SentBy,
    batch: SensorBatch,
    now: Timestamp,
) -> Result<Ack, BatchRefused> {
    let next_sequence = validate(&batch)?;
    by.may_be(&batch.sensor, &batch.tenant)?;
    let SentBy {
        mut sender, enrolled, ..
    } = by;
    let origin = Origin {
        sensor: &batch.sensor,
        stream: &batch.stream,
        source: &batch.source,
    };
    sender.origin = origin.of_batch();
    let tenant = sender.tenant.clone();
    let mut intake = Intake::new(ingest, sender, &IntakeLimits::default());
    for (sequence, record) in (batch.first_sequence..).zip(&batch.records) {
        intake.add(record.clone(), position(&batch.stream, sequence)).await?;
    }
    intake.flush().await?;
    let is_due = sensors.note(&tenant, enrolled.as_deref(), &batch, intake.refused(), now);
    if let (true, Some(id), Some(heartbeat)) = (is_due, &enrolled, &batch.heartbeat) {
        keep(db, &tenant, id, &heartbeat.version, now).await;
    }
    Ok(Ack {
        stream: batch.stream,
        next_sequence,
        refused: intake.refused(),
    })
}

/// The batch does not depend on it.
async fn keep(db: &Database, tenant: &TenantId, id: &str, version: &str, now: Timestamp) {
    let kept = async {
        let mut tx = db.tenant(tenant).await?;
        store::sensors::note_heartbeat(&mut tx, id, version, now).await?;
        tx.commit().await
    };
    if let Err(error) = kept.await {
        tracing::debug!(%error, sensor.id = id, "when a sensor was heard could not be written down");
    }
}

/// The number after the batch's last.
fn validate(batch: &SensorBatch) -> Result<u64, BatchRefused> {
    let origin = Origin {
        sensor: &batch.sensor,
        stream: &batch.stream,
        source: &batch.source,
    };
    origin.validate()?;
    if batch.records.len() > BATCH_RECORDS_MAX {
        return Err(BatchRefused::Invalid("A batch has at most 1000 records."));
    }
    if batch.records.iter().map(Bytes::len).sum::<usize>() > BATCH_BYTES_MAX {
        return Err(BatchRefused::Invalid("The records of a batch have at most 4 MiB."));
    }
    let heartbeat = batch.heartbeat.iter();
    let lists = heartbeat.map(|heartbeat| &heartbeat.dropped).chain([&batch.dropped]);
    for list in lists {
        let is_long = |dropped: &Dropped| dropped.reason.len() > NAME_BYTES_MAX;
        if list.len() > DROPPED_REASONS_MAX || list.iter().any(is_long) {
            return Err(BatchRefused::Invalid(
                "A list of losses has at most 32 reasons of at most 255 bytes.",
            ));
        }
    }
    let words = |heartbeat: &watchfloor_protocol::v1::Heartbeat| {
        [&heartbeat.version, &heartbeat.kernel, &heartbeat.method]
            .iter()
            .all(|text| text.len() <= NAME_BYTES_MAX)
            && heartbeat.load.as_ref().is_none_or(|load| {
                let names = load.interfaces.iter().map(|interface| &interface.name);
                load.interfaces.len() <= INTERFACES_MAX && names.into_iter().all(|name| name.len() <= NAME_BYTES_MAX)
            })
    };
    if !batch.heartbeat.as_ref().is_none_or(words) {
        return Err(BatchRefused::Invalid(
            "What a heartbeat says has at most 255 bytes each, and at most 64 interfaces.",
        ));
    }
    batch
        .first_sequence
        .checked_add(batch.records.len() as u64)
        .ok_or(BatchRefused::Invalid("The sequence numbers end at 2^64 - 1."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_that_count_alike_have_places_of_their_own() {
        assert_eq!(position("", 7), 7);
        assert_eq!(position("a", 8), position("a", 7) + 1);
        assert_ne!(position("a", 7), position("b", 7));
    }

    #[test]
    fn what_is_no_batch_is_refused_in_words() {
        let batch = SensorBatch {
            sensor: "web-1".to_owned(),
            records: vec![Bytes::from_static(b"{}")],
            ..SensorBatch::default()
        };
        assert_eq!(validate(&batch).unwrap(), 1);
        let changed = |change: fn(&mut SensorBatch)| {
            let mut batch = batch.clone();
            change(&mut batch);
            validate(&batch)
        };
        assert!(changed(|batch| batch.sensor = " ".to_owned()).is_err());
        assert!(changed(|batch| batch.stream = "a\nb".to_owned()).is_err());
        assert!(changed(|batch| batch.source = "x".repeat(256)).is_err());
        assert!(changed(|batch| batch.first_sequence = u64::MAX).is_err());
        assert!(changed(|batch| batch.records = vec![Bytes::new(); 1_001]).is_err());
        assert!(changed(|batch| batch.records = vec![Bytes::from(vec![b'x'; 3 << 20]); 2]).is_err());
        assert!(changed(|batch| batch.dropped = vec![Dropped::default(); 33]).is_err());
    }
}
