//! A rule as it was loaded: what people read about it, and whether it runs.

use crate::attack;
use rsigma_parser::{CorrelationRule, Level, LogSource, SigmaRule, Status};
use watchfloor_shared::{
    RuleId,
    alert::{AlertRule, Severity, Technique},
    rule::{RuleState, RuleSummary},
};
use xxhash_rust::xxh3::xxh3_128;

/// One file of rules, as the caller read it. The engine reads no files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSource {
    /// `starter` for the rules that ship, otherwise the folder's name.
    pub pack: String,
    /// Path below the pack's folder.
    pub path: String,
    pub yaml: String,
}

/// A rule of a [`RuleSet`](super::RuleSet), in the order of its sources.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedRule {
    pub id: RuleId,
    pub title: String,
    /// `informational`, `low`, `medium`, `high` or `critical`; `medium` where the rule says nothing.
    pub level: String,
    pub severity: Severity,
    /// `stable`, `test`, `experimental`, …; empty where the rule says nothing.
    pub status: String,
    /// `windows · process_creation`; for a correlation `correlation · event_count`.
    pub logsource: String,
    pub tags: Vec<String>,
    pub techniques: Vec<Technique>,
    pub description: String,
    pub author: Option<String>,
    pub falsepositives: Vec<String>,
    pub references: Vec<String>,
    pub path: String,
    pub pack: String,
    pub correlation: bool,
    pub state: RuleState,
    /// Whether events of this logsource are routed at all: a rule for a source that nobody sends is loaded and never matches.
    pub collected: bool,
    /// Feeds a correlation that asks for no alert of its own parts.
    pub silent: bool,
}

/// How many rules a set has, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RuleCounts {
    pub total: usize,
    pub active: usize,
    /// Active ones whose logsource nothing delivers.
    pub not_collected: usize,
    pub unsupported: usize,
    pub correlations: usize,
}

impl LoadedRule {
    /// For the console; `alerts` is for the caller to fill.
    pub fn summary(&self) -> RuleSummary {
        RuleSummary {
            id: self.id.clone(),
            title: self.title.clone(),
            level: self.level.clone(),
            severity: self.severity,
            logsource: self.logsource.clone(),
            techniques: self.techniques.clone(),
            path: self.path.clone(),
            pack: self.pack.clone(),
            correlation: self.correlation,
            state: self.state.clone(),
            alerts: 0,
        }
    }

    /// What an alert keeps of its rule.
    pub fn alert_rule(&self) -> AlertRule {
        AlertRule {
            id: self.id.clone(),
            title: self.title.clone(),
            level: self.level.clone(),
            description: self.description.clone(),
            author: self.author.clone(),
            false_positives: self.falsepositives.clone(),
            references: self.references.clone(),
        }
    }

    pub fn is_active(&self) -> bool {
        self.state == RuleState::Active
    }

    pub(super) fn of_detection(rule: &SigmaRule, source: &RuleSource) -> Self {
        let mut loaded = Self::bare(&rule.title, source);
        loaded.take_id(rule.id.as_deref());
        loaded.take_level(rule.level, rule.status);
        loaded.take_tags(&rule.tags);
        loaded.logsource = logsource_text(&rule.logsource);
        loaded.description = rule.description.clone().unwrap_or_default();
        loaded.author = rule.author.clone();
        loaded.falsepositives = rule.falsepositives.clone();
        loaded.references = rule.references.clone();
        loaded
    }

    pub(super) fn of_correlation(rule: &CorrelationRule, source: &RuleSource) -> Self {
        let mut loaded = Self::bare(&rule.title, source);
        loaded.take_id(rule.id.as_deref().or(rule.name.as_deref()));
        loaded.take_level(rule.level, rule.status);
        loaded.take_tags(&rule.tags);
        loaded.logsource = format!("correlation · {}", rule.correlation_type.as_str());
        loaded.description = rule.description.clone().unwrap_or_default();
        loaded.author = rule.author.clone();
        loaded.falsepositives = rule.falsepositives.clone();
        loaded.references = rule.references.clone();
        loaded.correlation = true;
        loaded
    }

    /// A document that is no rule, under the name its text gives.
    pub(super) fn of_error(source: &RuleSource, reason: &str) -> Self {
        let title = source.yaml.lines().find_map(|line| line.strip_prefix("title:"));
        let title = title.map_or(source.path.as_str(), |title| title.trim().trim_matches(['\'', '"']));
        let mut loaded = Self::bare(title, source);
        loaded.state = RuleState::Unsupported(reason.to_owned());
        loaded
    }

    fn bare(title: &str, source: &RuleSource) -> Self {
        Self {
            id: made_up_id(source, title),
            title: title.to_owned(),
            level: Level::Medium.as_str().to_owned(),
            severity: Severity::Medium,
            status: String::new(),
            logsource: String::new(),
            tags: Vec::new(),
            techniques: Vec::new(),
            description: String::new(),
            author: None,
            falsepositives: Vec::new(),
            references: Vec::new(),
            path: source.path.clone(),
            pack: source.pack.clone(),
            correlation: false,
            state: RuleState::Active,
            collected: false,
            silent: false,
        }
    }

    fn take_id(&mut self, id: Option<&str>) {
        if let Some(id) = id.map(str::trim).filter(|id| !id.is_empty()) {
            self.id = RuleId::new(id);
        }
    }

    fn take_level(&mut self, level: Option<Level>, status: Option<Status>) {
        let level = level.unwrap_or(Level::Medium);
        self.level = level.as_str().to_owned();
        self.severity = match level {
            Level::Informational | Level::Low => Severity::Low,
            Level::Medium => Severity::Medium,
            Level::High => Severity::High,
            Level::Critical => Severity::Critical,
        };
        self.status = status.map_or("", status_text).to_owned();
    }

    fn take_tags(&mut self, tags: &[String]) {
        self.techniques = attack::techniques(tags.iter().map(String::as_str));
        self.tags = tags.to_vec();
    }
}

fn status_text(status: Status) -> &'static str {
    match status {
        Status::Stable => "stable",
        Status::Test => "test",
        Status::Experimental => "experimental",
        Status::Deprecated => "deprecated",
        Status::Unsupported => "unsupported",
    }
}

fn logsource_text(logsource: &LogSource) -> String {
    let parts = [&logsource.product, &logsource.category, &logsource.service];
    let parts: Vec<&str> = parts.into_iter().filter_map(Option::as_deref).collect();
    if parts.is_empty() {
        "any".to_owned()
    } else {
        parts.join(" · ")
    }
}

/// A rule without an id keeps the same made-up one as long as its place and title stay.
fn made_up_id(source: &RuleSource, title: &str) -> RuleId {
    let seed = format!("{}\0{}\0{title}", source.pack, source.path);
    let hex = format!("{:032x}", xxh3_128(seed.as_bytes()));
    RuleId::new(format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    ))
}
