//! The loaded rules, sorted by logsource so that an event meets only those that can match it.

use super::{
    correlation::{self, Correlation},
    correlator::Hits,
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
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use watchfloor_shared::{RuleId, Timestamp, alert::MatchedField};

/// All rules of a server. Immutable: a change of the files makes a new set. Cheap to ask from many threads at once.
pub struct RuleSet {
    rules: Vec<LoadedRule>,
    places: HashMap<RuleId, usize>,
    /// Rules with the same logsource, compiled together.
    buckets: Vec<Bucket>,
    /// For each class of events, the buckets that it meets: those that raise alerts, and those that only feed correlations.
    loud: Vec<Vec<usize>>,
    silent: Vec<Vec<usize>>,
    /// Each after those that it refers to.
    correlations: Vec<Correlation>,
    /// For a rule, the correlations that refer to it, and as which part.
    feeds: HashMap<usize, Vec<(usize, usize)>>,
}

/// What rules of one bucket have in common.
type BucketKey = (bool, [Option<String>; 3]);

struct Bucket {
    engine: Engine,
    /// The rule of each of the engine's rules, and how it was written.
    members: Vec<(usize, Detections)>,
}

/// One match, before it is explained.
struct RuleMatch {
    rule: usize,
    matched: Vec<MatchedField>,
}

impl RuleSet {
    pub fn load(sources: impl IntoIterator<Item = RuleSource>) -> Self {
        let mut parsed = Parsed::read(sources);
        let correlations = correlation::resolve(&mut parsed);
        let classes = logsource::classes();
        let mut groups: BTreeMap<BucketKey, (LogSource, Vec<ParsedDetection>)> = BTreeMap::new();
        for detection in std::mem::take(&mut parsed.detections) {
            let Some(rule) = parsed.rules.get_mut(detection.rule) else {
                continue;
            };
            rule.collected = classes.iter().any(|class| class.fits(&detection.logsource));
            if rule.collected {
                let source = detection.logsource.clone();
                let key = (
                    rule.silent,
                    [source.product.clone(), source.category.clone(), source.service.clone()],
                );
                groups
                    .entry(key)
                    .or_insert_with(|| (source, Vec::new()))
                    .1
                    .push(detection);
            }
        }
        let by_class = |wanted: bool| -> Vec<Vec<usize>> {
            let fitting = |class: &logsource::Class| {
                let fits =
                    |((silent, _), (source, _)): (&BucketKey, &(LogSource, _))| *silent == wanted && class.fits(source);
                let positions = groups.iter().enumerate().filter(|(_, group)| fits(*group));
                positions.map(|(position, _)| position).collect()
            };
            classes.iter().map(fitting).collect()
        };
        let (loud, silent) = (by_class(false), by_class(true));
        let mut feeds: HashMap<usize, Vec<(usize, usize)>> = HashMap::new();
        for (index, correlation) in correlations.iter().enumerate() {
            for (place, part) in correlation.parts.iter().enumerate() {
                feeds.entry(part.rule).or_default().push((index, place));
            }
            let collected = correlation
                .parts
                .iter()
                .any(|part| parsed.rules.get(part.rule).is_some_and(|rule| rule.collected));
            if let Some(rule) = parsed.rules.get_mut(correlation.rule) {
                rule.collected = collected;
            }
        }
        let places = parsed
            .rules
            .iter()
            .enumerate()
            .rev()
            .map(|(place, rule)| (rule.id.clone(), place))
            .collect();
        let buckets = groups.into_values().map(|(_, members)| Bucket::new(members)).collect();
        Self {
            rules: parsed.rules,
            places,
            buckets,
            loud,
            silent,
            correlations,
            feeds,
        }
    }

    /// In the order of the sources.
    pub fn rules(&self) -> &[LoadedRule] {
        &self.rules
    }

    pub fn rule(&self, id: &RuleId) -> Option<&LoadedRule> {
        self.rules.get(*self.places.get(id)?)
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

    /// The longest time that a correlation looks back; `None` without correlations.
    pub fn correlation_window_max(&self) -> Option<Duration> {
        self.correlations.iter().map(|correlation| correlation.span).max()
    }

    /// Every rule that matches the event, by rule id. Rules that only feed correlations raise nothing of their own.
    pub fn detect(&self, event: &Event, received: Timestamp, detected: Timestamp) -> Vec<Detection> {
        let matches = self.matches(event, &self.loud);
        if matches.is_empty() {
            return Vec::new();
        }
        let story = explain::Story::of(event);
        let rules = matches
            .into_iter()
            .filter_map(|found| Some((self.rules.get(found.rule)?, found.matched)));
        let mut detections: Vec<Detection> = rules
            .map(|(rule, matched)| story.detection(rule, matched, received, detected))
            .collect();
        detections.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        detections
    }

    /// The places of those of these rules that a correlation refers to.
    pub(super) fn feeding(&self, detections: &[Detection]) -> Hits {
        if self.correlations.is_empty() {
            return Hits::new();
        }
        let places = detections
            .iter()
            .filter_map(|detection| self.places.get(&detection.rule.id).copied());
        places.filter(|place| self.feeds.contains_key(place)).collect()
    }

    /// The places of the rules that match and only feed correlations.
    pub(super) fn silent_matches(&self, event: &Event) -> Hits {
        self.matches(event, &self.silent)
            .into_iter()
            .map(|found| found.rule)
            .collect()
    }

    /// The correlations that refer to a rule, and as which part.
    pub(super) fn fed_by(&self, rule: usize) -> impl Iterator<Item = (&Correlation, usize)> {
        let feeds = self.feeds.get(&rule).into_iter().flatten();
        feeds.filter_map(|(index, place)| Some((self.correlations.get(*index)?, *place)))
    }

    fn matches(&self, event: &Event, by_class: &[Vec<usize>]) -> Vec<RuleMatch> {
        let buckets = logsource::classify(event).and_then(|class| by_class.get(class));
        let Some(buckets) = buckets.filter(|buckets| !buckets.is_empty()) else {
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
