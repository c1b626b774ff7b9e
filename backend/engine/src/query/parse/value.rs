//! Values: patterns, quotes and backslashes; bounds of ranges; dates.

use super::{Parser, QueryError};
use crate::query::{Pattern, Piece, Query, Scalar, schema};
use std::{ops::Bound, time::Duration};
use watchfloor_shared::{Timestamp, search::FieldKind};

/// A date field at exactly this instant.
pub(super) fn at(field: &str, date: Timestamp) -> Query {
    Query::Range {
        field: field.to_owned(),
        lower: Bound::Included(Scalar::Date(date)),
        upper: Bound::Included(Scalar::Date(date)),
    }
}

impl Parser<'_> {
    /// One value up to a blank or parenthesis: plain and quoted pieces and wildcards in any mix.
    pub(super) fn pattern(&mut self) -> Result<Pattern, QueryError> {
        let start = self.at;
        let mut pattern = Pattern::default();
        while let Some(c) = self.peek() {
            match c {
                c if c.is_whitespace() => break,
                ')' => break,
                '(' => {
                    return Err(self.error("a parenthesis inside a value: put the value in quotes"));
                }
                '"' => {
                    let text = self.quoted(self.at == start)?;
                    pattern.push(Piece::Text(text));
                    continue;
                }
                '*' => pattern.push(Piece::Many),
                '?' => pattern.push(Piece::One),
                '\\' => {
                    let text = self.backslashes(self.at == start, &['"', '(', ')', ':', '<', '>']);
                    pattern.push(Piece::Text(text));
                    continue;
                }
                other => pattern.push(Piece::Text(other.to_string())),
            }
            self.at += c.len_utf8();
        }
        if self.at == start {
            return Err(self.error("a value was expected here"));
        }
        Ok(pattern)
    }

    /// A quoted text; the position is at its opening quote. Only `"` needs a backslash, and wildcards are plain characters.
    fn quoted(&mut self, first: bool) -> Result<String, QueryError> {
        let open = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            match c {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push_str(&self.backslashes(first && text.is_empty(), &['"'])),
                other => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        Err(self.error_at(
            open,
            "this quote is never closed; a backslash right before the closing quote must be doubled",
        ))
    }

    /// A run of backslashes, with the character that the last one escapes. `first`: the value begins here.
    fn backslashes(&mut self, first: bool, escapable: &[char]) -> String {
        let run = self.rest().len() - self.rest().trim_start_matches('\\').len();
        self.at += run;
        let next = self.peek();
        let host = next.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '*' | '?'));
        if run == 2 && first && host {
            return "\\\\".to_owned();
        }
        let mut text = "\\".repeat(run / 2);
        match next {
            Some(c) if run % 2 == 1 && escapable.contains(&c) => {
                text.push(c);
                self.at += c.len_utf8();
            }
            _ if run % 2 == 1 => text.push('\\'),
            _ => {}
        }
        text
    }

    /// `[a TO b}`: square brackets include the bound, curly ones do not.
    pub(super) fn range(&mut self, field: &str) -> Result<Query, QueryError> {
        let open = self.at;
        let include_lower = self.peek() == Some('[');
        self.at += 1;
        self.blanks();
        let lower = self.range_bound(field)?;
        self.blanks();
        let keyword = self.rest().get(..2).is_some_and(|word| word.eq_ignore_ascii_case("to"));
        if !keyword {
            return Err(self.error("a range is written `[a TO b]`: TO was expected here"));
        }
        self.at += 2;
        self.blanks();
        let upper = self.range_bound(field)?;
        self.blanks();
        let include_upper = match self.peek() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(self.error_at(open, "this range is never closed with ] or }")),
        };
        self.at += 1;
        let bound = |value: Option<Scalar>, included: bool| match (value, included) {
            (None, _) => Bound::Unbounded,
            (Some(value), true) => Bound::Included(value),
            (Some(value), false) => Bound::Excluded(value),
        };
        Ok(ranged(field, bound(lower, include_lower), bound(upper, include_upper)))
    }

    fn range_bound(&mut self, field: &str) -> Result<Option<Scalar>, QueryError> {
        if self.rest().starts_with('*') {
            self.at += 1;
            return Ok(None);
        }
        self.scalar(field).map(Some)
    }

    /// `> 5`, `>= 5`, `< 5`, `<= 5`; the position is at the sign.
    pub(super) fn comparison(&mut self, field: &str) -> Result<Query, QueryError> {
        let greater = self.peek() == Some('>');
        self.at += 1;
        let inclusive = self.peek() == Some('=');
        self.at += usize::from(inclusive);
        self.blanks();
        let value = self.scalar(field)?;
        let bound = if inclusive {
            Bound::Included(value)
        } else {
            Bound::Excluded(value)
        };
        Ok(match greater {
            true => ranged(field, bound, Bound::Unbounded),
            false => ranged(field, Bound::Unbounded, bound),
        })
    }

    fn scalar(&mut self, field: &str) -> Result<Scalar, QueryError> {
        let start = self.at;
        let quoted = self.peek() == Some('"');
        let text = if quoted {
            self.quoted(true)?
        } else {
            let ends = |c: char| c.is_whitespace() || matches!(c, ']' | '}' | ')' | '(' | '"');
            let length = self.rest().find(ends).unwrap_or(self.rest().len());
            let word = self.rest()[..length].to_owned();
            self.at += length;
            word
        };
        if text.is_empty() && !quoted {
            return Err(self.error("a value was expected here"));
        }
        let wrong = |wanted: &str| self.error_at(start, format!("`{field}` is {wanted}, and `{text}` is not"));
        match schema::kind(field) {
            Some(FieldKind::Long) => match text.parse() {
                Ok(n) => Ok(Scalar::Long(n)),
                Err(_) => Err(wrong("a whole number")),
            },
            Some(FieldKind::Date) => match self.date(&text) {
                Some(date) => Ok(Scalar::Date(date)),
                None => Err(wrong("a date such as 2022-02-03T04:05:06Z or now-1h")),
            },
            Some(FieldKind::Ip) => match text.parse::<std::net::IpAddr>() {
                Ok(address) => Ok(Scalar::Ip(address.to_canonical())),
                Err(_) => Err(wrong("an address")),
            },
            Some(FieldKind::Boolean | FieldKind::Text) => {
                Err(self.error_at(start, format!("`{field}` has no order, so it takes no range")))
            }
            Some(FieldKind::Keyword) => Ok(Scalar::Text(text)),
            None => match text.parse() {
                Ok(n) if !quoted => Ok(Scalar::Long(n)),
                _ => Ok(Scalar::Text(text)),
            },
        }
    }

    /// RFC 3339, a day (its first instant), `now`, or `now` with an offset in s, m, h, d or w.
    pub(super) fn date(&self, text: &str) -> Option<Timestamp> {
        if let Some(offset) = text.strip_prefix("now") {
            return shifted(self.now?, offset);
        }
        let day = text.len() == 10 && text.is_ascii();
        if day {
            format!("{text}T00:00:00Z").parse().ok()
        } else {
            text.parse().ok()
        }
    }
}

fn shifted(now: Timestamp, offset: &str) -> Option<Timestamp> {
    if offset.is_empty() {
        return Some(now);
    }
    let back = offset.starts_with('-');
    let amount = offset.strip_prefix(['-', '+'])?;
    let unit = amount.chars().last()?;
    let count: u64 = amount.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let span = Duration::from_secs(count.checked_mul(seconds)?);
    Some(if back {
        now.saturating_sub(span)
    } else {
        now.saturating_add(span)
    })
}

fn ranged(field: &str, lower: Bound<Scalar>, upper: Bound<Scalar>) -> Query {
    let field = field.to_owned();
    match (&lower, &upper) {
        (Bound::Unbounded, Bound::Unbounded) => Query::Exists { field },
        _ => Query::Range { field, lower, upper },
    }
}
