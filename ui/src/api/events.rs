//! Events: search, one event, the fields that a query may name.

use super::{Fault, exchange};
use watchfloor_shared::{
    Timestamp,
    search::{Aggregation, AggregationResult, FieldInfo, SearchRequest, SearchResponse, TimeBucket},
};

pub async fn search(request: &SearchRequest) -> Result<SearchResponse, Fault> {
    exchange::post("/api/v1/events/search", request).await
}

pub async fn fields() -> Result<Vec<FieldInfo>, Fault> {
    exchange::get("/api/v1/events/fields").await
}

/// Events per step, without the events: how much telemetry there was, and where there was none.
pub async fn volume(
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    interval_ms: i64,
) -> Result<Vec<TimeBucket>, Fault> {
    let request = SearchRequest {
        from,
        to,
        aggregations: vec![Aggregation::DateHistogram { interval_ms }],
        ..SearchRequest::default()
    };
    let response = search(&request).await?;
    let histogram = response.aggregations.into_iter().find_map(|result| match result {
        AggregationResult::DateHistogram { buckets, .. } => Some(buckets),
        AggregationResult::Terms { .. } => None,
    });
    Ok(histogram.unwrap_or_default())
}
