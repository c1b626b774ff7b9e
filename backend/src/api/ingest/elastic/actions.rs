//! The body of a bulk request: a line that says what to do, then the document, again and again.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Index,
    Create,
    Update,
    Delete,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Item {
    pub verb: Verb,
    pub index: Option<String>,
    pub id: Option<String>,
    /// Empty for a deletion.
    pub document: Bytes,
}

/// Why nothing of the body was taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("Malformed action/metadata line [{line}], expected one of [create, delete, index, update]")]
    Action { line: usize },
    #[error("The bulk request ends after the action of line [{line}], without its document")]
    NoDocument { line: usize },
    #[error("request body is required")]
    Empty,
}

#[derive(Deserialize)]
struct ActionLine {
    index: Option<Target>,
    create: Option<Target>,
    update: Option<Target>,
    delete: Option<Target>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Target {
    #[serde(rename = "_index")]
    index: Option<String>,
    #[serde(rename = "_id")]
    id: Option<Id>,
}

/// Some clients number their documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
    Other(IgnoredAny),
}

/// All items, or why the body is none. Empty lines between items are passed over: some senders end each document with one.
pub fn parse(body: &Bytes) -> Result<Vec<Item>, Malformed> {
    let mut items = Vec::new();
    let mut lines = body
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .zip(1..)
        .filter(|(line, _)| !line.is_empty());
    while let Some((line, number)) = lines.next() {
        let (verb, target) = action(line).ok_or(Malformed::Action { line: number })?;
        let document = match verb {
            Verb::Delete => Bytes::new(),
            _ => {
                let (document, _) = lines.next().ok_or(Malformed::NoDocument { line: number })?;
                body.slice_ref(document)
            }
        };
        items.push(Item {
            verb,
            index: target.index,
            id: target.id.and_then(Id::text),
            document,
        });
    }
    match items.is_empty() {
        true => Err(Malformed::Empty),
        false => Ok(items),
    }
}

fn action(line: &[u8]) -> Option<(Verb, Target)> {
    let action: ActionLine = serde_json::from_slice(line).ok()?;
    let targets = [
        (Verb::Index, action.index),
        (Verb::Create, action.create),
        (Verb::Update, action.update),
        (Verb::Delete, action.delete),
    ];
    let mut named = targets.into_iter().filter_map(|(verb, target)| Some((verb, target?)));
    let first = named.next()?;
    named.next().is_none().then_some(first)
}

impl Id {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(number) => Some(number.to_string()),
            Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parsed(body: &'static str) -> Result<Vec<Item>, Malformed> {
        parse(&Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn every_spelling_of_real_senders_is_read() {
        // Beats; rsyslog with its empty lines; a client library with ids; carriage returns.
        let body = "{\"create\":{\"_index\":\"filebeat-7.17.29\"}}\n{\"a\":1}\n\n{\"index\":{\"_index\": \"syslog\",\"_type\":\"x\"}}\r\n{\"b\":2}\r\n\n\
                    {\"index\":{\"_id\":7}}\n{\"c\":3}\n{\"delete\":{\"_id\":\"x\"}}\n{\"create\":{}}\n{\"d\":4}";
        let items = parsed(body).unwrap();
        let read: Vec<_> = items
            .iter()
            .map(|item| (item.verb, item.index.as_deref(), item.id.as_deref(), &item.document[..]))
            .collect();
        assert_eq!(
            read,
            [
                (Verb::Create, Some("filebeat-7.17.29"), None, &b"{\"a\":1}"[..]),
                (Verb::Index, Some("syslog"), None, b"{\"b\":2}"),
                (Verb::Index, None, Some("7"), b"{\"c\":3}"),
                (Verb::Delete, None, Some("x"), b""),
                (Verb::Create, None, None, b"{\"d\":4}"),
            ]
        );
    }

    #[test]
    fn a_body_that_is_no_bulk_request_names_the_line() {
        assert_eq!(parsed("\n \n"), Err(Malformed::Empty));
        assert_eq!(parsed("{\"index\":{}}\n"), Err(Malformed::NoDocument { line: 1 }));
        assert_eq!(
            parsed("{\"index\":{}}\n{}\n{\"message\":\"x\"}\n{}"),
            Err(Malformed::Action { line: 3 })
        );
        assert_eq!(
            parsed("{\"index\":{},\"create\":{}}\n{}"),
            Err(Malformed::Action { line: 1 })
        );
        assert_eq!(parsed("not json\n{}"), Err(Malformed::Action { line: 1 }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_items_or_a_refusal(body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = parse(&Bytes::from(body));
        }
    }
}
