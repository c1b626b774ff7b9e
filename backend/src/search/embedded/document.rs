//! An event as the index takes it: flattened to dotted names, values typed by the field's kind.

use super::schema::{Fields, cut};
use serde_json::{Map, Value};
use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};
use tantivy::schema::{
    Field,
    document::{Document, ReferenceValue, ReferenceValueLeaf, Value as IndexValue},
};
use watchfloor_engine::{Event, query::schema};
use watchfloor_shared::{Timestamp, search::FieldKind};

/// Further names are found as words only: a sender must not be able to make columns without end.
const NAMES_MAX: usize = 4_096;
const DEPTH_MAX: usize = 16;
const VALUES_MAX: usize = 2_000;

/// Fields that have a place of their own in the index.
const OWN_PLACE: [&str; 4] = ["@timestamp", "event.id", "message", "event.original"];

#[derive(Debug)]
pub struct IndexDocument {
    fields: Fields,
    id: u128,
    timestamp: i64,
    values: Vec<(Arc<str>, Leaf)>,
    message: Option<String>,
    /// Which of `values`, and texts besides, go into `text`.
    words: Vec<usize>,
    more_words: Vec<String>,
    source: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum Leaf {
    Text(String),
    Long(i64),
    Float(f64),
    Boolean(bool),
}

/// Turns events into documents; keeps the names it has seen.
#[derive(Debug, Default)]
pub struct Flattener {
    names: HashMap<String, (Arc<str>, Option<FieldKind>)>,
}

struct Flat<'a> {
    names: &'a mut HashMap<String, (Arc<str>, Option<FieldKind>)>,
    path: String,
    depth: usize,
    values: Vec<(Arc<str>, Leaf)>,
    more_words: Vec<String>,
    message: Option<String>,
}

impl Flattener {
    pub fn document(&mut self, event: Event, id: u128, fields: Fields) -> IndexDocument {
        let source = event.to_json();
        let mut flat = Flat {
            names: &mut self.names,
            path: String::with_capacity(64),
            depth: 0,
            values: Vec::with_capacity(96),
            more_words: Vec::new(),
            message: None,
        };
        flat.object(event.doc);
        let words = unsaid(flat.message.as_deref(), &flat.values);
        IndexDocument {
            fields,
            id,
            timestamp: event.timestamp.nanos(),
            words,
            values: flat.values,
            more_words: flat.more_words,
            message: flat.message,
            source,
        }
    }
}

/// Which values hold text that neither a line of the message (`Image: C:\\x.exe`) nor an earlier value holds, so that no text
/// is kept twice.
fn unsaid(message: Option<&str>, values: &[(Arc<str>, Leaf)]) -> Vec<usize> {
    let mut said: HashSet<&str> = HashSet::with_capacity(values.len() + 32);
    for line in message.unwrap_or_default().lines() {
        said.insert(line.trim());
        said.extend(line.split_once(':').map(|(_, value)| value.trim()));
    }
    let mut new = Vec::new();
    for (at, (_, leaf)) in values.iter().enumerate() {
        if let Leaf::Text(text) = leaf
            && said.insert(text)
        {
            new.push(at);
        }
    }
    new
}

impl Flat<'_> {
    fn object(&mut self, object: Map<String, Value>) {
        for (name, value) in object {
            let length = self.path.len();
            if length > 0 {
                self.path.push('.');
            }
            self.path.push_str(&name);
            self.value(value);
            self.path.truncate(length);
        }
    }

    fn value(&mut self, value: Value) {
        if self.values.len() >= VALUES_MAX || self.depth > DEPTH_MAX {
            return;
        }
        match value {
            Value::Null => {}
            Value::Object(inner) => {
                self.depth += 1;
                self.object(inner);
                self.depth -= 1;
            }
            Value::Array(items) => {
                self.depth += 1;
                items.into_iter().for_each(|item| self.value(item));
                self.depth -= 1;
            }
            Value::String(text) if self.path == "message" => self.message = Some(text),
            _ if OWN_PLACE.contains(&self.path.as_str()) => {}
            leaf => self.leaf(leaf),
        }
    }

    fn leaf(&mut self, value: Value) {
        let known = self.names.get(self.path.as_str()).cloned();
        let name = known.or_else(|| {
            let room = self.names.len() < NAMES_MAX && !self.path.contains(['\0', '\u{1}']);
            room.then(|| {
                let entry = (Arc::from(self.path.as_str()), schema::kind(&self.path));
                self.names.insert(self.path.clone(), entry.clone());
                entry
            })
        });
        match (name, value) {
            (Some((name, kind)), value) => self.values.push((name, typed(value, kind))),
            (None, Value::String(text)) => self.more_words.push(text),
            (None, _) => {}
        }
    }
}

/// A value in its field's kind; one that does not fit stays what it is, as text.
fn typed(value: Value, kind: Option<FieldKind>) -> Leaf {
    match (kind, value) {
        (Some(FieldKind::Long), Value::String(text)) => match text.parse() {
            Ok(n) => Leaf::Long(n),
            Err(_) => Leaf::Text(text),
        },
        (Some(FieldKind::Date), Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(date) => Leaf::Long(date.nanos()),
            Err(_) => Leaf::Text(text),
        },
        (Some(FieldKind::Ip), Value::String(text)) => match text.parse::<IpAddr>() {
            Ok(address) => Leaf::Text(address.to_canonical().to_string()),
            Err(_) => Leaf::Text(text),
        },
        (_, Value::String(text)) => Leaf::Text(text),
        (Some(FieldKind::Keyword | FieldKind::Ip), Value::Number(number)) => Leaf::Text(number.to_string()),
        (Some(FieldKind::Keyword), Value::Bool(flag)) => Leaf::Text(flag.to_string()),
        (_, Value::Bool(flag)) => Leaf::Boolean(flag),
        (_, Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => Leaf::Long(n),
            (None, Some(n)) => Leaf::Float(n),
            (None, None) => Leaf::Text(number.to_string()),
        },
        (_, other) => Leaf::Text(other.to_string()),
    }
}

/// A borrowed view for the index's writer.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    U64(u64),
    I64(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Leaf(&'a Leaf),
    Object(&'a [(Arc<str>, Leaf)]),
}

impl<'a> IndexValue<'a> for View<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = ObjectIter<'a>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        let leaf = match *self {
            View::Object(values) => return ReferenceValue::Object(ObjectIter(values.iter())),
            View::U64(n) => ReferenceValueLeaf::U64(n),
            View::I64(n) => ReferenceValueLeaf::I64(n),
            View::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
            View::Text(text) => ReferenceValueLeaf::Str(text),
            View::Leaf(Leaf::Text(text)) => ReferenceValueLeaf::Str(cut(text)),
            View::Leaf(Leaf::Long(n)) => ReferenceValueLeaf::I64(*n),
            View::Leaf(Leaf::Float(n)) => ReferenceValueLeaf::F64(*n),
            View::Leaf(Leaf::Boolean(flag)) => ReferenceValueLeaf::Bool(*flag),
        };
        ReferenceValue::Leaf(leaf)
    }
}

#[derive(Debug)]
pub struct ObjectIter<'a>(std::slice::Iter<'a, (Arc<str>, Leaf)>);

impl<'a> Iterator for ObjectIter<'a> {
    type Item = (&'a str, View<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(name, leaf)| (name.as_ref(), View::Leaf(leaf)))
    }
}

impl Document for IndexDocument {
    type Value<'a> = View<'a>;
    type FieldsValuesIter<'a> = std::vec::IntoIter<(Field, View<'a>)>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let fields = &self.fields;
        let mut all = Vec::with_capacity(8 + self.words.len());
        all.push((fields.id_high, View::U64((self.id >> 64) as u64)));
        all.push((fields.id_low, View::U64(self.id as u64)));
        all.push((fields.timestamp, View::I64(self.timestamp)));
        all.push((fields.doc, View::Object(&self.values)));
        all.extend(
            self.message
                .as_deref()
                .map(|message| (fields.message, View::Text(message))),
        );
        all.extend(self.words.iter().filter_map(|at| match self.values.get(*at) {
            Some((_, Leaf::Text(text))) => Some((fields.text, View::Text(text))),
            _ => None,
        }));
        all.extend(self.more_words.iter().map(|text| (fields.text, View::Text(text))));
        all.push((fields.source, View::Bytes(&self.source)));
        all.into_iter()
    }
}
