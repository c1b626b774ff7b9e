//! The ECS document while it is being filled.

use crate::json::{Map, Text, Value};

pub(super) struct Draft<'a> {
    pub doc: Map,
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
    pub fn new(doc: Map, host: &'a str) -> Self {
        Self {
            doc,
            host,
            related: Related::default(),
        }
    }

    pub fn set(&mut self, path: impl Into<Text>, value: impl Into<Value>) {
        set(&mut self.doc, path, value);
    }

    pub fn set_under(&mut self, section: &'static str, name: &'static str, value: impl Into<Value>) {
        set_under(&mut self.doc, section, name, value);
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

    pub fn write(self, doc: &mut Map) {
        for (name, list) in [
            ("user", self.user),
            ("hosts", self.hosts),
            ("ip", self.ip),
            ("hash", self.hash),
        ] {
            if !list.is_empty() {
                set_under(doc, "related", name, list);
            }
        }
    }
}

/// Sets a value by its dotted name, making the objects on the way. A plain value on the way gives place to the object and is
/// kept inside it as `value`.
pub(super) fn set(doc: &mut Map, path: impl Into<Text>, value: impl Into<Value>) {
    match path.into() {
        Text::Borrowed(path) => match path.rsplit_once('.') {
            Some((section, name)) => set_under(doc, section, name, value),
            None => {
                doc.insert(path, value);
            }
        },
        Text::Owned(path) => match path.rsplit_once('.') {
            Some((section, name)) => set_under(doc, section.to_owned(), name.to_owned(), value),
            None => {
                doc.insert(path, value);
            }
        },
    }
}

/// Room for a section's usual fields, so that it is not grown field by field.
const SECTION_FIELDS_USUAL: usize = 7;

fn set_under(doc: &mut Map, path: impl Into<Text>, name: impl Into<Text>, value: impl Into<Value>) {
    if let Some(section) = section(doc, &path.into()) {
        section.insert(name, value);
    }
}

/// The object at a dotted path, made where it is missing.
pub(super) fn section<'a>(doc: &'a mut Map, path: &Text) -> Option<&'a mut Map> {
    match path {
        Text::Borrowed(path) => descend(doc, path.split('.')),
        Text::Owned(path) => descend(doc, path.split('.').map(str::to_owned)),
    }
}

fn descend<N: Into<Text>>(doc: &mut Map, names: impl Iterator<Item = N>) -> Option<&mut Map> {
    let mut map = doc;
    for name in names {
        let name: Text = name.into();
        match map.get(&name) {
            Some(Value::Object(_)) => {}
            Some(_) => {
                let mut inner = Map::new();
                if let Some(old) = map.insert(name.clone(), Value::Null) {
                    inner.insert("value", old);
                }
                map.insert(name.clone(), inner);
            }
            None => {
                map.insert(name.clone(), Map::with_capacity(SECTION_FIELDS_USUAL));
            }
        }
        map = map.get_mut(&name)?.as_object_mut()?;
    }
    Some(map)
}
