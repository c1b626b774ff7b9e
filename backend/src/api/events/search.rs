//! `POST /api/v1/events/search`.

use crate::{
    api::{
        context::Called,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError, capitalized},
        state::AppState,
    },
    search::SearchSpec,
};
use axum::{Json, extract::State};
use watchfloor_engine::query;
use watchfloor_shared::{
    problem::ErrorCode,
    search::{Aggregation, SearchRequest, SearchResponse},
};

const HITS_MAX: usize = 1_000;
const AGGREGATIONS_MAX: usize = 10;
const BUCKETS_MAX: u32 = 1_000;

pub fn describe() -> Describe {
    Describe::new("events", "Search events")
        .detail("Query language: `field:value`, ranges, wildcards, quoted words, CIDR on addresses, and, or, not. For `invalid_query` the problem's `position` is the byte where it stops making sense.")
        .body::<SearchRequest>()
        .answers::<SearchResponse>("Hits, counts and where to go on")
        .fails(&[ErrorCode::InvalidQuery])
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    Body(request): Body<SearchRequest>,
) -> Answer<Json<SearchResponse>> {
    let spec = spec(request, &called)?;
    Ok(Json(state.search.search(called.tenant(), spec).await?))
}

fn spec(request: SearchRequest, called: &Called) -> Answer<SearchSpec> {
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    if limit > HITS_MAX {
        return Err(ApiError::invalid("limit is at most 1,000."));
    }
    check_aggregations(&request.aggregations)?;
    if let (Some(from), Some(to)) = (request.from, request.to)
        && from >= to
    {
        return Err(ApiError::invalid("from must be before to."));
    }
    let query = query::parse(&request.query, Some(called.now)).map_err(|error| {
        let position = u32::try_from(error.position).unwrap_or(u32::MAX);
        ApiError::new(ErrorCode::InvalidQuery, capitalized(&error.message)).at_position(position)
    })?;
    Ok(SearchSpec {
        query,
        from: request.from,
        to: request.to,
        limit,
        order: request.order,
        search_after: request.search_after,
        aggregations: request.aggregations,
    })
}

fn check_aggregations(aggregations: &[Aggregation]) -> Answer<()> {
    if aggregations.len() > AGGREGATIONS_MAX {
        return Err(ApiError::invalid("At most ten aggregations at once."));
    }
    for aggregation in aggregations {
        match aggregation {
            Aggregation::Terms { size, .. } if !(1..=BUCKETS_MAX).contains(size) => {
                return Err(ApiError::invalid("The size of a terms aggregation is 1 to 1,000."));
            }
            Aggregation::DateHistogram { interval_ms } if *interval_ms < 1 => {
                return Err(ApiError::invalid("interval_ms is at least 1."));
            }
            _ => {}
        }
    }
    Ok(())
}
