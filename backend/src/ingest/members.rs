//! A Beat writes the members of its objects in another order each time that it sends an event: Go's maps have none. In one order
//! an event that is sent again is the same bytes, and so the same event.
//!
//! Invariant: values keep their bytes. A record that no Beat sent keeps all of them.

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, fmt};

/// A Beat's events name the process that sends them.
const OF_A_BEAT: &[u8] = b"\"ephemeral_id\"";
/// What is deeper stays as it is.
const DEPTH_MAX: usize = 32;

/// The record with the members of its objects sorted by their names, where a Beat sent it.
pub fn ordered(record: Bytes) -> Bytes {
    let is_beats = record.windows(OF_A_BEAT.len()).any(|bytes| bytes == OF_A_BEAT);
    let value: Option<&RawValue> = is_beats.then(|| serde_json::from_slice(&record).ok()).flatten();
    let mut text = String::with_capacity(record.len());
    match value.map(|value| write(value, DEPTH_MAX, &mut text)) {
        Some(Ok(())) => Bytes::from(text),
        Some(Err(_)) | None => record,
    }
}

fn write(value: &RawValue, depth: usize, text: &mut String) -> serde_json::Result<()> {
    let raw = value.get();
    match (raw.as_bytes().first(), depth.checked_sub(1)) {
        (Some(b'{'), Some(depth)) => {
            let Members(members) = serde_json::from_str(raw)?;
            let mut before = '{';
            for (name, value) in members {
                text.push(before);
                text.push_str(&serde_json::to_string(&name)?);
                text.push(':');
                write(value, depth, text)?;
                before = ',';
            }
            text.push_str(if before == '{' { "{}" } else { "}" });
        }
        (Some(b'['), Some(depth)) => {
            let mut before = '[';
            for value in serde_json::from_str::<Vec<&RawValue>>(raw)? {
                text.push(before);
                write(value, depth, text)?;
                before = ',';
            }
            text.push_str(if before == '[' { "[]" } else { "]" });
        }
        _ => text.push_str(raw),
    }
    Ok(())
}

/// Refuses an object in which a name stands twice: which of them counts is not for us to say.
struct Members<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        String::from_utf8(ordered(Bytes::from(text.to_owned())).to_vec()).unwrap()
    }

    #[test]
    fn a_beats_event_is_the_same_bytes_in_whichever_order_it_came() {
        let sent = r#"{"b":{"d":1.50,"c":[{"y":{},"x":[]},"\u00e9"]},"agent":{"type":"filebeat","ephemeral_id":"e"},"a":null}"#;
        let again = r#"{"agent":{"ephemeral_id":"e","type":"filebeat"},"a":null, "b":{"c":[{"x":[],"y":{}},"\u00e9"],"d":1.50}}"#;
        let ordered = r#"{"a":null,"agent":{"ephemeral_id":"e","type":"filebeat"},"b":{"c":[{"x":[],"y":{}},"\u00e9"],"d":1.50}}"#;
        assert_eq!((of(sent), of(again)), (ordered.to_owned(), ordered.to_owned()));
        let deep = format!("{{\"ephemeral_id\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(of(&deep), deep);
    }

    #[test]
    fn what_no_beat_sent_or_what_is_no_object_keeps_its_bytes() {
        for text in [
            r#"{"b":1,"a":2}"#,
            r#"{"b":1,"a":"ephemeral_id"#,
            r#"{"ephemeral_id":1,"b":2,"b":3}"#,
        ] {
            assert_eq!(of(text), text);
        }
    }
}
