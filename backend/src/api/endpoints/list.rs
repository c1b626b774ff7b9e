//! `GET /api/v1/endpoints`.

use crate::{
    api::{
        alerts::query::{describe_page, limit},
        context::CallContext,
        describe::{Describe, one_of, text},
        extract::Asked,
        investigate,
        problem::Answer,
        state::AppState,
    },
    store::{Window, endpoints, endpoints::EndpointSort},
};
use axum::{Json, extract::State};
use serde::Deserialize;
use watchfloor_shared::{endpoint::EndpointSummary, page::Page, problem::ErrorCode};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EndpointQuery {
    q: Option<String>,
    sort: Sort,
    cursor: Option<String>,
    offset: Option<i64>,
    limit: Option<i64>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    #[default]
    Risk,
    Name,
    LastSeen,
}

impl From<Sort> for EndpointSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::Risk => EndpointSort::Risk,
            Sort::Name => EndpointSort::Name,
            Sort::LastSeen => EndpointSort::LastSeen,
        }
    }
}

pub fn describe() -> Describe {
    describe_query(Describe::new("endpoints", "List endpoints"))
        .answers_page::<EndpointSummary>("One page")
        .fails(&[ErrorCode::InvalidRequest])
}

pub fn describe_query(describe: Describe) -> Describe {
    let describe = describe
        .query("q", "A part of the name or of an address", text())
        .query("sort", "risk unless told", one_of(&["risk", "name", "last_seen"]));
    describe_page(describe)
}

pub async fn handle(
    State(state): State<AppState>,
    call: CallContext,
    Asked(query): Asked<EndpointQuery>,
) -> Answer<Json<Page<EndpointSummary>>> {
    Ok(Json(page(&state, call, query).await?))
}

pub async fn page(state: &AppState, mut call: CallContext, query: EndpointQuery) -> Answer<Page<EndpointSummary>> {
    let window = Window {
        cursor: query.cursor,
        offset: query.offset,
        limit: limit(query.limit)?,
    };
    let words = query.q.as_deref().map(str::trim).filter(|q| !q.is_empty());
    let mut page = endpoints::list(&mut call.tx, words, query.sort.into(), &window).await?;
    let caller = call.commit().await?;
    investigate::count(state, caller.tenant(), &mut page.items).await?;
    Ok(page)
}
