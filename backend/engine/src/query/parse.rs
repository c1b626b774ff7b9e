//! Text → AST by recursive descent. Bounded: length, nesting and number of clauses.

mod value;

use super::{Pattern, Query, schema};
use watchfloor_shared::{Timestamp, search::FieldKind};

pub const LENGTH_BYTES_MAX: usize = 8 * 1024;
pub const DEPTH_MAX: usize = 64;
pub const CLAUSES_MAX: usize = 512;

/// Where and why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {position})")]
pub struct QueryError {
    /// Byte offset into the query.
    pub position: usize,
    pub message: String,
}

/// Parses a query; an empty one matches everything. `now` gives `now-1h` its meaning; without it such a date is refused.
pub fn parse(text: &str, now: Option<Timestamp>) -> Result<Query, QueryError> {
    if text.len() > LENGTH_BYTES_MAX {
        return Err(QueryError {
            position: LENGTH_BYTES_MAX,
            message: format!("the query is longer than {LENGTH_BYTES_MAX} bytes"),
        });
    }
    let mut parser = Parser {
        text,
        at: 0,
        now,
        clauses: 0,
        depth: 0,
        field: None,
    };
    parser.blanks();
    if parser.at == text.len() {
        return Ok(Query::All);
    }
    let query = parser.any_of()?;
    match parser.peek() {
        None => Ok(query),
        Some(_) => Err(parser.error("this closing parenthesis has no opening one")),
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    now: Option<Timestamp>,
    clauses: usize,
    depth: usize,
    /// Inside `field:( … )`.
    field: Option<&'a str>,
}

/// What a word at the start of a clause turns out to be.
enum Head<'a> {
    /// `name:`
    Field(&'a str),
    /// `name` before a comparison sign.
    Compared(&'a str),
    Word,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn error(&self, message: impl Into<String>) -> QueryError {
        self.error_at(self.at, message)
    }

    fn error_at(&self, position: usize, message: impl Into<String>) -> QueryError {
        QueryError {
            position,
            message: message.into(),
        }
    }

    /// Takes an operator: its sign, or its word in any case when the word ends there.
    fn operator(&mut self, word: &str, sign: &str) -> bool {
        let rest = self.rest();
        let taken = if rest.starts_with(sign) {
            sign.len()
        } else if rest.get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word))
            && rest[word.len()..]
                .chars()
                .next()
                .is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')'))
        {
            word.len()
        } else {
            return false;
        };
        self.at += taken;
        self.blanks();
        true
    }

    fn any_of(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.all_of()?];
        while self.operator("or", "||") {
            parts.push(self.all_of()?);
        }
        Ok(Query::or(parts))
    }

    fn all_of(&mut self) -> Result<Query, QueryError> {
        let mut parts = vec![self.not()?];
        loop {
            let explicit = self.operator("and", "&&");
            let ended = matches!(self.peek(), None | Some(')')) || self.before_or();
            match (explicit, ended) {
                (false, true) => return Ok(Query::and(parts)),
                (true, true) => return Err(self.error("something must follow `and`")),
                (_, false) => parts.push(self.not()?),
            }
        }
    }

    fn before_or(&mut self) -> bool {
        let at = self.at;
        let found = self.operator("or", "||");
        self.at = at;
        found
    }

    fn not(&mut self) -> Result<Query, QueryError> {
        if self.operator("not", "!") {
            return self.deeper(|parser| Ok(parser.not()?.negate()));
        }
        self.primary()
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        if self.depth == DEPTH_MAX {
            return Err(self.error(format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn primary(&mut self) -> Result<Query, QueryError> {
        let query = match self.peek() {
            None => return Err(self.error("the query ends where a clause was expected")),
            Some(')') => return Err(self.error("a clause was expected before this parenthesis")),
            Some('(') => self.group()?,
            Some(_) => self.clause()?,
        };
        self.blanks();
        Ok(query)
    }

    fn group(&mut self) -> Result<Query, QueryError> {
        let open = self.at;
        self.at += 1;
        self.blanks();
        let query = self.deeper(Self::any_of)?;
        if self.peek() != Some(')') {
            return Err(self.error_at(open, "this parenthesis is never closed"));
        }
        self.at += 1;
        Ok(query)
    }

    fn clause(&mut self) -> Result<Query, QueryError> {
        let start = self.at;
        if self.before_or() || self.operator("and", "&&") {
            return Err(self.error_at(
                start,
                "a clause was expected before this operator; put the word in quotes to search for it",
            ));
        }
        self.clauses += 1;
        if self.clauses > CLAUSES_MAX {
            return Err(self.error(format!("more than {CLAUSES_MAX} clauses")));
        }
        if let Some(field) = self.field {
            return self.value_of(field);
        }
        match self.head()? {
            Head::Field(field) => {
                self.at += field.len() + 1;
                self.blanks();
                self.after_field(field)
            }
            Head::Compared(field) => {
                self.at += field.len();
                self.blanks();
                self.comparison(field)
            }
            Head::Word => {
                let pattern = self.pattern()?;
                match pattern.is_anything() {
                    true => Ok(Query::All),
                    false => Ok(Query::Text(pattern)),
                }
            }
        }
    }

    /// Tells `process.name:x` and `process.pid > 4` from text such as `C:\Windows`, `https://host` or `12:30:00`.
    fn head(&self) -> Result<Head<'a>, QueryError> {
        let rest = self.rest();
        let name_char = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '@' | '*');
        let length = rest.find(|c| !name_char(c)).unwrap_or(rest.len());
        let (name, after) = rest.split_at(length);
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '@' | '*'));
        if !named {
            return Ok(Head::Word);
        }
        let sign = after.trim_start();
        if let Some(value) = after.strip_prefix(':') {
            let drive = name.len() == 1 && value.starts_with(['\\', '/']);
            if drive || after.starts_with("://") {
                return Ok(Head::Word);
            }
            if name.contains('*') && name != "*" {
                return Err(self.error("a field's name takes no wildcard; leave the field away to search all of them"));
            }
            return Ok(Head::Field(name));
        }
        match sign.starts_with(['<', '>']) && !name.contains('*') {
            true => Ok(Head::Compared(name)),
            false => Ok(Head::Word),
        }
    }

    fn after_field(&mut self, field: &'a str) -> Result<Query, QueryError> {
        if field == "*" {
            let pattern = self.pattern()?;
            return Ok(if pattern.is_anything() {
                Query::All
            } else {
                Query::Text(pattern)
            });
        }
        match self.peek() {
            Some('(') => {
                self.field = Some(field);
                let group = self.group();
                self.field = None;
                group
            }
            Some('[' | '{') => self.range(field),
            Some('<' | '>') => self.comparison(field),
            _ => self.value_of(field),
        }
    }

    fn value_of(&mut self, field: &str) -> Result<Query, QueryError> {
        let start = self.at;
        let pattern = self.pattern()?;
        if pattern.is_anything() {
            return Ok(Query::Exists {
                field: field.to_owned(),
            });
        }
        self.typed(field, pattern, start)
    }

    /// Checks a value against its field's kind, so that a query that can never match says so.
    fn typed(&self, field: &str, value: Pattern, start: usize) -> Result<Query, QueryError> {
        let kind = schema::kind(field);
        let network = value.as_literal().and_then(|text| text.parse().ok());
        if let Some(network) = network
            && matches!(kind, None | Some(FieldKind::Ip | FieldKind::Keyword))
        {
            let field = field.to_owned();
            return Ok(Query::Network { field, network });
        }
        let wrong = |wanted: &str| {
            let shown = value.as_literal().map_or_else(|| value.to_string(), str::to_owned);
            Err(self.error_at(start, format!("`{field}` is {wanted}, and `{shown}` is not")))
        };
        match (kind, value.as_literal()) {
            (Some(FieldKind::Long), text) if text.and_then(|t| t.parse::<i64>().ok()).is_none() => {
                wrong("a whole number")
            }
            (Some(FieldKind::Boolean), text) if !matches!(text, Some("true" | "false")) => wrong("`true` or `false`"),
            (Some(FieldKind::Date), text) => match text.and_then(|t| self.date(t)) {
                Some(date) => Ok(value::at(field, date)),
                None => wrong("a date such as 2022-02-03T04:05:06Z or now-1h"),
            },
            (Some(FieldKind::Ip), Some(text)) if text.parse::<std::net::IpAddr>().is_err() => {
                wrong("an address, a block such as 10.0.0.0/8, or a pattern with *")
            }
            _ => Ok(Query::Field {
                field: field.to_owned(),
                value,
            }),
        }
    }
}
