//! Counts of the values of a field among the events that are found.

use super::{
    query,
    state::{Question, request},
};
use crate::api;
use watchfloor_shared::search::{Aggregation, AggregationResult, SearchRequest, TermBucket};

/// Values that one answer counts.
const LARGEST: u32 = 6;
/// Chosen values that are counted although they are not among the largest; each is a question of its own.
const CHOSEN_MAX: usize = 8;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct FacetAnswer {
    pub field: String,
    pub buckets: Vec<TermBucket>,
    /// Events with other values.
    pub other: i64,
}

impl FacetAnswer {
    pub fn of(result: AggregationResult) -> Option<Self> {
        match result {
            AggregationResult::Terms { field, buckets, other } => Some(Self { field, buckets, other }),
            AggregationResult::DateHistogram { .. } => None,
        }
    }
}

pub fn terms(field: &str) -> Aggregation {
    Aggregation::Terms {
        field: field.to_owned(),
        size: LARGEST,
    }
}

/// A field with chosen values is counted as if none were chosen: what else could be chosen. `None` when an answer fails.
pub async fn unchosen(question: &Question, field: &str) -> Option<FacetAnswer> {
    let wider = Question {
        query: query::without(&question.query, field),
        ..question.clone()
    };
    let ask = SearchRequest {
        aggregations: vec![terms(field)],
        ..request(&wider)
    };
    let response = api::events::search(&ask).await.ok()?;
    let mut facet = response.aggregations.into_iter().find_map(FacetAnswer::of)?;
    for value in query::chosen(&question.query, field).into_iter().take(CHOSEN_MAX) {
        if facet.buckets.iter().any(|bucket| bucket.value == value) {
            continue;
        }
        let alone = Question {
            query: query::toggle(&wider.query, field, &value),
            ..wider.clone()
        };
        let count = api::events::search(&request(&alone)).await.ok()?.total;
        facet.other = (facet.other - count).max(0);
        facet.buckets.push(TermBucket { value, count });
    }
    Some(facet)
}
