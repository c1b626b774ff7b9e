//! Where a compiled pattern lies in a value, and how it reads in words.

use rsigma_eval::{CompiledMatcher, EventValue, matcher::GroupMode};
use rsigma_parser::{SigmaString, value::SpecialChar, value::StringPart};

/// One pattern that a value fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    /// `endswith \rundll32.exe`.
    pub words: String,
    /// Byte ranges of the value; empty when the pattern is about all of it.
    pub spans: Vec<(u32, u32)>,
}

impl Hit {
    fn whole(words: String) -> Self {
        Self {
            words,
            spans: Vec::new(),
        }
    }
}

/// A field's value while its patterns are being found in it.
pub(super) struct Target<'a, E> {
    pub value: &'a EventValue<'a>,
    pub text: &'a str,
    pub event: &'a E,
    /// The item's values with wildcards, which the compiler turns into regular expressions.
    pub wildcards: &'a [SigmaString],
}

/// Every pattern of `matcher` that the value fits, in the rule's order.
pub(super) fn hits<E: rsigma_eval::Event>(matcher: &CompiledMatcher, target: &Target<'_, E>) -> Vec<Hit> {
    let mut found = Vec::new();
    collect(matcher, target, &mut found);
    found
}

fn collect<E: rsigma_eval::Event>(matcher: &CompiledMatcher, target: &Target<'_, E>, found: &mut Vec<Hit>) {
    match matcher {
        CompiledMatcher::AnyOf(children) | CompiledMatcher::AllOf(children) => {
            children.iter().for_each(|child| collect(child, target, found));
        }
        CompiledMatcher::CaseInsensitiveGroup {
            children,
            mode: GroupMode::Any | GroupMode::All,
        } => {
            children.iter().for_each(|child| collect(child, target, found));
        }
        CompiledMatcher::AhoCorasickSet {
            needles,
            case_insensitive,
            ..
        } => {
            let found_in = |needle: &String| contains(needle, *case_insensitive, target.text);
            found.extend(needles.iter().filter_map(found_in));
        }
        CompiledMatcher::RegexSetMatch { set, .. } => {
            let patterns = set.matches(target.text).into_iter();
            let patterns = patterns.filter_map(|index| set.patterns().get(index));
            found.extend(patterns.map(|pattern| regex(pattern, None, target)));
        }
        CompiledMatcher::Regex(pattern) => {
            if let Some(part) = pattern.find(target.text) {
                found.push(regex(pattern.as_str(), Some((part.start(), part.end())), target));
            }
        }
        _ if !matcher.matches(target.value, target.event) => {}
        _ => found.extend(one(matcher, target.text)),
    }
}

/// A pattern that stands alone and is known to fit.
fn one(matcher: &CompiledMatcher, text: &str) -> Option<Hit> {
    match matcher {
        CompiledMatcher::Exact { value, .. } => Some(Hit::whole(format!("is {}", shown(value)))),
        CompiledMatcher::Contains {
            value,
            case_insensitive,
        } => contains(value, *case_insensitive, text),
        CompiledMatcher::StartsWith {
            value,
            case_insensitive,
        } => {
            let spans = at_start(text, value, *case_insensitive).map(|end| (0, end));
            Some(partial(format!("startswith {}", shown(value)), spans, text))
        }
        CompiledMatcher::EndsWith {
            value,
            case_insensitive,
        } => {
            let spans = at_end(text, value, *case_insensitive).map(|start| (start, text.len()));
            Some(partial(format!("endswith {}", shown(value)), spans, text))
        }
        other => {
            let described = other.describe();
            let kind = match serde_json::to_value(described.kind) {
                Ok(serde_json::Value::String(kind)) => kind,
                _ => String::new(),
            };
            let pattern = described.pattern.unwrap_or_default();
            let not = if described.negated { "not " } else { "" };
            let words = match kind.as_str() {
                "numeric" => pattern,
                "null" => "is empty".to_owned(),
                "exists" if pattern == "true" => "is present".to_owned(),
                "exists" => "is absent".to_owned(),
                "cidr" => format!("in {pattern}"),
                "fieldref" => format!("is the same as {pattern}"),
                "exact" | "bool" => format!("is {pattern}"),
                _ => format!("{kind} {pattern}"),
            };
            Some(Hit::whole(format!("{not}{words}")))
        }
    }
}

fn partial(words: String, span: Option<(usize, usize)>, text: &str) -> Hit {
    let spans = span.filter(|(start, end)| (*start, *end) != (0, text.len()));
    Hit {
        words,
        spans: spans.and_then(narrow).into_iter().collect(),
    }
}

fn narrow((start, end): (usize, usize)) -> Option<(u32, u32)> {
    let (start, end) = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
    (start < end).then_some((start, end))
}

/// An empty value is easy to overlook in a sentence.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

fn contains(needle: &str, case_insensitive: bool, text: &str) -> Option<Hit> {
    let mut spans = Vec::new();
    let mut from = 0;
    while let Some((start, end)) = find(text, needle, from, case_insensitive) {
        spans.extend(narrow((start, end)));
        if end <= from {
            break;
        }
        from = end;
    }
    (!spans.is_empty()).then(|| Hit {
        words: format!("contains {needle}"),
        spans,
    })
}

/// A regular expression of the rule, or one that stands for wildcards.
fn regex<E>(pattern: &str, found: Option<(usize, usize)>, target: &Target<'_, E>) -> Hit {
    let wildcard = target.wildcards.iter().find_map(|wildcard| {
        let spans = literal_parts(wildcard, target.text)?;
        Some(Hit {
            words: format!("like {}", wildcard.original),
            spans,
        })
    });
    wildcard.unwrap_or_else(|| {
        let shown = pattern.trim_start_matches("(?i)");
        partial(format!("matches {shown}"), found, target.text)
    })
}

/// Where the literal parts of a wildcard pattern lie, the leftmost way; `None` when they are not all there in this order.
fn literal_parts(pattern: &SigmaString, text: &str) -> Option<Vec<(u32, u32)>> {
    let mut spans = Vec::new();
    let mut from = 0;
    let last = pattern.parts.len().checked_sub(1)?;
    for (index, part) in pattern.parts.iter().enumerate() {
        match part {
            StringPart::Plain(literal) => {
                let (start, end) = if index == last && index > 0 {
                    at_end(text, literal, true)
                        .filter(|start| *start >= from)
                        .map(|start| (start, text.len()))?
                } else {
                    find(text, literal, from, true)?
                };
                spans.extend(narrow((start, end)));
                from = end;
            }
            StringPart::Special(SpecialChar::WildcardSingle) => from += text.get(from..)?.chars().next()?.len_utf8(),
            StringPart::Special(SpecialChar::WildcardMulti) => {}
        }
    }
    Some(spans)
}

/// The first place at or after byte `from`; case folded one character at a time, so that places stay the value's own.
fn find(text: &str, needle: &str, from: usize, case_insensitive: bool) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    if !case_insensitive {
        return rest.find(needle).map(|at| (from + at, from + at + needle.len()));
    }
    rest.char_indices().find_map(|(at, _)| {
        let start = from + at;
        at_start(text.get(start..)?, needle, true).map(|length| (start, start + length))
    })
}

/// The length of the part of `text` that `prefix` covers, when it starts with it.
fn at_start(text: &str, prefix: &str, case_insensitive: bool) -> Option<usize> {
    if !case_insensitive {
        return text.starts_with(prefix).then_some(prefix.len());
    }
    let mut wanted = prefix.chars().flat_map(char::to_lowercase).peekable();
    let mut length = 0;
    for c in text.chars() {
        if wanted.peek().is_none() {
            break;
        }
        for folded in c.to_lowercase() {
            if wanted.next() != Some(folded) {
                return None;
            }
        }
        length += c.len_utf8();
    }
    wanted.peek().is_none().then_some(length)
}

/// Where the suffix starts, when `text` ends with it.
fn at_end(text: &str, suffix: &str, case_insensitive: bool) -> Option<usize> {
    if !case_insensitive {
        return text.ends_with(suffix).then(|| text.len() - suffix.len());
    }
    let mut wanted = suffix.chars().rev().flat_map(|c| c.to_lowercase().rev()).peekable();
    let mut start = text.len();
    for c in text.chars().rev() {
        if wanted.peek().is_none() {
            break;
        }
        for folded in c.to_lowercase().rev() {
            if wanted.next() != Some(folded) {
                return None;
            }
        }
        start -= c.len_utf8();
    }
    wanted.peek().is_none().then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_any_case_and_any_alphabet() {
        assert_eq!(find("ÄÖ MiniDump", "minidump", 0, true), Some((5, 13)));
        assert_eq!(at_end("C:\\Straße\\RUNDLL32.EXE", "\\rundll32.exe", true), Some(10));
        assert_eq!(at_start("İx", "i̇", true), Some(2));
        assert_eq!(find("abc", "d", 0, true), None);
    }

    #[test]
    fn wildcards_show_their_literal_parts() {
        let spans = |pattern: &str, text: &str| literal_parts(&SigmaString::new(pattern), text);
        assert_eq!(
            spans("*\\temp\\\\*.exe", "C:\\Temp\\a.exe"),
            Some(vec![(2, 8), (9, 13)])
        );
        assert_eq!(spans("*.exe", "a.exe.txt"), None);
        assert_eq!(spans("a?c", "abc"), Some(vec![(0, 1), (2, 3)]));
    }

    #[test]
    fn every_place_of_a_part_is_shown() {
        let hit = contains("aa", true, "AAbaa").unwrap();
        assert_eq!(hit.spans, [(0, 2), (3, 5)]);
        assert_eq!(hit.words, "contains aa");
    }
}
