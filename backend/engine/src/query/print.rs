//! AST → text that parses to the same AST.

use super::{Pattern, Piece, Query, Scalar};
use std::{fmt, ops::Bound};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::All => f.write_str("*"),
            Query::Text(pattern) => write!(f, "{pattern}"),
            Query::Field { field, value } => write!(f, "{field}:{value}"),
            Query::Exists { field } => write!(f, "{field}:*"),
            Query::Network { field, network } => write!(f, "{field}:{network}"),
            Query::Range { field, lower, upper } => range(f, field, lower, upper),
            Query::Not(inner) => {
                f.write_str("not ")?;
                nested(f, inner)
            }
            Query::And(parts) => joined(f, parts, " and "),
            Query::Or(parts) => joined(f, parts, " or "),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Query], by: &str) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(by)?;
        }
        nested(f, part)?;
    }
    Ok(())
}

fn nested(f: &mut fmt::Formatter<'_>, query: &Query) -> fmt::Result {
    match query {
        Query::And(_) | Query::Or(_) => write!(f, "({query})"),
        other => write!(f, "{other}"),
    }
}

fn range(f: &mut fmt::Formatter<'_>, field: &str, lower: &Bound<Scalar>, upper: &Bound<Scalar>) -> fmt::Result {
    // A field of an operator's name is one only with its sign beside it.
    let gap = if is_operator(field) { "" } else { " " };
    match (lower, upper) {
        (Bound::Included(a), Bound::Unbounded) => write!(f, "{field}{gap}>={gap}{a}"),
        (Bound::Excluded(a), Bound::Unbounded) => write!(f, "{field}{gap}>{gap}{a}"),
        (Bound::Unbounded, Bound::Included(b)) => write!(f, "{field}{gap}<={gap}{b}"),
        (Bound::Unbounded, Bound::Excluded(b)) => write!(f, "{field}{gap}<{gap}{b}"),
        (a, b) => {
            let open = if matches!(a, Bound::Excluded(_)) { '{' } else { '[' };
            let close = if matches!(b, Bound::Excluded(_)) { '}' } else { ']' };
            write!(f, "{field}:{open}")?;
            bound(f, a)?;
            f.write_str(" TO ")?;
            bound(f, b)?;
            write!(f, "{close}")
        }
    }
}

fn bound(f: &mut fmt::Formatter<'_>, bound: &Bound<Scalar>) -> fmt::Result {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => write!(f, "{value}"),
        Bound::Unbounded => f.write_str("*"),
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Long(n) => write!(f, "{n}"),
            Scalar::Date(t) => write!(f, "{t}"),
            Scalar::Ip(a) => write!(f, "{a}"),
            Scalar::Text(text) => quoted(f, text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pieces().is_empty() {
            return f.write_str("\"\"");
        }
        for piece in self.pieces() {
            match piece {
                Piece::Many => f.write_str("*")?,
                Piece::One => f.write_str("?")?,
                Piece::Text(text) if is_plain(text) => f.write_str(text)?,
                Piece::Text(text) => quoted(f, text)?,
            }
        }
        Ok(())
    }
}

/// Whether a text needs no quotes anywhere in a query.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '/' | '$' | '%');
    let word = is_operator(text) || text.eq_ignore_ascii_case("to");
    !word && text.chars().all(plain)
}

fn is_operator(word: &str) -> bool {
    ["and", "or", "not"]
        .iter()
        .any(|operator| word.eq_ignore_ascii_case(operator))
}

/// Doubles a backslash only where a single one would not stand for itself.
fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches('\\').len();
        if run > 0 {
            rest = &rest[run..];
            let alone = run == 1 && rest.chars().next().is_some_and(|next| next != '"');
            f.write_str(&"\\".repeat(if alone { 1 } else { 2 * run }))?;
            continue;
        }
        if c == '"' {
            f.write_str("\\")?;
        }
        write!(f, "{c}")?;
        rest = &rest[c.len_utf8()..];
    }
    f.write_str("\"")
}
