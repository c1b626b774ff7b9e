//! From rule files to compiled rules. Nothing is lost on the way: what cannot run stays in the list with its reason.

use super::rule::{LoadedRule, RuleSource};
use rsigma_eval::{CompiledRule, Engine, compile_rule};
use rsigma_parser::{
    ConditionExpr, CorrelationRule, Detection, Detections, FilterRule, Modifier, SelectorPattern, SigmaCollection,
    SigmaRule, Status, parse_sigma_yaml,
};
use std::collections::HashMap;
use watchfloor_shared::{RuleId, rule::RuleState};

/// Everything that was read, before it is sorted by logsource.
#[derive(Default)]
pub(super) struct Parsed {
    pub rules: Vec<LoadedRule>,
    /// Positions in `rules`, with what the engine needs to run them.
    pub detections: Vec<ParsedDetection>,
    pub correlations: Vec<(usize, CorrelationRule)>,
    filters: Vec<(FilterRule, RuleSource)>,
    taken: HashMap<RuleId, usize>,
    /// Sigma's `name` of a rule, by which correlations may refer to it.
    pub names: HashMap<String, usize>,
}

pub(super) struct ParsedDetection {
    pub rule: usize,
    pub compiled: CompiledRule,
    pub logsource: rsigma_parser::LogSource,
    pub written: Detections,
}

impl Parsed {
    pub(super) fn read(sources: impl IntoIterator<Item = RuleSource>) -> Self {
        let mut parsed = Self::default();
        for source in sources {
            parsed.add(&source);
        }
        parsed.apply_filters();
        parsed
    }

    fn add(&mut self, source: &RuleSource) {
        let collection = match parse_sigma_yaml(&source.yaml) {
            Ok(collection) => collection,
            Err(error) => return self.rules.push(LoadedRule::of_error(source, &error.to_string())),
        };
        for error in collection.errors.iter().filter(|error| !is_remark(error)) {
            self.rules.push(LoadedRule::of_error(source, error));
        }
        for rule in &collection.rules {
            self.add_detection(rule, source);
        }
        for rule in collection.correlations {
            let index = self.push(LoadedRule::of_correlation(&rule, source));
            if let Some(name) = &rule.name {
                self.names.entry(name.clone()).or_insert(index);
            }
            self.correlations.push((index, rule));
        }
        self.filters
            .extend(collection.filters.into_iter().map(|filter| (filter, source.clone())));
    }

    fn add_detection(&mut self, rule: &SigmaRule, source: &RuleSource) {
        let index = self.push(LoadedRule::of_detection(rule, source));
        if let Some(name) = &rule.name {
            self.names.entry(name.clone()).or_insert(index);
        }
        let compiled = match check(rule) {
            Ok(()) => compile_rule(rule).map_err(|error| error.to_string()),
            Err(reason) => Err(reason),
        };
        match compiled {
            Ok(compiled) => self.detections.push(ParsedDetection {
                rule: index,
                compiled,
                logsource: rule.logsource.clone(),
                written: rule.detection.clone(),
            }),
            Err(reason) => self.refuse(index, reason),
        }
    }

    /// Adds a rule; the second of an id is refused, under an id of its own.
    fn push(&mut self, rule: LoadedRule) -> usize {
        let index = self.rules.len();
        let first = *self.taken.entry(rule.id.clone()).or_insert(index);
        self.rules.push(rule);
        if first != index {
            let place = self.rules.get(first).map_or_else(String::new, |rule| rule.path.clone());
            self.refuse(index, format!("its id is already used by {place}"));
        }
        index
    }

    /// The first reason stays.
    pub(super) fn refuse(&mut self, index: usize, reason: String) {
        if let Some(rule) = self.rules.get_mut(index)
            && rule.is_active()
        {
            rule.state = RuleState::Unsupported(reason);
        }
    }

    /// A rule by its id or name.
    pub(super) fn find(&self, reference: &str) -> Option<usize> {
        let by_id = self.taken.get(&RuleId::new(reference));
        by_id.or_else(|| self.names.get(reference)).copied()
    }

    /// Filters narrow rules that are already compiled; rsigma does it inside an engine.
    fn apply_filters(&mut self) {
        self.detections
            .retain(|detection| self.rules.get(detection.rule).is_some_and(LoadedRule::is_active));
        if self.filters.is_empty() {
            return;
        }
        let mut engine = Engine::new();
        engine.extend_compiled_rules(self.detections.iter().map(|detection| detection.compiled.clone()));
        for (filter, source) in std::mem::take(&mut self.filters) {
            if let Some(unknown) = self.unknown_target(&filter) {
                let reason = format!("the filter names {unknown}, which no loaded rule has as id, name or title");
                self.rules.push(LoadedRule::of_error(&source, &reason));
                continue;
            }
            let mut collection = SigmaCollection::new();
            collection.filters.push(filter);
            if let Err(error) = engine.add_collection(&collection) {
                self.rules.push(LoadedRule::of_error(&source, &error.to_string()));
            }
        }
        for (detection, filtered) in self.detections.iter_mut().zip(engine.rules()) {
            detection.compiled = filtered.clone();
        }
    }

    fn unknown_target(&self, filter: &FilterRule) -> Option<String> {
        let rsigma_parser::FilterRuleTarget::Specific(targets) = &filter.rules else {
            return None;
        };
        let known =
            |target: &String| self.find(target).is_some() || self.rules.iter().any(|rule| rule.title == *target);
        targets.iter().find(|target| !known(target)).cloned()
    }
}

/// What the parser remarks on and still accepts.
fn is_remark(error: &str) -> bool {
    ["related", "'related'", "invalid status", "invalid sigma-version"]
        .iter()
        .any(|start| error.starts_with(start))
}

/// What compiles and still cannot work.
fn check(rule: &SigmaRule) -> Result<(), String> {
    if rule.status == Some(Status::Unsupported) {
        return Err("its author marked it as unsupported".to_owned());
    }
    if rule.detection.timeframe.is_some() {
        return Err("a timeframe inside a rule is an old form; it needs a correlation rule".to_owned());
    }
    for detection in rule.detection.named.values() {
        if let Some(field) = placeholder(detection) {
            return Err(format!(
                "the field {field} uses a placeholder, and there is no list of values for it"
            ));
        }
    }
    for condition in &rule.detection.conditions {
        undefined(condition, &rule.detection)?;
    }
    Ok(())
}

fn placeholder(detection: &Detection) -> Option<String> {
    match detection {
        Detection::AllOf(items) => items
            .iter()
            .find(|item| item.field.modifiers.contains(&Modifier::Expand))
            .map(|item| item.field.name.clone().unwrap_or_default()),
        Detection::AnyOf(parts) | Detection::And(parts) => parts.iter().find_map(placeholder),
        Detection::ArrayMatch { body, .. } => placeholder(body),
        Detection::Conditional { named, .. } => named.values().find_map(placeholder),
        Detection::Keywords(_) => None,
    }
}

/// A condition that names what the rule does not define can never be decided.
fn undefined(condition: &ConditionExpr, detections: &Detections) -> Result<(), String> {
    let missing = |name: &str| Err(format!("the condition names {name}, which the rule does not define"));
    match condition {
        ConditionExpr::Identifier(name) if !detections.named.contains_key(name) => missing(name),
        ConditionExpr::Selector {
            pattern: pattern @ SelectorPattern::Pattern(text),
            ..
        } => {
            let known = detections.named.keys().any(|name| pattern.matches_detection_name(name));
            if known { Ok(()) } else { missing(text) }
        }
        ConditionExpr::Not(inner) => undefined(inner, detections),
        ConditionExpr::And(parts) | ConditionExpr::Or(parts) => {
            parts.iter().try_for_each(|part| undefined(part, detections))
        }
        ConditionExpr::Identifier(_) | ConditionExpr::Selector { .. } => Ok(()),
    }
}
