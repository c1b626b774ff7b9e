//! The caller's share of producing: sizes checked, partitions chosen, records encoded, before anything waits.

use super::{
    BusError, Record,
    partition::Topic,
    partitioner, record,
    round::{BATCH_BYTES, Part},
};

/// Records of one call on their way: encoded per partition, and for each record which part it is in and where.
pub struct Encoded {
    pub parts: Vec<Part>,
    pub places: Vec<(usize, u32)>,
    pub bytes: usize,
}

pub fn encode(topic: &Topic, records: &[Record], record_bytes_max: usize) -> Result<Encoded, BusError> {
    if let Some(large) = records
        .iter()
        .find(|r| record::encoded_len(r) > record_bytes_max || !record::fits(r))
    {
        return Err(BusError::RecordTooLarge {
            bytes: record::encoded_len(large),
            bytes_max: record_bytes_max,
        });
    }
    let partitions = topic.partition_count();
    let mut open: Vec<Option<usize>> = vec![None; partitions as usize];
    let mut encoded = Encoded {
        parts: Vec::new(),
        places: Vec::with_capacity(records.len()),
        bytes: 0,
    };
    for record in records {
        let partition = match &record.key {
            Some(key) => partitioner::partition_of(key, partitions),
            None => topic.next_turn(),
        };
        let length = record::encoded_len(record);
        let slot = &mut open[partition as usize];
        let continues = slot.filter(|part| encoded.parts[*part].raw.len() + length <= BATCH_BYTES);
        let index = continues.unwrap_or_else(|| {
            let raw = Vec::with_capacity(length);
            encoded.parts.push(Part {
                partition,
                count: 0,
                timestamp_max: i64::MIN,
                raw,
            });
            encoded.parts.len() - 1
        });
        *slot = Some(index);
        let part = &mut encoded.parts[index];
        encoded.places.push((index, part.count));
        record::encode_record(record, &mut part.raw);
        part.count += 1;
        part.timestamp_max = part.timestamp_max.max(record.timestamp.nanos());
        encoded.bytes += length;
    }
    Ok(encoded)
}
