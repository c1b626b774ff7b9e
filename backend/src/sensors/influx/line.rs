//! What heartbeats say, in InfluxDB's line protocol: `sensor_metrics` for figures, with a tag `interface` those of one interface;
//! `sensor_status` for whether a sensor lives.

use crate::sensors::SensorKey;
use std::fmt::Write;
use watchfloor_protocol::v1::{Heartbeat, Interface};
use watchfloor_shared::{
    Timestamp,
    fleet::{LoadPoint, Presence},
};

pub const METRICS: &str = "sensor_metrics";
pub const STATUS: &str = "sensor_status";
/// By which a sensor that is not enrolled is known.
const NOT_ENROLLED: &str = "-";

/// The id of a sensor among its tenant's: also in queries.
pub fn id(whose: &SensorKey) -> &str {
    whose.enrolled.as_deref().unwrap_or(NOT_ENROLLED)
}

pub fn metrics(whose: &SensorKey, point: &LoadPoint, heartbeat: &Heartbeat, out: &mut String) {
    let mut line = Line::begin(METRICS, whose, None);
    line.decimal("cpu_percent", point.cpu_percent);
    line.decimal("memory_percent", point.memory_percent);
    let load = heartbeat.load.clone().unwrap_or_default();
    line.whole("memory_used_bytes", load.memory_used_bytes.map(count));
    line.whole("memory_total_bytes", load.memory_total_bytes.map(count));
    line.whole("spool_bytes", Some(point.spool_bytes));
    line.whole("dropped", Some(point.dropped));
    line.whole("received_bytes", point.received_bytes);
    line.whole("sent_bytes", point.sent_bytes);
    line.end(point.at, out);
    for interface in load.interfaces.iter().filter(|interface| !interface.name.is_empty()) {
        of_interface(whose, interface, point.at, out);
    }
}

fn of_interface(whose: &SensorKey, of: &Interface, at: Timestamp, out: &mut String) {
    let mut line = Line::begin(METRICS, whose, Some(&of.name));
    line.whole("total_received_bytes", Some(count(of.received_bytes)));
    line.whole("total_sent_bytes", Some(count(of.sent_bytes)));
    line.whole("total_received_packets", Some(count(of.received_packets)));
    line.whole("total_sent_packets", Some(count(of.sent_packets)));
    line.whole("total_dropped_packets", Some(count(of.dropped_packets)));
    line.whole("total_errors", Some(count(of.errors)));
    line.end(at, out);
}

pub fn status(whose: &SensorKey, presence: Presence, at: Timestamp, out: &mut String) {
    let mut line = Line::begin(STATUS, whose, None);
    line.whole("online", Some(i64::from(presence != Presence::Offline)));
    line.end(at, out);
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

struct Line {
    text: String,
    has_fields: bool,
}

impl Line {
    fn begin(measurement: &str, whose: &SensorKey, interface: Option<&str>) -> Self {
        let mut text = measurement.to_owned();
        let tags = [
            ("tenant", Some(whose.tenant.as_str())),
            ("sensor", Some(id(whose))),
            ("host", Some(whose.host.as_str())),
            ("interface", interface),
        ];
        for (name, value) in tags {
            // An empty tag is a line that is refused.
            if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
                text.push(',');
                text.push_str(name);
                text.push('=');
                escape(value, &mut text);
            }
        }
        text.push(' ');
        Self {
            text,
            has_fields: false,
        }
    }

    fn field(&mut self, name: &str, value: std::fmt::Arguments<'_>) {
        if self.has_fields {
            self.text.push(',');
        }
        self.has_fields = true;
        let _ = write!(self.text, "{name}={value}");
    }

    fn whole(&mut self, name: &str, value: Option<i64>) {
        if let Some(value) = value {
            self.field(name, format_args!("{value}i"));
        }
    }

    fn decimal(&mut self, name: &str, value: Option<f32>) {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            self.field(name, format_args!("{value}"));
        }
    }

    fn end(self, at: Timestamp, out: &mut String) {
        if self.has_fields {
            let _ = writeln!(out, "{} {}", self.text, at.millis());
        }
    }
}

/// Names come from senders: nothing in them may end a tag or a line.
fn escape(value: &str, out: &mut String) {
    for c in kept(value).chars() {
        if matches!(c, ',' | '=' | ' ') {
            out.push('\\');
        }
        out.push(c);
    }
}

/// What a name is there: backslashes cannot be escaped, and one at the end would take the next sign along.
pub fn kept(name: &str) -> String {
    let keep = |c: char| match c {
        '\\' => '/',
        c if c.is_control() => '_',
        c => c,
    };
    name.chars().map(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_protocol::v1::Load;

    fn whose(host: &str) -> SensorKey {
        SensorKey {
            tenant: "acme".parse().unwrap(),
            enrolled: Some("s1".to_owned()),
            host: host.to_owned(),
        }
    }

    #[test]
    fn a_heartbeat_is_a_line_and_one_for_each_interface() {
        let heartbeat = Heartbeat {
            load: Some(Load {
                memory_used_bytes: Some(5),
                interfaces: vec![Interface {
                    name: "eth0".to_owned(),
                    received_bytes: 7,
                    ..Interface::default()
                }],
                ..Load::default()
            }),
            ..Heartbeat::default()
        };
        let point = LoadPoint {
            at: Timestamp::from_millis(1_700),
            cpu_percent: Some(12.5),
            spool_bytes: 3,
            ..LoadPoint::default()
        };
        let mut out = String::new();
        metrics(&whose("web-1"), &point, &heartbeat, &mut out);
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(
            lines[0],
            "sensor_metrics,tenant=acme,sensor=s1,host=web-1 cpu_percent=12.5,memory_used_bytes=5i,spool_bytes=3i,dropped=0i 1700"
        );
        assert!(
            lines[1]
                .starts_with("sensor_metrics,tenant=acme,sensor=s1,host=web-1,interface=eth0 total_received_bytes=7i,")
        );
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn no_name_reaches_another_line_or_tag() {
        let mut out = String::new();
        status(
            &whose("a b,c=d\\\nx\u{7}"),
            Presence::Offline,
            Timestamp::from_millis(1),
            &mut out,
        );
        assert_eq!(
            out,
            "sensor_status,tenant=acme,sensor=s1,host=a\\ b\\,c\\=d/_x_ online=0i 1\n"
        );
    }
}
