//! The newest batches, unpacked, in memory: stages that keep up never touch the disk. One limit for the whole bus; the
//! oldest batch goes first, whichever partition it belongs to.

use super::segment::PartitionKey;
use bytes::Bytes;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Records of one batch as `record.rs` lays them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    pub base: u64,
    pub count: u32,
    pub raw: Bytes,
}

impl Batch {
    pub fn end(&self) -> u64 {
        self.base.saturating_add(u64::from(self.count))
    }
}

#[derive(Debug)]
pub struct Tail {
    bytes_max: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: usize,
    order: VecDeque<PartitionKey>,
    batches: HashMap<PartitionKey, VecDeque<Batch>>,
}

impl Tail {
    pub fn new(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            kept: Mutex::default(),
        }
    }

    /// Batches of one partition arrive in the order of their offsets.
    pub fn push(&self, partition: PartitionKey, batch: Batch) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += batch.raw.len();
        kept.order.push_back(partition);
        kept.batches.entry(partition).or_default().push_back(batch);
        while kept.bytes > self.bytes_max {
            let Some(oldest) = kept.order.pop_front() else { break };
            let gone = kept.batches.get_mut(&oldest).and_then(VecDeque::pop_front);
            kept.bytes -= gone.map_or(0, |batch| batch.raw.len());
        }
    }

    /// The batch that holds `offset`, if it is still here.
    pub fn get(&self, partition: PartitionKey, offset: u64) -> Option<Batch> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = kept.batches.get(&partition)?;
        let behind = batches.partition_point(|batch| batch.base <= offset);
        let batch = batches.get(behind.checked_sub(1)?)?;
        (offset < batch.end()).then(|| batch.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_the_rest_is_found_by_any_of_its_offsets() {
        let tail = Tail::new(100);
        let batch = |base| Batch {
            base,
            count: 10,
            raw: Bytes::from(vec![0; 40]),
        };
        tail.push((1, 0), batch(0));
        tail.push((1, 1), batch(0));
        tail.push((1, 0), batch(10));
        assert_eq!(tail.get((1, 0), 5), None);
        assert_eq!(tail.get((1, 1), 9).map(|batch| batch.base), Some(0));
        assert_eq!(tail.get((1, 0), 10).map(|batch| batch.base), Some(10));
        assert_eq!(tail.get((1, 0), 20), None);
    }
}
