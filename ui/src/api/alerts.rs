//! Alerts: list, counts, one alert, and what a person does to them.

use super::{Fault, exchange, wire::read_value};
use crate::url::Query;
use gloo_net::http::Method;
use serde::Deserialize;
use serde_json::Value;
use watchfloor_shared::{
    AlertId, EntityId, EventId, Timestamp,
    alert::{
        AlertChange, AlertDetail, AlertFacets, AlertFilter, AlertHistogram, AlertRule, AlertSort, AlertSummary,
        BulkAction, BulkChange, BulkResult, HistoryEntry, MatchedField, Phrase, RelatedEndpoint, ShownAlerts,
    },
    page::Page,
    timeline::{LaneBy, Timeline},
    tree::ProcessTree,
};

/// Rows `offset..offset + limit` of the filtered list; `limit` is at most 500.
pub async fn window(
    filter: &AlertFilter,
    sort: AlertSort,
    offset: i64,
    limit: i64,
) -> Result<Page<AlertSummary>, Fault> {
    let mut query = filter_query(filter);
    query.set("sort", Some(sort_name(sort).to_owned()));
    query.set("offset", Some(offset.to_string()));
    query.set("limit", Some(limit.to_string()));
    exchange::get(&format!("/api/v1/alerts{query}")).await
}

/// The oldest first, from where a page before ended, as the server wrote them; `limit` is at most 500.
pub async fn raw_page(filter: &AlertFilter, cursor: Option<&str>, limit: i64) -> Result<Value, Fault> {
    let mut query = filter_query(filter);
    query.set("sort", Some(sort_name(AlertSort::Oldest).to_owned()));
    query.set("cursor", cursor.map(str::to_owned));
    query.set("limit", Some(limit.to_string()));
    exchange::get_raw(&format!("/api/v1/alerts{query}")).await
}

pub async fn facets(filter: &AlertFilter) -> Result<AlertFacets, Fault> {
    exchange::get(&format!("/api/v1/alerts/facets{}", filter_query(filter))).await
}

pub async fn histogram(filter: &AlertFilter, interval_ms: i64) -> Result<AlertHistogram, Fault> {
    let mut query = filter_query(filter);
    query.set("interval_ms", Some(interval_ms.to_string()));
    exchange::get(&format!("/api/v1/alerts/histogram{query}")).await
}

pub async fn get(id: &AlertId) -> Result<AlertDetail, Fault> {
    let whole = exchange::get_raw(&format!("/api/v1/alerts/{id}")).await?;
    let summary = read_value(whole.clone())?;
    let beside: Beside = read_value(whole)?;
    Ok(AlertDetail {
        summary,
        what_happened: beside.what_happened,
        matched: beside.matched,
        rule: beside.rule,
        trigger_event: beside.trigger_event,
        trigger_entity: beside.trigger_entity,
        events: beside.events,
        related: beside.related,
        history: beside.history,
    })
}

/// What an alert's page has beside the summary. Read on its own: to read flattened members in one pass, serde makes a second
/// reader of everything in them.
#[derive(Deserialize)]
struct Beside {
    what_happened: Vec<Phrase>,
    matched: Vec<MatchedField>,
    rule: AlertRule,
    trigger_event: EventId,
    trigger_entity: Option<EntityId>,
    events: Vec<EventId>,
    related: Vec<RelatedEndpoint>,
    history: Vec<HistoryEntry>,
}

pub async fn tree(id: &AlertId) -> Result<ProcessTree, Fault> {
    exchange::get(&format!("/api/v1/alerts/{id}/tree")).await
}

pub async fn timeline(
    id: &AlertId,
    by: LaneBy,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Timeline, Fault> {
    let mut query = Query::default();
    let by = match by {
        LaneBy::Process => "process",
        LaneBy::User => "user",
        LaneBy::Host => "host",
    };
    query.set("by", Some(by.to_owned()));
    query.set("from", from.map(|t| t.to_string()));
    query.set("to", to.map(|t| t.to_string()));
    exchange::get(&format!("/api/v1/alerts/{id}/timeline{query}")).await
}

/// Refused with `precondition_failed` when someone changed it after `version`.
pub async fn change(id: &AlertId, change: &AlertChange, version: Option<i64>) -> Result<AlertSummary, Fault> {
    exchange::change(Method::PATCH, &format!("/api/v1/alerts/{id}"), change, version).await
}

/// Restores what was before this person's last change.
pub async fn undo(id: &AlertId, version: Option<i64>) -> Result<AlertSummary, Fault> {
    let nothing = serde_json::Map::new();
    exchange::change(Method::POST, &format!("/api/v1/alerts/{id}/undo"), &nothing, version).await
}

/// At most 1,000 ids.
pub async fn bulk(ids: Vec<AlertId>, action: BulkAction) -> Result<BulkResult, Fault> {
    exchange::post("/api/v1/alerts/bulk", &BulkChange { ids, action }).await
}

pub async fn shown(ids: Vec<AlertId>) -> Result<(), Fault> {
    exchange::post_only("/api/v1/alerts/shown", &ShownAlerts { ids }).await
}

pub const fn sort_name(sort: AlertSort) -> &'static str {
    match sort {
        AlertSort::Severity => "severity",
        AlertSort::Newest => "newest",
        AlertSort::Oldest => "oldest",
    }
}

/// The filter as query parameters, the same names as in the console's own address.
pub fn filter_query(filter: &AlertFilter) -> Query {
    let mut query = Query::default();
    query.set_list("severity", filter.severity.iter().map(|s| s.as_str()));
    query.set_list("status", filter.status.iter().map(|s| s.as_str()));
    query.set_list("source", filter.source.iter().map(|s| s.as_str()));
    query.set_list("endpoint", &filter.endpoint);
    query.set_list("rule", &filter.rule);
    query.set_list("technique", &filter.technique);
    query.set_list("user", &filter.user);
    query.set("q", filter.q.clone().filter(|q| !q.is_empty()));
    query.set("from", filter.from.map(|t| t.to_string()));
    query.set("to", filter.to.map(|t| t.to_string()));
    query
}
