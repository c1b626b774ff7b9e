//! Counts by value and by time, exact.

use crate::search::{
    SearchError,
    counts::{self, ValueCounts},
};
use std::collections::HashMap;
use tantivy::{
    DocId, SegmentReader, TantivyError,
    columnar::{Column, DynamicColumn, StrColumn},
};
use watchfloor_engine::query::schema;
use watchfloor_shared::{
    Timestamp,
    search::{Aggregation, AggregationResult, FieldKind},
};

/// Distinct values that one aggregation may meet.
const VALUES_MAX: usize = 1_000_000;
/// Says that an aggregation met more distinct values than it may.
pub const TOO_MANY_VALUES: &str = "watchfloor: too many distinct values";

pub enum Aggregator {
    Terms {
        field: String,
        size: usize,
        counts: ValueCounts,
    },
    Steps {
        interval_ms: i64,
        counts: HashMap<i64, i64>,
    },
}

/// Counts within one segment.
pub enum SegmentAggregator {
    Terms(Vec<ColumnCounts>),
    Steps { interval: i64, counts: HashMap<i64, i64> },
}

pub enum ColumnCounts {
    Text {
        column: StrColumn,
        counts: HashMap<u64, i64>,
    },
    Dense {
        column: StrColumn,
        counts: Vec<u32>,
    },
    Long {
        column: Column<i64>,
        counts: HashMap<i64, i64>,
    },
    /// One decimal number makes a whole segment's column one of decimals: its whole numbers are counted as such.
    Decimal {
        column: Column<f64>,
        counts: HashMap<i64, i64>,
    },
    Boolean {
        column: Column<bool>,
        counts: [i64; 2],
    },
}

impl Aggregator {
    /// Of an aggregation that [`counts::validate`] let through.
    pub fn new(aggregation: &Aggregation) -> Self {
        match aggregation {
            Aggregation::Terms { field, size } => Aggregator::Terms {
                field: field.clone(),
                size: *size as usize,
                counts: ValueCounts::default(),
            },
            Aggregation::DateHistogram { interval_ms } => Aggregator::Steps {
                interval_ms: *interval_ms,
                counts: HashMap::new(),
            },
        }
    }

    pub fn segment(&self, reader: &SegmentReader) -> tantivy::Result<SegmentAggregator> {
        match self {
            Aggregator::Steps { interval_ms, .. } => Ok(SegmentAggregator::Steps {
                interval: interval_ms.saturating_mul(1_000_000),
                counts: HashMap::new(),
            }),
            Aggregator::Terms { field, .. } => {
                let mut columns = Vec::new();
                for handle in reader.fast_fields().dynamic_column_handles(&format!("doc.{field}"))? {
                    columns.extend(ColumnCounts::new(handle.open()?));
                }
                Ok(SegmentAggregator::Terms(columns))
            }
        }
    }

    pub fn merge(&mut self, segment: SegmentAggregator) -> tantivy::Result<()> {
        match (self, segment) {
            (Aggregator::Steps { counts, .. }, SegmentAggregator::Steps { counts: more, .. }) => {
                more.into_iter()
                    .for_each(|(step, n)| *counts.entry(step).or_default() += n);
            }
            (Aggregator::Terms { field, counts, .. }, SegmentAggregator::Terms(columns)) => {
                let date = schema::kind(field) == Some(FieldKind::Date);
                for column in columns {
                    column.add_to(date, counts)?;
                    if counts.distinct() > VALUES_MAX {
                        return Err(TantivyError::InternalError(TOO_MANY_VALUES.to_owned()));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub fn result(self) -> Result<AggregationResult, SearchError> {
        match self {
            Aggregator::Steps { interval_ms, counts } => counts::steps(interval_ms, &counts),
            Aggregator::Terms { field, size, counts } => Ok(counts.result(field, size)),
        }
    }
}

impl SegmentAggregator {
    #[inline]
    pub fn collect(&mut self, doc: DocId, time: i64) {
        match self {
            SegmentAggregator::Steps { interval, counts } => {
                *counts.entry(time.div_euclid(*interval)).or_default() += 1
            }
            SegmentAggregator::Terms(columns) => columns.iter_mut().for_each(|column| column.collect(doc)),
        }
    }
}

impl ColumnCounts {
    fn new(column: DynamicColumn) -> Option<Self> {
        match column {
            DynamicColumn::Str(column) if column.dictionary().num_terms() <= 65_536 => Some(ColumnCounts::Dense {
                counts: vec![0; column.dictionary().num_terms()],
                column,
            }),
            DynamicColumn::Str(column) => Some(ColumnCounts::Text {
                column,
                counts: HashMap::new(),
            }),
            DynamicColumn::I64(column) => Some(ColumnCounts::Long {
                column,
                counts: HashMap::new(),
            }),
            DynamicColumn::F64(column) => Some(ColumnCounts::Decimal {
                column,
                counts: HashMap::new(),
            }),
            DynamicColumn::Bool(column) => Some(ColumnCounts::Boolean { column, counts: [0; 2] }),
            _ => None,
        }
    }

    fn collect(&mut self, doc: DocId) {
        match self {
            ColumnCounts::Dense { column, counts } => {
                for ordinal in column.term_ords(doc) {
                    if let Some(count) = counts.get_mut(ordinal as usize) {
                        *count += 1;
                    }
                }
            }
            ColumnCounts::Text { column, counts } => {
                column
                    .term_ords(doc)
                    .for_each(|ordinal| *counts.entry(ordinal).or_default() += 1);
            }
            ColumnCounts::Long { column, counts } => {
                column
                    .values_for_doc(doc)
                    .for_each(|n| *counts.entry(n).or_default() += 1);
            }
            ColumnCounts::Decimal { column, counts } => {
                let in_range = (i64::MIN as f64)..(i64::MAX as f64);
                let whole = |n: &f64| n.fract() == 0.0 && in_range.contains(n);
                let whole = column.values_for_doc(doc).filter(whole);
                whole.for_each(|n| *counts.entry(n as i64).or_default() += 1);
            }
            ColumnCounts::Boolean { column, counts } => {
                column
                    .values_for_doc(doc)
                    .for_each(|flag| counts[usize::from(flag)] += 1);
            }
        }
    }

    fn add_to(self, date: bool, into: &mut ValueCounts) -> tantivy::Result<()> {
        let mut add = |text: String, count: i64| into.add(text, count);
        match self {
            ColumnCounts::Dense { column, counts } => {
                let seen = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                let seen = seen.map(|(ordinal, count)| (ordinal as u64, i64::from(*count)));
                spell(&column, seen.collect(), add)?;
            }
            ColumnCounts::Text { column, counts } => {
                let mut seen: Vec<(u64, i64)> = counts.into_iter().collect();
                seen.sort_unstable();
                spell(&column, seen, add)?;
            }
            ColumnCounts::Long { counts, .. } | ColumnCounts::Decimal { counts, .. } if date => {
                counts
                    .into_iter()
                    .for_each(|(n, count)| add(Timestamp::from_nanos(n).to_string(), count));
            }
            ColumnCounts::Long { counts, .. } | ColumnCounts::Decimal { counts, .. } => {
                counts.into_iter().for_each(|(n, count)| add(n.to_string(), count))
            }
            ColumnCounts::Boolean { counts, .. } => {
                let named = [("false", counts[0]), ("true", counts[1])];
                named
                    .into_iter()
                    .filter(|(_, n)| *n > 0)
                    .for_each(|(name, n)| add(name.to_owned(), n));
            }
        }
        Ok(())
    }
}

/// Ordinals, ascending, to their texts.
fn spell(column: &StrColumn, counts: Vec<(u64, i64)>, mut add: impl FnMut(String, i64)) -> tantivy::Result<()> {
    let mut text = String::new();
    for (ordinal, count) in counts {
        text.clear();
        if column.ord_to_str(ordinal, &mut text)? {
            add(text.clone(), count);
        }
    }
    Ok(())
}
