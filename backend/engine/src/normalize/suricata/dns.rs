//! The three layouts of eve's dns: version 1 has one record per answer, version 2 lists answers, version 3 questions too.

use crate::json::{Map, Value};
use crate::normalize::{
    document::{Document, parse_ip},
    draft::Related,
    node::{Fields, Node},
};

pub(super) fn dns(document: &mut Document, fields: &mut Fields<'_>) {
    document.set("network", "protocol", "dns");
    let Some(mut dns) = fields.take_object("dns") else {
        return;
    };
    let is_answer = matches!(dns.text("type"), Some("answer" | "response"));
    document.set("dns", "type", if is_answer { "answer" } else { "query" });
    dns.take("type");
    question(document, &mut dns);
    if let Some(id) = dns.take("id").and_then(|id| id.scalar().map(|id| id.into_owned())) {
        document.set("dns", "id", id);
    }
    if let Some(Node::Text(code)) = dns.take("rcode") {
        let outcome = if code == "NOERROR" { "success" } else { "failure" };
        document.set("event", "outcome", outcome);
        document.set("dns", "response_code", code.into_owned());
    }
    let flags: Vec<&'static str> = [("aa", "AA"), ("tc", "TC"), ("rd", "RD"), ("ra", "RA")]
        .into_iter()
        .filter(|(key, _)| dns.take(key).and_then(|node| node.flag()) == Some(true))
        .map(|(_, name)| name)
        .collect();
    if !flags.is_empty() {
        document.set("dns", "header_flags", flags);
    }
    if is_answer {
        answers(document, &mut dns);
    }
    for (key, node) in dns.0 {
        document.keep("suricata.eve.dns", key, node);
    }
}

/// Its first question; DNS has room for more, nobody sends them.
fn question(document: &mut Document, dns: &mut Fields<'_>) {
    let mut first = match dns.get("queries").map(Node::list) {
        Some([Node::Object(first), ..]) => {
            let first = first.clone();
            dns.take("queries");
            first
        }
        _ => Fields(
            ["rrname", "rrtype"]
                .iter()
                .filter_map(|key| Some(((*key).into(), dns.take(key)?)))
                .collect(),
        ),
    };
    if let Some(Node::Text(name)) = first.take("rrname") {
        Related::add(&mut document.related.hosts, &name.to_lowercase());
        document.set("dns.question", "name", name.into_owned());
    }
    if let Some(Node::Text(kind)) = first.take("rrtype") {
        document.set("dns.question", "type", kind.into_owned());
    }
}

fn answers(document: &mut Document, dns: &mut Fields<'_>) {
    let listed = dns.take("answers");
    let mut found = Vec::new();
    let mut ips = Vec::new();
    match &listed {
        Some(Node::List(list)) => {
            for answer in list.iter().filter_map(Node::object) {
                found.push(one(document, answer, &mut ips));
            }
            // The same once more, by type.
            if dns.get("grouped").is_some() {
                dns.take("grouped");
            }
        }
        _ if dns.get("rdata").is_some() => {
            let parts = ["rdata", "ttl"]
                .iter()
                .filter_map(|key| Some(((*key).into(), dns.take(key)?)));
            let answer = Fields(parts.collect());
            found.push(one(document, &answer, &mut ips));
        }
        _ => grouped(document, dns, &mut found, &mut ips),
    }
    if !found.is_empty() {
        document.set("dns", "answers", found);
    }
    if !ips.is_empty() {
        document.set("dns", "resolved_ip", ips);
    }
}

fn one(document: &mut Document, answer: &Fields<'_>, ips: &mut Vec<String>) -> Value {
    let mut out = Map::with_capacity(4);
    for (key, name) in [
        ("rrname", "name"),
        ("rrtype", "type"),
        ("rdata", "data"),
        ("ttl", "ttl"),
    ] {
        if let Some(node) = answer.get(key).filter(|node| !node.is_empty()) {
            out.insert(name, node.clone().into_value());
        }
    }
    note_ip(document, answer.text("rdata"), ips);
    Value::Object(out)
}

/// Where only the grouped form is logged: `{"A": ["192.0.2.1"]}`.
fn grouped(document: &mut Document, dns: &mut Fields<'_>, found: &mut Vec<Value>, ips: &mut Vec<String>) {
    let Some(groups) = dns.take_object("grouped") else {
        return;
    };
    for (kind, list) in groups.0 {
        for data in list.list().iter().filter(|data| !data.is_empty()) {
            let mut out = Map::with_capacity(2);
            out.insert("type", kind.to_string());
            out.insert("data", data.clone().into_value());
            found.push(Value::Object(out));
            note_ip(document, data.text(), ips);
        }
    }
}

fn note_ip(document: &mut Document, text: Option<&str>, ips: &mut Vec<String>) {
    if let Some(ip) = text.and_then(parse_ip) {
        let ip = ip.to_string();
        Related::add(&mut document.related.ip, &ip);
        Related::add(ips, &ip);
    }
}
