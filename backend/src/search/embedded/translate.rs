//! AST → the index's queries.

use super::{
    schema::{Fields, ValueType, boolean_key, key_prefix, long_key, text_key},
    terms::{KeyTest, Keys, KeysQuery},
};
use crate::search::{SearchError, ids, words::split_words};
use std::{net::IpAddr, ops::Bound, sync::Arc, time::Instant};
use tantivy::{
    Term,
    query::{AllQuery, BooleanQuery, EmptyQuery, Occur, PhraseQuery, Query as IndexQuery, RangeQuery},
    schema::Field,
};
use watchfloor_engine::query::{Pattern, Piece, Query, Scalar, lowercase, schema};
use watchfloor_shared::search::FieldKind;

type Boxed = Box<dyn IndexQuery>;

pub struct Translator {
    pub fields: Fields,
    pub deadline: Instant,
}

impl Translator {
    pub fn query(&self, query: &Query) -> Result<Boxed, SearchError> {
        Ok(match query {
            Query::All => Box::new(AllQuery),
            Query::Text(pattern) => either(vec![
                self.words(self.fields.message, pattern),
                self.words(self.fields.text, pattern),
            ]),
            Query::Field { field, value } => self.field(field, &value.to_lowercase())?,
            Query::Exists { field } => self.exists(field),
            Query::Range { field, lower, upper } => self.range(field, lower, upper)?,
            Query::Network { field, network } => {
                let network = *network;
                self.texts(field, "", move |text| {
                    text.parse::<IpAddr>().is_ok_and(|address| network.contains(address))
                })
            }
            Query::Not(inner) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, Box::new(AllQuery) as Boxed),
                (Occur::MustNot, self.query(inner)?),
            ])),
            Query::And(parts) => all_of(self.parts(parts)?),
            Query::Or(parts) => either(self.parts(parts)?),
        })
    }

    fn parts(&self, parts: &[Query]) -> Result<Vec<Boxed>, SearchError> {
        parts.iter().map(|part| self.query(part)).collect()
    }

    fn field(&self, name: &str, value: &Pattern) -> Result<Boxed, SearchError> {
        match name {
            "event.id" => return self.id(value),
            "message" => return Ok(self.words(self.fields.message, value)),
            "event.original" => {
                return Err(SearchError::InvalidQuery(
                    "`event.original` is kept, not searched".into(),
                ));
            }
            _ => {}
        }
        let Some(text) = value.as_literal() else {
            let pattern = value.clone();
            let start = match value.pieces() {
                [Piece::Text(text), ..] => text.as_str(),
                _ => "",
            };
            return Ok(self.texts(name, start, move |text| pattern.matches(text)));
        };
        let kind = schema::kind(name);
        let canonical = match text.parse::<IpAddr>() {
            Ok(address) if kind == Some(FieldKind::Ip) => address.to_canonical().to_string(),
            _ => text.to_owned(),
        };
        let mut ways = vec![self.key(text_key(name, &canonical))];
        if kind != Some(FieldKind::Keyword) {
            ways.extend(text.parse().ok().map(|n| self.key(long_key(name, n))));
            ways.extend(text.parse().ok().map(|flag| self.key(boolean_key(name, flag))));
        }
        Ok(either(ways))
    }

    fn id(&self, value: &Pattern) -> Result<Boxed, SearchError> {
        let whole = || SearchError::InvalidQuery("`event.id` takes a whole id, without wildcards".into());
        let text = value.as_literal().ok_or_else(whole)?;
        Ok(match ids::parse(text) {
            None => Box::new(EmptyQuery),
            Some(id) => {
                let low = Term::from_field_u64(self.fields.id_low, id as u64);
                let high = KeysQuery {
                    field: self.fields.id_high,
                    keys: Keys::One(((id >> 64) as u64).to_be_bytes().to_vec()),
                    deadline: self.deadline,
                };
                all_of(vec![
                    Box::new(high),
                    Box::new(RangeQuery::new(Bound::Included(low.clone()), Bound::Included(low))),
                ])
            }
        })
    }

    fn key(&self, key: Vec<u8>) -> Boxed {
        Box::new(KeysQuery {
            field: self.fields.doc,
            keys: Keys::One(key),
            deadline: self.deadline,
        })
    }

    fn keys(&self, field: Field, lower: Bound<Vec<u8>>, upper: Bound<Vec<u8>>, test: Option<KeyTest>) -> Boxed {
        Box::new(KeysQuery {
            field,
            keys: Keys::Range { lower, upper, test },
            deadline: self.deadline,
        })
    }

    /// Texts of a field that begin with `start` and pass the test.
    fn texts(&self, name: &str, start: &str, test: impl Fn(&str) -> bool + Send + Sync + 'static) -> Boxed {
        let skip = key_prefix(name, ValueType::Text).len();
        let lower = text_key(name, start);
        let upper = after_prefix(&lower);
        let test: KeyTest = Arc::new(move |key| {
            let text = key.get(skip..).and_then(|value| std::str::from_utf8(value).ok());
            text.is_some_and(&test)
        });
        self.keys(self.fields.doc, Bound::Included(lower), upper, Some(test))
    }

    fn exists(&self, name: &str) -> Boxed {
        match name {
            "@timestamp" | "event.id" => Box::new(AllQuery),
            "message" => self.keys(self.fields.message, Bound::Unbounded, Bound::Unbounded, None),
            _ => {
                let mut lower = key_prefix(name, ValueType::Text);
                lower.pop();
                let upper = after_prefix(&lower);
                self.keys(self.fields.doc, Bound::Included(lower), upper, None)
            }
        }
    }

    fn range(&self, name: &str, lower: &Bound<Scalar>, upper: &Bound<Scalar>) -> Result<Boxed, SearchError> {
        if name == "@timestamp" {
            let nanos = |bound: &Bound<Scalar>| match bound {
                Bound::Included(Scalar::Date(t)) => Ok(Bound::Included(t.nanos())),
                Bound::Excluded(Scalar::Date(t)) => Ok(Bound::Excluded(t.nanos())),
                Bound::Unbounded => Ok(Bound::Unbounded),
                _ => Err(SearchError::InvalidQuery("`@timestamp` is compared with a date".into())),
            };
            return Ok(time_range(self.fields, nanos(lower)?, nanos(upper)?));
        }
        let value = match (lower, upper) {
            (Bound::Included(value) | Bound::Excluded(value), _) => value,
            (Bound::Unbounded, Bound::Included(value) | Bound::Excluded(value)) => value,
            (Bound::Unbounded, Bound::Unbounded) => return Ok(self.exists(name)),
        };
        if let Scalar::Ip(_) = value {
            let (lower, upper) = (lower.clone(), upper.clone());
            return Ok(self.texts(name, "", move |text| {
                let address = text.parse::<IpAddr>().map(|address| address.to_canonical());
                address.is_ok_and(|address| within(address, &lower, &upper))
            }));
        }
        let (kind, all) = match value {
            Scalar::Long(_) | Scalar::Date(_) => (ValueType::Long, key_prefix(name, ValueType::Long)),
            Scalar::Text(_) | Scalar::Ip(_) => (ValueType::Text, key_prefix(name, ValueType::Text)),
        };
        let key = |scalar: &Scalar| match (kind, scalar) {
            (ValueType::Long, Scalar::Long(n)) => long_key(name, *n),
            (ValueType::Long, Scalar::Date(t)) => long_key(name, t.nanos()),
            (_, other) => text_key(name, &lowercase(&plain(other))),
        };
        let end = after_prefix(&all);
        let lower = match lower.as_ref().map(key) {
            Bound::Unbounded => Bound::Included(all),
            bound => bound,
        };
        let upper = match upper.as_ref().map(key) {
            Bound::Unbounded => end,
            bound => bound,
        };
        Ok(self.keys(self.fields.doc, lower, upper, None))
    }

    /// Words of a text field: neighbours where the pattern has no wildcard between them; a wildcard stays within its word.
    fn words(&self, field: Field, pattern: &Pattern) -> Boxed {
        let mut parts: Vec<Boxed> = Vec::new();
        let mut phrase: Vec<Term> = Vec::new();
        let close = |phrase: &mut Vec<Term>, parts: &mut Vec<Boxed>| match phrase.len() {
            0 => {}
            1 => parts.push(Box::new(KeysQuery {
                field,
                keys: Keys::One(phrase.remove(0).serialized_value_bytes().to_vec()),
                deadline: self.deadline,
            })),
            _ => parts.push(Box::new(PhraseQuery::new(std::mem::take(phrase)))),
        };
        for word in split_words(&pattern.to_lowercase()) {
            match word.as_literal() {
                Some(literal) => phrase.push(Term::from_field_text(field, literal)),
                None => {
                    close(&mut phrase, &mut parts);
                    if !word.is_anything() {
                        parts.push(self.word_pattern(field, word));
                    }
                }
            }
        }
        close(&mut phrase, &mut parts);
        match parts.is_empty() {
            true => Box::new(EmptyQuery),
            false => all_of(parts),
        }
    }

    fn word_pattern(&self, field: Field, word: Pattern) -> Boxed {
        let start = match word.pieces() {
            [Piece::Text(text), ..] => text.clone().into_bytes(),
            _ => Vec::new(),
        };
        let upper = after_prefix(&start);
        let test: KeyTest = Arc::new(move |key| std::str::from_utf8(key).is_ok_and(|text| word.matches(text)));
        self.keys(field, Bound::Included(start), upper, Some(test))
    }
}

fn within(address: IpAddr, lower: &Bound<Scalar>, upper: &Bound<Scalar>) -> bool {
    let above = match lower {
        Bound::Included(Scalar::Ip(bound)) => address >= *bound,
        Bound::Excluded(Scalar::Ip(bound)) => address > *bound,
        _ => true,
    };
    let below = match upper {
        Bound::Included(Scalar::Ip(bound)) => address <= *bound,
        Bound::Excluded(Scalar::Ip(bound)) => address < *bound,
        _ => true,
    };
    above && below
}

fn plain(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Text(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Events in a range of nanoseconds.
pub fn time_range(fields: Fields, lower: Bound<i64>, upper: Bound<i64>) -> Boxed {
    let term = |nanos: i64| Term::from_field_i64(fields.timestamp, nanos);
    Box::new(RangeQuery::new(lower.map(term), upper.map(term)))
}

fn all_of(mut parts: Vec<Boxed>) -> Boxed {
    match parts.len() {
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::intersection(parts)),
    }
}

fn either(mut parts: Vec<Boxed>) -> Boxed {
    match parts.len() {
        1 => parts.remove(0),
        _ => Box::new(BooleanQuery::union(parts)),
    }
}

/// The first key behind all that begin with `prefix`.
fn after_prefix(prefix: &[u8]) -> Bound<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Bound::Excluded(end);
        }
    }
    Bound::Unbounded
}
