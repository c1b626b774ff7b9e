//! A flat event as the index's writer takes it.

use super::{queue::Turn, schema::Fields};
use crate::search::flatten::{Flattened, Leaf, Text, cut};
use bytes::Bytes;
use std::sync::Arc;
use tantivy::schema::{
    Field,
    document::{Document, ReferenceValue, ReferenceValueLeaf, Value as IndexValue},
};

#[derive(Debug)]
pub struct IndexDocument {
    pub fields: Fields,
    pub id: u128,
    /// Nanoseconds.
    pub timestamp: i64,
    pub flat: Flattened,
    /// The event's JSON.
    pub source: Bytes,
    pub _waiting: Turn,
}

/// A borrowed view for the index's writer.
#[derive(Debug, Clone, Copy)]
pub enum View<'a> {
    U64(u64),
    I64(i64),
    F64(f64),
    Boolean(bool),
    Bytes(&'a [u8]),
    Text(&'a str),
    Object(&'a IndexDocument),
}

impl<'a> IndexValue<'a> for View<'a> {
    type ArrayIter = std::iter::Empty<Self>;
    type ObjectIter = ObjectIter<'a>;

    fn as_value(&self) -> ReferenceValue<'a, Self> {
        let leaf = match *self {
            View::Object(document) => {
                return ReferenceValue::Object(ObjectIter {
                    texts: &document.flat.texts,
                    values: document.flat.values.iter(),
                });
            }
            View::U64(n) => ReferenceValueLeaf::U64(n),
            View::I64(n) => ReferenceValueLeaf::I64(n),
            View::F64(n) => ReferenceValueLeaf::F64(n),
            View::Boolean(flag) => ReferenceValueLeaf::Bool(flag),
            View::Bytes(bytes) => ReferenceValueLeaf::Bytes(bytes),
            View::Text(text) => ReferenceValueLeaf::Str(text),
        };
        ReferenceValue::Leaf(leaf)
    }
}

#[derive(Debug)]
pub struct ObjectIter<'a> {
    texts: &'a str,
    values: std::slice::Iter<'a, (Arc<str>, Leaf)>,
}

impl<'a> Iterator for ObjectIter<'a> {
    type Item = (&'a str, View<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        let (name, leaf) = self.values.next()?;
        let view = match leaf {
            Leaf::Text(text) => View::Text(cut(&self.texts[text.clone()])),
            Leaf::Long(n) => View::I64(*n),
            Leaf::Float(n) => View::F64(*n),
            Leaf::Boolean(flag) => View::Boolean(*flag),
        };
        Some((name.as_ref(), view))
    }
}

impl Document for IndexDocument {
    type Value<'a> = View<'a>;
    type FieldsValuesIter<'a> = std::vec::IntoIter<(Field, View<'a>)>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        let fields = &self.fields;
        let text = |at: &Text| View::Text(self.flat.text(at));
        let mut all = Vec::with_capacity(8 + self.flat.words.len());
        all.push((fields.id_high, View::U64((self.id >> 64) as u64)));
        all.push((fields.id_low, View::U64(self.id as u64)));
        all.push((fields.timestamp, View::I64(self.timestamp)));
        all.push((fields.doc, View::Object(self)));
        all.extend(self.flat.message.iter().map(|message| (fields.message, text(message))));
        all.extend(self.flat.words.iter().map(|word| (fields.text, text(word))));
        all.push((fields.source, View::Bytes(&self.source)));
        all.into_iter()
    }
}
