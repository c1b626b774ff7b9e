//! The raw events behind the alert: those that matched, or all of the endpoint in the stretch chosen on the timeline.

use super::case::Case;
use crate::{
    api::{self, Fault},
    components::{
        Empty, FaultNotice, Segments,
        event_table::{EventTable, EventTableModel, SUMMARY},
        number,
    },
    layout::timeline::Span,
    pages::hunt::query,
    url::{Query, use_address},
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;
use watchfloor_shared::{
    EventId, Timestamp,
    search::{EventHit, SearchAfter, SearchRequest, SearchResponse},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Matched,
    Endpoint,
}

const PAGE: u32 = 200;
/// Ids that go into one query.
const IDS_MAX: usize = 200;
/// Before and after an event, when its surroundings are hunted in.
const AROUND_NANOS: i64 = 30_000_000_000;
const COLUMNS: [&str; 4] = ["event.category", "user.name", "process.name", SUMMARY];

#[derive(Debug, Clone, PartialEq)]
struct Question {
    query: String,
    span: Option<Span>,
}

fn which(case_query: &Query) -> Which {
    if case_query.get("of") == Some("endpoint") {
        Which::Endpoint
    } else {
        Which::Matched
    }
}

/// What to ask for, and how to say it as a hunt.
fn question(case: Case) -> Option<Question> {
    let address = use_address();
    let of = address.query.with(which);
    let brush = case.brush.get();
    match of {
        Which::Matched => {
            let ids = case.detail.value.with(|d| d.as_ref().map(|d| d.events.clone()))?;
            let ids: Vec<&str> = ids.iter().take(IDS_MAX).map(EventId::as_str).collect();
            Some(Question {
                query: format!("event.id:({})", ids.join(" or ")),
                span: brush,
            })
        }
        Which::Endpoint => {
            let host = case.with_summary(|alert| alert.endpoint_id.to_string())?;
            Some(Question {
                query: query::clause("host.id", &host),
                span: brush.or(case.span.get()),
            })
        }
    }
}

#[component]
pub fn EventTools(case: Case) -> impl IntoView {
    let address = use_address();
    let chosen = Memo::new(move |_| address.query.with(which));
    let choose = move |of: Which| {
        address.change(|query| query.set("of", (of == Which::Endpoint).then(|| "endpoint".to_owned())));
    };
    let hunt = move || {
        let question = question(case)?;
        let mut query = Query::default().with("q", question.query);
        match question.span {
            Some(span) => {
                query.set("from", Some(Timestamp::from_nanos(span.from).to_string()));
                query.set("to", Some(Timestamp::from_nanos(span.to).to_string()));
            }
            None => query.set("range", Some("all".to_owned())),
        }
        Some(format!("/hunt{query}"))
    };
    let capped = move || {
        let count = case.with_summary(|alert| alert.count)?;
        let most = i64::try_from(IDS_MAX).unwrap_or(i64::MAX);
        (chosen.get() == Which::Matched && count > most).then(|| format!("first {most} of {}", number::count(count)))
    };
    view! {
        <span class="quiet">{move || if case.brush.get().is_some() { Some("in the chosen stretch") } else { None }}</span>
        <span class="quiet">{capped}</span>
        <span class="grow"></span>
        <Segments
            label="Which events"
            options=vec![(Which::Matched, "Matched"), (Which::Endpoint, "All of the endpoint")]
            chosen
            choose
        />
        {move || hunt().map(|to| view! { <a class="btn small" href=to>"Open in Hunt"</a> })}
    }
}

/// What has come for the question, and what is still to come.
#[derive(Clone, Copy)]
struct Found {
    asked: Memo<Option<Question>>,
    hits: RwSignal<Vec<Arc<EventHit>>>,
    next: RwSignal<Option<SearchAfter>>,
    total: RwSignal<Option<i64>>,
    fault: RwSignal<Option<Fault>>,
    busy: RwSignal<bool>,
}

impl Found {
    fn follow(case: Case) -> Self {
        let found = Self {
            asked: Memo::new(move |_| question(case)),
            hits: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            fault: RwSignal::new(None),
            busy: RwSignal::new(false),
        };
        Effect::new(move |_| {
            found.asked.track();
            found.load(None);
        });
        found
    }

    fn load(self, after: Option<SearchAfter>) {
        let Some(question) = self.asked.get_untracked() else {
            return;
        };
        self.busy.set(true);
        spawn_local(async move {
            let first = after.is_none();
            let answer = api::events::search(&request(&question, after)).await;
            if self.asked.try_get_untracked().flatten().as_ref() != Some(&question) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(response) => self.take(response, first),
                Err(problem) => self.fault.set(Some(problem)),
            }
        });
    }

    fn more(self) {
        if let Some(after) = self.next.get_untracked().filter(|_| !self.busy.get_untracked()) {
            self.load(Some(after));
        }
    }

    fn take(self, response: SearchResponse, first: bool) {
        self.fault.set(None);
        self.total.set(Some(response.total));
        self.next.set(response.next);
        let came = response.hits.into_iter().map(Arc::new);
        self.hits.update(|hits| {
            if first {
                hits.clear();
            }
            hits.extend(came);
        });
    }
}

#[component]
pub fn CaseEvents(case: Case) -> impl IntoView {
    let found = Found::follow(case);
    let nothing = move || {
        (found.total.get() == Some(0) && found.fault.get().is_none()).then(|| {
            let why = if case.brush.get().is_some() {
                "None lies in the stretch chosen on the timeline. Clear the stretch to see all."
            } else {
                "The events have left the index: their retention is shorter than the alert's."
            };
            view! { <Empty title="No raw events" why /> }
        })
    };
    view! {
        <FaultNotice fault=found.fault again=move || found.load(None) />
        {nothing}
        <EventTable model=table(case, found) label="Raw events" />
    }
}

fn table(case: Case, found: Found) -> EventTableModel {
    let address = use_address();
    EventTableModel {
        hits: found.hits,
        columns: Signal::derive(|| COLUMNS.map(str::to_owned).to_vec()),
        open: Signal::derive(move || address.query.with(|q| q.get("open").map(EventId::new))),
        set_open: Callback::new(move |id: Option<EventId>| {
            address.change(|query| query.set("open", id.map(|id| id.to_string())));
        }),
        marked: Signal::derive(Vec::new),
        dated: Signal::derive(|| true),
        more: Callback::new(move |()| found.more()),
        narrow: Callback::new(move |(field, value, not): (String, String, bool)| {
            let clause = query::narrow(&host_clause(case), &field, &value, not);
            address.go(&hunt_around(clause, case.span.get_untracked()));
        }),
        around: Callback::new(move |hit: Arc<EventHit>| {
            let at = hit.timestamp.nanos();
            let span = Span {
                from: at - AROUND_NANOS,
                to: at + AROUND_NANOS,
            };
            address.go(&hunt_around(host_clause(case), Some(span)));
        }),
    }
}

/// The endpoint of the alert as a query; empty until it is known.
fn host_clause(case: Case) -> String {
    let host = case
        .latest
        .with_untracked(|l| l.as_ref().map(|l| l.endpoint_id.to_string()));
    host.map(|host| query::clause("host.id", &host)).unwrap_or_default()
}

fn hunt_around(clause: String, span: Option<Span>) -> String {
    let mut query = Query::default().with("q", clause);
    query.set("from", span.map(|span| Timestamp::from_nanos(span.from).to_string()));
    query.set("to", span.map(|span| Timestamp::from_nanos(span.to).to_string()));
    format!("/hunt{query}")
}

fn request(question: &Question, after: Option<SearchAfter>) -> SearchRequest {
    SearchRequest {
        query: question.query.clone(),
        from: question.span.map(|span| Timestamp::from_nanos(span.from)),
        to: question.span.map(|span| Timestamp::from_nanos(span.to)),
        limit: PAGE,
        search_after: after,
        ..SearchRequest::default()
    }
}
