//! AST → OpenSearch's queries.

use super::{
    keys::{self, NAME_BYTES_MAX, ValueType},
    template::{KEYS, MESSAGE, NAMES, TIME, WORDS_FIELD},
};
use crate::search::{
    SearchError, ids,
    words::{WORD_BYTES_MAX, split_words},
};
use serde_json::{Map, Value, json};
use std::{net::IpAddr, ops::Bound};
use watchfloor_engine::query::{Pattern, Piece, Query, Scalar, lowercase, schema};
use watchfloor_shared::search::FieldKind;

pub fn query(query: &Query) -> Result<Value, SearchError> {
    Ok(match query {
        Query::All => json!({"match_all": {}}),
        Query::Text(pattern) => either(vec![words(MESSAGE, pattern), words(WORDS_FIELD, pattern)]),
        Query::Field { field, value } => of_field(field, &value.to_lowercase())?,
        Query::Exists { field } => exists(field),
        Query::Range { field, lower, upper } => range(field, lower, upper)?,
        Query::Network { field, network } => {
            let (first, last) = network.bounds();
            let (first, last) = (keys::address(field, first), keys::address(field, last));
            between(KEYS, Bound::Included(first.into()), Bound::Included(last.into()))
        }
        Query::Not(inner) => json!({"bool": {"must_not": [self::query(inner)?]}}),
        Query::And(parts) => all_of(each(parts)?),
        Query::Or(parts) => either(each(parts)?),
    })
}

/// Events in a range of nanoseconds.
pub fn time_range(lower: Bound<i64>, upper: Bound<i64>) -> Value {
    between(TIME, lower.map(Value::from), upper.map(Value::from))
}

pub fn all_of(mut parts: Vec<Value>) -> Value {
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({"bool": {"filter": parts}}),
    }
}

fn either(mut parts: Vec<Value>) -> Value {
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({"bool": {"should": parts, "minimum_should_match": 1}}),
    }
}

fn each(parts: &[Query]) -> Result<Vec<Value>, SearchError> {
    parts.iter().map(query).collect()
}

fn nothing() -> Value {
    json!({"match_none": {}})
}

/// `{kind: {field: value}}`
fn on(kind: &str, field: &str, value: Value) -> Value {
    let inner = Map::from_iter([(field.to_owned(), value)]);
    Value::Object(Map::from_iter([(kind.to_owned(), inner.into())]))
}

fn between(field: &str, lower: Bound<Value>, upper: Bound<Value>) -> Value {
    let mut bounds = Map::new();
    let mut bound = |bound: Bound<Value>, included: &str, excluded: &str| match bound {
        Bound::Included(value) => drop(bounds.insert(included.to_owned(), value)),
        Bound::Excluded(value) => drop(bounds.insert(excluded.to_owned(), value)),
        Bound::Unbounded => {}
    };
    bound(lower, "gte", "gt");
    bound(upper, "lte", "lt");
    on("range", field, bounds.into())
}

fn of_field(name: &str, value: &Pattern) -> Result<Value, SearchError> {
    match name {
        "event.id" => return id(value),
        "message" => return Ok(words(MESSAGE, value)),
        "event.original" => {
            return Err(SearchError::InvalidQuery(
                "`event.original` is kept, not searched".into(),
            ));
        }
        _ if name.len() > NAME_BYTES_MAX => return Ok(nothing()),
        _ => {}
    }
    let Some(text) = value.as_literal() else {
        return Ok(pattern(KEYS, &keys::prefix(name, ValueType::Text), value));
    };
    let kind = schema::kind(name);
    let canonical = match text.parse::<IpAddr>() {
        Ok(address) if kind == Some(FieldKind::Ip) => address.to_canonical().to_string(),
        _ => text.to_owned(),
    };
    let mut ways = vec![keys::text(name, &canonical)];
    if kind != Some(FieldKind::Keyword) {
        ways.extend(text.parse().ok().map(|n| keys::long(name, n)));
        ways.extend(text.parse().ok().map(|flag| keys::boolean(name, flag)));
    }
    Ok(on("terms", KEYS, ways.into()))
}

fn id(value: &Pattern) -> Result<Value, SearchError> {
    let whole = || SearchError::InvalidQuery("`event.id` takes a whole id, without wildcards".into());
    let text = value.as_literal().ok_or_else(whole)?;
    Ok(match ids::parse(text) {
        Some(_) => json!({"ids": {"values": [text]}}),
        None => nothing(),
    })
}

/// `literal` as it is, then the pattern.
fn pattern(field: &str, literal: &str, pattern: &Pattern) -> Value {
    let mut text = String::new();
    escape(literal, &mut text);
    for piece in pattern.pieces() {
        match piece {
            Piece::Text(literal) => escape(literal, &mut text),
            Piece::Many => text.push('*'),
            Piece::One => text.push('?'),
        }
    }
    on("wildcard", field, json!({"value": text}))
}

fn escape(literal: &str, into: &mut String) {
    for c in literal.chars() {
        if matches!(c, '*' | '?' | '\\') {
            into.push('\\');
        }
        into.push(c);
    }
}

fn exists(name: &str) -> Value {
    match name {
        "@timestamp" | "event.id" => json!({"match_all": {}}),
        _ => on("term", NAMES, name.into()),
    }
}

fn range(name: &str, lower: &Bound<Scalar>, upper: &Bound<Scalar>) -> Result<Value, SearchError> {
    if name == "@timestamp" {
        return Ok(time_range(nanos(lower)?, nanos(upper)?));
    }
    let value = match (lower, upper) {
        (Bound::Included(value) | Bound::Excluded(value), _) => value,
        (Bound::Unbounded, Bound::Included(value) | Bound::Excluded(value)) => value,
        (Bound::Unbounded, Bound::Unbounded) => return Ok(exists(name)),
    };
    let of = match value {
        Scalar::Long(_) | Scalar::Date(_) => ValueType::Long,
        Scalar::Ip(_) => ValueType::Address,
        Scalar::Text(_) => ValueType::Text,
    };
    let key = |scalar: &Scalar| match (of, scalar) {
        (ValueType::Long, Scalar::Long(n)) => keys::long(name, *n),
        (ValueType::Long, Scalar::Date(t)) => keys::long(name, t.nanos()),
        (ValueType::Address, Scalar::Ip(address)) => keys::address(name, *address),
        (_, Scalar::Text(text)) => keys::text(name, &lowercase(text)),
        (_, other) => keys::text(name, &lowercase(&other.to_string())),
    };
    let lower = match lower.as_ref().map(key) {
        Bound::Unbounded => Bound::Included(keys::prefix(name, of)),
        bound => bound,
    };
    let upper = match upper.as_ref().map(key) {
        Bound::Unbounded => Bound::Excluded(keys::end(name, of)),
        bound => bound,
    };
    Ok(between(KEYS, lower.map(Value::from), upper.map(Value::from)))
}

fn nanos(bound: &Bound<Scalar>) -> Result<Bound<i64>, SearchError> {
    match bound {
        Bound::Included(Scalar::Date(t)) => Ok(Bound::Included(t.nanos())),
        Bound::Excluded(Scalar::Date(t)) => Ok(Bound::Excluded(t.nanos())),
        Bound::Unbounded => Ok(Bound::Unbounded),
        _ => Err(SearchError::InvalidQuery("`@timestamp` is compared with a date".into())),
    }
}

/// Words of a text field: neighbours where the pattern has no wildcard between them; a wildcard stays within its word.
fn words(field: &str, value: &Pattern) -> Value {
    let mut parts = Vec::new();
    let mut phrase: Vec<String> = Vec::new();
    for word in split_words(&value.to_lowercase()) {
        match word.as_literal() {
            Some(literal) => phrase.push(literal.to_owned()),
            None => {
                parts.extend(close(field, &mut phrase));
                if !word.is_anything() {
                    parts.push(pattern(field, "", &word));
                }
            }
        }
    }
    parts.extend(close(field, &mut phrase));
    match parts.is_empty() {
        true => nothing(),
        false => all_of(parts),
    }
}

fn close(field: &str, phrase: &mut Vec<String>) -> Option<Value> {
    let words = std::mem::take(phrase);
    match words.as_slice() {
        [] => None,
        // Such words are in no index.
        _ if words.iter().any(|word| word.len() > WORD_BYTES_MAX) => Some(nothing()),
        [word] => Some(on("term", field, word.as_str().into())),
        _ => {
            // The words are cut and lowered already.
            let phrase = json!({"query": words.join(" "), "analyzer": "whitespace"});
            Some(on("match_phrase", field, phrase))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> Value {
        query(&watchfloor_engine::query::parse(text, None).unwrap()).unwrap()
    }

    #[test]
    fn a_literal_star_is_no_wildcard_and_a_wildcard_is_one() {
        let value = translated(r#"process.command_line:*"a*b\c"*"#);
        assert_eq!(
            value["wildcard"][KEYS]["value"],
            "process.command_line\u{1}s*a\\*b\\\\c*"
        );
    }

    #[test]
    fn a_value_of_an_unknown_field_may_be_text_number_or_flag() {
        assert_eq!(
            translated("acme.score:7"),
            json!({"terms": {KEYS: ["acme.score\u{1}s7", "acme.score\u{1}i8000000000000007"]}})
        );
    }

    #[test]
    fn neighbours_are_a_phrase_and_a_wildcard_ends_it() {
        let value = translated("message:\"Quick, BROWN\"*");
        assert_eq!(value["bool"]["filter"][0]["term"][MESSAGE], "quick");
        assert_eq!(value["bool"]["filter"][1]["wildcard"][MESSAGE]["value"], "brown*");
        let value = translated("message:\"Quick, BROWN fox\"");
        assert_eq!(value["match_phrase"][MESSAGE]["query"], "quick brown fox");
    }
}
