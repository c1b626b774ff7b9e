//! Snort 3's `alert_json`, with any choice of fields.

use super::{
    column::{
        self, Column,
        How::{self, *},
        column,
    },
    document::{Document, Head, class},
    kind::Kind,
    node::{Fields, Node},
    source::{Input, JsonSource},
    time,
};
use crate::{Event, verdict::DeadReason};
use std::borrow::Cow;
use watchfloor_shared::Timestamp;

pub(super) const SOURCE: JsonSource = JsonSource {
    name: "snort3",
    unnamed: Some("snort"),
    host,
    kind: |_, _| Kind::SnortAlert,
    read,
};

const fn c(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    column(from, section, name, how)
}

/// Snort's own names, then those of Mata Elang's sensor without their `snort_`.
pub(super) const ALERT: &[Column] = &[
    c("src_addr", "source", "ip", Address),
    c("src_port", "source", "port", Port),
    c("dst_addr", "destination", "ip", Address),
    c("dst_port", "destination", "port", Port),
    c("proto", "network", "transport", Transport),
    c("msg", "rule", "name", Text),
    c("class", "rule", "category", Text),
    c("sid", "rule", "id", Text),
    c("rev", "rule", "version", Text),
    c("priority", "event", "severity", Long),
    c("service", "network", "protocol", Lower),
    c("iface", "observer.ingress.interface", "name", Text),
    c("eth_src", "source", "mac", Mac),
    c("eth_dst", "destination", "mac", Mac),
    c("client_bytes", "source", "bytes", Long),
    c("server_bytes", "destination", "bytes", Long),
    c("client_pkts", "source", "packets", Long),
    c("server_pkts", "destination", "packets", Long),
    c("src_address", "source", "ip", Address),
    c("dst_address", "destination", "ip", Address),
    c("protocol", "network", "transport", Transport),
    c("message", "rule", "name", Text),
    c("classification", "rule", "category", Text),
    c("rule_sid", "rule", "id", Text),
    c("rule_rev", "rule", "version", Text),
    c("interface", "observer.ingress.interface", "name", Text),
];

fn host<'f>(fields: &'f Fields<'_>) -> Option<&'f str> {
    let own = ["sensor_name", "hostname"].iter().find_map(|key| fields.text(key));
    own.or_else(|| super::generic::host_object(fields))
}

fn read(mut fields: Fields<'_>, input: Input<'_>) -> Result<Event, DeadReason> {
    let (endpoint, sensor) = input.context.origin.endpoint(host(&fields), SOURCE.unnamed)?;
    let seconds = fields.get("seconds").and_then(Node::integer);
    let timestamp = time_of(fields.text("timestamp"), seconds, input.context.received)?;
    let mut document = input.document();
    document.take_sender(&mut fields);
    describe(&mut document, &mut fields);
    column::spread(&mut document, fields, &[ALERT], "snort");
    observer(&mut document, &sensor);
    let head = Head {
        id: input.id(),
        timestamp,
        endpoint,
        host: sensor,
        module: "snort",
        dataset: Cow::Borrowed("snort.alert"),
    };
    Ok(document.finish(head, input.context))
}

pub(super) fn observer(document: &mut Document, sensor: &str) {
    document.set("observer", "product", "Snort");
    document.set("observer", "type", "ids");
    document.set("observer", "name", sensor.to_owned());
}

/// What of an alert takes more than one field.
pub(super) fn describe(document: &mut Document, fields: &mut Fields<'_>) {
    document.class(&class(&["network", "intrusion_detection"], &["allowed"], ""));
    document.set("event", "kind", "alert");
    if let Some(action) = fields.text("action") {
        let is_blocked = ["block", "drop", "reject", "react"]
            .iter()
            .any(|word| action.contains(word));
        let kinds: &[&str] = if is_blocked { &["denied"] } else { &["allowed"] };
        document.set("event", "type", kinds);
    }
    if let Some(message) = fields.text("msg").or_else(|| fields.text("message")) {
        document.set("", "message", message.to_owned());
    }
    if fields.get("sid").is_none()
        && fields.get("rule_sid").is_none()
        && let Some(sid) = fields.text("rule").and_then(|rule| rule.split(':').nth(1))
    {
        document.set("rule", "id", sid.to_owned());
    }
    // `192.0.2.1:80`, where address and port are not fields of their own.
    for (key, section, alone) in [
        ("src_ap", "source", ["src_addr", "src_address"]),
        ("dst_ap", "destination", ["dst_addr", "dst_address"]),
    ] {
        if alone.iter().any(|key| fields.get(key).is_some()) {
            fields.take(key);
        } else if let Some((address, port)) = fields.text(key).and_then(|text| text.rsplit_once(':')) {
            let (address, port) = (address.to_owned(), port.parse().unwrap_or_default());
            if document.address(section, &address) {
                document.port(section, port);
                fields.take(key);
            }
        }
    }
    if matches!(fields.text("service"), Some("unknown" | "")) {
        fields.take("service");
    }
    let number = |key: &str| {
        fields
            .get(key)
            .and_then(Node::integer)
            .and_then(|n| u16::try_from(n).ok())
    };
    if let Some(kind) = number("icmp_type") {
        document.endpoints.source_port = Some(kind);
        document.endpoints.destination_port = number("icmp_code");
    } else if fields
        .text("proto")
        .or_else(|| fields.text("protocol"))
        .is_some_and(|text| text.contains("ICMP"))
    {
        // The zeros in the place of ports are not its type and code.
        document.endpoints.source_port = None;
    }
}

/// Snort writes local time, mostly without a year, and beside it the second in UTC. Zones differ by quarters of an hour, so
/// the second tells the zone and the year and the time its fraction.
pub(super) fn time_of(
    timestamp: Option<&str>,
    seconds: Option<i64>,
    received: Timestamp,
) -> Result<Timestamp, DeadReason> {
    const QUARTER_NANOS: i64 = 900_000_000_000;
    let utc = seconds.filter(|seconds| *seconds > 0);
    let anchor = match utc {
        Some(seconds) => time::epoch(seconds as f64)?,
        None => received,
    };
    let Some(text) = timestamp else {
        return utc.map(|_| anchor).ok_or(DeadReason::TimestampMissing);
    };
    let local = local(text, anchor).ok_or(DeadReason::TimestampUnparseable);
    let (Some(_), Ok(local)) = (utc, local) else {
        return local.or_else(|reason| utc.map(|_| anchor).ok_or(reason));
    };
    let apart = local.nanos().saturating_sub(anchor.nanos());
    let zone = (apart + QUARTER_NANOS / 2).div_euclid(QUARTER_NANOS) * QUARTER_NANOS;
    Ok(Timestamp::from_nanos(local.nanos().saturating_sub(zone)))
}

/// `12/16-20:33:33.603502` and `20/12/16-20:33:33.603502`.
fn local(text: &str, anchor: Timestamp) -> Option<Timestamp> {
    let (day, clock) = text.trim().split_once('-')?;
    let parts: Vec<&str> = day.split('/').collect();
    match parts.as_slice() {
        [year, month, day] => time::parse(&format!("20{year:0>2}-{month}-{day}T{clock}")).ok(),
        [month, day] => time::nearest_year(anchor, &|year| format!("{year}-{month}-{day}T{clock}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_in_utc_tells_zone_and_year() {
        let received: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let at = |json: &str| {
            let fields: Fields<'_> = serde_json::from_str(json).unwrap();
            time_of(
                fields.text("timestamp"),
                fields.get("seconds").and_then(Node::integer),
                received,
            )
        };
        for (json, expected) in [
            (
                r#"{"timestamp":"12/16-20:33:33.603502","seconds":1608147213}"#,
                "2020-12-16T19:33:33.603502Z",
            ),
            (
                r#"{"timestamp":"24/10/10-05:32:11.000107","seconds":"1728513131"}"#,
                "2024-10-09T22:32:11.000107Z",
            ),
            (r#"{"timestamp":"12/31-23:59:59.5"}"#, "2025-12-31T23:59:59.5Z"),
            (r#"{"seconds":1608147213}"#, "2020-12-16T19:33:33Z"),
        ] {
            assert_eq!(at(json).map(|time| time.to_string()), Ok(expected.to_owned()), "{json}");
        }
        assert_eq!(at("{}"), Err(DeadReason::TimestampMissing));
        assert_eq!(at(r#"{"timestamp":"soon"}"#), Err(DeadReason::TimestampUnparseable));
    }
}
