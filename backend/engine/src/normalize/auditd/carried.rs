//! One audit record in whatever brought it: as it is, behind a syslog header, or as the message of a shipper's document.
//!
//! Invariant: the lines of one event put back in the place of the first are a raw record that
//! [`normalize`](crate::normalize::normalize) reads as the event.

use super::is_record;
use crate::json::Map;
use crate::normalize::node::Fields;
use std::borrow::Cow;

/// Where a shipper puts the line.
const MESSAGE_KEYS: [&str; 4] = ["message", "log", "body", "MESSAGE"];

/// A record's one line and where in the record it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried<'a> {
    pub line: Cow<'a, str>,
    place: Place<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// Behind this.
    Text(&'a str),
    /// In this field of a document.
    Field(&'static str),
}

/// `None` for a raw record that is not one line of the audit log: several lines are an event that somebody joined already.
pub fn carried(raw: &[u8]) -> Option<Carried<'_>> {
    let text = std::str::from_utf8(raw).ok()?.trim_end();
    let carried = match text.trim_start().starts_with('{') {
        true => in_document(text)?,
        false => in_text(text)?,
    };
    (!carried.line.trim_end().contains('\n')).then_some(carried)
}

fn in_text(text: &str) -> Option<Carried<'_>> {
    let starts = ["node=", "type=", "audit("];
    let found = starts.iter().flat_map(|start| text.match_indices(start));
    let at = found.map(|(at, _)| at).filter(|at| is_record(&text[*at..])).min()?;
    Some(Carried {
        line: Cow::Borrowed(&text[at..]),
        place: Place::Text(&text[..at]),
    })
}

fn in_document(text: &str) -> Option<Carried<'_>> {
    let fields: Fields<'_> = serde_json::from_str(text).ok()?;
    let key = MESSAGE_KEYS.into_iter().find(|key| fields.text(key).is_some())?;
    let line = fields.text(key).filter(|line| is_record(line.trim_start()))?;
    Some(Carried {
        line: Cow::Owned(line.trim().to_owned()),
        place: Place::Field(key),
    })
}

impl Carried<'_> {
    /// The raw record with the lines of the whole event in the place of its own.
    pub fn joined(&self, raw: &[u8], lines: &str) -> Vec<u8> {
        match self.place {
            Place::Text(before) => format!("{before}{lines}").into_bytes(),
            Place::Field(key) => {
                let mut document: Map = serde_json::from_slice(raw).unwrap_or_default();
                document.insert(key.to_owned(), lines.to_owned());
                serde_json::to_vec(&document).unwrap_or_default()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::testing::emitted;

    const LINES: &str = "type=SYSCALL msg=audit(1700000000.000:7): arch=c000003e syscall=59 success=yes pid=5 comm=\"id\"\n\
        type=CWD msg=audit(1700000000.000:7): cwd=\"/root\"";

    #[test]
    fn an_event_put_back_in_its_envelope_is_the_same_event_with_the_envelopes_fields() {
        let first = LINES.lines().next().unwrap();
        let plain = emitted(LINES.as_bytes());
        for (raw, host) in [
            (first.to_owned(), "linux"),
            (format!("<13>Nov 14 22:13:20 web-1 audispd: {first}"), "web-1"),
            (
                format!("<13>1 2023-11-14T22:13:20Z web-1 audispd - - - {first}"),
                "web-1",
            ),
            (
                serde_json::json!({"@timestamp": "2023-11-14T22:13:20Z", "host": {"name": "web-1"}, "message": first})
                    .to_string(),
                "web-1",
            ),
        ] {
            let carried = carried(raw.as_bytes()).unwrap();
            assert_eq!(carried.line, first);
            let event = emitted(&carried.joined(raw.as_bytes(), LINES));
            assert_eq!(event.get("auditd"), plain.get("auditd"), "{raw}");
            assert_eq!(event.endpoint.as_str(), host);
        }
    }

    #[test]
    fn what_is_joined_already_or_no_record_is_left_alone() {
        for raw in [LINES, "hello", "{\"message\":\"hello\"}", "{", ""] {
            assert_eq!(carried(raw.as_bytes()), None, "{raw}");
        }
        assert_eq!(carried(b"\xff"), None);
    }
}
