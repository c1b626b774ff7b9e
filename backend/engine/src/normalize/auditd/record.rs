//! One line of the audit log: `type=… msg=audit(seconds.millis:serial): key=value …`.
//!
//! Values are quoted, or hexadecimal where they hold what would need quoting; which fields may be hexadecimal is a fact of the
//! audit system, not of the value. Enriched logs repeat numbers as names in upper case behind a group separator.

use std::borrow::Cow;
use watchfloor_shared::Timestamp;

/// Between what the kernel said and what the daemon added.
const ENRICHMENT: char = '\u{1d}';
/// A line with more fields is no audit record.
const FIELDS_MAX: usize = 4_096;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Record<'a> {
    pub node: Option<&'a str>,
    pub kind: &'a str,
    pub stamp: Stamp<'a>,
    /// In the order of the line, decoded.
    pub fields: Vec<(&'a str, Cow<'a, str>)>,
}

/// What the records of one event share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp<'a> {
    pub seconds: &'a str,
    pub serial: u64,
}

impl Stamp<'_> {
    pub fn time(&self) -> Option<Timestamp> {
        let (seconds, fraction) = self.seconds.split_once('.').unwrap_or((self.seconds, "0"));
        let seconds: i64 = seconds.parse().ok()?;
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 9)?;
        let fraction: i64 = fraction.parse().ok()?;
        let nanos = seconds
            .checked_mul(1_000_000_000)?
            .checked_add(fraction * 10_i64.pow(9 - digits))?;
        Some(Timestamp::from_nanos(nanos))
    }
}

/// Node, type, stamp and the rest of a line; `None` for a line that is no audit record.
pub(super) fn head(line: &str) -> Option<(Option<&str>, &str, Stamp<'_>, &str)> {
    let (node, line) = match line.strip_prefix("node=") {
        Some(rest) => rest.split_once(' ').map(|(node, rest)| (Some(node), rest))?,
        None => (None, line),
    };
    // Some relays leave the type out.
    let (kind, line) = match line.strip_prefix("type=") {
        Some(rest) => rest.split_once(' ')?,
        None => ("UNKNOWN", line),
    };
    let rest = line
        .trim_start()
        .strip_prefix("msg=")
        .unwrap_or(line)
        .strip_prefix("audit(")?;
    let (stamp, rest) = rest.split_once(')')?;
    let (seconds, serial) = stamp.split_once(':')?;
    let stamp = Stamp {
        seconds,
        serial: serial.parse().ok()?,
    };
    Some((
        node,
        kind,
        stamp,
        rest.strip_prefix(':').unwrap_or(rest).trim_start_matches(' '),
    ))
}

impl<'a> Record<'a> {
    pub fn parse(line: &'a str) -> Option<Self> {
        let (node, kind, stamp, body) = head(line)?;
        let mut fields = Vec::with_capacity(32);
        // Newer enriched logs separate with the control character; some relays drop it.
        let (said, added) = body.split_once(ENRICHMENT).unwrap_or((body, ""));
        pairs(said, kind, &mut fields);
        pairs(added, kind, &mut fields);
        Some(Self {
            node,
            kind,
            stamp,
            fields,
        })
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_ref())
    }
}

fn pairs<'a>(mut text: &'a str, kind: &str, fields: &mut Vec<(&'a str, Cow<'a, str>)>) {
    while fields.len() < FIELDS_MAX {
        text = text.trim_start_matches([' ', ',', '\'']);
        let Some(equals) = text.find('=') else { return };
        // Words without a value stand before some records' fields: `avc:  denied  { read } for`.
        let key_at = text
            .get(..equals)
            .and_then(|words| words.rfind([' ', '\'']))
            .map_or(0, |at| at + 1);
        let words = text.get(..key_at).unwrap_or_default().trim();
        if !words.is_empty() {
            selinux(words, fields);
        }
        let key = text.get(key_at..equals).unwrap_or_default();
        let rest = text.get(equals + 1..).unwrap_or_default();
        // `msg='op=PAM:… res=success'` holds what a program said.
        if key == "msg" && rest.starts_with('\'') {
            text = rest.get(1..).unwrap_or_default();
            continue;
        }
        let (value, is_bare, after) = value(rest);
        text = after;
        if value == "(null)" || key.is_empty() {
            continue;
        }
        // Older daemons close a bracket behind the last field of a message.
        let value = if is_bare && !value.contains('(') {
            value.trim_end_matches(')')
        } else {
            value
        };
        let value = match is_bare && may_be_hex(key, kind) {
            true => decoded(value).map_or(Cow::Borrowed(value), |text| Cow::Owned(without_nul(key, text))),
            false => Cow::Borrowed(value),
        };
        fields.push((key, value));
    }
}

/// The value at the start, whether it is bare, and what follows.
fn value(rest: &str) -> (&str, bool, &str) {
    let until = |text: &'_ str, end: char| text.find(end).unwrap_or(text.len());
    if let Some(inner) = rest.strip_prefix('"') {
        let end = until(inner, '"');
        return (&inner[..end], false, inner.get(end + 1..).unwrap_or_default());
    }
    if rest.starts_with('{') {
        let end = rest.find('}').map_or(rest.len(), |at| at + 1);
        return (&rest[..end], false, &rest[end..]);
    }
    // A relay may drop the separator before the enrichment: `key=(null)ARCH=x86_64`.
    if let Some(after) = rest.strip_prefix("(null)") {
        return ("(null)", true, after);
    }
    let end = rest.find([' ', ENRICHMENT, '\'']).unwrap_or(rest.len());
    let end = end.min(until(rest, ','));
    // A list of numbers has commas of its own; only a comma before a blank ends a value.
    let end = match rest.get(end..) {
        Some(tail) if tail.starts_with(',') && !tail.starts_with(", ") => {
            rest.find([' ', ENRICHMENT, '\'']).unwrap_or(rest.len())
        }
        _ => end,
    };
    (&rest[..end], true, rest.get(end..).unwrap_or_default())
}

/// `avc:  denied  { read write } for`.
fn selinux<'a>(words: &'a str, fields: &mut Vec<(&'a str, Cow<'a, str>)>) {
    for result in ["denied", "granted"] {
        if words.contains(result) {
            fields.push(("seresult", Cow::Borrowed(result)));
        }
    }
    if let Some((_, rest)) = words.split_once('{')
        && let Some((permissions, _)) = rest.split_once('}')
    {
        fields.push(("seperms", Cow::Borrowed(permissions.trim())));
    }
}

/// Fields whose bare value is hexadecimal when it looks so.
const HEX_FIELDS: [&str; 22] = [
    "acct",
    "cmd",
    "comm",
    "cwd",
    "data",
    "dir",
    "exe",
    "file",
    "grp",
    "id",
    "invalid_context",
    "key",
    "name",
    "new",
    "ocomm",
    "old",
    "path",
    "proctitle",
    "sw",
    "unit",
    "vm",
    "watch",
];

/// Only a title is separated by NULs; anywhere else no store would take one.
fn without_nul(key: &str, text: String) -> String {
    if key != "proctitle" && text.contains('\0') {
        text.replace('\0', "\u{2400}")
    } else {
        text
    }
}

fn may_be_hex(key: &str, kind: &str) -> bool {
    let is_argument = || {
        kind == "EXECVE"
            && key.starts_with('a')
            && key.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
            && !key.ends_with("_len")
    };
    // `id=1001` and `old=0` are numbers in some records.
    let is_number = matches!(key, "id" | "old" | "new") && kind != "USER_AUTH" && kind != "TTY";
    (HEX_FIELDS.contains(&key) && !is_number) || is_argument()
}

/// Hexadecimal digits → text; `None` if they are none. A byte that ends the text is dropped, bytes that are no UTF-8 replaced.
pub(super) fn decoded(digits: &str) -> Option<String> {
    let digits = digits.as_bytes();
    if digits.len() < 2 || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect();
    let mut bytes = bytes?;
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Vec<(&str, String)> {
        let record = Record::parse(line).unwrap();
        record
            .fields
            .into_iter()
            .map(|(key, value)| (key, value.into_owned()))
            .collect()
    }

    #[test]
    fn values_are_bare_quoted_or_hexadecimal() {
        let line = "node=web type=SYSCALL msg=audit(1615114232.375:15558): arch=c000003e exit=-2 comm=2F612062 exe=\"/a b\" key=(null)\u{1d}ARCH=x86_64 UID=\"root\"";
        let record = Record::parse(line).unwrap();
        assert_eq!(
            (record.node, record.kind, record.stamp.serial),
            (Some("web"), "SYSCALL", 15558)
        );
        assert_eq!(record.stamp.time().unwrap().to_string(), "2021-03-07T10:50:32.375Z");
        let expected = [
            ("arch", "c000003e"),
            ("exit", "-2"),
            ("comm", "/a b"),
            ("exe", "/a b"),
            ("ARCH", "x86_64"),
            ("UID", "root"),
        ];
        assert_eq!(parsed(line), expected.map(|(key, value)| (key, value.to_owned())));
    }

    #[test]
    fn what_a_program_said_joins_the_fields() {
        let line = "type=USER_LOGIN msg=audit(1492896301.818:19955): pid=12635 uid=0 msg='op=login acct=28696E76616C6964207573657229 exe=\"/usr/sbin/sshd\" hostname=? addr=179.38.151.221 terminal=sshd res=failed'UID=\"root\"";
        let fields = parsed(line);
        let get = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(get("acct"), Some("(invalid user)"));
        assert_eq!(get("addr"), Some("179.38.151.221"));
        assert_eq!(get("res"), Some("failed"));
        assert_eq!(get("UID"), Some("root"));
    }

    #[test]
    fn access_vectors_and_braces_are_read() {
        let line = "type=AVC msg=audit(1.5:1): avc:  denied  { read open } for  pid=1 comm=\"x\" scontext=a:b:c:s0-s0:c0.c1023,x SADDR={ saddr_fam=inet laddr=1.2.3.4 }";
        assert_eq!(
            parsed(line),
            [
                ("seresult", "denied"),
                ("seperms", "read open"),
                ("pid", "1"),
                ("comm", "x"),
                ("scontext", "a:b:c:s0-s0:c0.c1023,x"),
                ("SADDR", "{ saddr_fam=inet laddr=1.2.3.4 }")
            ]
            .map(|(key, value)| (key, value.to_owned()))
        );
    }

    #[test]
    fn what_is_no_record_is_none() {
        for line in [
            "",
            "type=SYSCALL",
            "type=A msg=audit(x:1): a=b",
            "type=A msg=audit(1.0:x): a=b",
            "msg=audit(1",
            "{}",
        ] {
            assert!(
                Record::parse(line).is_none_or(|record| record.stamp.time().is_none()),
                "{line}"
            );
        }
    }
}
