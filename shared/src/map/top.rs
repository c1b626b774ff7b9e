//! Who and what is most often seen among the flows of a stretch of time.

use super::{MapEnd, MapFlow, sum::FlowSum};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ranked {
    Sources,
    Countries,
    Networks,
    Targets,
}

impl Ranked {
    pub const ALL: [Ranked; 4] = [Ranked::Sources, Ranked::Countries, Ranked::Networks, Ranked::Targets];

    pub const fn title(self) -> &'static str {
        match self {
            Ranked::Sources => "Sources",
            Ranked::Countries => "Countries",
            Ranked::Networks => "Networks (ASN)",
            Ranked::Targets => "Targets",
        }
    }

    fn of(self, flow: &MapFlow) -> Option<Entry> {
        let (source, target) = (&flow.source, &flow.destination);
        match self {
            Ranked::Sources => Some(Entry::plain(end_name(source)?)),
            Ranked::Targets => Some(Entry::plain(end_name(target)?)),
            Ranked::Countries => Some(Entry::plain(source.place.as_ref()?.country.clone()?)),
            Ranked::Networks => Some(Entry {
                name: format!("AS{}", source.asn?),
                aside: source.organization.clone().unwrap_or_default(),
                count: 0,
            }),
        }
    }
}

/// What a person calls it: its name, otherwise its address.
pub fn end_name(end: &MapEnd) -> Option<String> {
    end.name.clone().or_else(|| end.address.clone())
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub name: String,
    pub aside: String,
    pub count: u64,
}

impl Entry {
    const fn plain(name: String) -> Self {
        Self {
            name,
            aside: String::new(),
            count: 0,
        }
    }
}

/// The `most` with most events, and how many there are.
pub fn top(ranked: Ranked, sums: &[FlowSum], most: usize) -> (Vec<Entry>, usize) {
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for sum in sums.iter().filter(|sum| !sum.flow.is_group) {
        if let Some(entry) = ranked.of(&sum.flow) {
            entries.entry(entry.name.clone()).or_insert(entry).count += sum.count;
        }
    }
    let mut entries: Vec<Entry> = entries.into_values().collect();
    entries.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    let all = entries.len();
    entries.truncate(most);
    (entries, all)
}

#[cfg(test)]
mod tests {
    use super::super::sum::tests::{at, flow};
    use super::*;
    use crate::alert::Severity;
    use std::sync::Arc;

    #[test]
    fn events_count_and_groups_have_no_source() {
        let sum = |id, count, is_group| FlowSum {
            flow: Arc::new(MapFlow {
                is_group,
                ..flow(id, Severity::Low)
            }),
            count,
            first: at(0),
            last: at(0),
        };
        let sums = [sum(1, 2, false), sum(2, 9, false), sum(3, 1, false), sum(4, 99, true)];
        let (entries, all) = top(Ranked::Sources, &sums, 2);
        let shown: Vec<(&str, u64)> = entries.iter().map(|e| (e.name.as_str(), e.count)).collect();
        assert_eq!(
            (shown.as_slice(), all),
            ([("203.0.113.2", 9), ("203.0.113.1", 2)].as_slice(), 3)
        );
        assert_eq!(top(Ranked::Networks, &sums, 9).0[0].name, "AS64511");
        assert_eq!(top(Ranked::Targets, &sums, 9).0[0].count, 12);
    }
}
