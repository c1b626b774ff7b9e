//! The `#fields` header of a Zeek TSV log, and a line under it as the JSON that travels on.
//!
//! The JSON has Zeek's own names and `_path`, as Zeek's streaming JSON has, so that it needs no context: types decide what is
//! a number, a flag or a list; an unset field is left out.

use crate::json::{Map, Value};

/// A line or header cannot be longer than a record.
const COLUMNS_MAX: usize = 1_024;

/// What a TSV log says about itself, line by line until `#types`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    separator: char,
    set_separator: char,
    empty: String,
    unset: String,
    path: String,
    fields: Vec<String>,
    types: Vec<String>,
}

/// Why a line of a TSV log cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    #[error("the log has no #fields line")]
    NoFields,
    #[error("the line has {found} columns, the header {expected}")]
    ColumnCount { expected: usize, found: usize },
}

impl Default for Header {
    fn default() -> Self {
        Self {
            separator: '\t',
            set_separator: ',',
            empty: "(empty)".to_owned(),
            unset: "-".to_owned(),
            path: String::new(),
            fields: Vec::new(),
            types: Vec::new(),
        }
    }
}

impl Header {
    /// Whether the line belongs to the header (or is `#close`) and so is no record.
    pub fn is_header(line: &str) -> bool {
        line.trim_start().starts_with('#')
    }

    /// Takes one header line. A new `#separator` begins a new header: rotated logs may be in one file.
    pub fn take(&mut self, line: &str) {
        let line = line.trim_end_matches(['\r', '\n']).trim_start();
        if let Some(text) = line.strip_prefix("#separator ") {
            *self = Self::default();
            self.separator = unescape(text).chars().next().unwrap_or('\t');
            return;
        }
        let Some((name, rest)) = line.split_once(self.separator) else {
            return;
        };
        let list = || {
            rest.split(self.separator)
                .take(COLUMNS_MAX)
                .map(str::to_owned)
                .collect()
        };
        match name {
            "#set_separator" => self.set_separator = unescape(rest).chars().next().unwrap_or(','),
            "#empty_field" => self.empty = unescape(rest),
            "#unset_field" => self.unset = unescape(rest),
            "#path" => self.path = rest.to_owned(),
            "#fields" => self.fields = list(),
            "#types" => self.types = list(),
            _ => {}
        }
    }

    /// A line under this header as a JSON record. The labels that some data sets append in their own columns are split by
    /// blanks; they are taken as they come.
    pub fn record(&self, line: &str) -> Result<Vec<u8>, InvalidHeader> {
        if self.fields.is_empty() {
            return Err(InvalidHeader::NoFields);
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let columns: Vec<&str> = line.split(self.separator).collect();
        if columns.len() != self.fields.len() {
            return Err(InvalidHeader::ColumnCount {
                expected: self.fields.len(),
                found: columns.len(),
            });
        }
        let mut record = Map::with_capacity(columns.len() + 1);
        if !self.path.is_empty() {
            record.insert("_path", self.path.clone());
        }
        for (at, (name, text)) in self.fields.iter().zip(columns).enumerate() {
            let kind = self.types.get(at).map_or("string", String::as_str);
            if let Some(value) = self.value(kind, text) {
                record.insert(name.clone(), value);
            }
        }
        Ok(serde_json::to_vec(&record).unwrap_or_default())
    }

    fn value(&self, kind: &str, text: &str) -> Option<Value> {
        if text == self.unset {
            return None;
        }
        let of_list = kind
            .strip_prefix("set[")
            .or_else(|| kind.strip_prefix("vector["))
            .and_then(|inner| inner.strip_suffix(']'));
        let Some(inner) = of_list else {
            let text = if text == self.empty { "" } else { text };
            return Some(scalar(kind, text));
        };
        if text == self.empty {
            return Some(Value::Array(Vec::new()));
        }
        let items = text.split(self.set_separator);
        Some(
            items
                .filter(|item| *item != self.unset)
                .map(|item| scalar(inner, item))
                .collect(),
        )
    }
}

/// Numbers and flags by their type; what does not parse stays text.
fn scalar(kind: &str, text: &str) -> Value {
    let number = match kind {
        "count" | "int" | "port" => text.parse::<i64>().ok().map(Value::from),
        "time" | "interval" | "double" => text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from),
        "bool" => match text {
            "T" => Some(Value::Bool(true)),
            "F" => Some(Value::Bool(false)),
            _ => None,
        },
        _ => None,
    };
    number.unwrap_or_else(|| Value::from(unescape(text)))
}

/// `\x09` → the byte. Bytes that make no UTF-8 stay escaped.
fn unescape(text: &str) -> String {
    if !text.contains("\\x") {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail
            .strip_prefix(b"x")
            .and_then(|tail| tail.get(..2))
            .filter(|_| *first == b'\\');
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match byte {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn header(lines: &[&str]) -> Header {
        let mut header = Header::default();
        for line in lines {
            assert!(Header::is_header(line));
            header.take(line);
        }
        header
    }

    #[test]
    fn a_line_becomes_json_by_the_types() {
        let header = header(&[
            "#separator \\x09\n",
            "#set_separator\t,",
            "#empty_field\t(empty)",
            "#unset_field\t-",
            "#path\tdns",
            "#open\t2024-05-14-09-00-00",
            "#fields\tts\tuid\tid.orig_p\tAA\tanswers\tTTLs\tquery\tnote\ttags",
            "#types\ttime\tstring\tport\tbool\tvector[string]\tvector[interval]\tstring\tstring\tset[string]",
        ]);
        let record = header
            .record("1715677921.500000\tC1\t53\tT\ta.example,192.0.2.1\t60.0,-\tx\\x0ay\\xff\t-\t(empty)\r\n")
            .unwrap();
        let value: Value = serde_json::from_slice(&record).unwrap();
        assert_eq!(
            value,
            json!({"_path": "dns", "ts": 1_715_677_921.5, "uid": "C1", "id.orig_p": 53, "AA": true,
            "answers": ["a.example", "192.0.2.1"], "TTLs": [60.0], "query": "x\\x0ay\\xff", "tags": []})
        );
    }

    #[test]
    fn a_line_without_its_header_or_of_another_width_is_refused() {
        assert_eq!(Header::default().record("a\tb"), Err(InvalidHeader::NoFields));
        let header = header(&["#separator \\x09", "#fields\ta\tb"]);
        assert_eq!(
            header.record("1"),
            Err(InvalidHeader::ColumnCount { expected: 2, found: 1 })
        );
        assert!(header.record("1\t2").is_ok());
    }

    #[test]
    fn escapes_are_bytes_where_they_make_text() {
        assert_eq!(unescape("a\\x2cb"), "a,b");
        assert_eq!(unescape("\\xc3\\xa9"), "é");
        assert_eq!(unescape("\\xff\\x"), "\\xff\\x");
        assert_eq!(unescape("\\xé"), "\\xé");
    }
}
