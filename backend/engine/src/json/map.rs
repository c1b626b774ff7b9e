//! An object.

use super::{Text, Value};
use std::{collections::HashMap, fmt};

/// Objects with more fields than this are found by hash. No event of a known source comes near.
const COMPARED_MAX: usize = 64;

/// The position of each field.
#[derive(Clone)]
struct Index(HashMap<Text, usize>);

/// An object's fields in the order in which they were first inserted. Equal to another with the same fields in any order.
#[derive(Clone, Default)]
pub struct Map {
    fields: Vec<(Text, Value)>,
    /// Where each name is, once there are more than [`COMPARED_MAX`].
    index: Option<Box<Index>>,
}

impl Map {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_capacity(fields: usize) -> Self {
        Self {
            fields: Vec::with_capacity(fields),
            index: None,
        }
    }

    pub fn len(&self) -> usize {
        self.fields.len()
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn position(&self, name: &str) -> Option<usize> {
        match &self.index {
            Some(index) => index.0.get(name).copied(),
            None => self.fields.iter().position(|(known, _)| known == name),
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.position(name)?;
        self.fields.get(at).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let at = self.position(name)?;
        self.fields.get_mut(at).map(|(_, value)| value)
    }

    pub fn contains_key(&self, name: &str) -> bool {
        self.position(name).is_some()
    }

    /// Sets a field; the value that it had comes back.
    pub fn insert(&mut self, name: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        let (name, value) = (name.into(), value.into());
        if let Some(at) = self.position(&name) {
            return Some(std::mem::replace(&mut self.fields[at].1, value));
        }
        let at = self.fields.len();
        if let Some(index) = &mut self.index {
            index.0.insert(name.clone(), at);
        }
        self.fields.push((name, value));
        if self.index.is_none() && self.fields.len() > COMPARED_MAX {
            self.build_index();
        }
        None
    }

    /// Sets a field that is not there yet.
    pub fn insert_if_new(&mut self, name: impl Into<Text>, value: impl Into<Value>) {
        let name = name.into();
        if !self.contains_key(&name) {
            self.insert(name, value);
        }
    }

    /// Takes a field out; the others keep their order.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let at = self.position(name)?;
        let (_, value) = self.fields.remove(at);
        if self.index.is_some() {
            self.build_index();
        }
        Some(value)
    }

    /// Keeps the fields of which `keeps` says so.
    pub fn retain(&mut self, mut keeps: impl FnMut(&str, &mut Value) -> bool) {
        self.fields.retain_mut(|field| keeps(&field.0, &mut field.1));
        if self.index.is_some() {
            self.build_index();
        }
    }

    fn build_index(&mut self) {
        let positions = self.fields.iter().enumerate();
        let index = positions.map(|(at, (name, _))| (name.clone(), at)).collect();
        self.index = Some(Box::new(Index(index)));
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|(name, _)| name.as_ref())
    }

    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.fields.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.fields.iter_mut().map(|(_, value)| value)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

type Field<'a> = (&'a str, &'a Value);

impl<'a> IntoIterator for &'a Map {
    type Item = Field<'a>;
    type IntoIter = std::iter::Map<std::slice::Iter<'a, (Text, Value)>, fn(&'a (Text, Value)) -> Field<'a>>;
    fn into_iter(self) -> Self::IntoIter {
        self.fields.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

impl<N: Into<Text>, V: Into<Value>> Extend<(N, V)> for Map {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, fields: I) {
        let fields = fields.into_iter();
        self.fields.reserve(fields.size_hint().0);
        for (name, value) in fields {
            self.insert(name, value);
        }
    }
}

impl<N: Into<Text>, V: Into<Value>> FromIterator<(N, V)> for Map {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut map = Self::new();
        map.extend(fields);
        map
    }
}

impl From<serde_json::Map<String, serde_json::Value>> for Map {
    fn from(map: serde_json::Map<String, serde_json::Value>) -> Self {
        map.into_iter().collect()
    }
}

impl From<Map> for serde_json::Map<String, serde_json::Value> {
    fn from(map: Map) -> Self {
        let fields = map.into_iter();
        fields.map(|(name, value)| (name.into_owned(), value.into())).collect()
    }
}

#[cfg(test)]
impl std::ops::Index<&str> for Map {
    type Output = Value;
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}
