//! The list as groups of rows, and which row is what. Pure: no fetching here.

use super::choice::Grouping;
use crate::components::severity;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFacets, AlertFilter, AlertSort, FacetCount, Severity},
};

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub key: String,
    pub label: String,
    pub severity: Option<Severity>,
    /// The list's filter narrowed to this group.
    pub filter: AlertFilter,
    pub sort: AlertSort,
    pub count: usize,
    pub oldest_open: Option<Timestamp>,
    pub folded: bool,
    /// Without a heading when the list is not grouped.
    pub headed: bool,
}

impl Section {
    fn rows(&self) -> usize {
        usize::from(self.headed) + if self.folded { 0 } else { self.count }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Heading(usize),
    /// Section, and place in it.
    Alert(usize, usize),
    /// How many alerts belong to groups beyond the largest.
    Rest(usize),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sections {
    pub list: Vec<Section>,
    /// Alerts in groups that the server does not count by name.
    pub rest: usize,
}

impl Sections {
    pub fn build(
        filter: &AlertFilter,
        grouping: Grouping,
        sort: AlertSort,
        facets: &AlertFacets,
        folded: &[String],
    ) -> Self {
        let matching = size(facets.matching);
        let one = |value: &FacetCount, narrow: fn(&mut AlertFilter, &str)| {
            let mut filter = filter.clone();
            narrow(&mut filter, &value.value);
            let severity = (grouping == Grouping::Severity)
                .then(|| Severity::parse(&value.value))
                .flatten();
            Section {
                key: value.value.clone(),
                label: severity.map_or_else(|| value.label.clone(), |s| severity::word(s).to_owned()),
                severity,
                filter,
                // Inside one severity the severity orders nothing.
                sort: if severity.is_some() && sort == AlertSort::Severity {
                    AlertSort::Newest
                } else {
                    sort
                },
                count: size(value.count),
                oldest_open: value.oldest_open,
                folded: folded.contains(&value.value),
                headed: true,
            }
        };
        let list: Vec<Section> = match grouping {
            Grouping::None => vec![whole(filter, sort, matching)],
            Grouping::Severity => by_severity(facets, filter)
                .iter()
                .map(|v| one(v, |f, v| f.severity = Severity::parse(v).into_iter().collect()))
                .collect(),
            Grouping::Rule => chosen(&facets.rule, &filter.rule)
                .map(|v| one(v, |f, v| f.rule = vec![v.to_owned()]))
                .collect(),
            Grouping::Host => chosen(&facets.endpoint, &filter.endpoint)
                .map(|v| one(v, |f, v| f.endpoint = vec![v.to_owned()]))
                .collect(),
            Grouping::Technique => chosen(&facets.technique, &filter.technique)
                .map(|v| one(v, |f, v| f.technique = vec![v.to_owned()]))
                .collect(),
        };
        let grouped: usize = list.iter().map(|s| s.count).sum();
        // An alert may have several techniques, so the rest is not known by subtraction there.
        let rest = if grouping == Grouping::Technique {
            0
        } else {
            matching.saturating_sub(grouped)
        };
        Self { list, rest }
    }
    pub fn rows(&self) -> usize {
        self.list.iter().map(Section::rows).sum::<usize>() + usize::from(self.rest > 0)
    }
    pub fn at(&self, row: usize) -> Option<Row> {
        let mut left = row;
        for (i, section) in self.list.iter().enumerate() {
            if left < section.rows() {
                let heading = section.headed && left == 0;
                return Some(if heading {
                    Row::Heading(i)
                } else {
                    Row::Alert(i, left - usize::from(section.headed))
                });
            }
            left -= section.rows();
        }
        (left == 0 && self.rest > 0).then_some(Row::Rest(self.rest))
    }
    /// The row of an alert by its place.
    pub fn row_of(&self, section: usize, place: usize) -> Option<usize> {
        let before: usize = self.list.get(..section)?.iter().map(Section::rows).sum();
        let this = self.list.get(section)?;
        (!this.folded && place < this.count).then(|| before + usize::from(this.headed) + place)
    }
    pub fn alerts(&self) -> usize {
        self.list.iter().map(|s| s.count).sum::<usize>() + self.rest
    }
    /// The next row in a direction that holds an alert.
    pub fn step(&self, from: Option<usize>, forward: bool) -> Option<usize> {
        let rows = self.rows();
        let mut row = match (from, forward) {
            (None, true) => 0,
            (None, false) => return None,
            (Some(row), true) => row + 1,
            (Some(row), false) => row.checked_sub(1)?,
        };
        while row < rows {
            if matches!(self.at(row), Some(Row::Alert(..))) {
                return Some(row);
            }
            row = if forward { row + 1 } else { row.checked_sub(1)? };
        }
        None
    }
}

fn size(count: i64) -> usize {
    usize::try_from(count).unwrap_or(0)
}

fn whole(filter: &AlertFilter, sort: AlertSort, count: usize) -> Section {
    Section {
        key: String::new(),
        label: String::new(),
        severity: None,
        filter: filter.clone(),
        sort,
        count,
        oldest_open: None,
        folded: false,
        headed: false,
    }
}

fn chosen<'a>(values: &'a [FacetCount], only: &'a [String]) -> impl Iterator<Item = &'a FacetCount> {
    values
        .iter()
        .filter(move |v| v.count > 0 && (only.is_empty() || only.contains(&v.value)))
}

/// Worst first.
fn by_severity(facets: &AlertFacets, filter: &AlertFilter) -> Vec<FacetCount> {
    let worst_first = Severity::ALL.into_iter().rev();
    let wanted = worst_first.filter(|s| filter.severity.is_empty() || filter.severity.contains(s));
    wanted
        .filter_map(|s| {
            facets
                .severity
                .iter()
                .find(|v| v.value == s.as_str() && v.count > 0)
                .cloned()
        })
        .collect()
}
