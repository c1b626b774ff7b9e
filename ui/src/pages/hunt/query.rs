//! The query as text under the caret: what to colour, what to complete, how a facet or a field's value gets into it.
//! The server alone decides what a query means; nothing here refuses one.

use std::ops::Range;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    Field,
    /// `:`, `>=`, `and`, `or`, `not`, parentheses.
    Sign,
    Value,
    Blank,
}

/// A piece of the query; the pieces together are the whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub at: Range<usize>,
}

/// What stands before the caret and could be completed; the range is what the completion replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completing {
    Field {
        prefix: String,
        at: Range<usize>,
    },
    Value {
        field: String,
        prefix: String,
        at: Range<usize>,
    },
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '@' | '-')
}

fn is_word_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')')
}

/// Length of the piece that `rest` begins with, and whether it closes itself.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A word up to a blank or a parenthesis; quoted pieces belong to it whole.
fn word(rest: &str) -> usize {
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if is_word_end(c) {
            break;
        }
        at += if c == '"' { quoted(&rest[at..]) } else { c.len_utf8() };
    }
    at
}

pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut push = |kind, from: usize, to: usize| tokens.push(Token { kind, at: from..to });
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let begin = at;
        if c.is_whitespace() {
            at += rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
            push(TokenKind::Blank, begin, at);
        } else if is_word_end(c) {
            at += c.len_utf8();
            push(TokenKind::Sign, begin, at);
        } else {
            let name = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
            let sign = rest[name..]
                .find(|c| !matches!(c, ':' | '<' | '>' | '='))
                .unwrap_or(rest.len() - name);
            if name > 0 && sign > 0 {
                push(TokenKind::Field, at, at + name);
                push(TokenKind::Sign, at + name, at + name + sign);
                at += name + sign;
            } else {
                let length = word(rest).max(c.len_utf8());
                at += length;
                let is_sign = ["and", "or", "not"]
                    .iter()
                    .any(|sign| rest[..length].eq_ignore_ascii_case(sign));
                push(if is_sign { TokenKind::Sign } else { TokenKind::Value }, begin, at);
            }
        }
    }
    tokens
}

/// What the caret (a byte offset) is in.
pub fn completing(text: &str, caret: usize) -> Option<Completing> {
    let tokens = tokens(text);
    let before = |from: usize| text.get(from..caret).unwrap_or_default().to_owned();
    let touched = tokens
        .iter()
        .position(|token| token.at.start < caret && caret <= token.at.end);
    let Some(index) = touched else {
        return (caret == 0).then(|| Completing::Field {
            prefix: String::new(),
            at: 0..0,
        });
    };
    let token = &tokens[index];
    let piece = &text[token.at.clone()];
    let field_of = |sign: usize| match tokens.get(sign.checked_sub(1)?) {
        Some(field) if field.kind == TokenKind::Field => Some(text[field.at.clone()].to_owned()),
        _ => None,
    };
    match token.kind {
        TokenKind::Field => Some(Completing::Field {
            prefix: before(token.at.start),
            at: token.at.clone(),
        }),
        TokenKind::Sign if piece == ":" => Some(Completing::Value {
            field: field_of(index)?,
            prefix: String::new(),
            at: caret..caret,
        }),
        TokenKind::Value => {
            let of = index
                .checked_sub(1)
                .filter(|sign| text[tokens[*sign].at.clone()] == *":")
                .and_then(field_of);
            match of {
                Some(field) => {
                    let prefix = before(token.at.start).trim_matches('"').to_owned();
                    Some(Completing::Value {
                        field,
                        prefix,
                        at: token.at.clone(),
                    })
                }
                None => Some(Completing::Field {
                    prefix: before(token.at.start),
                    at: token.at.clone(),
                }),
            }
        }
        TokenKind::Blank => Some(Completing::Field {
            prefix: String::new(),
            at: caret..caret,
        }),
        TokenKind::Sign => None,
    }
}

/// The text with the completion in it, and where the caret goes.
pub fn complete(text: &str, at: &Range<usize>, by: &str) -> (String, usize) {
    let mut out = text.to_owned();
    out.replace_range(at.clone(), by);
    (out, at.start + by.len())
}

/// The value so that the grammar takes it literally.
pub fn quote(value: &str) -> String {
    let plain = !value.is_empty()
        && value
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let word = ["and", "or", "not", "to"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    if plain && !word {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

pub fn clause(field: &str, value: &str) -> String {
    format!("{field}:{}", quote(value))
}

/// The parts that `and` joins at the top; one part when an `or` stands there.
fn parts(text: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let (mut parts, mut from) = (Vec::new(), 0);
    for token in tokens(text) {
        let piece = &text[token.at.clone()];
        match piece {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ if depth != 0 || token.kind != TokenKind::Sign => {}
            sign if sign.eq_ignore_ascii_case("or") => return vec![format!("({})", text.trim())],
            sign if sign.eq_ignore_ascii_case("and") => {
                parts.push(text[from..token.at.start].trim().to_owned());
                from = token.at.end;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim().to_owned());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The values of a part that this module wrote for the field: `field:a` or `field:(a or b)`.
fn values_in(part: &str, field: &str) -> Option<Vec<String>> {
    let rest = part.strip_prefix(field)?.strip_prefix(':')?;
    let list = rest
        .strip_prefix('(')
        .and_then(|list| list.strip_suffix(')'))
        .unwrap_or(rest);
    let mut values = Vec::new();
    for token in tokens(list) {
        let piece = &list[token.at.clone()];
        match token.kind {
            TokenKind::Value => values.push(unquote(piece)?),
            TokenKind::Blank => {}
            TokenKind::Sign if piece.eq_ignore_ascii_case("or") => {}
            TokenKind::Sign | TokenKind::Field => return None,
        }
    }
    (!values.is_empty()).then_some(values)
}

fn unquote(piece: &str) -> Option<String> {
    let Some(inner) = piece.strip_prefix('"').and_then(|p| p.strip_suffix('"')) else {
        return (!piece.contains(['*', '?', '"', '\\'])).then(|| piece.to_owned());
    };
    let mut out = String::new();
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            '\\' if !escaped => escaped = true,
            c => {
                out.push(c);
                escaped = false;
            }
        }
    }
    Some(out)
}

/// Values that the query demands of the field.
pub fn chosen(text: &str, field: &str) -> Vec<String> {
    parts(text)
        .iter()
        .find_map(|part| values_in(part, field))
        .unwrap_or_default()
}

/// The query without its demand on the field: what the field's own facet is counted under.
pub fn without(text: &str, field: &str) -> String {
    let mut parts = parts(text);
    parts.retain(|part| values_in(part, field).is_none());
    parts.join(" and ")
}

/// Demands the value of the field, or no longer; several values of one field are alternatives.
pub fn toggle(text: &str, field: &str, value: &str) -> String {
    let mut values = chosen(text, field);
    match values.iter().position(|v| v == value) {
        Some(at) => {
            values.remove(at);
        }
        None => values.push(value.to_owned()),
    }
    let mut parts = parts(&without(text, field));
    match values.as_slice() {
        [] => {}
        [one] => parts.push(clause(field, one)),
        many => {
            let many: Vec<String> = many.iter().map(|value| quote(value)).collect();
            parts.push(format!("{field}:({})", many.join(" or ")));
        }
    }
    parts.join(" and ")
}

/// The query with one more demand: that the field has the value, or that it has not.
pub fn narrow(text: &str, field: &str, value: &str, not: bool) -> String {
    let clause = clause(field, value);
    let clause = if not { format!("not {clause}") } else { clause };
    let mut parts = parts(text);
    if !parts.contains(&clause) {
        parts.push(clause);
    }
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_are_the_whole_text() {
        for text in [
            r#"process.command_line:*"-enc J"* and not (user.name:SYSTEM or host.ip:10.0.0.0/8)"#,
            "port>=1024 mimikatz",
            "\"open",
            "ü:ß :: >=",
            "",
        ] {
            let joined: String = tokens(text).iter().map(|token| &text[token.at.clone()]).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn the_caret_knows_whether_it_is_in_a_field_or_a_value() {
        let text = "process.command_line:*-enc* and process.par";
        let Some(Completing::Field { prefix, at }) = completing(text, text.len()) else {
            panic!("no field")
        };
        assert_eq!((prefix.as_str(), &text[at.clone()]), ("process.par", "process.par"));
        let (done, caret) = complete(text, &at, "process.parent.name:");
        assert_eq!(done, "process.command_line:*-enc* and process.parent.name:");
        let value = completing(&done, caret);
        assert!(matches!(value, Some(Completing::Value { field, .. }) if field == "process.parent.name"));
        let half = r#"user.name:"m.ke"#;
        assert!(matches!(completing(half, half.len()), Some(Completing::Value { prefix, .. }) if prefix == "m.ke"));
    }

    #[test]
    fn several_values_of_a_facet_are_alternatives_and_go_again() {
        let one = toggle("mimikatz", "host.name", "ws-0417");
        assert_eq!(one, "mimikatz and host.name:ws-0417");
        let two = toggle(&one, "host.name", "Program Files");
        assert_eq!(two, r#"mimikatz and host.name:(ws-0417 or "Program Files")"#);
        assert_eq!(chosen(&two, "host.name"), ["ws-0417", "Program Files"]);
        assert_eq!(without(&two, "host.name"), "mimikatz");
        assert_eq!(
            toggle(&toggle(&two, "host.name", "ws-0417"), "host.name", "Program Files"),
            "mimikatz"
        );
    }

    #[test]
    fn an_alternative_of_the_person_stays_one_when_something_is_added() {
        assert_eq!(narrow("a or b", "user.name", "x", true), "(a or b) and not user.name:x");
        assert_eq!(
            narrow("", "process.executable", r"C:\a b", false),
            r#"process.executable:"C:\\a b""#
        );
    }

    #[test]
    fn quoted_values_come_back_as_they_were() {
        for value in [r"C:\Windows\x", r#"say "hi""#, "and", "ä b", "*", r"\\server\share"] {
            let query = toggle("", "f", value);
            assert_eq!(chosen(&query, "f"), [value], "{query}");
        }
    }
}
