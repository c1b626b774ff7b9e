//! Correlation rules, checked and resolved: what they count, over which rules, within which time.

use super::load::Parsed;
use rsigma_parser::{
    ConditionExpr, ConditionOperator, CorrelationCondition, CorrelationRule, CorrelationType, WindowMode,
};
use std::{collections::HashMap, time::Duration};
use watchfloor_shared::RuleId;
use xxhash_rust::xxh3::xxh3_128;

/// Rules that one correlation may refer to: one bit each.
const PARTS_MAX: usize = 64;

/// A threshold that one window can still remember.
pub(super) const THRESHOLD_MAX: u64 = 5_000;

#[derive(Debug)]
pub(super) struct Correlation {
    /// Its place among the rules.
    pub rule: usize,
    pub id: RuleId,
    pub kind: Kind,
    /// The rules that it refers to, as it names them.
    pub parts: Vec<Part>,
    pub span: Duration,
    /// As the rule writes it, `5m`.
    pub timespan: String,
    pub group_by: Vec<String>,
    /// Changes when the rule changes its meaning: then what was counted counts no more.
    pub fingerprint: u128,
}

#[derive(Debug)]
pub(super) struct Part {
    pub rule: usize,
    pub title: String,
    /// Where this rule's events have the group's values; as many as `group_by`.
    pub group_fields: Vec<String>,
    pub value_fields: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// So many events.
    Count(Threshold),
    /// So many different values of a field.
    Values { field: String, threshold: Threshold },
    /// All these rules, in any order.
    Together(Presence),
    /// All these rules, one after the other.
    InOrder,
}

/// All must hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Threshold(Vec<(ConditionOperator, u64)>);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Part(usize),
    AtLeast(Threshold),
    All(Vec<Presence>),
    Any(Vec<Presence>),
}

impl Threshold {
    pub(super) fn holds(&self, count: u64) -> bool {
        self.0.iter().all(|(operator, bound)| match operator {
            ConditionOperator::Lt => count < *bound,
            ConditionOperator::Lte => count <= *bound,
            ConditionOperator::Gt => count > *bound,
            ConditionOperator::Gte => count >= *bound,
            ConditionOperator::Eq => count == *bound,
            ConditionOperator::Neq => count != *bound,
        })
    }

    fn new(predicates: &[(ConditionOperator, u64)]) -> Result<Self, String> {
        let lower = |(operator, _): &&(ConditionOperator, u64)| {
            matches!(
                operator,
                ConditionOperator::Gt | ConditionOperator::Gte | ConditionOperator::Eq
            )
        };
        if predicates.iter().find(lower).is_none_or(|(_, bound)| *bound == 0) {
            return Err("that something did not happen often enough cannot be told from a stream: it needs gt, gte or eq above 0".to_owned());
        }
        match predicates.iter().find(|(_, bound)| *bound > THRESHOLD_MAX) {
            Some((_, bound)) => Err(format!(
                "it counts to {bound}, more than the {THRESHOLD_MAX} that a window remembers"
            )),
            None => Ok(Self(predicates.to_vec())),
        }
    }
}

impl Presence {
    /// Whether the rules whose bits are set suffice.
    pub(super) fn holds(&self, present: u64) -> bool {
        match self {
            Presence::Part(part) => present & (1 << part) != 0,
            Presence::AtLeast(threshold) => threshold.holds(u64::from(present.count_ones())),
            Presence::All(parts) => parts.iter().all(|part| part.holds(present)),
            Presence::Any(parts) => parts.iter().any(|part| part.holds(present)),
        }
    }
}

/// The correlations that can run, each after those it refers to; the others are refused with their reason.
pub(super) fn resolve(parsed: &mut Parsed) -> Vec<Correlation> {
    let mut waiting = std::mem::take(&mut parsed.correlations);
    waiting.retain(|(index, _)| parsed.rules.get(*index).is_some_and(|rule| rule.is_active()));
    let mut ready: HashMap<usize, bool> = parsed
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (index, !rule.correlation && rule.is_active()))
        .collect();
    let mut resolved = Vec::new();
    let mut generating: HashMap<usize, bool> = HashMap::new();
    loop {
        let before = waiting.len();
        let mut later = Vec::new();
        for (index, rule) in waiting {
            if !rule
                .rules
                .iter()
                .all(|name| parsed.find(name).is_some_and(|part| ready.get(&part) == Some(&true)))
            {
                later.push((index, rule));
                continue;
            }
            match Correlation::new(index, &rule, parsed) {
                Ok(correlation) => {
                    for part in &correlation.parts {
                        *generating.entry(part.rule).or_default() |= rule.generate;
                    }
                    ready.insert(index, true);
                    resolved.push(correlation);
                }
                Err(reason) => parsed.refuse(index, reason),
            }
        }
        waiting = later;
        if waiting.len() == before {
            break;
        }
    }
    for (index, rule) in waiting {
        let reason = unready(&rule, parsed, &ready);
        parsed.refuse(index, reason);
    }
    for (index, generates) in generating {
        if let Some(rule) = parsed.rules.get_mut(index) {
            rule.silent = !generates;
        }
    }
    resolved
}

fn unready(rule: &CorrelationRule, parsed: &Parsed, ready: &HashMap<usize, bool>) -> String {
    let unknown = rule.rules.iter().find(|name| parsed.find(name).is_none());
    if let Some(name) = unknown {
        return format!("it refers to {name}, which no loaded rule has as id or name");
    }
    let refused = |name: &&String| {
        parsed
            .find(name)
            .and_then(|part| parsed.rules.get(part))
            .is_some_and(|part| !part.is_active())
    };
    if let Some(name) = rule.rules.iter().find(refused) {
        return format!("it refers to {name}, which is unsupported");
    }
    let stuck = rule
        .rules
        .iter()
        .find(|name| parsed.find(name).and_then(|part| ready.get(&part)) != Some(&true));
    format!(
        "it refers to {}, which waits for this rule itself",
        stuck.map_or("", String::as_str)
    )
}

impl Correlation {
    fn new(index: usize, rule: &CorrelationRule, parsed: &Parsed) -> Result<Self, String> {
        if rule.window != WindowMode::Sliding {
            return Err(format!(
                "a {} window is an extension that is not supported",
                rule.window.as_str()
            ));
        }
        if rule.rules.is_empty() || rule.rules.len() > PARTS_MAX {
            return Err(format!("it must refer to 1 to {PARTS_MAX} rules"));
        }
        let span = Duration::from_secs(rule.timespan.seconds);
        if span.is_zero() || span > Duration::from_secs(7 * 86_400) {
            return Err("its timespan must be between 1 second and 7 days".to_owned());
        }
        let kind = kind(rule)?;
        let value_fields = match &rule.condition {
            CorrelationCondition::Threshold {
                field: Some(fields), ..
            } => fields.clone(),
            _ => Vec::new(),
        };
        let parts = rule.rules.iter().filter_map(|name| {
            let part = parsed.find(name)?;
            Some(Part {
                rule: part,
                title: parsed.rules.get(part)?.title.clone(),
                group_fields: resolved(&rule.group_by, rule, name),
                value_fields: resolved(&value_fields, rule, name),
            })
        });
        Ok(Self {
            rule: index,
            id: parsed
                .rules
                .get(index)
                .map(|rule| rule.id.clone())
                .ok_or("it has no place")?,
            parts: parts.collect(),
            span,
            timespan: rule.timespan.original.clone(),
            group_by: rule.group_by.clone(),
            fingerprint: fingerprint(rule),
            kind,
        })
    }

    /// The window's number in event time: an attack that goes on is told again once per timespan.
    pub(super) fn period(&self, nanos: i64) -> i64 {
        let span = i64::try_from(self.span.as_nanos()).unwrap_or(i64::MAX);
        nanos.div_euclid(span.max(1))
    }
}

fn kind(rule: &CorrelationRule) -> Result<Kind, String> {
    let threshold = || match &rule.condition {
        CorrelationCondition::Threshold { predicates, .. } => Threshold::new(predicates),
        CorrelationCondition::Extended(_) => Err("a count needs a number in its condition".to_owned()),
    };
    match rule.correlation_type {
        CorrelationType::EventCount => Ok(Kind::Count(threshold()?)),
        CorrelationType::ValueCount => match &rule.condition {
            CorrelationCondition::Threshold {
                field: Some(fields), ..
            } if !fields.is_empty() => Ok(Kind::Values {
                field: fields.join(", "),
                threshold: threshold()?,
            }),
            _ => Err("value_count needs the field whose values it counts".to_owned()),
        },
        CorrelationType::Temporal => Ok(Kind::Together(match &rule.condition {
            CorrelationCondition::Extended(expression) => presence(expression, rule)?,
            // What the parser fills in where the rule has no condition.
            CorrelationCondition::Threshold { predicates, .. } if predicates[..] == [(ConditionOperator::Gte, 1)] => {
                Presence::All((0..rule.rules.len()).map(Presence::Part).collect())
            }
            CorrelationCondition::Threshold { predicates, .. } => Presence::AtLeast(Threshold::new(predicates)?),
        })),
        CorrelationType::TemporalOrdered => match &rule.condition {
            CorrelationCondition::Threshold { .. } => Ok(Kind::InOrder),
            CorrelationCondition::Extended(_) => {
                Err("temporal_ordered with a condition of its own is not supported".to_owned())
            }
        },
        other => Err(format!("correlations of type {} are not supported", other.as_str())),
    }
}

fn presence(expression: &ConditionExpr, rule: &CorrelationRule) -> Result<Presence, String> {
    let all = |parts: &[ConditionExpr]| {
        parts
            .iter()
            .map(|part| presence(part, rule))
            .collect::<Result<Vec<_>, _>>()
    };
    match expression {
        ConditionExpr::Identifier(name) => {
            let part = rule.rules.iter().position(|known| known == name);
            part.map(Presence::Part)
                .ok_or_else(|| format!("its condition names {name}, which it does not refer to"))
        }
        ConditionExpr::And(parts) => Ok(Presence::All(all(parts)?)),
        ConditionExpr::Or(parts) => Ok(Presence::Any(all(parts)?)),
        ConditionExpr::Not(_) => Err("that something did not happen cannot be told from a stream".to_owned()),
        ConditionExpr::Selector { .. } => Err("selectors are not supported in a correlation's condition".to_owned()),
    }
}

/// The names of fields in this part's events: an alias stands for another field in each rule.
fn resolved(fields: &[String], rule: &CorrelationRule, part: &str) -> Vec<String> {
    let own = |field: &String| {
        let alias = rule.aliases.iter().find(|alias| alias.alias == *field);
        alias.and_then(|alias| alias.mapping.get(part)).unwrap_or(field).clone()
    };
    fields.iter().map(own).collect()
}

fn fingerprint(rule: &CorrelationRule) -> u128 {
    let mut aliases: Vec<String> = rule
        .aliases
        .iter()
        .flat_map(|alias| {
            alias
                .mapping
                .iter()
                .map(move |(part, field)| format!("{}:{part}:{field}", alias.alias))
        })
        .collect();
    aliases.sort();
    let meaning = format!(
        "{:?} {:?} {:?} {} {:?} {aliases:?}",
        rule.correlation_type, rule.rules, rule.group_by, rule.timespan.seconds, rule.condition
    );
    xxh3_128(meaning.as_bytes())
}
