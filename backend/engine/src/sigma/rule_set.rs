//! The loaded rules, sorted by logsource so that an event meets only those that can match it.

use super::{
    load::{Parsed, ParsedDetection},
    logsource, matched,
    rule::{LoadedRule, RuleCounts, RuleSource},
    view::EventView,
};
use crate::{
    Event,
    alert::{Detection, explain},
};
use rsigma_eval::Engine;
use rsigma_parser::{Detections, LogSource};
use std::{collections::BTreeMap, sync::Arc};
use watchfloor_shared::{RuleId, Timestamp, alert::MatchedField};

/// All rules of a server. Immutable: a change of the files makes a new set. Cheap to ask from many threads at once.
pub struct RuleSet {
    rules: Vec<LoadedRule>,
    /// Rules with the same logsource, compiled together.
    buckets: Vec<Bucket>,
    /// For each class of events, the buckets that it meets.
    by_class: Vec<Vec<usize>>,
}

struct Bucket {
    engine: Engine,
    /// The rule of each of the engine's rules, and how it was written.
    members: Vec<(usize, Detections)>,
}

/// One match, before it is explained.
pub(super) struct RuleMatch {
    pub rule: usize,
    pub matched: Vec<MatchedField>,
}

impl RuleSet {
    pub fn load(sources: impl IntoIterator<Item = RuleSource>) -> Self {
        let mut parsed = Parsed::read(sources);
        let detections = std::mem::take(&mut parsed.detections);
        let classes = logsource::classes();
        let mut groups: BTreeMap<[Option<String>; 3], (LogSource, Vec<ParsedDetection>)> = BTreeMap::new();
        for detection in detections {
            let collected = classes.iter().any(|class| class.fits(&detection.logsource));
            if let Some(rule) = parsed.rules.get_mut(detection.rule) {
                rule.collected = collected;
            }
            if collected {
                let source = detection.logsource.clone();
                let key = [source.product.clone(), source.category.clone(), source.service.clone()];
                groups
                    .entry(key)
                    .or_insert_with(|| (source, Vec::new()))
                    .1
                    .push(detection);
            }
        }
        let by_class = classes.iter().map(|class| {
            let fitting = groups
                .values()
                .enumerate()
                .filter(|(_, (source, _))| class.fits(source));
            fitting.map(|(index, _)| index).collect()
        });
        let by_class = by_class.collect();
        let buckets = groups.into_values().map(|(_, members)| Bucket::new(members)).collect();
        Self {
            rules: parsed.rules,
            buckets,
            by_class,
        }
    }

    /// In the order of the sources.
    pub fn rules(&self) -> &[LoadedRule] {
        &self.rules
    }

    pub fn rule(&self, id: &RuleId) -> Option<&LoadedRule> {
        self.rules.iter().find(|rule| rule.id == *id)
    }

    pub fn counts(&self) -> RuleCounts {
        let count = |fits: &dyn Fn(&LoadedRule) -> bool| self.rules.iter().filter(|rule| fits(rule)).count();
        RuleCounts {
            total: self.rules.len(),
            active: count(&LoadedRule::is_active),
            not_collected: count(&|rule| rule.is_active() && !rule.collected),
            unsupported: count(&|rule| !rule.is_active()),
            correlations: count(&|rule| rule.correlation),
        }
    }

    /// Every rule that matches the event, by rule id.
    pub fn detect(&self, event: &Event, received: Timestamp, detected: Timestamp) -> Vec<Detection> {
        let matches = self.matches(event);
        if matches.is_empty() {
            return Vec::new();
        }
        let story = explain::Story::of(event);
        let mut detections: Vec<Detection> = matches
            .into_iter()
            .filter_map(|found| Some((self.rules.get(found.rule)?, found.matched)))
            .filter(|(rule, _)| !rule.silent)
            .map(|(rule, matched)| story.detection(rule, matched, received, detected))
            .collect();
        detections.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        detections
    }

    /// The rules that match, those without an alert of their own included.
    pub(super) fn matches(&self, event: &Event) -> Vec<RuleMatch> {
        let buckets = logsource::classify(event).and_then(|class| self.by_class.get(class));
        let Some(buckets) = buckets else {
            return Vec::new();
        };
        let view = EventView::new(event);
        let mut found = Vec::new();
        for bucket in buckets.iter().filter_map(|index| self.buckets.get(*index)) {
            bucket.matches(&view, &mut found);
        }
        found
    }
}

impl Bucket {
    /// The engine's copies carry nothing but their position: all that people read stays with the [`LoadedRule`].
    fn new(detections: Vec<ParsedDetection>) -> Self {
        let mut engine = Engine::new();
        let mut members = Vec::with_capacity(detections.len());
        let mut compiled = Vec::with_capacity(detections.len());
        for (position, detection) in detections.into_iter().enumerate() {
            let mut rule = detection.compiled;
            rule.id = Some(position.to_string());
            rule.title = String::new();
            rule.description = None;
            rule.tags = Vec::new();
            rule.falsepositives = Vec::new();
            rule.custom_attributes = Arc::default();
            rule.include_event = false;
            compiled.push(rule);
            members.push((detection.rule, detection.written));
        }
        engine.extend_compiled_rules(compiled);
        Self { engine, members }
    }

    fn matches(&self, view: &EventView<'_>, found: &mut Vec<RuleMatch>) {
        for result in self.engine.evaluate(view) {
            let position = result.header.rule_id.as_deref().and_then(|id| id.parse::<usize>().ok());
            let member =
                position.and_then(|position| Some((self.engine.rules().get(position)?, self.members.get(position)?)));
            if let (Some((compiled, (rule, written))), Some(body)) = (member, result.as_detection()) {
                let matched = matched::fields(compiled, written, &body.matched_selections, view);
                found.push(RuleMatch { rule: *rule, matched });
            }
        }
    }
}
