//! What any search index behind the seam must do, whichever product it is. A back end brings a `Backend`, calls
//! `search_contract!` and meets every case here.

pub mod adding;
pub mod counting;
pub mod matching;
pub mod paging;

use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use watchfloor::search::{EncodedEvent, SearchIndex, SearchSpec};
use watchfloor_engine::{Event, query};
use watchfloor_shared::{
    EventId, TenantId, Timestamp,
    search::{Order, SearchResponse},
};

/// How the suite gets at an index.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Whether there is what it stands for; it says so where there is not.
    fn is_there(&self) -> bool {
        true
    }

    /// Opens the index of this test: empty the first time, with what was committed to it after that.
    async fn open(&self) -> Arc<dyn SearchIndex>;
}

/// No event.
pub const NONE: [u32; 0] = [];

pub fn tenant() -> TenantId {
    "acme".parse().expect("a tenant")
}

pub fn other_tenant() -> TenantId {
    "globex".parse().expect("a tenant")
}

pub fn id(n: u32) -> EventId {
    EventId::new(format!("{n:032x}"))
}

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + second * 1_000)
}

/// Event `n` at second `n`, with these fields besides.
pub fn event(n: u32, fields: Value) -> Event {
    event_at(n, at(i64::from(n)), fields)
}

pub fn event_at(n: u32, time: Timestamp, fields: Value) -> Event {
    let mut doc = json!({
        "@timestamp": time.to_string(),
        "event": {"id": id(n).as_str(), "code": "1"},
        "host": {"id": "ws-1"},
    });
    merge(&mut doc, fields);
    let Value::Object(doc) = doc else {
        panic!("not an object")
    };
    Event::from_doc(doc).expect("an event")
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

pub fn spec(text: &str) -> SearchSpec {
    SearchSpec {
        query: query::parse(text, Some(at(0))).unwrap_or_else(|error| panic!("{text}: {error}")),
        from: None,
        to: None,
        limit: 100,
        order: Order::OldestFirst,
        search_after: None,
        aggregations: Vec::new(),
    }
}

/// An index with these events in it, committed.
pub async fn filled(backend: &dyn Backend, events: Vec<Event>) -> Arc<dyn SearchIndex> {
    let index = backend.open().await;
    index.add(&tenant(), EncodedEvent::all(&events)).await.expect("added");
    index.commit().await.expect("committed");
    index
}

pub async fn search(index: &Arc<dyn SearchIndex>, spec: SearchSpec) -> SearchResponse {
    index.search(&tenant(), spec).await.expect("an answer")
}

/// Numbers of the events that match, oldest first.
pub async fn found(index: &Arc<dyn SearchIndex>, text: &str) -> Vec<u32> {
    let response = search(index, spec(text)).await;
    assert_eq!(
        response.total as usize,
        response.hits.len(),
        "{text}: total and hits differ"
    );
    numbers(&response)
}

pub fn numbers(response: &SearchResponse) -> Vec<u32> {
    let number = |id: &EventId| u32::from_str_radix(id.as_str(), 16).expect("a small id");
    response.hits.iter().map(|hit| number(&hit.id)).collect()
}

#[macro_export]
macro_rules! search_contract {
    ($backend:expr) => {
        $crate::search_contract!(@cases $backend,
            adding: nothing_is_seen_before_the_commit, the_same_id_is_kept_once, a_duplicate_in_one_batch_is_counted,
                a_bad_id_is_refused_by_its_place, events_survive_a_restart, tenants_do_not_see_each_other,
                an_unknown_tenant_is_empty, whole_documents_come_back_by_id, an_empty_batch_is_fine,
                odd_documents_are_taken, bytes_on_disk_grow, fields_are_listed_most_used_first,
                older_events_are_forgotten_and_may_come_again);
        $crate::search_contract!(@cases $backend,
            matching: values_match_whole_and_without_case, wildcards_match_at_both_ends, windows_paths_match,
                numbers_match_and_have_ranges, dates_have_ranges, blocks_hold_addresses_of_both_families,
                addresses_match_in_any_spelling, existence, operators, value_groups, lists_match_by_any_item,
                words_of_the_message_and_of_values, phrases_keep_their_order, wildcards_within_words,
                fields_that_no_table_knows, the_sources_own_fields, ids_match_whole, keywords_have_an_order);
        $crate::search_contract!(@cases $backend,
            paging: newest_and_oldest_first, pages_cover_everything_once_also_at_equal_times,
                pages_are_stable_while_events_arrive, the_time_range_takes_from_and_leaves_to,
                a_limit_of_zero_counts, too_large_a_page_is_refused);
        $crate::search_contract!(@cases $backend,
            counting: terms_are_exact_and_the_rest_is_other, terms_of_numbers_and_lists, terms_follow_the_query,
                the_sources_own_fields_are_counted, the_histogram_has_every_step, too_many_steps_are_refused,
                text_cannot_be_counted, counts_hold_over_many_commits, spellings_of_one_value_are_one_bucket);
    };
    (@cases $backend:expr, $module:ident: $($case:ident),* $(,)?) => {
        mod $module {
            #[allow(unused_imports)]
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let backend = $backend;
                if $crate::search_contract::Backend::is_there(&backend) {
                    $crate::search_contract::$module::$case(&backend).await;
                }
            })*
        }
    };
}
