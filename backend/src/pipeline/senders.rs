//! What became of each sender's records: the loss ledger by tenant, sensor and door.
//!
//! Invariant: counts travel in the commit with the tally they are part of, so they survive a crash together. A partition knows a
//! bounded number of senders; what more there are of a tenant share one row without a name.

use super::{
    ledger::{Ledger, partitions, reasons, signed},
    tally::{Fate, Tally, increment},
    topology::{AGGREGATE, INDEX, JOIN, NORMALIZE, StageSpec},
};
use crate::{
    bus::{BusError, Message},
    ingest::header,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use watchfloor_shared::{TenantId, Timestamp, pipeline::SenderSnapshot};

/// Senders of one partition with a row of their own.
const SENDERS_MAX: usize = 32;

/// Stages that a raw record passes on its way to the index.
const STAGES: [StageSpec; 4] = [AGGREGATE, NORMALIZE, JOIN, INDEX];

/// Cumulative counts of one sender in one stage and partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderTally {
    pub tenant: String,
    /// The sensor that the credential or address stands for, else the endpoint; empty for records that name none.
    pub sensor: String,
    pub door: String,
    #[serde(default)]
    pub emitted: u64,
    #[serde(default)]
    pub suppressed: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dead: BTreeMap<String, u64>,
    /// When the log had the latest of its records, nanoseconds since the epoch.
    #[serde(default)]
    pub last_ns: i64,
}

/// Whether a stage counts by sender.
pub fn is_counted(stage: &str) -> bool {
    STAGES.iter().any(|spec| spec.name == stage)
}

impl SenderTally {
    pub fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Emitted => self.emitted += 1,
            Fate::Suppressed(_) => self.suppressed += 1,
            Fate::Dead(reason) => increment(&mut self.dead, reason.as_str()),
            Fate::Held => {}
        }
    }

    fn dead_total(&self) -> u64 {
        self.dead.values().sum()
    }
}

/// The row of a message's sender; made where there is none.
pub fn row_of(rows: &mut Vec<SenderTally>, message: &Message) -> usize {
    let text = |name: &str| {
        let value = message.record.header(name);
        value.and_then(|value| std::str::from_utf8(value).ok())
    };
    let tenant = text(header::TENANT_ID).unwrap_or_default();
    let door = text(header::DOOR).unwrap_or_default();
    let key = message
        .record
        .key
        .as_deref()
        .and_then(|key| std::str::from_utf8(key).ok());
    let endpoint = || key?.strip_prefix(tenant)?.strip_prefix(':');
    let sensor = text(header::SENSOR).or_else(endpoint).unwrap_or_default();
    let last_ns = message.record.timestamp.nanos();
    let is =
        |row: &SenderTally, sensor: &str, door: &str| row.sensor == sensor && row.door == door && row.tenant == tenant;
    let named = rows.iter().position(|row| is(row, sensor, door));
    let others = || match rows.len() >= SENDERS_MAX {
        true => rows.iter().position(|row| is(row, "", "")),
        false => None,
    };
    let at = named.or_else(others).unwrap_or_else(|| {
        let (sensor, door) = if rows.len() >= SENDERS_MAX {
            ("", "")
        } else {
            (sensor, door)
        };
        rows.push(SenderTally {
            tenant: tenant.to_owned(),
            sensor: sensor.to_owned(),
            door: door.to_owned(),
            ..SenderTally::default()
        });
        rows.len() - 1
    });
    if let Some(row) = rows.get_mut(at) {
        row.last_ns = row.last_ns.max(last_ns);
    }
    at
}

/// One sender over all partitions.
#[derive(Default)]
struct Sum {
    /// Taken from the raw topics.
    received: u64,
    /// Given to the index.
    normalized: u64,
    indexed: u64,
    suppressed: u64,
    dead: BTreeMap<String, u64>,
    taken_by_index: u64,
    last_ns: i64,
}

impl Sum {
    fn add(&mut self, spec: &StageSpec, row: &SenderTally) {
        let left_out = row.suppressed + row.dead_total();
        match spec.name {
            name if name == INDEX.name => {
                self.indexed += row.emitted;
                self.taken_by_index += row.emitted + left_out;
            }
            // What it gives out comes to the normalizer, and is counted there.
            name if name == AGGREGATE.name => self.received += left_out,
            _ => {
                self.received += row.emitted + left_out;
                self.normalized += row.emitted;
            }
        }
        self.suppressed += row.suppressed;
        self.last_ns = self.last_ns.max(row.last_ns);
        for (reason, count) in &row.dead {
            *self.dead.entry(reason.clone()).or_default() += count;
        }
    }
}

impl Ledger {
    /// The tenant's senders, the latest first. `received` is what the stages have taken from the raw topics.
    pub async fn senders(&self, tenant: &TenantId) -> Result<Vec<SenderSnapshot>, BusError> {
        let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
        // From the end to the beginning: what moves on meanwhile is in flight, never negative.
        for spec in STAGES.iter().rev() {
            for partition in spec.inputs.iter().copied().flat_map(partitions) {
                let committed = self.bus.committed(spec.name, &partition).await?;
                let tally = committed.and_then(|c| Tally::from_metadata(&c.metadata));
                let rows = tally.map(|tally| tally.senders).unwrap_or_default();
                for row in rows.iter().filter(|row| row.tenant == tenant.as_str()) {
                    let key = (row.sensor.clone(), row.door.clone());
                    sums.entry(key).or_default().add(spec, row);
                }
            }
        }
        let mut senders: Vec<SenderSnapshot> = sums
            .into_iter()
            .map(|((sensor, door), sum)| SenderSnapshot {
                sensor,
                door,
                received: signed(sum.received),
                indexed: signed(sum.indexed),
                suppressed: signed(sum.suppressed),
                dead: reasons(&sum.dead),
                in_flight: signed(sum.normalized.saturating_sub(sum.taken_by_index)),
                last_seen: Timestamp::from_nanos(sum.last_ns),
                missing: None,
            })
            .collect();
        senders.sort_by_key(|sender| std::cmp::Reverse(sender.last_seen));
        Ok(senders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::Record;
    use bytes::Bytes;
    use std::sync::Arc;

    fn message(tenant: &str, sensor: Option<&str>, endpoint: &str) -> Message {
        let mut headers = vec![
            (header::TENANT_ID.to_owned(), Bytes::from(tenant.to_owned())),
            (header::DOOR.to_owned(), Bytes::from_static(b"syslog")),
        ];
        headers.extend(sensor.map(|name| (header::SENSOR.to_owned(), Bytes::from(name.to_owned()))));
        Message {
            topic: Arc::from("t"),
            partition: 0,
            offset: 0,
            record: Record {
                key: Some(Bytes::from(format!("{tenant}:{endpoint}"))),
                headers,
                ..Record::default()
            },
        }
    }

    #[test]
    fn a_sender_is_its_sensor_else_its_endpoint_and_their_number_is_bounded_per_tenant() {
        let mut rows = Vec::new();
        let named = row_of(&mut rows, &message("a", Some("fw-1"), "ws-1"));
        assert_eq!(row_of(&mut rows, &message("a", Some("fw-1"), "ws-2")), named);
        let endpoint = row_of(&mut rows, &message("a", None, "ws-1"));
        assert_eq!(
            (rows[named].sensor.as_str(), rows[endpoint].sensor.as_str()),
            ("fw-1", "ws-1")
        );
        for number in 0..500 {
            for tenant in ["a", "b"] {
                row_of(&mut rows, &message(tenant, None, &format!("host-{number}")));
            }
        }
        assert!(rows.len() <= SENDERS_MAX + 2, "{}", rows.len());
        let rest = |tenant: &str| {
            rows.iter()
                .filter(|row| row.tenant == tenant && row.sensor.is_empty())
                .count()
        };
        assert_eq!((rest("a"), rest("b")), (1, 1));
    }
}
