//! Batches of sensors, however they come: checked, taken by the intake, noted for who watches the sensors.
//!
//! Invariant: an acknowledgement is made after the disk has the batch; a batch sent again gives its records the same positions.

mod roll;

pub use roll::{Came, Sensors};

use crate::{
    bus::BusError,
    ingest::{BatchOrigin, Ingestor, Intake, IntakeLimits, Sender},
};
use bytes::Bytes;
use watchfloor_protocol::{
    BATCH_BYTES_MAX, BATCH_RECORDS_MAX, DROPPED_REASONS_MAX, NAME_BYTES_MAX,
    v1::{Ack, Dropped, SensorBatch},
};
use watchfloor_shared::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

#[derive(Debug, thiserror::Error)]
pub enum BatchRefused {
    #[error("{0}")]
    Invalid(&'static str),
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

/// Takes a whole batch of `sender`, which the batch itself says the origin of.
pub async fn take(
    ingest: &Ingestor,
    sensors: &Sensors,
    mut sender: Sender,
    batch: SensorBatch,
    now: Timestamp,
) -> Result<Ack, BatchRefused> {
    let next_sequence = validate(&batch)?;
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
    sensors.note(&tenant, &batch, intake.refused(), now);
    Ok(Ack {
        stream: batch.stream,
        next_sequence,
        refused: intake.refused(),
    })
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
    };
    if !batch.heartbeat.as_ref().is_none_or(words) {
        return Err(BatchRefused::Invalid("What a heartbeat says has at most 255 bytes."));
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
