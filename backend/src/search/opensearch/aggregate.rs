//! Counts by value and by time: what is asked of OpenSearch, and the seam's answer from its.

use super::{
    document::column,
    template::{AT, MORE},
};
use crate::search::{
    SearchError,
    counts::{self, STEPS_MAX, ValueCounts},
};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use watchfloor_engine::query::schema;
use watchfloor_shared::search::{Aggregation, AggregationResult, FieldKind};

/// Distinct spellings that the cluster lists for one aggregation, the most frequent; the rest is summed up.
const LISTED_MAX: u32 = 2_000;

/// The part of the request: for values two columns, the field's type's and that of what does not fit it.
pub fn request(aggregations: &[Aggregation]) -> Value {
    let mut asked = Map::new();
    for (n, aggregation) in aggregations.iter().enumerate() {
        match aggregation {
            Aggregation::Terms { field, .. } => {
                for (name, column) in columns(n, field) {
                    asked.insert(name, json!({"terms": {"field": column, "size": LISTED_MAX}}));
                }
            }
            Aggregation::DateHistogram { interval_ms } => {
                let steps = json!({"field": AT, "fixed_interval": format!("{interval_ms}ms"), "min_doc_count": 1});
                asked.insert(format!("{n}.steps"), json!({"date_histogram": steps}));
            }
        }
    }
    asked.into()
}

fn columns(n: usize, field: &str) -> Vec<(String, String)> {
    let mut columns = vec![(format!("{n}.more"), format!("{MORE}.{}", column(field)))];
    let is_typed = schema::kind(field).is_some_and(|kind| kind != FieldKind::Date);
    if is_typed {
        columns.push((format!("{n}.typed"), field.to_owned()));
    }
    columns
}

pub fn results(aggregations: &[Aggregation], answer: &Value) -> Result<Vec<AggregationResult>, SearchError> {
    let result = |(n, aggregation): (usize, &Aggregation)| match aggregation {
        Aggregation::Terms { field, size } => Ok(values(n, field, *size as usize, answer)),
        Aggregation::DateHistogram { interval_ms } => steps(*interval_ms, &answer[format!("{n}.steps")]),
    };
    aggregations.iter().enumerate().map(result).collect()
}

fn values(n: usize, field: &str, size: usize, answer: &Value) -> AggregationResult {
    let mut found = ValueCounts::default();
    let mut unlisted = 0;
    for (name, _) in columns(n, field) {
        let column = &answer[name];
        unlisted += column["sum_other_doc_count"].as_i64().unwrap_or(0);
        for bucket in column["buckets"].as_array().into_iter().flatten() {
            let count = bucket["doc_count"].as_i64().unwrap_or(0);
            match &bucket["key"] {
                Value::String(text) => found.add(text.clone(), count),
                other => found.add(other.to_string(), count),
            }
        }
    }
    match found.result(field.to_owned(), size) {
        AggregationResult::Terms { field, buckets, other } => AggregationResult::Terms {
            field,
            buckets,
            other: other + unlisted,
        },
        other => other,
    }
}

fn steps(interval_ms: i64, answer: &Value) -> Result<AggregationResult, SearchError> {
    let mut found = HashMap::new();
    for bucket in answer["buckets"].as_array().into_iter().flatten() {
        let start = bucket["key"].as_i64().unwrap_or(0);
        *found.entry(start.div_euclid(interval_ms)).or_default() += bucket["doc_count"].as_i64().unwrap_or(0);
    }
    counts::steps(interval_ms, &found)
}

/// What the cluster refuses for the number of its buckets.
pub fn too_many() -> SearchError {
    SearchError::InvalidQuery(format!(
        "the histogram would have more than {STEPS_MAX} steps: take a longer interval or a shorter time"
    ))
}
