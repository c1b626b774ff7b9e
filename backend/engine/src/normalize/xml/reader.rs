//! As much of XML as events are written in: elements, attributes, text, CDATA, comments, the five entities and character
//! references.
//!
//! Invariant: time and memory are linear in the text. Nothing is expanded, a document type is refused, depth is bounded.
//! Namespaces' declarations and prefixes are dropped.

const DEPTH_MAX: usize = 32;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// Without the white space around it.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Invalid {
    Syntax,
    TooDeep,
}

/// The root element.
pub(super) fn parse(text: &str) -> Result<Element, Invalid> {
    let mut rest = text;
    let mut open: Vec<Element> = Vec::new();
    loop {
        let at = rest.find('<').ok_or(Invalid::Syntax)?;
        let (before, markup) = rest.split_at(at);
        match open.last_mut() {
            Some(element) => unescape(before, &mut element.text)?,
            None if before.trim().is_empty() => {}
            None => return Err(Invalid::Syntax),
        }
        if let Some(inner) = markup.strip_prefix("<![CDATA[") {
            let (raw, after) = inner.split_once("]]>").ok_or(Invalid::Syntax)?;
            open.last_mut().ok_or(Invalid::Syntax)?.text.push_str(raw);
            rest = after;
        } else if let Some(inner) = markup.strip_prefix("<!--") {
            rest = inner.split_once("-->").ok_or(Invalid::Syntax)?.1;
        } else if let Some(inner) = markup.strip_prefix("<?") {
            rest = inner.split_once("?>").ok_or(Invalid::Syntax)?.1;
        } else if markup.starts_with("<!") {
            return Err(Invalid::Syntax);
        } else if let Some(inner) = markup.strip_prefix("</") {
            let (name, after) = inner.split_once('>').ok_or(Invalid::Syntax)?;
            let mut element = open
                .pop()
                .filter(|element| element.name == local(name.trim()))
                .ok_or(Invalid::Syntax)?;
            trim(&mut element.text);
            rest = after;
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return end(rest, element),
            }
        } else {
            let (element, is_empty, after) = start(&markup[1..])?;
            rest = after;
            let depth = open.len();
            match (is_empty, open.last_mut()) {
                (true, Some(parent)) => parent.children.push(element),
                (true, None) => return end(rest, element),
                (false, _) if depth >= DEPTH_MAX => return Err(Invalid::TooDeep),
                (false, _) => open.push(element),
            }
        }
    }
}

fn end(rest: &str, root: Element) -> Result<Element, Invalid> {
    if rest.trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty() {
        Ok(root)
    } else {
        Err(Invalid::Syntax)
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The inside of a start tag: the element, whether it is empty, and what follows.
fn start(tag: &str) -> Result<(Element, bool, &str), Invalid> {
    let name_end = tag
        .find(|c: char| c.is_whitespace() || c == '>' || c == '/')
        .ok_or(Invalid::Syntax)?;
    let name = local(&tag[..name_end]);
    if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) {
        return Err(Invalid::Syntax);
    }
    let mut element = Element {
        name: name.to_owned(),
        ..Element::default()
    };
    let mut rest = &tag[name_end..];
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((element, false, after));
        }
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((element, true, after));
        }
        let (name, after) = rest.split_once('=').ok_or(Invalid::Syntax)?;
        let after = after.trim_start();
        let quote = after
            .chars()
            .next()
            .filter(|c| *c == '"' || *c == '\'')
            .ok_or(Invalid::Syntax)?;
        let (value, after) = after[1..].split_once(quote).ok_or(Invalid::Syntax)?;
        let name = name.trim();
        if name.contains(|c: char| c.is_whitespace() || c == '<' || c == '>') {
            return Err(Invalid::Syntax);
        }
        if name != "xmlns" && !name.starts_with("xmlns:") {
            let mut text = String::with_capacity(value.len());
            unescape(value, &mut text)?;
            element.attributes.push((local(name).to_owned(), text));
        }
        rest = after;
    }
}

fn unescape(text: &str, out: &mut String) -> Result<(), Invalid> {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let (name, after) = rest[at + 1..].split_once(';').ok_or(Invalid::Syntax)?;
        let number = match name.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok(),
                None => digits.parse().ok(),
            },
            None => None,
        };
        out.push(match (name, number) {
            (_, Some(0)) => '\u{2400}',
            (_, Some(number)) => char::from_u32(number).unwrap_or('\u{fffd}'),
            ("lt", _) => '<',
            ("gt", _) => '>',
            ("amp", _) => '&',
            ("quot", _) => '"',
            ("apos", _) => '\'',
            _ => return Err(Invalid::Syntax),
        });
        rest = after;
    }
    out.push_str(rest);
    Ok(())
}

fn trim(text: &mut String) {
    let kept = text.trim();
    if kept.len() != text.len() {
        *text = kept.to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_attributes_and_text_are_read() {
        let root = parse("<?xml version='1.0'?>\n<!-- x --><e:Event xmlns:e='u' a=\"1 &lt; 2\"><D n='x'/> t&#x41;<![CDATA[<&>]]> </e:Event>\n").unwrap();
        assert_eq!(root.name, "Event");
        assert_eq!(root.attributes, [("a".to_owned(), "1 < 2".to_owned())]);
        assert_eq!(root.children.len(), 1);
        assert_eq!(root.text, "tA<&>");
    }

    #[test]
    fn what_would_grow_or_is_broken_is_refused() {
        for text in [
            "",
            "<a>",
            "<a></b>",
            "<a b></a>",
            "<a b=c></a>",
            "<a/><b/>",
            "<a>&b;</a>",
            "<a>&</a>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            "x<a/>",
            "<a",
            "</a>",
            "<é",
        ] {
            assert_eq!(parse(text), Err(Invalid::Syntax), "{text}");
        }
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        assert_eq!(parse(&deep), Err(Invalid::TooDeep));
    }
}
