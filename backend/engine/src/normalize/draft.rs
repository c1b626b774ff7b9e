//! The ECS document while it is being filled.

use serde_json::{Map, Value};

pub(super) struct Draft<'a> {
    pub doc: Map<String, Value>,
    /// The endpoint, part of every entity id.
    pub host: &'a str,
    /// `related.{user,hosts,ip,hash}`: everything of that kind in the event, for pivots.
    pub related: Related,
}

#[derive(Default)]
pub(super) struct Related {
    pub user: Vec<String>,
    pub hosts: Vec<String>,
    pub ip: Vec<String>,
    pub hash: Vec<String>,
}

impl<'a> Draft<'a> {
    pub fn new(doc: Map<String, Value>, host: &'a str) -> Self {
        Self {
            doc,
            host,
            related: Related::default(),
        }
    }

    pub fn set(&mut self, path: &str, value: impl Into<Value>) {
        set(&mut self.doc, path, value.into());
    }

    pub fn set_under(&mut self, section: &str, name: &str, value: impl Into<Value>) {
        set_under(&mut self.doc, section, name, value.into());
    }

    pub fn has(&self, path: &str) -> bool {
        crate::event::get(&self.doc, path).is_some()
    }
}

impl Related {
    pub fn add(list: &mut Vec<String>, text: &str) {
        if !text.is_empty() && !list.iter().any(|known| known == text) {
            list.push(text.to_owned());
        }
    }

    pub fn write(self, doc: &mut Map<String, Value>) {
        for (name, list) in [
            ("user", self.user),
            ("hosts", self.hosts),
            ("ip", self.ip),
            ("hash", self.hash),
        ] {
            if !list.is_empty() {
                set_under(doc, "related", name, Value::from(list));
            }
        }
    }
}

/// Sets a value by its dotted name, making the objects on the way. A plain value on the way gives place to the object and is
/// kept inside it as `value`.
pub(super) fn set(doc: &mut Map<String, Value>, path: &str, value: Value) {
    match path.rsplit_once('.') {
        Some((section, name)) => set_under(doc, section, name, value),
        None => {
            doc.insert(path.to_owned(), value);
        }
    }
}

/// Room for a section's usual fields, so that it is not grown field by field.
const SECTION_FIELDS_USUAL: usize = 7;

fn set_under(doc: &mut Map<String, Value>, path: &str, name: &str, value: Value) {
    if let Some(section) = section(doc, path) {
        section.insert(name.to_owned(), value);
    }
}

/// The object at a dotted path, made where it is missing.
pub(super) fn section<'a>(doc: &'a mut Map<String, Value>, path: &str) -> Option<&'a mut Map<String, Value>> {
    let mut map = doc;
    for part in path.split('.') {
        match map.get(part) {
            Some(Value::Object(_)) => {}
            Some(_) => {
                let mut inner = Map::new();
                if let Some(old) = map.insert(part.to_owned(), Value::Null) {
                    inner.insert("value".to_owned(), old);
                }
                map.insert(part.to_owned(), Value::Object(inner));
            }
            None => {
                map.insert(part.to_owned(), Value::Object(Map::with_capacity(SECTION_FIELDS_USUAL)));
            }
        }
        map = map.get_mut(part)?.as_object_mut()?;
    }
    Some(map)
}
