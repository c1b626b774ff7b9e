//! CEF (ArcSight) and LEEF 1 and 2 (QRadar): a header of fields between bars, then names and values.

use super::{
    column::{
        self, Column,
        How::{self, *},
        column,
    },
    document::{Class, Head, class},
    node::{Fields, Node},
    source::Input,
    time,
};
use crate::{Event, verdict::DeadReason};
use std::borrow::Cow;
use watchfloor_shared::Timestamp;

/// A header and its extension, whichever of the two it is.
struct Message<'a> {
    is_leef: bool,
    /// Vendor, product, version, event id, name, severity; LEEF has no name and keeps the severity among the fields.
    header: Vec<Cow<'a, str>>,
    fields: Fields<'a>,
}

const fn c(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    column(from, section, name, how)
}

/// CEF's names first, then LEEF's.
const COLUMNS: &[Column] = &[
    c("src", "source", "ip", Address),
    c("dst", "destination", "ip", Address),
    c("spt", "source", "port", Port),
    c("dpt", "destination", "port", Port),
    c("proto", "network", "transport", Transport),
    c("app", "network", "protocol", Lower),
    c("shost", "source", "domain", Host),
    c("dhost", "destination", "domain", Host),
    c("smac", "source", "mac", Mac),
    c("dmac", "destination", "mac", Mac),
    c("suser", "source.user", "name", User),
    c("duser", "destination.user", "name", User),
    c("in", "source", "bytes", Long),
    c("out", "destination", "bytes", Long),
    c("act", "event", "action", Lower),
    c("reason", "event", "reason", Text),
    c("externalId", "event", "code", Text),
    c("msg", "", "message", Text),
    c("start", "event", "start", Time),
    c("end", "event", "end", Time),
    c("fname", "file", "name", Text),
    c("filePath", "file", "path", Path),
    c("fsize", "file", "size", Long),
    c("request", "url", "original", Text),
    c("requestMethod", "http.request", "method", Text),
    c("requestClientApplication", "user_agent", "original", Text),
    c("sproc", "process", "name", Text),
    c("spid", "process", "pid", Long),
    c("dvchost", "observer", "hostname", Host),
    c("deviceInboundInterface", "observer.ingress.interface", "name", Text),
    c("deviceOutboundInterface", "observer.egress.interface", "name", Text),
    c("srcPort", "source", "port", Port),
    c("dstPort", "destination", "port", Port),
    c("usrName", "user", "name", User),
    c("sev", "event", "severity", Long),
    c("identHostName", "source", "domain", Host),
    c("srcMAC", "source", "mac", Mac),
    c("dstMAC", "destination", "mac", Mac),
    c("srcBytes", "source", "bytes", Long),
    c("dstBytes", "destination", "bytes", Long),
    c("url", "url", "original", Text),
    c("action", "event", "action", Lower),
    c("cat", "rule", "category", Text),
    c("policy", "rule", "ruleset", Text),
];

/// Names of the time, best first; an envelope's comes after.
const TIME_KEYS: [&str; 4] = ["rt", "devTime", "end", "start"];

const ALERT: Class = class(&["intrusion_detection"], &["info"], "");

pub(super) fn is_record(text: &str) -> bool {
    text.starts_with("CEF:") || text.starts_with("LEEF:")
}

pub(super) fn read(text: &str, input: Input<'_>) -> Result<Event, DeadReason> {
    read_at(text, input, None)
}

/// With the time that an envelope gives.
pub(super) fn read_at(text: &str, input: Input<'_>, envelope: Option<Timestamp>) -> Result<Event, DeadReason> {
    let message = parse(text.trim()).ok_or(DeadReason::SpellingUnknown)?;
    let named = ["dvchost", "deviceHostName"]
        .iter()
        .find_map(|key| message.fields.text(key));
    let unnamed = if message.is_leef { "leef" } else { "cef" };
    let (endpoint, host) = input.context.origin.endpoint(named, Some(unnamed))?;
    let mut document = input.document();
    let own = TIME_KEYS
        .iter()
        .find_map(|key| time_of(message.fields.text(key)?, input.context.received));
    let timestamp = own.or(envelope).unwrap_or_else(|| {
        document.marks.push("time");
        input.context.received
    });
    document.class(&ALERT);
    let mut header = message.header.into_iter();
    let names: &[(&'static str, &str)] = if message.is_leef {
        &[
            ("observer", "vendor"),
            ("observer", "product"),
            ("observer", "version"),
            ("rule", "id"),
        ]
    } else {
        &[
            ("observer", "vendor"),
            ("observer", "product"),
            ("observer", "version"),
            ("rule", "id"),
            ("rule", "name"),
            ("log", "level"),
        ]
    };
    for ((section, name), text) in names.iter().zip(&mut header) {
        if !text.is_empty() {
            document.set(section, name, text.into_owned());
        }
    }
    let severity = document.text("log", "level").and_then(severity);
    document.set_some("event", "severity", severity);
    let mut fields = message.fields;
    if let Some(outcome) = fields.take("outcome") {
        let words = outcome.text().unwrap_or_default().to_ascii_lowercase();
        let is_failure = ["fail", "deni", "block", "error"]
            .iter()
            .any(|word| words.contains(word));
        document.set("event", "outcome", if is_failure { "failure" } else { "success" });
    }
    let rest = if message.is_leef { "leef" } else { "cef.extensions" };
    column::spread(&mut document, fields, &[COLUMNS], rest);
    if document.get("", "message").is_none()
        && let Some(name) = document.get("rule", "name").cloned()
    {
        document.set("", "message", name.to_owned());
    }
    let head = Head {
        id: input.id(),
        timestamp,
        endpoint,
        host,
        module: if message.is_leef { "leef" } else { "cef" },
        dataset: Cow::Borrowed(if message.is_leef { "leef.log" } else { "cef.log" }),
    };
    Ok(document.finish(head, input.context))
}

/// Words and numbers on CEF's scale of 0 to 10.
fn severity(text: &str) -> Option<i64> {
    match text.to_ascii_lowercase().as_str() {
        "low" => Some(2),
        "medium" => Some(5),
        "high" => Some(7),
        "very-high" => Some(9),
        number => number.parse().ok().filter(|number| (0..=10).contains(number)),
    }
}

/// Milliseconds since 1970, RFC 3339, or `May 14 2024 09:12:01`.
fn time_of(text: &str, received: Timestamp) -> Option<Timestamp> {
    time::of_node(&Node::Text(Cow::Borrowed(text)))
        .ok()
        .or_else(|| super::syslog::named_month(text, received))
}

fn parse(text: &str) -> Option<Message<'_>> {
    let is_leef = text.starts_with("LEEF:");
    let bars = match text.strip_prefix(if is_leef { "LEEF:2" } else { "CEF:" }) {
        Some(_) if is_leef => 6,
        Some(_) => 7,
        None => 5,
    };
    let (mut header, rest) = split_header(text, bars)?;
    let delimiter = if bars == 6 {
        header.pop().map(|text| delimiter(&text))
    } else {
        None
    };
    let pairs = if is_leef {
        delimited(rest, delimiter.unwrap_or('\t'))
    } else {
        spaced(rest)
    };
    header.remove(0);
    Some(Message {
        is_leef,
        header,
        fields: Fields(pairs),
    })
}

/// LEEF 2 names it as a character or as `x09`.
fn delimiter(text: &str) -> char {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix('x'))
        .filter(|digits| !digits.is_empty());
    let by_number = digits.and_then(|digits| char::from_u32(u32::from_str_radix(digits, 16).ok()?));
    by_number.or_else(|| text.chars().next()).unwrap_or('\t')
}

/// The fields up to `bars` bars that are not escaped, and what follows.
fn split_header(text: &str, bars: usize) -> Option<(Vec<Cow<'_, str>>, &str)> {
    let mut header = Vec::with_capacity(bars);
    let (mut from, mut is_escaped) = (0, false);
    for (at, letter) in text.char_indices() {
        if letter == '|' && !is_escaped {
            header.push(unescape(text.get(from..at)?));
            from = at + 1;
            if header.len() == bars {
                return Some((header, text.get(from..)?));
            }
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    None
}

/// CEF's extension: a value goes on until the blank before the next name.
fn spaced(text: &str) -> Vec<(Cow<'_, str>, Node<'_>)> {
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let (mut word, mut is_name, mut is_escaped) = (0, true, false);
    for (at, letter) in text.char_indices() {
        match letter {
            ' ' | '\t' if !is_escaped => (word, is_name) = (at + 1, true),
            '=' if is_name && !is_escaped && at > word => {
                starts.push((word, at));
                is_name = false;
            }
            _ if letter.is_ascii_alphanumeric() || "_-.[]:".contains(letter) => {}
            _ => is_name = false,
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    let ends = starts.iter().skip(1).map(|(word, _)| *word).chain([text.len()]);
    let pairs = starts.iter().zip(ends).filter_map(|((word, equals), end)| {
        let value = text.get(equals + 1..end)?.trim_end_matches([' ', '\t']);
        Some((Cow::Borrowed(text.get(*word..*equals)?), Node::Text(unescape(value))))
    });
    pairs.collect()
}

fn delimited(text: &str, delimiter: char) -> Vec<(Cow<'_, str>, Node<'_>)> {
    let pairs = text.split(delimiter).filter_map(|pair| pair.split_once('='));
    let pairs = pairs.filter(|(name, _)| !name.trim().is_empty());
    pairs
        .map(|(name, value)| (Cow::Borrowed(name.trim()), Node::Text(Cow::Borrowed(value))))
        .collect()
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some(escaped @ ('|' | '=' | '\\')) => out.push(escaped),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            (letter, false) => out.push(letter),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let message = parse(text).unwrap();
        let pairs = message.fields.0.into_iter();
        pairs
            .map(|(key, node)| (key.into_owned(), node.text().unwrap().to_owned()))
            .collect()
    }

    #[test]
    fn values_have_blanks_and_escapes() {
        let text =
            r"CEF:0|Acme\|Co|Fire\\wall|1|100|a name|5|src=10.0.0.1 msg=a b\=c http://x/?q\=1 y=2 cs1Label=L cs1=v v";
        assert_eq!(
            parse(text).unwrap().header,
            ["Acme|Co", r"Fire\wall", "1", "100", "a name", "5"]
        );
        let expected = [
            ("src", "10.0.0.1"),
            ("msg", "a b=c http://x/?q=1"),
            ("y", "2"),
            ("cs1Label", "L"),
            ("cs1", "v v"),
        ];
        assert_eq!(
            fields(text),
            expected.map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn leef_names_its_delimiter() {
        let expected = [("src", "10.0.0.1"), ("usrName", "a b")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(fields("LEEF:1.0|V|P|1|id|src=10.0.0.1\tusrName=a b"), expected);
        assert_eq!(fields("LEEF:2.0|V|P|1|id|^|src=10.0.0.1^usrName=a b"), expected);
        assert_eq!(fields("LEEF:2.0|V|P|1|id|x5E|src=10.0.0.1^usrName=a b"), expected);
    }

    #[test]
    fn half_a_header_is_none() {
        for text in ["CEF:0", "CEF:0|a|b|c|d|e", "LEEF:1.0|a|b|c", "CEF:0|a\\|b|c|d|e|f|g"] {
            assert!(parse(text).is_none(), "{text}");
        }
    }
}
