//! What a heartbeat says of its host, in the words of the API.

use std::time::Duration;
use watchfloor_protocol::{
    HEARTBEAT_MS,
    v1::{Heartbeat, Interface, Load},
};
use watchfloor_shared::{
    Timestamp,
    fleet::{LoadPoint, SensorInterface, SensorLoad},
};

pub fn interval(heartbeat: &Heartbeat) -> Duration {
    let ms = match heartbeat.interval_ms {
        0 => HEARTBEAT_MS,
        ms => ms,
    };
    Duration::from_millis(u64::from(ms))
}

pub fn shown(heartbeat: &Heartbeat) -> SensorLoad {
    let load = heartbeat.load.clone().unwrap_or_default();
    SensorLoad {
        cpu_percent: percent(load.cpu_percent),
        memory_total_bytes: load.memory_total_bytes.map(count),
        memory_used_bytes: load.memory_used_bytes.map(count),
        memory_percent: memory_percent(&load),
        disk_total_bytes: load.disk_total_bytes.map(count),
        disk_used_bytes: load.disk_used_bytes.map(count),
        spool_records: count(heartbeat.spool_records),
        interfaces: load.interfaces.iter().map(interface).collect(),
    }
}

/// `before` is the heartbeat before, for what is counted since.
pub fn point(heartbeat: &Heartbeat, before: Option<&Heartbeat>, at: Timestamp) -> LoadPoint {
    let load = heartbeat.load.clone().unwrap_or_default();
    let before = before.and_then(|before| before.load.as_ref());
    let since = |read: fn(&Interface) -> u64| gained(&load.interfaces, &before?.interfaces, read);
    LoadPoint {
        at,
        cpu_percent: percent(load.cpu_percent),
        memory_percent: memory_percent(&load),
        spool_bytes: count(heartbeat.spool_bytes),
        dropped: heartbeat
            .dropped
            .iter()
            .fold(0, |sum, dropped| sum.saturating_add(count(dropped.count))),
        received_bytes: since(|interface| interface.received_bytes),
        sent_bytes: since(|interface| interface.sent_bytes),
    }
}

/// Of the interfaces that were there before too; none when a counter began anew.
fn gained(now: &[Interface], before: &[Interface], read: fn(&Interface) -> u64) -> Option<i64> {
    let mut sum = 0_u64;
    for interface in now {
        if let Some(earlier) = before.iter().find(|earlier| earlier.name == interface.name) {
            sum = sum.saturating_add(read(interface).checked_sub(read(earlier))?);
        }
    }
    Some(count(sum))
}

/// A sensor may send any number.
fn percent(value: Option<f32>) -> Option<f32> {
    value
        .filter(|value| value.is_finite())
        .map(|value| value.clamp(0.0, 100.0))
}

fn memory_percent(load: &Load) -> Option<f32> {
    let (used, total) = (load.memory_used_bytes?, load.memory_total_bytes?);
    #[allow(clippy::cast_precision_loss, reason = "a share for a chart")]
    let share = used as f32 / total as f32 * 100.0;
    percent(Some(share))
}

fn interface(from: &Interface) -> SensorInterface {
    SensorInterface {
        name: from.name.clone(),
        received_bytes: count(from.received_bytes),
        sent_bytes: count(from.sent_bytes),
        received_packets: count(from.received_packets),
        sent_packets: count(from.sent_packets),
        dropped_packets: count(from.dropped_packets),
        errors: count(from.errors),
        up: from.up,
        management: from.management,
    }
}

/// A sensor may count as far as it likes.
pub fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beat(received: u64, cpu: f32) -> Heartbeat {
        Heartbeat {
            load: Some(Load {
                cpu_percent: Some(cpu),
                memory_total_bytes: Some(200),
                memory_used_bytes: Some(50),
                interfaces: vec![Interface {
                    name: "eth0".to_owned(),
                    received_bytes: received,
                    ..Interface::default()
                }],
                ..Load::default()
            }),
            ..Heartbeat::default()
        }
    }

    #[test]
    fn traffic_is_what_was_gained_and_a_counter_that_began_anew_is_a_gap() {
        let at = Timestamp::from_millis(1);
        let traffic = |now, before: Option<Heartbeat>| point(&beat(now, 1.0), before.as_ref(), at).received_bytes;
        assert_eq!(traffic(1_000, None), None);
        assert_eq!(traffic(1_500, Some(beat(1_000, 1.0))), Some(500));
        assert_eq!(traffic(10, Some(beat(1_000, 1.0))), None);
    }

    #[test]
    fn no_share_leaves_its_range_whatever_is_sent() {
        for (sent, shown) in [
            (250.0, Some(100.0)),
            (-3.0, Some(0.0)),
            (f32::NAN, None),
            (12.5, Some(12.5)),
        ] {
            assert_eq!(super::shown(&beat(0, sent)).cpu_percent, shown);
        }
        assert_eq!(super::shown(&beat(0, 0.0)).memory_percent, Some(25.0));
        assert_eq!(super::shown(&Heartbeat::default()).memory_percent, None);
        assert_eq!(interval(&Heartbeat::default()), Duration::from_secs(30));
    }
}
