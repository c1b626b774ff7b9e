//! An event as a document.

use super::{
    keys::{self, END_OF_NAME, NAME_BYTES_MAX, ValueType},
    template::RECEIVED,
};
use crate::search::{
    EncodedEvent,
    flatten::{Flattened, Flattener, KEYWORD_BYTES_MAX, Leaf, cut},
    words::is_word,
};
use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, fmt::Write, net::IpAddr, ops::Range, sync::Arc};
use watchfloor_engine::query::{lowercase, schema};
use watchfloor_shared::{Timestamp, search::FieldKind};

/// How an event lies in its document. Where the index refuses one, the next is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As it is, with what is ours beside it.
    Natural,
    /// Inside of what is ours: a name or a value of it cannot lie beside the types that ECS knows.
    Wrapped,
    /// The same without values to count: the index has no room for more columns.
    Bare,
}

impl Form {
    pub const fn next(self) -> Option<Form> {
        match self {
            Form::Natural => Some(Form::Wrapped),
            Form::Wrapped => Some(Form::Bare),
            Form::Bare => None,
        }
    }
}

/// Turns events into documents; keeps the names it has seen.
#[derive(Default)]
pub struct Encoder {
    flattener: Flattener,
    names: FxHashMap<Arc<str>, Name>,
}

struct Name {
    kind: Option<FieldKind>,
    /// Its column below `watchfloor_index.more`.
    column: Arc<str>,
    is_short: bool,
}

/// What is ours in a document.
#[derive(Serialize)]
struct Own<'a> {
    time: i64,
    at: i64,
    names: Vec<&'a str>,
    keys: Texts<'a>,
    words: Texts<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    more: BTreeMap<&'a str, Vec<Text<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a RawValue>,
}

/// Pieces of one text.
#[derive(Default)]
struct Texts<'a> {
    all: std::borrow::Cow<'a, str>,
    pieces: Vec<Range<usize>>,
}

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.pieces.iter().map(|piece| &self.all[piece.clone()]))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Text<'a> {
    Borrowed(&'a str),
    Made(String),
}

impl Encoder {
    /// Appends the event's document, without the end of its line.
    ///
    /// # Errors
    /// When the event is no JSON object.
    pub fn document(
        &mut self,
        event: &EncodedEvent,
        form: Form,
        received: Timestamp,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let flat = self.flattener.flatten(&event.json)?;
        self.learn(&flat);
        let raw = |form| (form != Form::Natural).then(|| serde_json::from_slice(&event.json));
        let own = Own {
            time: event.timestamp.nanos(),
            at: event.timestamp.millis(),
            names: self.names_of(&flat),
            keys: self.keys(&flat),
            words: Texts {
                all: flat.texts.as_str().into(),
                pieces: flat.words.clone(),
            },
            more: self.more(&flat, form),
            source: raw(form).transpose()?,
        };
        // Microseconds, as the field's readers know it.
        let received = Timestamp::from_nanos(received.micros().saturating_mul(1_000));
        let document = Document {
            event,
            message: flat.message.as_ref().map(|at| flat.text(at)),
            own,
            received,
        };
        match form {
            Form::Natural => document.beside(out),
            Form::Wrapped | Form::Bare => document.around(out),
        }
    }

    fn learn(&mut self, flat: &Flattened) {
        for (name, _) in &flat.values {
            if !self.names.contains_key(name) {
                let known = Name {
                    kind: schema::kind(name),
                    column: column(name).into(),
                    is_short: name.len() <= NAME_BYTES_MAX,
                };
                self.names.insert(Arc::clone(name), known);
            }
        }
    }

    fn known<'a>(&'a self, flat: &'a Flattened) -> impl Iterator<Item = (&'a str, &'a Name, &'a Leaf)> {
        let known = flat.values.iter().filter_map(|(name, leaf)| {
            let known = self.names.get(name)?;
            Some((name.as_ref(), known, leaf))
        });
        known.filter(|(_, known, _)| known.is_short)
    }

    /// Fields that the event has; some of a list twice. The message counts where it has a word.
    fn names_of<'a>(&'a self, flat: &'a Flattened) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.known(flat).map(|(name, _, _)| name).collect();
        names.dedup();
        let message = flat.message.as_ref().map(|at| flat.text(at));
        names.extend(
            message
                .filter(|text| text.contains(is_word))
                .map(|_| super::template::MESSAGE),
        );
        names
    }

    fn keys(&self, flat: &Flattened) -> Texts<'static> {
        let mut all = String::with_capacity(flat.texts.len() + flat.values.len() * 40);
        let mut pieces = Vec::with_capacity(flat.values.len() + 8);
        let mut key = |name: &str, of: ValueType, value: &dyn Fn(&mut String)| {
            let start = all.len();
            all.push_str(name);
            all.push(END_OF_NAME);
            all.push(of.mark());
            value(&mut all);
            pieces.push(start..all.len());
        };
        for (name, _, leaf) in self.known(flat) {
            match leaf {
                Leaf::Text(at) => {
                    let text = flat.text(at);
                    key(name, ValueType::Text, &|key| key.push_str(&lowercase(cut(text))));
                    if let Some(address) = address(text) {
                        key(name, ValueType::Address, &|key| keys::push_address(key, address));
                    }
                }
                Leaf::Long(n) => key(name, ValueType::Long, &|key| keys::push_long(key, *n)),
                Leaf::Boolean(flag) => key(name, ValueType::Boolean, &|key| {
                    let _ = write!(key, "{flag}");
                }),
                Leaf::Float(n) => {
                    if let Some(n) = whole(*n) {
                        key(name, ValueType::Long, &|key| keys::push_long(key, n));
                    }
                }
            }
        }
        Texts {
            all: all.into(),
            pieces,
        }
    }

    /// Values that no typed column holds.
    fn more<'a>(&'a self, flat: &'a Flattened, form: Form) -> BTreeMap<&'a str, Vec<Text<'a>>> {
        let mut more: BTreeMap<&str, Vec<Text>> = BTreeMap::new();
        if form == Form::Bare {
            return more;
        }
        for (_, name, leaf) in self.known(flat) {
            if form == Form::Natural && has_typed_column(name.kind, leaf, flat) {
                continue;
            }
            let value = match leaf {
                _ if name.kind == Some(FieldKind::Text) => continue,
                Leaf::Text(at) => Text::Borrowed(cut(flat.text(at))),
                Leaf::Long(n) if name.kind == Some(FieldKind::Date) => {
                    Text::Made(Timestamp::from_nanos(*n).to_string())
                }
                Leaf::Long(n) => Text::Made(n.to_string()),
                Leaf::Boolean(flag) => Text::Borrowed(if *flag { "true" } else { "false" }),
                Leaf::Float(n) => match whole(*n) {
                    Some(n) => Text::Made(n.to_string()),
                    None => continue,
                },
            };
            more.entry(&name.column).or_default().push(value);
        }
        more
    }
}

/// Whether the template's column of the field takes the value and gives it back as it is shown.
fn has_typed_column(kind: Option<FieldKind>, leaf: &Leaf, flat: &Flattened) -> bool {
    match (kind, leaf) {
        (Some(FieldKind::Keyword), Leaf::Text(at)) => at.len() <= KEYWORD_BYTES_MAX,
        (Some(FieldKind::Boolean), Leaf::Text(at)) => at.len() <= KEYWORD_BYTES_MAX,
        (Some(FieldKind::Boolean), Leaf::Boolean(_) | Leaf::Long(_)) => true,
        (Some(FieldKind::Long), Leaf::Long(_) | Leaf::Float(_)) => true,
        (Some(FieldKind::Ip), Leaf::Text(at)) => address(flat.text(at)).is_some(),
        _ => false,
    }
}

/// A whole number written as a decimal one compares as a whole one.
fn whole(n: f64) -> Option<i64> {
    const LEAST_TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;
    (n.fract() == 0.0 && (-LEAST_TOO_LARGE..LEAST_TOO_LARGE).contains(&n)).then_some(n as i64)
}

/// The address that a text is. Most texts are none, which their first character says.
fn address(text: &str) -> Option<IpAddr> {
    let first = text.as_bytes().first()?;
    match text.len() <= 45 && (first.is_ascii_hexdigit() || *first == b':') {
        true => text.parse().ok(),
        false => None,
    }
}

/// A name as the name of a column, which must hold no dot and may be any other text; can be read back.
pub fn column(name: &str) -> String {
    if name.is_empty() {
        return "%;".to_owned();
    }
    let mut column = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        match c.is_ascii_alphanumeric() || c == '_' || c == '-' {
            true => column.push(c),
            false => {
                let _ = write!(column, "%{:x};", u32::from(c));
            }
        }
    }
    column
}

struct Document<'a> {
    event: &'a EncodedEvent,
    message: Option<&'a str>,
    own: Own<'a>,
    received: Timestamp,
}

impl Document<'_> {
    /// The event's own fields, and ours before them: its JSON is copied, not read and written again.
    fn beside(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::new(&mut *out);
        let mut ours = json.serialize_map(None)?;
        ours.serialize_entry(RECEIVED, &self.received)?;
        ours.serialize_entry("watchfloor_index", &self.own)?;
        ours.end()?;
        let is_no_blank = |byte: &u8| !byte.is_ascii_whitespace();
        let mut fields = self
            .event
            .json
            .iter()
            .skip_while(|byte| **byte != b'{')
            .skip(1)
            .copied();
        let has_fields = fields.clone().find(is_no_blank).is_some_and(|byte| byte != b'}');
        if has_fields {
            out.pop();
            out.push(b',');
            out.extend(&mut fields);
        }
        Ok(())
    }

    fn around(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut json = serde_json::Serializer::new(out);
        let mut fields = json.serialize_map(None)?;
        fields.serialize_entry(RECEIVED, &self.received)?;
        fields.serialize_entry("@timestamp", &self.event.timestamp)?;
        fields.serialize_entry("event", &BTreeMap::from([("id", self.event.id.as_str())]))?;
        if let Some(message) = self.message {
            fields.serialize_entry(super::template::MESSAGE, message)?;
        }
        fields.serialize_entry("watchfloor_index", &self.own)?;
        fields.end()
    }
}

/// The event of a document's source.
pub fn event_of(mut source: Value) -> Value {
    let whole = source.pointer_mut("/watchfloor_index/source").map(Value::take);
    if let Some(whole) = whole {
        return whole;
    }
    if let Value::Object(fields) = &mut source {
        fields.shift_remove(RECEIVED);
        fields.shift_remove("watchfloor_index");
    }
    source
}
