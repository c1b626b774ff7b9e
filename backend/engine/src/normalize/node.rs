//! A JSON value while it is being read: text is borrowed where it has no escapes, objects are lists in the order as sent.
//!
//! Reading this way costs neither a hash nor a copy for what is moved to another name or thrown away. Invariant: as a
//! [`Value`] it is what `serde_json` would have made; so the last of two equal keys counts.

use crate::json::{Map, Value};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;
use std::{borrow::Cow, fmt};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Node<'a>>),
    Object(Fields<'a>),
}

/// The fields of an object in the order as sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Fields<'a>(pub Vec<(Cow<'a, str>, Node<'a>)>);

/// Most records have no more fields at the top.
const FIELDS_USUAL: usize = 24;

impl<'a> Fields<'a> {
    pub fn get(&self, key: &str) -> Option<&Node<'a>> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// Takes the value out and leaves null, which is nothing anywhere.
    pub fn take(&mut self, key: &str) -> Option<Node<'a>> {
        let (_, node) = self.0.iter_mut().rev().find(|(name, _)| name == key)?;
        Some(std::mem::replace(node, Node::Null))
    }

    pub fn take_object(&mut self, key: &str) -> Option<Fields<'a>> {
        match self.get(key)? {
            Node::Object(_) => match self.take(key)? {
                Node::Object(fields) => Some(fields),
                _ => None,
            },
            _ => None,
        }
    }

    pub fn into_map(self) -> Map {
        let mut map = Map::with_capacity(self.0.len());
        for (key, node) in self.0 {
            map.insert(key.into_owned(), node.into_value());
        }
        map
    }
}

impl<'a> Node<'a> {
    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn integer(&self) -> Option<i64> {
        match self {
            Node::Number(number) => number.as_i64(),
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub fn float(&self) -> Option<f64> {
        match self {
            Node::Number(number) => number.as_f64(),
            Node::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub fn flag(&self) -> Option<bool> {
        match self {
            Node::Bool(flag) => Some(*flag),
            Node::Text(text) => match text.as_ref() {
                "true" | "T" | "yes" | "1" => Some(true),
                "false" | "F" | "no" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A scalar as text.
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Node::Text(text) => Some(Cow::Borrowed(text)),
            Node::Number(number) => Some(Cow::Owned(number.to_string())),
            Node::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
            _ => None,
        }
    }

    pub fn object(&self) -> Option<&Fields<'a>> {
        match self {
            Node::Object(fields) => Some(fields),
            _ => None,
        }
    }

    pub fn list(&self) -> &[Node<'a>] {
        match self {
            Node::List(list) => list,
            _ => &[],
        }
    }

    /// Null, an empty text, list or object: nothing that needs a place.
    pub fn is_empty(&self) -> bool {
        match self {
            Node::Null => true,
            Node::Text(text) => text.is_empty(),
            Node::List(list) => list.is_empty(),
            Node::Object(fields) => fields.0.is_empty(),
            _ => false,
        }
    }

    pub fn into_value(self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(flag) => Value::Bool(flag),
            Node::Number(number) => Value::Number(number),
            Node::Text(text) => Value::from(text.into_owned()),
            Node::List(list) => Value::Array(list.into_iter().map(Node::into_value).collect()),
            Node::Object(fields) => Value::Object(fields.into_map()),
        }
    }
}

struct Key<'a>(Cow<'a, str>);
struct KeyVisitor;

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

struct FieldsVisitor;

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::with_capacity(FIELDS_USUAL);
        while let Some(Key(key)) = map.next_key()? {
            fields.push((key, map.next_value()?));
        }
        Ok(Fields(fields))
    }
}

struct NodeVisitor;

impl<'de> Deserialize<'de> for Node<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_unit<E>(self) -> Result<Node<'de>, E> {
        Ok(Node::Null)
    }
    fn visit_bool<E>(self, flag: bool) -> Result<Node<'de>, E> {
        Ok(Node::Bool(flag))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Node<'de>, E> {
        Ok(Node::Number(number.into()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Node<'de>, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Node<'de>, E> {
        Ok(Node::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            fields.push((key, map.next_value()?));
        }
        Ok(Node::Object(Fields(fields)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_serde_json_reads() {
        for text in [
            r#"{"a":1,"b":-2,"c":1.5e3,"d":"x\ny","e":[null,true,{"f":"g"}],"a":"again","":{"":[]}}"#,
            r#"{"big":18446744073709551615,"tiny":5e-324,"minus":-0.0,"k\u00e9y":"\ud83d\ude00"}"#,
            "{}",
        ] {
            let fields: Fields = serde_json::from_str(text).unwrap();
            let map: Map = serde_json::from_str(text).unwrap();
            assert_eq!(fields.into_map(), map);
        }
        assert!(serde_json::from_str::<Fields>("[1]").is_err());
        assert!(serde_json::from_str::<Fields>(r#"{"a":1} x"#).is_err());
    }
}
