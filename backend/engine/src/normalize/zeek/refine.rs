//! What of a Zeek record takes more than one field.

use crate::json::{Map, Value};
use crate::normalize::{
    document::Document,
    draft::Related,
    node::{Fields, Node},
    time,
};
use watchfloor_shared::Timestamp;

pub(super) fn nothing(_: &mut Document, _: &mut Fields<'_>) {}

pub(super) fn conn(document: &mut Document, fields: &mut Fields<'_>) {
    let number = |key: &str| fields.get(key).and_then(Node::integer);
    let sum = |a: &str, b: &str| match (number(a), number(b)) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or_default().saturating_add(b.unwrap_or_default())),
    };
    let (bytes, packets) = (sum("orig_ip_bytes", "resp_ip_bytes"), sum("orig_pkts", "resp_pkts"));
    let flag = |key: &str| fields.get(key).and_then(Node::flag);
    let direction = match (flag("local_orig"), flag("local_resp")) {
        (Some(true), Some(true)) => Some("internal"),
        (Some(true), Some(false)) => Some("outbound"),
        (Some(false), Some(true)) => Some("inbound"),
        (Some(false), Some(false)) => Some("external"),
        _ => None,
    };
    document.set_some("network", "bytes", bytes);
    document.set_some("network", "packets", packets);
    document.set_some("network", "direction", direction);
    let attempt = matches!(fields.text("conn_state"), Some("S0" | "REJ"));
    if attempt {
        let kinds: &[&str] = if fields.text("conn_state") == Some("REJ") {
            &["connection", "denied"]
        } else {
            &["connection", "start"]
        };
        document.set("event", "type", kinds);
    }
}

pub(super) fn dns(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "dns");
    if let Some(name) = fields.text("query") {
        Related::add(&mut document.related.hosts, &name.to_lowercase());
    }
    if let Some(code) = fields.text("rcode_name") {
        let outcome = if code == "NOERROR" { "success" } else { "failure" };
        document.set("event", "outcome", outcome);
    }
    if let Some(Node::Text(class)) = fields.take("qclass_name") {
        let class = if class == "C_INTERNET" { "IN" } else { class.as_ref() };
        document.set("dns.question", "class", class.to_owned());
    }
    let flags: Vec<&str> = ["AA", "TC", "RD", "RA"]
        .into_iter()
        .filter(|flag| fields.take(flag).and_then(|node| node.flag()) == Some(true))
        .collect();
    if !flags.is_empty() {
        document.set("dns", "header_flags", flags);
    }
    let answers = fields.take("answers").unwrap_or(Node::Null);
    let ttls = fields.take("TTLs").unwrap_or(Node::Null);
    document.set(
        "dns",
        "type",
        if answers.list().is_empty() { "query" } else { "answer" },
    );
    answered(
        document,
        answers
            .list()
            .iter()
            .filter_map(Node::text)
            .zip(ttls.list().iter().map(Some).chain(std::iter::repeat(None))),
    );
}

fn answered<'n>(document: &mut Document, answers: impl Iterator<Item = (&'n str, Option<&'n Node<'n>>)>) {
    let (mut list, mut ips) = (Vec::new(), Vec::new());
    for (data, ttl) in answers {
        let mut answer = Map::with_capacity(2);
        answer.insert("data", data.to_owned());
        if let Some(ttl) = ttl.and_then(Node::float) {
            answer.insert("ttl", ttl as i64);
        }
        list.push(Value::Object(answer));
        if let Some(ip) = crate::normalize::document::parse_ip(data) {
            let ip = ip.to_string();
            Related::add(&mut document.related.ip, &ip);
            Related::add(&mut ips, &ip);
        }
    }
    if !list.is_empty() {
        document.set("dns", "answers", list);
    }
    if !ips.is_empty() {
        document.set("dns", "resolved_ip", ips);
    }
}

pub(super) fn http(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "http");
    document.transport("tcp");
    document.url(fields.text("host"), fields.text("uri"));
    if let Some(status) = fields.get("status_code").and_then(Node::integer) {
        document.set("event", "outcome", if status < 400 { "success" } else { "failure" });
    }
}

pub(super) fn ssl(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "tls");
    document.transport("tcp");
    // `TLSv12`, `TLSv10`, `DTLSv12`, `SSLv3`.
    let Some(version) = fields.text("version").map(str::to_owned) else {
        return;
    };
    if let Some((protocol, digits)) = version.split_once('v')
        && matches!(protocol, "TLS" | "SSL" | "DTLS")
    {
        fields.take("version");
        document.set("tls", "version_protocol", protocol.to_ascii_lowercase());
        let dotted = match digits.as_bytes() {
            [major, minor] => format!("{}.{}", char::from(*major), char::from(*minor)),
            _ => digits.to_owned(),
        };
        document.set("tls", "version", dotted);
    }
}

/// Older versions name the hosts of a file only as lists; who sent it is the source.
pub(super) fn files(document: &mut Document, fields: &mut Fields<'_>) {
    if fields.get("id.orig_h").is_none() && fields.get("id_orig_h").is_none() {
        for (key, section) in [("tx_hosts", "source"), ("rx_hosts", "destination")] {
            let first = fields
                .get(key)
                .and_then(|node| node.list().first())
                .and_then(Node::text);
            if let Some(address) = first.map(str::to_owned) {
                document.address(section, &address);
            }
        }
    }
    if fields.get("total_bytes").is_none()
        && let Some(seen) = fields.get("seen_bytes").and_then(Node::integer)
    {
        document.set("file", "size", seen);
    }
}

pub(super) fn ssh(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "ssh");
    document.transport("tcp");
    if let Some(succeeded) = fields.get("auth_success").and_then(Node::flag) {
        document.set("event", "outcome", if succeeded { "success" } else { "failure" });
    }
}

/// When the connection ended.
pub(super) fn span(document: &mut Document, start: Timestamp) {
    let duration = document.get("event", "duration").and_then(Value::as_u64);
    if let Some(nanos) = duration {
        let end = start.saturating_add(std::time::Duration::from_nanos(nanos));
        document.set("event", "start", time::text(start));
        document.set("event", "end", time::text(end));
    }
}
