//! Query strings, and text that is safe in an address.

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
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
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
