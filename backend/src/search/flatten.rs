//! An event as flat values: dotted names, each value typed by its field's kind. Every back end indexes what this gives, so that
//! they find the same.
//!
//! The event's JSON is read once, straight into flat values: no tree of it is built. All texts of an event lie in one string.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{fmt, net::IpAddr, ops::Range, sync::Arc};
use watchfloor_engine::query::schema;
use watchfloor_shared::{Timestamp, search::FieldKind};

/// A value's column and keyword hold its first bytes up to here; words are found in all of it.
pub const KEYWORD_BYTES_MAX: usize = 8 * 1024;
/// Further names are found as words only: a sender must not be able to make columns without end.
const NAMES_MAX: usize = 4_096;
const DEPTH_MAX: usize = 16;
const VALUES_MAX: usize = 2_000;

/// Fields that have a place of their own in the index.
const OWN_PLACE: [&str; 3] = ["@timestamp", "event.id", "event.original"];
const MESSAGE: &str = "message";

/// Where a text lies in [`Flattened::texts`].
pub type Text = Range<usize>;

/// An event, flat.
#[derive(Debug)]
pub struct Flattened {
    pub texts: String,
    pub values: Vec<(Arc<str>, Leaf)>,
    pub message: Option<Text>,
    /// Texts of `values` and others that the message does not hold, none twice.
    pub words: Vec<Text>,
}

/// A value; nanoseconds for a date, the canonical text for an address.
#[derive(Debug, Clone)]
pub enum Leaf {
    Text(Text),
    Long(i64),
    Float(f64),
    Boolean(bool),
}

#[derive(Debug, Clone)]
struct Name {
    name: Arc<str>,
    kind: Option<FieldKind>,
    has_own_place: bool,
}

/// Flattens events; keeps the names it has seen.
#[derive(Debug, Default)]
pub struct Flattener {
    names: FxHashMap<String, Name>,
    path: String,
}

struct Flat<'a> {
    names: &'a mut FxHashMap<String, Name>,
    path: &'a mut String,
    depth: usize,
    texts: String,
    values: Vec<(Arc<str>, Leaf)>,
    more_words: Vec<Text>,
    message: Option<Text>,
}

impl Flattener {
    /// `source` is the event's JSON.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn flatten(&mut self, source: &[u8]) -> serde_json::Result<Flattened> {
        self.path.clear();
        let mut flat = Flat {
            names: &mut self.names,
            path: &mut self.path,
            depth: 0,
            texts: String::with_capacity(source.len()),
            values: Vec::with_capacity(128),
            more_words: Vec::new(),
            message: None,
        };
        let mut json = serde_json::Deserializer::from_slice(source);
        json.deserialize_map(&mut flat)?;
        json.end()?;
        let Flat {
            texts,
            values,
            more_words,
            message,
            ..
        } = flat;
        let mut words = unsaid(&texts, message.as_ref(), &values);
        words.extend(more_words);
        Ok(Flattened {
            texts,
            values,
            message,
            words,
        })
    }
}

impl Flattened {
    pub fn text(&self, at: &Text) -> &str {
        &self.texts[at.clone()]
    }
}

/// The part of a value that column and keyword hold.
pub fn cut(value: &str) -> &str {
    &value[..value.floor_char_boundary(KEYWORD_BYTES_MAX)]
}

/// The texts that neither a line of the message (`Image: C:\\x.exe`) nor an earlier value holds, so that no text is kept twice.
fn unsaid(texts: &str, message: Option<&Text>, values: &[(Arc<str>, Leaf)]) -> Vec<Text> {
    let mut said: FxHashSet<&str> = FxHashSet::default();
    said.reserve(values.len() + 64);
    for line in message.map_or("", |message| &texts[message.clone()]).lines() {
        said.insert(line.trim());
        said.extend(line.split_once(':').map(|(_, value)| value.trim()));
    }
    let mut new = Vec::new();
    for (_, leaf) in values {
        if let Leaf::Text(text) = leaf
            && said.insert(&texts[text.clone()])
        {
            new.push(text.clone());
        }
    }
    new
}

/// A value as JSON has it.
enum Scalar<'a> {
    Text(&'a str),
    Long(i64),
    Float(f64),
    Boolean(bool),
}

impl Flat<'_> {
    fn text(&mut self, text: &str) -> Text {
        let start = self.texts.len();
        self.texts.push_str(text);
        start..self.texts.len()
    }

    fn displayed(&mut self, value: impl fmt::Display) -> Leaf {
        use fmt::Write;
        let start = self.texts.len();
        // Writing into a string cannot fail.
        let _ = write!(self.texts, "{value}");
        Leaf::Text(start..self.texts.len())
    }

    fn scalar(&mut self, value: Scalar<'_>) {
        if self.values.len() >= VALUES_MAX || self.depth > DEPTH_MAX {
            return;
        }
        if let Scalar::Text(text) = value
            && self.path == MESSAGE
        {
            self.message = Some(self.text(text));
            return;
        }
        let known = self.names.get(self.path.as_str()).cloned();
        match (known.or_else(|| self.new_name()), value) {
            (Some(name), _) if name.has_own_place => {}
            (Some(name), value) => {
                let leaf = self.typed(value, name.kind);
                self.values.push((name.name, leaf));
            }
            (None, Scalar::Text(text)) => {
                let text = self.text(text);
                self.more_words.push(text);
            }
            (None, _) => {}
        }
    }

    fn new_name(&mut self) -> Option<Name> {
        if self.names.len() >= NAMES_MAX || self.path.contains(['\0', '\u{1}']) {
            return None;
        }
        let name = Name {
            name: Arc::from(self.path.as_str()),
            kind: schema::kind(self.path),
            has_own_place: OWN_PLACE.contains(&self.path.as_str()),
        };
        self.names.insert(self.path.clone(), name.clone());
        Some(name)
    }

    /// A value in its field's kind; one that does not fit stays what it is, as text.
    fn typed(&mut self, value: Scalar<'_>, kind: Option<FieldKind>) -> Leaf {
        match (kind, value) {
            (Some(FieldKind::Long), Scalar::Text(text)) => match text.parse() {
                Ok(n) => Leaf::Long(n),
                Err(_) => Leaf::Text(self.text(text)),
            },
            (Some(FieldKind::Date), Scalar::Text(text)) => match text.parse::<Timestamp>() {
                Ok(date) => Leaf::Long(date.nanos()),
                Err(_) => Leaf::Text(self.text(text)),
            },
            (Some(FieldKind::Ip), Scalar::Text(text)) => match text.parse::<IpAddr>() {
                Ok(address) => self.displayed(address.to_canonical()),
                Err(_) => Leaf::Text(self.text(text)),
            },
            (_, Scalar::Text(text)) => Leaf::Text(self.text(text)),
            (Some(FieldKind::Keyword | FieldKind::Ip), Scalar::Long(n)) => self.displayed(n),
            (Some(FieldKind::Keyword | FieldKind::Ip), Scalar::Float(n)) => self.displayed(n),
            (Some(FieldKind::Keyword), Scalar::Boolean(flag)) => self.displayed(flag),
            (_, Scalar::Boolean(flag)) => Leaf::Boolean(flag),
            (_, Scalar::Long(n)) => Leaf::Long(n),
            (_, Scalar::Float(n)) => Leaf::Float(n),
        }
    }
}

/// A key of an object: joined to the path.
struct Key<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        if !self.0.is_empty() {
            self.0.push('.');
        }
        self.0.push_str(key);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Flat<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Flat<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.scalar(Scalar::Boolean(flag));
        Ok(())
    }
    fn visit_i64<E: Error>(self, n: i64) -> Result<(), E> {
        self.scalar(Scalar::Long(n));
        Ok(())
    }
    fn visit_u64<E: Error>(self, n: u64) -> Result<(), E> {
        self.scalar(i64::try_from(n).map_or(Scalar::Float(n as f64), Scalar::Long));
        Ok(())
    }
    fn visit_f64<E: Error>(self, n: f64) -> Result<(), E> {
        self.scalar(Scalar::Float(n));
        Ok(())
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.scalar(Scalar::Text(text));
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.depth += 1;
        while items.next_element_seed(&mut *self)?.is_some() {}
        self.depth -= 1;
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        if self.depth > DEPTH_MAX {
            while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let length = self.path.len();
        self.depth += 1;
        while object.next_key_seed(Key(self.path))?.is_some() {
            object.next_value_seed(&mut *self)?;
            self.path.truncate(length);
        }
        self.depth -= 1;
        Ok(())
    }
}
