//! Searches in the shapes that investigation needs.

use crate::search::{SearchError, SearchIndex, SearchSpec};
use watchfloor_engine::{Event, inference, query::Query};
use watchfloor_shared::{
    EndpointId, EventId, TenantId, Timestamp,
    search::{Aggregation, AggregationResult, Order, SearchResponse, TermBucket, TimeBucket},
};

/// A search of one tenant within a time range, `to` included.
pub(super) struct Ask<'a> {
    pub index: &'a dyn SearchIndex,
    pub tenant: &'a TenantId,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

impl Ask<'_> {
    pub(super) async fn run(
        &self,
        query: Query,
        limit: usize,
        order: Order,
        aggregations: Vec<Aggregation>,
    ) -> Result<SearchResponse, SearchError> {
        let spec = SearchSpec {
            query,
            from: self.from,
            to: self.to.map(|to| Timestamp::from_nanos(to.nanos().saturating_add(1))),
            limit,
            order,
            search_after: None,
            aggregations,
        };
        self.index.search(self.tenant, spec).await
    }

    pub(super) async fn events(&self, query: Query, limit: usize) -> Result<(Vec<Event>, i64), SearchError> {
        let found = self.run(query, limit, Order::OldestFirst, Vec::new()).await?;
        let events = found.hits.into_iter().filter_map(|hit| match hit.source {
            serde_json::Value::Object(doc) => Event::from_doc(doc).ok(),
            _ => None,
        });
        Ok((events.collect(), found.total))
    }

    /// Counts by value of each field, in the fields' order.
    pub(super) async fn terms(
        &self,
        query: Query,
        fields: &[&str],
        size: u32,
    ) -> Result<Vec<Vec<TermBucket>>, SearchError> {
        let terms = |field: &&str| Aggregation::Terms {
            field: (*field).to_owned(),
            size,
        };
        let found = self
            .run(query, 0, Order::NewestFirst, fields.iter().map(terms).collect())
            .await?;
        let buckets = found.aggregations.into_iter().filter_map(|result| match result {
            AggregationResult::Terms { buckets, .. } => Some(buckets),
            AggregationResult::DateHistogram { .. } => None,
        });
        Ok(buckets.collect())
    }

    pub(super) async fn histogram(&self, query: Query, interval_ms: i64) -> Result<Vec<TimeBucket>, SearchError> {
        let steps = vec![Aggregation::DateHistogram { interval_ms }];
        let found = self.run(query, 0, Order::NewestFirst, steps).await?;
        let buckets = found.aggregations.into_iter().find_map(|result| match result {
            AggregationResult::DateHistogram { buckets, .. } => Some(buckets),
            AggregationResult::Terms { .. } => None,
        });
        Ok(buckets.unwrap_or_default())
    }

    /// Times of the first and the last.
    pub(super) async fn span(&self, query: Query) -> Result<(Option<Timestamp>, Option<Timestamp>), SearchError> {
        let oldest = self.run(query.clone(), 1, Order::OldestFirst, Vec::new()).await?;
        let newest = self.run(query, 1, Order::NewestFirst, Vec::new()).await?;
        let time = |found: SearchResponse| found.hits.first().map(|hit| hit.timestamp);
        Ok((time(oldest), time(newest)))
    }

    pub(super) async fn get(&self, ids: &[EventId]) -> Result<Vec<Event>, SearchError> {
        self.index.get(self.tenant, ids).await
    }
}

/// What the endpoint itself sent: what a model said of it is something else.
pub(super) fn of_endpoint(endpoint: &EndpointId) -> Query {
    Query::and(vec![Query::equals("host.id", endpoint.as_str()), sent()])
}

pub(super) fn sent() -> Query {
    Query::Not(Box::new(Query::equals("event.dataset", inference::DATASET)))
}

pub(super) fn category(name: &str) -> Query {
    Query::equals("event.category", name)
}

pub(super) fn process_lives() -> Query {
    Query::and(vec![category("process"), Query::any_of("event.type", ["start", "end"])])
}
