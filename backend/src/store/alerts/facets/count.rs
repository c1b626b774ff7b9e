//! One pass over the columns counts all facets.

use super::columns::{Alert, AlertColumns, Names};
use std::collections::HashSet;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFacets, AlertFilter, AlertStatus, DetectionSource, FacetCount, Severity},
};

const LARGEST: usize = 100;
const SOURCES: [DetectionSource; 3] = [DetectionSource::Sigma, DetectionSource::Model, DetectionSource::Intel];

// One bit for each filter that an alert fails.
const SEVERITY: u8 = 1;
const STATUS: u8 = 1 << 1;
const SOURCE: u8 = 1 << 2;
const ENDPOINT: u8 = 1 << 3;
const RULE: u8 = 1 << 4;
const TECHNIQUE: u8 = 1 << 5;
const USER: u8 = 1 << 6;
const WORDS: u8 = 1 << 7;

/// The filter in the columns' numbers; none where it is not set.
struct Wanted<'a> {
    filter: &'a AlertFilter,
    endpoints: Option<Vec<bool>>,
    rules: Option<Vec<bool>>,
    users: Option<Vec<bool>>,
    technique_sets: Option<Vec<bool>>,
    words: Option<HashSet<usize>>,
}

/// Counts by a facet's own numbers.
struct Tally {
    severity: [i64; 4],
    oldest_open: [Option<i64>; 4],
    status: [i64; 5],
    source: [i64; 3],
    endpoint: Vec<i64>,
    rule: Vec<i64>,
    technique: Vec<i64>,
    user: Vec<i64>,
}

/// `found`: the alerts that contain the filter's words, when it has any.
pub fn facets(columns: &AlertColumns, filter: &AlertFilter, found: Option<&HashSet<String>>) -> AlertFacets {
    let wanted = Wanted::new(columns, filter, found);
    let from = filter.from.map_or(i64::MIN, Timestamp::nanos);
    let to = filter.to.map_or(i64::MAX, Timestamp::nanos);
    let mut tally = Tally::new(columns);
    let mut facets = AlertFacets::default();
    for (place, alert) in columns.alerts.iter().enumerate() {
        if alert.first_seen_ns < from || (filter.to.is_some() && alert.first_seen_ns >= to) {
            continue;
        }
        facets.in_range += 1;
        facets.open += i64::from(alert.status == AlertStatus::Open);
        facets.unassigned += i64::from(!alert.assigned && !alert.status.is_closed());
        let failed = wanted.failed(place, alert);
        facets.matching += i64::from(failed == 0);
        tally.add(columns, alert, failed);
    }
    tally.into_facets(columns, &mut facets);
    facets
}

impl<'a> Wanted<'a> {
    fn new(columns: &AlertColumns, filter: &'a AlertFilter, found: Option<&HashSet<String>>) -> Self {
        let technique_sets = (!filter.technique.is_empty()).then(|| {
            let any_of = columns.techniques.places(&filter.technique);
            columns
                .technique_sets
                .iter()
                .map(|set| any_of.iter().any(|wanted| set.contains(wanted)))
                .collect()
        });
        Self {
            filter,
            endpoints: marks(&columns.endpoints, &filter.endpoint),
            rules: marks(&columns.rules, &filter.rule),
            users: marks(&columns.users, &filter.user),
            technique_sets,
            words: found.map(|found| found.iter().filter_map(|id| columns.place(id)).collect()),
        }
    }

    fn failed(&self, place: usize, alert: &Alert) -> u8 {
        let filter = self.filter;
        let mut failed = 0;
        let mut test = |bit: u8, passes: bool| failed |= if passes { 0 } else { bit };
        test(
            SEVERITY,
            filter.severity.is_empty() || filter.severity.contains(&alert.severity),
        );
        test(
            STATUS,
            filter.status.is_empty() || filter.status.contains(&alert.status),
        );
        test(
            SOURCE,
            filter.source.is_empty() || filter.source.contains(&alert.source),
        );
        test(ENDPOINT, marked(self.endpoints.as_deref(), Some(alert.endpoint)));
        test(RULE, marked(self.rules.as_deref(), Some(alert.rule)));
        test(USER, marked(self.users.as_deref(), alert.user));
        test(
            TECHNIQUE,
            marked(self.technique_sets.as_deref(), Some(alert.techniques)),
        );
        test(WORDS, self.words.as_ref().is_none_or(|words| words.contains(&place)));
        failed
    }
}

fn marks(names: &Names, values: &[String]) -> Option<Vec<bool>> {
    if values.is_empty() {
        return None;
    }
    let mut marks = vec![false; names.names.len()];
    for place in names.places(values) {
        count_at(&mut marks, place, |mark| *mark = true);
    }
    Some(marks)
}

fn marked(marks: Option<&[bool]>, place: Option<u32>) -> bool {
    let Some(marks) = marks else { return true };
    place
        .and_then(|place| marks.get(place as usize))
        .copied()
        .unwrap_or(false)
}

fn count_at<T>(all: &mut [T], place: u32, change: impl FnOnce(&mut T)) {
    if let Some(one) = all.get_mut(place as usize) {
        change(one);
    }
}

impl Tally {
    fn new(columns: &AlertColumns) -> Self {
        Self {
            severity: [0; 4],
            oldest_open: [None; 4],
            status: [0; 5],
            source: [0; 3],
            endpoint: vec![0; columns.endpoints.names.len()],
            rule: vec![0; columns.rules.names.len()],
            technique: vec![0; columns.techniques.names.len()],
            user: vec![0; columns.users.names.len()],
        }
    }

    /// Counts in each facet whose own filter is the only one failed, or in all when none is.
    fn add(&mut self, columns: &AlertColumns, alert: &Alert, failed: u8) {
        let counts = |own: u8| failed & !own == 0;
        let one = |count: &mut i64| *count += 1;
        if counts(SEVERITY) {
            let at = alert.severity as usize;
            self.severity[at] += 1;
            if alert.status == AlertStatus::Open {
                let oldest = self.oldest_open[at].get_or_insert(alert.first_seen_ns);
                *oldest = (*oldest).min(alert.first_seen_ns);
            }
        }
        if counts(STATUS) {
            self.status[alert.status as usize] += 1;
        }
        if counts(SOURCE) {
            self.source[alert.source as usize] += 1;
        }
        if counts(ENDPOINT) {
            count_at(&mut self.endpoint, alert.endpoint, one);
        }
        if counts(RULE) {
            count_at(&mut self.rule, alert.rule, one);
        }
        if let (true, Some(user)) = (counts(USER), alert.user) {
            count_at(&mut self.user, user, one);
        }
        if counts(TECHNIQUE) {
            for technique in columns
                .technique_sets
                .get(alert.techniques as usize)
                .into_iter()
                .flatten()
            {
                count_at(&mut self.technique, *technique, one);
            }
        }
    }

    fn into_facets(self, columns: &AlertColumns, facets: &mut AlertFacets) {
        let fixed = |value: &str, count| FacetCount {
            value: value.to_owned(),
            label: label(value),
            count,
            oldest_open: None,
        };
        let severities = Severity::ALL.into_iter().zip(self.severity).zip(self.oldest_open).rev();
        facets.severity = severities
            .map(|((severity, count), oldest)| FacetCount {
                oldest_open: oldest.map(Timestamp::from_nanos),
                ..fixed(severity.as_str(), count)
            })
            .collect();
        let statuses = AlertStatus::ALL.into_iter().zip(self.status);
        facets.status = statuses.map(|(status, count)| fixed(status.as_str(), count)).collect();
        let sources = SOURCES.into_iter().zip(self.source);
        facets.source = sources.map(|(source, count)| fixed(source.as_str(), count)).collect();
        facets.endpoint = largest(&columns.endpoints, &self.endpoint);
        facets.rule = largest(&columns.rules, &self.rule);
        facets.technique = largest(&columns.techniques, &self.technique);
        facets.user = largest(&columns.users, &self.user);
    }
}

/// `false_positive` → `False positive`.
fn label(value: &str) -> String {
    let words = value.replace('_', " ");
    let mut letters = words.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn largest(names: &Names, counts: &[i64]) -> Vec<FacetCount> {
    let mut counted: Vec<(&(String, String), i64)> = names
        .names
        .iter()
        .zip(counts.iter().copied())
        .filter(|(_, count)| *count > 0)
        .collect();
    counted.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then_with(|| a.0.cmp(&b.0)));
    let count = |((value, label), count): (&(String, String), i64)| FacetCount {
        value: value.clone(),
        label: label.clone(),
        count,
        oldest_open: None,
    };
    counted.into_iter().take(LARGEST).map(count).collect()
}
