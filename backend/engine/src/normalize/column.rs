//! How one field of a JSON record becomes an ECS field. A value that does not fit comes back and is kept under the source's
//! own name.

use super::{
    document::Document,
    draft::Related,
    node::{Fields, Node},
    time,
};
use crate::json::Value;
use std::borrow::Cow;

/// One cell of a source's table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub from: &'static str,
    pub section: &'static str,
    pub name: &'static str,
    pub how: How,
}

pub(super) const fn column(from: &'static str, section: &'static str, name: &'static str, how: How) -> Column {
    Column {
        from,
        section,
        name,
        how,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// A scalar as text.
    Text,
    Lower,
    /// A whole number, also where the source writes it as text.
    Long,
    Flag,
    /// A list of texts; a single one becomes a list.
    Texts,
    /// Section's `ip`.
    Address,
    /// Section's `port`.
    Port,
    /// `network.transport`.
    Transport,
    Time,
    /// Seconds, maybe with a fraction → nanoseconds.
    Seconds,
    /// A name of a machine, also for `related.hosts`.
    Host,
    /// A name of an account, also for `related.user`.
    User,
    /// Digits of a hash, also for `related.hash`.
    Hash,
    /// `00:0d:3a:…` → `00-0D-3A-…`.
    Mac,
    /// Section's `path`, `name`, `directory`, `extension`.
    Path,
    /// Section's `executable`, `name`.
    Executable,
}

/// Puts each field where the tables say, the rest under `rest` by its own name. Tables that come first win.
pub(super) fn spread(document: &mut Document, fields: Fields<'_>, tables: &[&'static [Column]], rest: &str) {
    for (key, node) in fields.0 {
        if matches!(node, Node::Null) {
            continue;
        }
        let column = tables.iter().flat_map(|table| table.iter()).find(|c| c.from == key);
        let left = match column {
            Some(column) => apply(document, column, node),
            None => Some(node),
        };
        if let Some(node) = left {
            document.keep(rest, key, node);
        }
    }
}

/// `None` if the value found its place.
pub(super) fn apply<'a>(document: &mut Document, column: &Column, node: Node<'a>) -> Option<Node<'a>> {
    let Column { section, name, how, .. } = *column;
    if node.is_empty() {
        return None;
    }
    let value: Value = match how {
        How::Text => match node {
            Node::Text(text) => Value::from(text.into_owned()),
            other => match other.scalar().map(Cow::into_owned) {
                Some(text) => Value::from(text),
                None => return Some(other),
            },
        },
        How::Lower => match node.scalar() {
            Some(text) => Value::from(text.to_ascii_lowercase()),
            None => return Some(node),
        },
        How::Long => match node.integer() {
            Some(number) => number.into(),
            None => return Some(node),
        },
        How::Flag => match node.flag() {
            Some(flag) => flag.into(),
            None => return Some(node),
        },
        How::Texts => match node {
            Node::List(list) if list.iter().all(|item| item.scalar().is_some()) => list
                .into_iter()
                .filter_map(|item| item.scalar().map(Cow::into_owned))
                .collect(),
            Node::Text(text) => Value::from(vec![text.into_owned()]),
            other => return Some(other),
        },
        How::Time => match time::of_node(&node) {
            Ok(time) => time::text(time).into(),
            Err(_) => return Some(node),
        },
        How::Seconds => match nanoseconds(&node) {
            Some(nanos) => nanos.into(),
            None => return Some(node),
        },
        How::Address | How::Port | How::Transport => return endpoint(document, column, node),
        _ => return named(document, column, node),
    };
    document.set(section, name, value);
    None
}

fn nanoseconds(node: &Node<'_>) -> Option<i64> {
    let nanos = node.float()? * 1e9;
    (nanos >= 0.0 && nanos < i64::MAX as f64).then_some(nanos.round() as i64)
}

fn endpoint<'a>(document: &mut Document, column: &Column, node: Node<'a>) -> Option<Node<'a>> {
    let placed = match column.how {
        How::Address => node.text().is_some_and(|text| document.address(column.section, text)),
        How::Port => node.integer().is_some_and(|port| document.port(column.section, port)),
        _ => match node.scalar() {
            Some(text) => {
                document.transport(&text);
                true
            }
            None => false,
        },
    };
    (!placed).then_some(node)
}

/// Texts that are more than themselves.
fn named<'a>(document: &mut Document, column: &Column, node: Node<'a>) -> Option<Node<'a>> {
    let Some(text) = node.text() else {
        return Some(node);
    };
    let Column { section, name, how, .. } = *column;
    match how {
        How::Host => {
            Related::add(&mut document.related.hosts, &text.to_lowercase());
            document.set(section, name, text.to_owned());
        }
        How::User => {
            Related::add(&mut document.related.user, text);
            document.set(section, name, text.to_owned());
        }
        How::Hash => {
            let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !digits {
                return Some(node);
            }
            document.hash(section, name, text);
        }
        How::Mac => document.set(section, name, text.replace(':', "-").to_ascii_uppercase()),
        How::Path => document.file(text),
        How::Executable => document.executable(section, text),
        _ => return Some(node),
    }
    None
}
