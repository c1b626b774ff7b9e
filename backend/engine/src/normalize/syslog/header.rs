//! The header of a syslog line, by RFC 5424 where it says so, else as much of RFC 3164 as there is. Total: what is no header is
//! message.

use crate::normalize::time;
use std::borrow::Cow;
use watchfloor_shared::Timestamp;

/// An element of structured data: its id and parameters.
pub(super) type Element<'a> = (&'a str, Vec<(&'a str, Cow<'a, str>)>);

#[derive(Debug, Default, PartialEq)]
pub(super) struct Line<'a> {
    /// Facility × 8 + severity, 0–191.
    pub priority: Option<u16>,
    pub version: Option<&'a str>,
    pub timestamp: Option<Timestamp>,
    pub host: Option<&'a str>,
    pub program: Option<&'a str>,
    pub process: Option<&'a str>,
    pub message_id: Option<&'a str>,
    pub data: Vec<Element<'a>>,
    pub message: &'a str,
}

const SEVERITIES: [&str; 8] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "information",
    "debug",
];
const FACILITIES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) fn severity(priority: u16) -> &'static str {
    SEVERITIES[usize::from(priority % 8)]
}

pub(super) fn facility(priority: u16) -> &'static str {
    FACILITIES.get(usize::from(priority / 8)).copied().unwrap_or("unknown")
}

pub(super) fn is_dated(text: &str) -> bool {
    let bytes = text.as_bytes();
    let named = MONTHS.iter().any(|month| text.starts_with(month))
        && bytes.get(3) == Some(&b' ')
        && bytes.get(9) == Some(&b':');
    let dashed = bytes.get(..4).is_some_and(|year| year.iter().all(u8::is_ascii_digit))
        && bytes.get(4) == Some(&b'-')
        && bytes.get(10) == Some(&b'T')
        && bytes.get(13) == Some(&b':');
    named || dashed
}

pub(super) fn parse(text: &str, received: Timestamp) -> Line<'_> {
    let (priority, rest) = priority(text);
    let mut line = Line {
        priority,
        message: rest,
        ..Line::default()
    };
    if priority.is_some()
        && let Some(after) = rest.strip_prefix("1 ")
        && modern(after, &mut line).is_some()
    {
        line.version = Some("1");
        return line;
    }
    line.data.clear();
    old(rest, &mut line, received);
    line
}

/// The originator's host and the number that it gave the message: `sequenceId` of RFC 5424, 7.3.1.
pub(super) fn sequence(text: &str) -> Option<(&str, u64)> {
    let message = priority(text).1.strip_prefix("1 ")?;
    if !message.contains("sequenceId=\"") {
        return None;
    }
    let mut line = Line::default();
    modern(message, &mut line)?;
    let (_, params) = line.data.iter().find(|(id, _)| *id == "meta")?;
    let (_, number) = params.iter().find(|(name, _)| *name == "sequenceId")?;
    Some((line.host.unwrap_or_default(), number.parse().ok()?))
}

fn priority(text: &str) -> (Option<u16>, &str) {
    let inner = text
        .trim_start()
        .strip_prefix('<')
        .and_then(|rest| rest.split_once('>'));
    let number = inner
        .filter(|(digits, _)| (1..=3).contains(&digits.len()))
        .and_then(|(digits, rest)| Some((digits.parse().ok()?, rest)));
    match number {
        Some((number, rest)) if number < 192 => (Some(number), rest),
        _ => (None, text),
    }
}

/// `TIMESTAMP HOST APP PROCID MSGID SD MSG`; `-` is nothing.
fn modern<'a>(text: &'a str, line: &mut Line<'a>) -> Option<()> {
    let (timestamp, rest) = text.split_once(' ')?;
    let said = |text: &'a str| (text != "-" && !text.is_empty()).then_some(text);
    line.timestamp = match said(timestamp) {
        Some(text) => Some(time::parse(text).ok()?),
        None => None,
    };
    let (host, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(' ')?;
    let (process, rest) = rest.split_once(' ')?;
    let (message_id, rest) = rest.split_once(' ').unwrap_or((rest, "-"));
    line.host = said(host);
    line.program = said(program);
    line.process = said(process);
    line.message_id = said(message_id);
    let rest = match rest.strip_prefix('-') {
        Some(rest) => rest,
        None => structured(rest, line)?,
    };
    let message = rest.strip_prefix(' ').unwrap_or(rest);
    line.message = message.strip_prefix('\u{feff}').unwrap_or(message);
    Some(())
}

/// `[id name="value" …][id …]`, with `\"`, `\\` and `\]` in values.
fn structured<'a>(mut text: &'a str, line: &mut Line<'a>) -> Option<&'a str> {
    while let Some(inner) = text.strip_prefix('[') {
        let end = inner.find([' ', ']'])?;
        let id = &inner[..end];
        let mut rest = &inner[end..];
        let mut params = Vec::new();
        loop {
            rest = rest.trim_start_matches(' ');
            if let Some(after) = rest.strip_prefix(']') {
                text = after;
                break;
            }
            let (name, after) = rest.split_once("=\"")?;
            let end = closing_quote(after)?;
            let value = &after[..end];
            let value = match value.contains('\\') {
                true => Cow::Owned(value.replace("\\\"", "\"").replace("\\]", "]").replace("\\\\", "\\")),
                false => Cow::Borrowed(value),
            };
            params.push((name, value));
            rest = &after[end + 1..];
        }
        line.data.push((id, params));
    }
    (text.is_empty() || text.starts_with(' ')).then_some(text)
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices() {
        if letter == '"' && !is_escaped {
            return Some(at);
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    None
}

/// `Mmm dd hh:mm:ss HOST TAG[PID]: MSG`, or RFC 3339 in place of the date. Each part may be missing.
fn old<'a>(text: &'a str, line: &mut Line<'a>, received: Timestamp) {
    line.message = text;
    let text = text.trim_start();
    let after = match dated(text, received) {
        Some((timestamp, rest)) => {
            line.timestamp = Some(timestamp);
            rest.trim_start_matches(' ')
        }
        None => return program(text, line),
    };
    match after.split_once(' ') {
        // A tag in the place of the host: local sockets leave the host out.
        Some((host, rest)) if !host.ends_with(':') && !host.contains('[') => {
            line.host = Some(host);
            program(rest, line);
        }
        _ => program(after, line),
    }
}

fn dated(text: &str, received: Timestamp) -> Option<(Timestamp, &str)> {
    if text.as_bytes().first()?.is_ascii_digit() {
        let (word, rest) = text.split_once(' ')?;
        return is_dated(word)
            .then_some(())
            .and_then(|()| time::parse(word).ok())
            .map(|timestamp| (timestamp, rest));
    }
    // `May  4 09:12:01`, and Cisco's `May  4 2024 09:12:01`.
    let mut words = text.split_ascii_whitespace();
    let (_, _, third) = (words.next()?, words.next()?, words.next()?);
    let end = third.as_ptr() as usize - text.as_ptr() as usize + third.len();
    let end = match third.contains(':') {
        true => end,
        false => {
            let fourth = words.next()?;
            fourth.as_ptr() as usize - text.as_ptr() as usize + fourth.len()
        }
    };
    let timestamp = named_month(text.get(..end)?, received)?;
    Some((timestamp, text.get(end..)?.trim_start_matches(':')))
}

/// `May 14 09:12:01`, `May 14 2024 09:12:01`: without a year, in the year nearest to receipt. Without a zone it is UTC.
pub(in crate::normalize) fn named_month(text: &str, received: Timestamp) -> Option<Timestamp> {
    let words: Vec<&str> = text.split_ascii_whitespace().take(5).collect();
    let month = MONTHS
        .iter()
        .position(|month| words.first().is_some_and(|word| word.eq_ignore_ascii_case(month)))?
        + 1;
    let (year, clock) = match words.get(1..)? {
        [_, year, clock, ..] if !year.contains(':') => (Some(*year), *clock),
        [_, clock, ..] => (None, *clock),
        _ => return None,
    };
    let day: u8 = words.get(1)?.parse().ok()?;
    let clock = clock.trim_end_matches(':');
    let spell = |year: &str| format!("{year}-{month:02}-{day:02}T{clock}");
    match year {
        Some(year) => time::parse(&spell(year)).ok(),
        None => time::nearest_year(received, &|year| spell(&year.to_string())),
    }
}

/// `TAG[PID]: MSG`; without a colon there is no tag.
fn program<'a>(text: &'a str, line: &mut Line<'a>) {
    line.message = text;
    let Some((tag, message)) = text.split_once(':') else {
        return;
    };
    let (name, process) = match tag.split_once('[') {
        Some((name, rest)) => (name, rest.strip_suffix(']')),
        None => (tag, None),
    };
    let is_tag =
        !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c.is_alphanumeric() || "-_./()".contains(c));
    // `CEF:0|…` is a message that looks like a tag.
    if !is_tag || (tag.contains('[') && process.is_none()) || matches!(name, "CEF" | "LEEF") {
        return;
    }
    line.program = Some(name);
    line.process = process;
    line.message = message.strip_prefix(' ').unwrap_or(message);
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVED: Timestamp = Timestamp::from_millis(1_704_067_200_000); // 2024-01-01

    fn of(text: &str) -> Line<'_> {
        parse(text, RECEIVED)
    }

    #[test]
    fn who_numbers_its_messages_says_the_number() {
        let numbered = "<13>1 2026-11-22T11:41:49+00:00 web-1 - - - [meta sequenceId=\"29\" sysUpTime=\"4\"] line 6";
        assert_eq!(sequence(numbered), Some(("web-1", 29)));
        let nameless = "<13>1 - - - - - [o@1 x=\"1\"][meta sequenceId=\"1\"]";
        assert_eq!(sequence(nameless), Some(("", 1)));
        for unnumbered in [
            "<13>1 - web-1 - - - [meta sequenceId=\"many\"] x",
            "<13>1 - web-1 - - - [other sequenceId=\"1\"] x",
            "<13>1 - web-1 - - - - [meta sequenceId=\"1\"] in the message",
            "<13>Nov 22 11:00:00 web-1 app: [meta sequenceId=\"1\"]",
            "",
        ] {
            assert_eq!(sequence(unnumbered), None, "{unnumbered}");
        }
    }

    #[test]
    fn rfc_5424_with_structured_data() {
        let line = of(
            "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 42 ID47 [a@1 iut=\"3\" q=\"x\\\"y\\]\"][b@2] \u{feff}An event",
        );
        assert_eq!(
            (line.priority, line.host, line.program),
            (Some(165), Some("mymachine.example.com"), Some("evntslog"))
        );
        assert_eq!(
            (line.process, line.message_id, line.message),
            (Some("42"), Some("ID47"), "An event")
        );
        assert_eq!(line.data[0], ("a@1", vec![("iut", "3".into()), ("q", "x\"y]".into())]));
        assert_eq!(line.data[1], ("b@2", vec![]));
        assert_eq!((facility(165), severity(165)), ("local4", "notice"));
        let line = of("<34>1 - - - - - -");
        assert_eq!((line.timestamp, line.host, line.message), (None, None, ""));
    }

    #[test]
    fn rfc_3164_and_what_passes_for_it() {
        let time = |line: &Line<'_>| line.timestamp.map(|time| time.to_string());
        let line = of("<86>Dec 31 23:59:58 web-1 sshd[812]: Accepted password for eve");
        assert_eq!(time(&line).as_deref(), Some("2023-12-31T23:59:58Z"), "the nearest year");
        assert_eq!(
            (line.host, line.program, line.process),
            (Some("web-1"), Some("sshd"), Some("812"))
        );
        assert_eq!(line.message, "Accepted password for eve");
        let line = of("<13>2024-05-14T09:12:01.5+02:00 web-1 app: hello: world");
        assert_eq!(time(&line).as_deref(), Some("2024-05-14T07:12:01.5Z"));
        assert_eq!((line.program, line.message), (Some("app"), "hello: world"));
        let line = of("Jan  2 03:04:05 cron[1]: x");
        assert_eq!((line.host, line.program, line.message), (None, Some("cron"), "x"));
        let line = of("<13>May 14 2024 09:12:01 fw %ASA-6-1: Built");
        assert_eq!(
            (time(&line).as_deref(), line.host),
            (Some("2024-05-14T09:12:01Z"), Some("fw"))
        );
        let line = of("just words");
        assert_eq!(
            (line.timestamp, line.host, line.program, line.message),
            (None, None, None, "just words")
        );
        let line = of("<999>x");
        assert_eq!((line.priority, line.message), (None, "<999>x"));
    }
}
