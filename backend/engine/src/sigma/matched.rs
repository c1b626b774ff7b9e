//! Which fields made a rule match, for people: each field once, with the parts that the patterns cover.

use super::{
    pattern::{self, Hit, Target},
    view::EventView,
};
use rsigma_eval::{CompiledDetection, CompiledDetectionItem, CompiledMatcher, CompiledRule, Event, EventValue};
use rsigma_parser::{ConditionExpr, Detection, DetectionItem, Detections, Modifier, SigmaString, SigmaValue};
use std::collections::BTreeSet;
use watchfloor_shared::alert::MatchedField;

/// Texts that one list of keywords may name.
const KEYWORD_TEXTS_MAX: usize = 8;

/// The fields of `selections` (those that were true) that speak for the match; what a rule only excludes is left out.
pub(super) fn fields(
    rule: &CompiledRule,
    written: &Detections,
    selections: &[String],
    view: &EventView<'_>,
) -> Vec<MatchedField> {
    let mut wanted = BTreeSet::new();
    for condition in &rule.conditions {
        asked_for(condition, selections, true, &mut wanted);
    }
    let mut fields = Fields {
        view,
        found: Vec::new(),
    };
    for name in wanted {
        if let Some(detection) = rule.detections.get(name) {
            fields.add(detection, written.named.get(name));
        }
    }
    fields.found
}

/// The selections that the condition wants to be true.
fn asked_for<'a>(condition: &ConditionExpr, selections: &'a [String], positive: bool, wanted: &mut BTreeSet<&'a str>) {
    let mut take = |fits: &dyn Fn(&str) -> bool| {
        if positive {
            wanted.extend(selections.iter().map(String::as_str).filter(|name| fits(name)));
        }
    };
    match condition {
        ConditionExpr::Identifier(name) => take(&|found| found == name),
        ConditionExpr::Selector { pattern, .. } => take(&|found| pattern.matches_detection_name(found)),
        ConditionExpr::Not(inner) => asked_for(inner, selections, !positive, wanted),
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts
                .iter()
                .for_each(|part| asked_for(part, selections, positive, wanted));
        }
    }
}

struct Fields<'a> {
    view: &'a EventView<'a>,
    found: Vec<MatchedField>,
}

impl Fields<'_> {
    fn add(&mut self, detection: &CompiledDetection, written: Option<&Detection>) {
        match detection {
            CompiledDetection::AllOf(items) => {
                let written = match written {
                    Some(Detection::AllOf(written)) if written.len() == items.len() => Some(written),
                    _ => None,
                };
                for (index, item) in items.iter().enumerate() {
                    self.add_item(item, written.and_then(|written| written.get(index)));
                }
            }
            CompiledDetection::AnyOf(branches) => {
                let written = parts_of(written, branches.len());
                for (index, branch) in branches.iter().enumerate() {
                    if self.holds(branch) {
                        self.add(branch, written.and_then(|written| written.get(index)));
                    }
                }
            }
            CompiledDetection::And(parts) => {
                let written = parts_of(written, parts.len());
                for (index, part) in parts.iter().enumerate() {
                    self.add(part, written.and_then(|written| written.get(index)));
                }
            }
            CompiledDetection::Keywords(matcher) => self.add_keywords(matcher),
            CompiledDetection::ArrayMatch { field, .. } => {
                if let Some(value) = self.view.get_field(field) {
                    self.merge(field, text_of(&value), Vec::new(), "has a member that fits".to_owned());
                }
            }
            CompiledDetection::Conditional { .. } => {}
        }
    }

    /// Whether a branch of a list speaks for the match.
    fn holds(&self, detection: &CompiledDetection) -> bool {
        match detection {
            CompiledDetection::AllOf(items) => items.iter().all(|item| self.item_holds(item)),
            CompiledDetection::AnyOf(branches) => branches.iter().any(|branch| self.holds(branch)),
            CompiledDetection::And(parts) => parts.iter().all(|part| self.holds(part)),
            CompiledDetection::Keywords(matcher) => matcher.matches_keyword(self.view),
            CompiledDetection::ArrayMatch { .. } | CompiledDetection::Conditional { .. } => true,
        }
    }

    fn item_holds(&self, item: &CompiledDetectionItem) -> bool {
        let Some(field) = &item.field else {
            return item.matcher.matches_keyword(self.view);
        };
        let value = self.view.get_field(field);
        match (item.exists, value) {
            (Some(wanted), value) => value.is_some_and(|value| !value.is_null()) == wanted,
            (None, Some(value)) => item.matcher.matches(&value, self.view),
            (None, None) => matches!(item.matcher, CompiledMatcher::Null),
        }
    }

    fn add_item(&mut self, item: &CompiledDetectionItem, written: Option<&DetectionItem>) {
        let Some(field) = &item.field else {
            return self.add_keywords(&item.matcher);
        };
        let value = self.view.get_field(field);
        if item.exists.is_some() {
            let words = if value.is_some() { "is present" } else { "is absent" };
            return self.merge(
                field,
                value.as_ref().map(text_of).unwrap_or_default(),
                Vec::new(),
                words.to_owned(),
            );
        }
        let Some(value) = value else {
            return self.merge(field, String::new(), Vec::new(), "is empty".to_owned());
        };
        let wildcards = written.map(wildcards).unwrap_or_default();
        let members = match value {
            EventValue::Array(members) => members,
            single => vec![single],
        };
        for member in &members {
            let text = text_of(member);
            let target = Target {
                value: member,
                text: &text,
                event: self.view,
                wildcards: &wildcards,
            };
            for Hit { words, spans } in pattern::hits(&item.matcher, &target) {
                self.merge(field, text.clone(), spans, words);
            }
        }
    }

    fn add_keywords(&mut self, matcher: &CompiledMatcher) {
        let mut texts: Vec<(String, String)> = Vec::new();
        self.view.any_text(&mut |name, text| {
            let value = EventValue::Str(text.into());
            if matcher.matches(&value, self.view) && !texts.iter().any(|(_, known)| known == text) {
                texts.push((name.to_owned(), text.to_owned()));
            }
            texts.len() == KEYWORD_TEXTS_MAX
        });
        for (name, text) in texts {
            let value = EventValue::Str(text.as_str().into());
            let target = Target {
                value: &value,
                text: &text,
                event: self.view,
                wildcards: &[],
            };
            for Hit { words, spans } in pattern::hits(matcher, &target) {
                self.merge(&name, text.clone(), spans, words);
            }
        }
    }

    /// One entry per field and value; conditions add up, spans are united.
    fn merge(&mut self, field: &str, value: String, spans: Vec<(u32, u32)>, condition: String) {
        let known = self
            .found
            .iter_mut()
            .find(|known| known.field == field && known.value == value);
        let Some(known) = known else {
            let field = field.to_owned();
            self.found.push(MatchedField {
                field,
                value,
                spans: united(spans),
                condition,
            });
            return;
        };
        if !known.condition.split(" and ").any(|part| part == condition) {
            known.condition.push_str(" and ");
            known.condition.push_str(&condition);
        }
        let spans = known.spans.iter().copied().chain(spans).collect();
        known.spans = united(spans);
    }
}

fn parts_of(written: Option<&Detection>, count: usize) -> Option<&Vec<Detection>> {
    match written {
        Some(Detection::AnyOf(parts) | Detection::And(parts)) if parts.len() == count => Some(parts),
        _ => None,
    }
}

/// The item's values that the compiler turned into regular expressions.
fn wildcards(item: &DetectionItem) -> Vec<SigmaString> {
    if item.field.modifiers.contains(&Modifier::Re) {
        return Vec::new();
    }
    let strings = item.values.iter().filter_map(|value| match value {
        SigmaValue::String(string) if string.contains_wildcards() => Some(string.clone()),
        _ => None,
    });
    strings.collect()
}

fn text_of(value: &EventValue<'_>) -> String {
    match value.as_str() {
        Some(text) => text.into_owned(),
        None if value.is_null() => String::new(),
        None => value.to_json().to_string(),
    }
}

/// Sorted, touching ones joined.
fn united(mut spans: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    spans.sort_unstable();
    let mut joined: Vec<(u32, u32)> = Vec::with_capacity(spans.len());
    for (start, end) in spans {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_in_order_and_do_not_overlap() {
        assert_eq!(united(vec![(5, 9), (0, 3), (2, 4), (9, 10)]), [(0, 4), (5, 10)]);
    }
}
