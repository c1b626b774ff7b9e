//! The address is the state of a view: filters, range, selection and open tab live in its query string.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use std::fmt;

/// An ordered query string with one value per key. Shown with `?` in front, or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Self {
        let pairs = text.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let mut query = Self::default();
        for pair in pairs {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.set(&decode(key), Some(decode(value)));
        }
        query
    }
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
    /// A comma list; empty when absent.
    pub fn list(&self, key: &str) -> Vec<String> {
        let text = self.get(key).unwrap_or_default();
        text.split(',').filter(|v| !v.is_empty()).map(str::to_owned).collect()
    }
    /// `None` removes the key.
    pub fn set(&mut self, key: &str, value: Option<String>) {
        let place = self.0.iter().position(|(k, _)| k == key);
        match (place, value) {
            (Some(i), Some(value)) => self.0[i].1 = value,
            (Some(i), None) => {
                self.0.remove(i);
            }
            (None, Some(value)) => self.0.push((key.to_owned(), value)),
            (None, None) => {}
        }
    }
    pub fn set_list<S: AsRef<str>>(&mut self, key: &str, values: impl IntoIterator<Item = S>) {
        let values: Vec<String> = values.into_iter().map(|v| v.as_ref().to_owned()).collect();
        self.set(key, Some(values.join(",")).filter(|text| !text.is_empty()));
    }
    /// Adds the value to the list, or takes it out.
    pub fn toggle(&mut self, key: &str, value: &str) {
        let mut values = self.list(key);
        match values.iter().position(|v| v == value) {
            Some(i) => {
                values.remove(i);
            }
            None => values.push(value.to_owned()),
        }
        self.set_list(key, values);
    }
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.set(key, Some(value.into()));
        self
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (key, value)) in self.0.iter().enumerate() {
            let mark = if i == 0 { '?' } else { '&' };
            write!(f, "{mark}{}={}", encode(key), encode(value))?;
        }
        Ok(())
    }
}

/// Percent-encodes what a query value or path segment must not hold; commas, colons and slashes stay readable.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,:/*\\".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    out
}

/// What is not valid percent-encoding stays as it is.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (bytes[i], hex(i + 1), hex(i + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                i += 3;
            }
            (b'+', ..) => {
                out.push(b' ');
                i += 1;
            }
            (byte, ..) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The present address, and how to change it.
#[derive(Clone, Copy)]
pub struct Address {
    pub path: Memo<String>,
    pub query: Memo<Query>,
    go: StoredValue<Go, LocalStorage>,
}

type Go = Box<dyn Fn(&str, NavigateOptions)>;

impl Address {
    /// One value of the query string.
    pub fn value(self, key: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.query.with(|q| q.get(key).map(str::to_owned)))
    }
    /// Changes the query string in place: no new entry in the browser's history.
    pub fn change(self, edit: impl FnOnce(&mut Query)) {
        self.edit(edit, true);
    }
    /// Changes the query string as a step that the browser's «back» undoes.
    pub fn step(self, edit: impl FnOnce(&mut Query)) {
        self.edit(edit, false);
    }
    pub fn go(self, to: &str) {
        self.go.with_value(|go| go(to, NavigateOptions::default()));
    }
    pub fn replace(self, to: &str) {
        let options = NavigateOptions {
            replace: true,
            ..NavigateOptions::default()
        };
        self.go.with_value(|go| go(to, options));
    }
    fn edit(self, edit: impl FnOnce(&mut Query), replace: bool) {
        let before = self.query.get_untracked();
        let mut query = before.clone();
        edit(&mut query);
        if query == before {
            return;
        }
        let to = format!("{}{query}", self.path.get_untracked());
        let options = NavigateOptions {
            replace,
            scroll: false,
            ..NavigateOptions::default()
        };
        self.go.with_value(|go| go(&to, options));
    }
}

/// Only below the router.
pub fn provide_address() {
    let location = use_location();
    let navigate = use_navigate();
    let go: Go = Box::new(move |to, options| navigate(to, options));
    provide_context(Address {
        path: Memo::new(move |_| location.pathname.get()),
        query: Memo::new(move |_| Query::parse(&location.search.get())),
        go: StoredValue::new_local(go),
    });
}

pub fn use_address() -> Address {
    expect_context()
}
