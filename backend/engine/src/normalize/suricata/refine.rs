//! What of an eve record takes more than one field.

use crate::normalize::{
    document::Document,
    node::{Fields, Node},
    time,
};
use watchfloor_shared::Timestamp;

pub(super) fn nothing(_: &mut Document, _: &mut Fields<'_>) {}

pub(super) fn alert(document: &mut Document, fields: &mut Fields<'_>) {
    let signature = fields.get("alert").and_then(Node::object);
    let text = |key: &str| signature.and_then(|alert| alert.text(key)).unwrap_or_default();
    let kinds: &[&str] = if text("action") == "blocked" {
        &["denied"]
    } else {
        &["allowed"]
    };
    let message = text("signature").to_owned();
    document.set("event", "type", kinds);
    if !message.is_empty() {
        document.set("", "message", message);
    }
    let metadata = signature.and_then(|alert| alert.get("metadata")).and_then(Node::object);
    let of_metadata = |key: &str| -> Vec<String> {
        let texts = metadata
            .and_then(|metadata| metadata.get(key))
            .map(Node::list)
            .unwrap_or_default();
        texts.iter().filter_map(Node::text).map(str::to_owned).collect()
    };
    for (key, name) in [("mitre_technique_id", "id"), ("mitre_technique_name", "name")] {
        let found = of_metadata(key);
        if !found.is_empty() {
            document.set("threat.technique", name, found);
        }
    }
    http_details(document, fields);
    tls_details(document, fields);
}

pub(super) fn http(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "http");
    let http = fields.get("http").and_then(Node::object);
    if let Some(status) = http.and_then(|http| http.get("status")).and_then(Node::integer) {
        document.set("event", "outcome", if status < 400 { "success" } else { "failure" });
    }
    http_details(document, fields);
}

/// The address, and `HTTP/1.1` → `1.1`.
pub(super) fn http_details(document: &mut Document, fields: &mut Fields<'_>) {
    let Some(Node::Object(http)) = fields.0.iter_mut().find(|(key, _)| key == "http").map(|(_, node)| node) else {
        return;
    };
    document.url(http.text("hostname"), http.text("url"));
    let version = http
        .text("protocol")
        .and_then(|text| text.strip_prefix("HTTP/"))
        .map(str::to_owned);
    if let Some(version) = version {
        document.set("http", "version", version);
        http.take("protocol");
    }
}

pub(super) fn tls(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "tls");
    tls_details(document, fields);
}

/// `TLS 1.2`, and the fingerprints that are objects.
fn tls_details(document: &mut Document, fields: &mut Fields<'_>) {
    let Some(Node::Object(tls)) = fields.0.iter_mut().find(|(key, _)| key == "tls").map(|(_, node)| node) else {
        return;
    };
    let version = tls.text("version").and_then(|text| {
        let (protocol, version) = text.split_once([' ', 'v'])?;
        Some((protocol.to_ascii_lowercase(), version.to_owned()))
    });
    if let Some((protocol, version)) = version {
        document.set("tls", "version_protocol", protocol);
        document.set("tls", "version", version);
        tls.take("version");
    }
    for (key, section) in [("ja3", "tls.client"), ("ja3s", "tls.server")] {
        let hash = tls.get(key).and_then(Node::object).and_then(|ja3| ja3.text("hash"));
        if let Some(hash) = hash.map(str::to_owned) {
            document.set(section, key, hash);
        }
    }
    if let Some(digits) = tls.text("fingerprint").map(|text| text.replace(':', "")) {
        let name = if digits.len() == 64 { "sha256" } else { "sha1" };
        document.hash("tls.server.hash", name, &digits);
    }
}

/// Bytes and packets belong to the flow's ends. An alert on an answer has source and destination swapped; newer versions
/// give the flow's own addresses.
pub(super) fn flow(document: &mut Document, fields: &mut Fields<'_>, timestamp: Timestamp) {
    let name = if fields.get("flow").is_some() {
        "flow"
    } else {
        "netflow"
    };
    let source = fields.text("src_ip").map(str::to_owned);
    let Some(mut flow) = fields.take_object(name) else {
        return;
    };
    let swapped = match (flow.text("src_ip"), source.as_deref()) {
        (Some(of_flow), Some(of_event)) => of_flow != of_event,
        _ => false,
    };
    let (client, server) = if swapped {
        ("destination", "source")
    } else {
        ("source", "destination")
    };
    let mut totals = [0_i64; 2];
    let mut any = false;
    for (key, section, field, total) in [
        ("bytes_toserver", client, "bytes", 0),
        ("bytes_toclient", server, "bytes", 0),
        ("pkts_toserver", client, "packets", 1),
        ("pkts_toclient", server, "packets", 1),
    ] {
        if let Some(count) = flow.take(key).and_then(|node| node.integer()) {
            document.set(section, field, count);
            totals[total] = i64::saturating_add(totals[total], count);
            any = true;
        }
    }
    if any {
        document.set("network", "bytes", totals[0]);
        document.set("network", "packets", totals[1]);
    }
    let start = flow.take("start").and_then(|node| time::of_node(&node).ok());
    let end = flow.take("end").and_then(|node| time::of_node(&node).ok());
    if let Some(start) = start {
        document.set("event", "start", time::text(start));
        // Of a flow that goes on, the duration so far.
        let until = end.unwrap_or(timestamp);
        let nanos = u64::try_from(until.since(start).as_nanos()).unwrap_or(u64::MAX);
        document.set("event", "duration", nanos);
    }
    document.set_some("event", "end", end.map(time::text));
    for (key, node) in flow.0 {
        document.keep("suricata.eve.flow", key, node);
    }
}

/// ICMP has its type and code where others have ports.
pub(super) fn icmp(document: &mut Document, fields: &Fields<'_>) {
    let number = |key: &str| {
        fields
            .get(key)
            .and_then(Node::integer)
            .and_then(|n| u16::try_from(n).ok())
    };
    if let Some(kind) = number("icmp_type") {
        document.endpoints.source_port = Some(kind);
        document.endpoints.destination_port = number("icmp_code");
    }
}
