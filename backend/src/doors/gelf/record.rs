//! A GELF message in ECS terms.

use crate::ingest::epoch;
use bytes::Bytes;
use serde_json::{Map, Value, json};

/// GELF's fields in their ECS places; those that begin with `_` become labels, any other stays where it is. What is no JSON
/// object is passed on as it came: it will be a dead letter, with its bytes.
pub fn to_ecs(message: Bytes) -> Bytes {
    let Ok(gelf) = serde_json::from_slice::<Map<String, Value>>(&message) else {
        return message;
    };
    let mut record = Map::new();
    let mut labels = Map::new();
    for (name, value) in gelf {
        match (name.as_str(), value) {
            ("version", _) => {}
            ("host", Value::String(host)) => drop(record.insert("host".to_owned(), json!({ "name": host }))),
            ("short_message", text) => drop(record.insert("message".to_owned(), text)),
            ("full_message", text) => drop(record.insert("event".to_owned(), json!({ "original": text }))),
            ("level", level) => {
                let syslog = json!({ "syslog": { "severity": { "code": level } } });
                record.insert("log".to_owned(), syslog);
            }
            ("timestamp", Value::Number(seconds)) => {
                let time = epoch::seconds(&seconds.to_string());
                let value = time.map_or(Value::Number(seconds), |time| json!(time.to_string()));
                record.insert("@timestamp".to_owned(), value);
            }
            (_, value) => match name.strip_prefix('_') {
                Some(label) if !label.is_empty() => drop(labels.insert(label.to_owned(), value)),
                _ => drop(record.entry(name).or_insert(value)),
            },
        }
    }
    if !labels.is_empty() {
        record.insert("labels".to_owned(), Value::Object(labels));
    }
    Bytes::from(Value::Object(record).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_to_their_ecs_places() {
        let gelf = r#"{"version":"1.1","host":"web-1","short_message":"boom","full_message":"boom\nat x","timestamp":1700000000.25,
                       "level":3,"_user_id":42,"facility":"app"}"#;
        let record: Value = serde_json::from_slice(&to_ecs(Bytes::from_static(gelf.as_bytes()))).unwrap();
        let expected = json!({
            "host": { "name": "web-1" }, "message": "boom", "event": { "original": "boom\nat x" },
            "@timestamp": "2023-11-14T22:13:20.25Z", "log": { "syslog": { "severity": { "code": 3 } } },
            "labels": { "user_id": 42 }, "facility": "app",
        });
        assert_eq!(record, expected);
        assert_eq!(to_ecs(Bytes::from_static(b"not JSON")), &b"not JSON"[..]);
    }
}
