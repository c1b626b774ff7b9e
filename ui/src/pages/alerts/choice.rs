//! What the address says about this page: filter, grouping, order.

use crate::url::Query;
use crate::words::lower;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFilter, AlertSort, AlertStatus, AlertSummary, DetectionSource, Severity},
};

/// What an analyst still has to look at: the list without a status in the address.
pub const TRIAGE: [AlertStatus; 3] = [AlertStatus::Open, AlertStatus::Acknowledged, AlertStatus::Investigating];
pub const ANY_STATUS: &str = "any";
pub const FILTER_KEYS: [&str; 8] = [
    "severity",
    "status",
    "source",
    "endpoint",
    "rule",
    "technique",
    "user",
    "q",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    Severity,
    Rule,
    Host,
    Technique,
    None,
}

impl Grouping {
    pub const ALL: [(Grouping, &'static str); 5] = [
        (Grouping::Severity, "Severity"),
        (Grouping::Rule, "Rule"),
        (Grouping::Host, "Host"),
        (Grouping::Technique, "Technique"),
        (Grouping::None, "None"),
    ];
    pub const fn as_str(self) -> &'static str {
        match self {
            Grouping::Severity => "severity",
            Grouping::Rule => "rule",
            Grouping::Host => "host",
            Grouping::Technique => "technique",
            Grouping::None => "none",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Without a time range.
    pub filter: AlertFilter,
    pub grouping: Grouping,
    pub sort: AlertSort,
}

fn source(text: &str) -> Option<DetectionSource> {
    [DetectionSource::Sigma, DetectionSource::Model, DetectionSource::Intel]
        .into_iter()
        .find(|s| s.as_str() == text)
}

impl Choice {
    pub fn read(query: &Query) -> Self {
        let filter = AlertFilter {
            severity: query
                .list("severity")
                .iter()
                .filter_map(|s| Severity::parse(s))
                .collect(),
            status: statuses(query),
            source: query.list("source").iter().filter_map(|s| source(s)).collect(),
            endpoint: query.list("endpoint"),
            rule: query.list("rule"),
            technique: query.list("technique"),
            user: query.list("user"),
            q: query.get("q").map(str::to_owned).filter(|q| !q.is_empty()),
            from: None,
            to: None,
        };
        let grouping = Grouping::ALL
            .into_iter()
            .map(|(g, _)| g)
            .find(|g| query.get("group") == Some(g.as_str()));
        let sort = match query.get("sort") {
            Some("oldest") => AlertSort::Oldest,
            Some("newest") => AlertSort::Newest,
            _ => AlertSort::Severity,
        };
        Self {
            filter,
            grouping: grouping.unwrap_or(Grouping::Severity),
            sort,
        }
    }
    pub fn within(&self, from: Option<Timestamp>, to: Option<Timestamp>) -> AlertFilter {
        AlertFilter {
            from,
            to,
            ..self.filter.clone()
        }
    }
}

fn statuses(query: &Query) -> Vec<AlertStatus> {
    match query.get("status") {
        None => TRIAGE.to_vec(),
        Some(_) => query
            .list("status")
            .iter()
            .filter_map(|s| AlertStatus::parse(s))
            .collect(),
    }
}

/// Chooses or leaves one value; the status keeps its default out of the address.
pub fn toggle(query: &mut Query, key: &str, value: &str) {
    if key != "status" {
        query.toggle(key, value);
        return;
    }
    let mut chosen: Vec<String> = statuses(query).iter().map(|s| s.as_str().to_owned()).collect();
    match chosen.iter().position(|v| v == value) {
        Some(i) => {
            chosen.remove(i);
        }
        None => chosen.push(value.to_owned()),
    }
    let triage = chosen.len() == TRIAGE.len() && TRIAGE.iter().all(|s| chosen.iter().any(|c| c == s.as_str()));
    if triage {
        query.set("status", None);
    } else if chosen.is_empty() {
        query.set("status", Some(ANY_STATUS.to_owned()));
    } else {
        query.set_list("status", chosen);
    }
}

pub fn clear(query: &mut Query, key: &str) {
    query.set(key, (key == "status").then(|| ANY_STATUS.to_owned()));
}

fn any_of<T: PartialEq>(chosen: &[T], value: &T) -> bool {
    chosen.is_empty() || chosen.contains(value)
}

/// Whether an alert from the live stream belongs into the list; the server's own answer decides later.
pub fn admits(filter: &AlertFilter, alert: &AlertSummary) -> bool {
    let words = lower(filter.q.as_deref().unwrap_or_default());
    let user = alert.user.clone().unwrap_or_default();
    let text = || {
        lower(&format!(
            "{} {} {} {user}",
            alert.title, alert.evidence, alert.endpoint_id
        ))
    };
    any_of(&filter.severity, &alert.severity)
        && any_of(&filter.status, &alert.status)
        && any_of(&filter.source, &alert.source)
        && any_of(&filter.endpoint, &alert.endpoint_id.as_str().to_owned())
        && any_of(&filter.rule, &alert.rule_id.as_str().to_owned())
        && any_of(&filter.user, &user)
        && (filter.technique.is_empty() || alert.techniques.iter().any(|t| filter.technique.contains(&t.id)))
        && filter.from.is_none_or(|from| alert.last_seen >= from)
        && filter.to.is_none_or(|to| alert.first_seen <= to)
        && (words.is_empty() || text().contains(&words))
}
