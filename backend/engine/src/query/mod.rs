//! The hunt language: text → AST. Back ends translate the AST; nothing else understands the text.
//!
//! ```text
//! process.name:powershell.exe and not user.name:SYSTEM
//! process.executable:C:\Windows\*\cmd.exe           wildcards * and ?, also in front
//! process.command_line:*"-enc JAB"*                 quoted pieces keep blanks and take * and ? as they are
//! source.ip:10.0.0.0/8   destination.port >= 1024   @timestamp:[now-1h TO now}
//! user.name:(alice or bob)   file.path:*   mimikatz
//! ```
//! Blank between two clauses means `and`; `and` binds tighter than `or`. Values compare without case. A word without a field
//! searches the message and every text of the event; there a wildcard stays within one word.
//!
//! Backslashes: one before `"`, `(`, `)`, `:`, `<` or `>` takes that character as it is, two are one, and any other stands for
//! itself, so that `C:\Windows\*` is the folder and a wildcard. A value that begins with exactly two and a letter is a UNC
//! path and keeps both. A literal `*` goes into quotes.
//!
//! Invariant: [`parse`] of a printed query gives the same query.

mod network;
mod parse;
mod pattern;
mod print;
pub mod schema;
#[cfg(test)]
mod tests;

pub use network::Network;
pub use parse::{CLAUSES_MAX, DEPTH_MAX, LENGTH_BYTES_MAX, QueryError, parse};
pub use pattern::{Pattern, Piece, lowercase};

use std::{net::IpAddr, ops::Bound};
use watchfloor_shared::Timestamp;

/// A parsed query.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Query {
    /// Every event.
    #[default]
    All,
    /// Words of the message or of any text in the event.
    Text(Pattern),
    /// A field's whole value.
    Field {
        field: String,
        value: Pattern,
    },
    Exists {
        field: String,
    },
    Range {
        field: String,
        lower: Bound<Scalar>,
        upper: Bound<Scalar>,
    },
    /// An address inside a CIDR block.
    Network {
        field: String,
        network: Network,
    },
    Not(Box<Query>),
    And(Vec<Query>),
    Or(Vec<Query>),
}

/// A bound of a range, typed by its field.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Long(i64),
    Date(Timestamp),
    Ip(IpAddr),
    /// Compared as lower-case text.
    Text(String),
}

impl Query {
    /// `field` equals `value`; wildcards in it are plain characters.
    pub fn equals(field: &str, value: &str) -> Query {
        Query::Field {
            field: field.to_owned(),
            value: Pattern::literal(value),
        }
    }

    /// `field` equals one of the values; none of them matches nothing.
    pub fn any_of<'a>(field: &str, values: impl IntoIterator<Item = &'a str>) -> Query {
        Query::or(values.into_iter().map(|value| Query::equals(field, value)).collect())
    }

    /// All of them, flattened; of none, everything.
    pub fn and(parts: Vec<Query>) -> Query {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Query::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Query::All,
            1 => flat.remove(0),
            _ => Query::And(flat),
        }
    }

    /// Any of them, flattened; of none, nothing.
    pub fn or(parts: Vec<Query>) -> Query {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Query::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match flat.len() {
            0 => Query::Not(Box::new(Query::All)),
            1 => flat.remove(0),
            _ => Query::Or(flat),
        }
    }

    pub fn negate(self) -> Query {
        Query::Not(Box::new(self))
    }
}
