//! Reading and writing.

use super::{Map, Text, Value};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use std::{borrow::Cow, fmt};

/// Most objects of an event have no more fields.
const FIELDS_USUAL: usize = 4;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(list) => serializer.collect_seq(list),
            Self::Object(map) => map.serialize(serializer),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyVisitor)
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MapVisitor)
    }
}

struct MapVisitor;

impl<'de> Visitor<'de> for MapVisitor {
    type Value = Map;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Map, A::Error> {
        let mut map = Map::with_capacity(FIELDS_USUAL);
        while let Some(name) = fields.next_key::<String>()? {
            let value: Value = fields.next_value()?;
            map.insert(Text::Owned(name), value);
        }
        Ok(map)
    }
}

struct AnyVisitor;

impl<'de> Visitor<'de> for AnyVisitor {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }
    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Value, A::Error> {
        MapVisitor.visit_map(fields).map(Value::Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".{0,8}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 300, 90, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::vec(("[a-z]{0,3}", inner), 0..90)
                    .prop_map(|fields| fields.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn writes_and_reads_what_serde_json_does(json in any_json()) {
            let text = json.to_string();
            let ours: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::to_string(&ours).unwrap(), serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string());
            prop_assert_eq!(&Value::from(serde_json::from_str::<serde_json::Value>(&text).unwrap()), &ours);
            prop_assert_eq!(serde_json::Value::from(ours).to_string(), serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string());
        }

        /// Small and large objects, by what a list of the same operations says.
        #[test]
        fn fields_are_found_changed_and_removed(acts in prop::collection::vec((0u8..150, any::<bool>(), any::<u8>()), 0..400)) {
            let mut map = Map::new();
            let mut naive: Vec<(String, u8)> = Vec::new();
            for (name, is_kept, value) in acts {
                let name = format!("f{name}");
                let known = naive.iter().position(|(known, _)| *known == name);
                let (was, told) = match (known, is_kept) {
                    (Some(at), true) => (Some(std::mem::replace(&mut naive[at].1, value)), map.insert(name, value)),
                    (Some(at), false) => (Some(naive.remove(at).1), map.remove(&name)),
                    (None, true) => {
                        naive.push((name.clone(), value));
                        (None, map.insert(name, value))
                    }
                    (None, false) => (None, map.remove(&name)),
                };
                prop_assert_eq!(told, was.map(Value::from));
            }
            let fields: Vec<(&str, &Value)> = map.iter().collect();
            let expected: Vec<(String, Value)> = naive.into_iter().map(|(name, value)| (name, value.into())).collect();
            prop_assert_eq!(fields, expected.iter().map(|(name, value)| (name.as_str(), value)).collect::<Vec<_>>());
            prop_assert!(expected.iter().all(|(name, value)| map.get(name) == Some(value)));
        }
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        let map: Map = serde_json::from_str(r#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":3,"b":2}"#);
        assert!(serde_json::from_str::<Map>("[1]").is_err());
    }
}
