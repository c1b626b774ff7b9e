//! What every back end's aggregations give. Spellings of a value that differ only in case are one bucket, as they are one value to a
//! query; it is shown as it is written most.

use super::SearchError;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, hash_map::Entry},
};
use watchfloor_engine::query::{lowercase, schema};
use watchfloor_shared::{
    Timestamp,
    search::{Aggregation, AggregationResult, FieldKind, TermBucket, TimeBucket},
};

pub const BUCKETS_MAX: u32 = 1_000;
pub const STEPS_MAX: i64 = 10_000;

/// # Errors
/// [`SearchError::InvalidQuery`] for what no back end counts.
pub fn validate(aggregation: &Aggregation) -> Result<(), SearchError> {
    let refuse = |why: String| Err(SearchError::InvalidQuery(why));
    match aggregation {
        Aggregation::Terms { field, size } => {
            let own = ["@timestamp", "event.id", "message", "event.original"].contains(&field.as_str());
            if own || schema::kind(field) == Some(FieldKind::Text) {
                return refuse(format!("`{field}` cannot be counted by value"));
            }
            if *size > BUCKETS_MAX {
                return refuse(format!("at most {BUCKETS_MAX} values can be listed"));
            }
            Ok(())
        }
        Aggregation::DateHistogram { interval_ms } if *interval_ms < 1 => {
            refuse("the histogram's interval must be at least 1 ms".to_owned())
        }
        Aggregation::DateHistogram { .. } => Ok(()),
    }
}

/// Counts by value.
#[derive(Debug, Default)]
pub struct ValueCounts(HashMap<String, Spellings>);

/// Counts of a value as it is written. Almost all values have one spelling.
#[derive(Debug)]
struct Spellings {
    first: (String, i64),
    others: BTreeMap<String, i64>,
}

impl Spellings {
    fn add(&mut self, text: String, count: i64) {
        if self.first.0 == text {
            self.first.1 += count;
        } else {
            *self.others.entry(text).or_default() += count;
        }
    }

    fn bucket(self) -> TermBucket {
        let count = self.first.1 + self.others.values().sum::<i64>();
        let mut shown = self.first;
        for other in self.others {
            if (other.1, Reverse(&other.0)) > (shown.1, Reverse(&shown.0)) {
                shown = other;
            }
        }
        TermBucket { value: shown.0, count }
    }
}

impl ValueCounts {
    /// A part of the count: of one segment, of one column.
    pub fn add(&mut self, text: String, count: i64) {
        match self.0.entry(lowercase(&text)) {
            Entry::Occupied(mut spellings) => spellings.get_mut().add(text, count),
            Entry::Vacant(value) => {
                value.insert(Spellings {
                    first: (text, count),
                    others: BTreeMap::new(),
                });
            }
        }
    }

    /// Distinct values, whatever their case.
    pub fn distinct(&self) -> usize {
        self.0.len()
    }

    /// The `size` most frequent values.
    pub fn result(self, field: String, size: usize) -> AggregationResult {
        let mut buckets: Vec<TermBucket> = self.0.into_values().map(Spellings::bucket).collect();
        let all: i64 = buckets.iter().map(|bucket| bucket.count).sum();
        buckets.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
        buckets.truncate(size);
        let listed: i64 = buckets.iter().map(|bucket| bucket.count).sum();
        AggregationResult::Terms {
            field,
            buckets,
            other: all - listed,
        }
    }
}

/// Equal steps from the first event to the last, empty ones too.
pub fn steps(interval_ms: i64, counts: &HashMap<i64, i64>) -> Result<AggregationResult, SearchError> {
    let first = counts.keys().min().copied().unwrap_or(0);
    let last = counts.keys().max().copied().unwrap_or(-1);
    let length = last.saturating_sub(first).saturating_add(1);
    if length > STEPS_MAX {
        return Err(SearchError::InvalidQuery(format!(
            "the histogram would have {length} steps, more than {STEPS_MAX}: take a longer interval or a shorter time"
        )));
    }
    let bucket = |step: i64| TimeBucket {
        start: Timestamp::from_millis(step.saturating_mul(interval_ms)),
        count: counts.get(&step).copied().unwrap_or(0),
    };
    Ok(AggregationResult::DateHistogram {
        interval_ms,
        buckets: (first..=last).map(bucket).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[(&str, i64)]) -> Vec<TermBucket> {
        let mut counts = ValueCounts::default();
        for (text, count) in parts {
            counts.add((*text).to_owned(), *count);
        }
        match counts.result("process.name".to_owned(), 10) {
            AggregationResult::Terms { buckets, .. } => buckets,
            other => panic!("{other:?}"),
        }
    }

    /// How events lie in segments is a matter of chance; what is shown of them is none.
    #[test]
    fn a_value_is_shown_as_it_is_written_most_in_all_its_parts() {
        let one = |value: &str, count| {
            let value = value.to_owned();
            vec![TermBucket { value, count }]
        };
        assert_eq!(
            shown(&[("cmd.exe", 2), ("CMD.exe", 1), ("CMD.exe", 2)]),
            one("CMD.exe", 5)
        );
        assert_eq!(shown(&[("CMD.exe", 3), ("cmd.exe", 2)]), one("CMD.exe", 5));
        assert_eq!(
            shown(&[("cmd.exe", 1), ("CMD.exe", 2), ("cmd.exe", 1)]),
            one("CMD.exe", 4),
            "equally often"
        );
        assert_eq!(
            shown(&[("CMD.exe", 2), ("cmd.exe", 2)]),
            one("CMD.exe", 4),
            "in whatever order"
        );
    }
}
