//! The server's answers as typed values.
//!
//! A document is parsed once into a tree and read from there by a reader that knows only what the wire types need. Reading
//! each type from the text itself makes a parser of each type, which is most of what a console that weighs little can save.

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, EnumAccess, Unexpected, VariantAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Map, Value, map};
use std::{fmt, vec};

/// Why an answer is not what this console expects.
#[derive(Debug)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

impl de::Error for Malformed {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Malformed(message.to_string())
    }
}

pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Malformed> {
    read_value(parse(text)?)
}

pub fn read_value<T: DeserializeOwned>(value: Value) -> Result<T, Malformed> {
    T::deserialize(Wire(value))
}

pub fn parse(text: &str) -> Result<Value, Malformed> {
    serde_json::from_str(text).map_err(|error| Malformed(error.to_string()))
}

struct Wire(Value);

impl Wire {
    #[cold]
    #[inline(never)]
    fn unexpected(&self, wanted: &dyn de::Expected) -> Malformed {
        let found = match &self.0 {
            Value::Null => Unexpected::Unit,
            Value::Bool(b) => Unexpected::Bool(*b),
            Value::Number(_) => Unexpected::Other("number"),
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, wanted)
    }
}

impl<'de> Deserializer<'de> for Wire {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(_) => self.deserialize_f64(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(elements) => visitor.visit_seq(Elements(elements.into_iter())),
            Value::Object(members) => visitor.visit_map(Members::of(members)),
        }
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0.as_i64() {
            Some(value) => visitor.visit_i64(value),
            None => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_i64(visitor)
    }
    /// Integers stay what they are.
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match &self.0 {
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(value), ..) => visitor.visit_i64(value),
                (_, Some(value), _) => visitor.visit_u64(value),
                (.., value) => visitor.visit_f64(value.unwrap_or(f64::NAN)),
            },
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_string(visitor)
    }
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_string(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::Array(elements) => visitor.visit_seq(Elements(elements.into_iter())),
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_seq(visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::Object(members) => visitor.visit_map(Members::of(members)),
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_map(visitor)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }
    /// `"name"`, or `{"name": content}`.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, content: None }),
            Value::Object(members) if members.len() == 1 => match members.into_iter().next() {
                Some((name, content)) => visitor.visit_enum(Variant {
                    name,
                    content: Some(content),
                }),
                None => Err(de::Error::custom("a variant without a name")),
            },
            _ => Err(self.unexpected(&visitor)),
        }
    }
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        visitor.visit_unit()
    }
    forward_to_deserialize_any! { i8 i16 i32 i128 u8 u16 u64 u128 f32 char bytes byte_buf unit unit_struct tuple_struct }
}

struct Elements(vec::IntoIter<Value>);

impl<'de> de::SeqAccess<'de> for Elements {
    type Error = Malformed;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Malformed> {
        self.0.next().map(|value| seed.deserialize(Wire(value))).transpose()
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Members {
    rest: map::IntoIter,
    value: Value,
}

impl Members {
    fn of(members: Map<String, Value>) -> Self {
        Self {
            rest: members.into_iter(),
            value: Value::Null,
        }
    }
    #[inline(never)]
    fn advance(&mut self) -> Option<String> {
        let (key, value) = self.rest.next()?;
        self.value = value;
        Some(key)
    }
    #[inline(never)]
    fn take(&mut self) -> Wire {
        Wire(self.value.take())
    }
}

impl<'de> de::MapAccess<'de> for Members {
    type Error = Malformed;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Malformed> {
        self.advance()
            .map(|key| seed.deserialize(Wire(Value::String(key))))
            .transpose()
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Malformed> {
        seed.deserialize(self.take())
    }
}

struct Variant {
    name: String,
    content: Option<Value>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = Malformed;
    type Variant = Content;
    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Content), Malformed> {
        let name = seed.deserialize(Wire(Value::String(self.name)))?;
        Ok((name, Content(self.content)))
    }
}

struct Content(Option<Value>);

impl<'de> VariantAccess<'de> for Content {
    type Error = Malformed;
    fn unit_variant(self) -> Result<(), Malformed> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Malformed> {
        seed.deserialize(Wire(self.0.unwrap_or_default()))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Malformed> {
        Wire(self.0.unwrap_or_default()).deserialize_seq(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Malformed> {
        Wire(self.0.unwrap_or_default()).deserialize_map(visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use watchfloor_shared::{
        alert::{AlertSummary, BulkAction, Phrase},
        pipeline::Latency,
        problem::Problem,
        rule::RuleState,
        search::{AggregationResult, EventHit},
    };

    fn summary() -> Value {
        json!({
            "id": "a1", "title": "Encoded command", "evidence": "cmd.exe → powershell.exe", "severity": "high",
            "status": "false_positive", "source": "sigma", "rule_id": "r1", "endpoint_id": "ws-01", "user": null,
            "process_name": "powershell.exe", "count": 3, "first_seen": "2026-11-21T14:00:00Z",
            "last_seen": "2026-11-21T14:00:00.5Z", "techniques": [{"id": "T1059", "name": "Command", "tactics": ["Execution"]}],
            "related_endpoints": ["ws-02"], "assignee": null, "verdict": "false_positive", "simulated": true,
            "times": {"observed": "2026-11-21T14:00:00Z", "received": "2026-11-21T14:00:00Z",
                "detected": "2026-11-21T14:00:00Z", "stored": "2026-11-21T14:00:00Z", "shown": null},
            "version": 7, "a_field_of_a_later_server": [1, 2],
        })
    }

    fn same<T: DeserializeOwned + PartialEq + fmt::Debug>(document: &Value) {
        let theirs: T = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(read::<T>(&document.to_string()).unwrap(), theirs);
    }

    #[test]
    fn every_shape_of_the_wire_reads_as_it_was_meant() {
        same::<AlertSummary>(&summary());
        same::<Vec<Phrase>>(&json!([{"kind": "words", "text": "a "}, {"kind": "machine", "text": "b"}]));
        same::<BulkAction>(&json!("undo"));
        same::<BulkAction>(&json!({"change": {"status": "open"}}));
        same::<Latency>(
            &json!({"received_to_indexed_p99": 4, "received_to_alert_p50": 0.5, "received_to_alert_p99": null}),
        );
        same::<AggregationResult>(
            &json!({"kind": "terms", "field": "user.name", "buckets": [{"value": "a", "count": 2}], "other": 0}),
        );
        let state = json!({"title": "another member", "state": "unsupported", "because": "why"});
        same::<RuleState>(&state);
    }

    #[test]
    fn an_event_keeps_its_numbers() {
        let hit = json!({"id": "e", "timestamp": "2026-11-21T14:00:00Z",
            "source": {"big": u64::MAX, "small": -1, "share": 0.25, "list": [null, true, {"deep": []}]}});
        let read: EventHit = read(&hit.to_string()).unwrap();
        assert_eq!(read.source, hit["source"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let mut document = summary();
        document["count"] = json!("three");
        let why = read::<AlertSummary>(&document.to_string()).unwrap_err().to_string();
        assert!(why.contains("three") && why.contains("i64"), "{why}");
        assert!(read::<Problem>("{}").unwrap_err().to_string().contains("missing field"));
        assert!(read::<AlertSummary>("<html>").is_err());
        assert!(read::<Vec<u32>>("[-1]").is_err());
    }
}
