//! What is asked and what came back. The question is the address; asking again is the only other way to a new answer.

use super::{
    counts::{self, FacetAnswer},
    query,
};
use crate::{
    api::{self, Fault},
    components::event_table::SUMMARY,
    layout::timeline::Span,
    state::{TimeRange, use_clock, use_range},
    url::{Address, use_address},
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;
use watchfloor_shared::{
    Timestamp,
    problem::ErrorCode,
    search::{Aggregation, AggregationResult, EventHit, Order, SearchAfter, SearchRequest, SearchResponse, TimeBucket},
};

pub const PAGE: u32 = 200;
pub const FACETS: [&str; 5] = [
    "host.name",
    "process.name",
    "process.parent.name",
    "user.name",
    "event.category",
];
const BARS: i64 = 160;
const DEFAULT_COLUMNS: [&str; 4] = ["host.name", "event.category", "user.name", SUMMARY];

/// One question, with the range's ends as they were when it was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub query: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Course {
    pub interval_ms: i64,
    pub buckets: Vec<TimeBucket>,
    pub total: i64,
}

#[derive(Clone, Copy)]
pub struct Hunt {
    pub address: Address,
    pub text: Memo<String>,
    pub brush: Memo<Option<Span>>,
    pub columns: Memo<Vec<String>>,
    /// The question of the whole range, without the chosen stretch.
    pub asked: RwSignal<Option<Question>>,
    pub axis: RwSignal<Option<Span>>,
    pub course: RwSignal<Course>,
    pub hits: RwSignal<Vec<Arc<EventHit>>>,
    pub next: RwSignal<Option<SearchAfter>>,
    pub total: RwSignal<Option<i64>>,
    pub searched: RwSignal<i64>,
    pub took_ms: RwSignal<f64>,
    pub facets: RwSignal<Vec<FacetAnswer>>,
    pub fault: RwSignal<Option<Fault>>,
    pub busy: RwSignal<bool>,
    /// Grows when the bar shall take the focus.
    pub focus: RwSignal<u32>,
    round: RwSignal<u32>,
    number: StoredValue<u32>,
}

impl Hunt {
    pub fn open() -> Self {
        let address = use_address();
        let hunt = Self {
            address,
            text: Memo::new(move |_| address.query.with(|q| q.get("q").unwrap_or_default().to_owned())),
            brush: Memo::new(move |_| address.query.with(|q| q.get("sel").and_then(|text| text.parse().ok()))),
            columns: Memo::new(move |_| {
                let chosen = address.query.with(|q| q.list("cols"));
                if chosen.is_empty() {
                    DEFAULT_COLUMNS.map(str::to_owned).to_vec()
                } else {
                    chosen
                }
            }),
            asked: RwSignal::new(None),
            axis: RwSignal::new(None),
            course: RwSignal::new(Course::default()),
            hits: RwSignal::new(Vec::new()),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            searched: RwSignal::new(0),
            took_ms: RwSignal::new(0.0),
            facets: RwSignal::new(Vec::new()),
            fault: RwSignal::new(None),
            busy: RwSignal::new(false),
            focus: RwSignal::new(0),
            round: RwSignal::new(0),
            number: StoredValue::new(0),
        };
        hunt.follow();
        hunt
    }

    fn follow(self) {
        let (clock, range) = (use_clock(), use_range());
        Effect::new(move |_| {
            self.round.track();
            let (query, chosen) = (self.text.get(), range.get());
            let now = clock.now_untracked();
            let (from, to) = chosen.bounds(now);
            self.asked.set(Some(Question {
                query,
                from,
                to: to.or(Some(now).filter(|_| chosen != TimeRange::All)),
            }));
        });
        Effect::new(move |_| {
            let Some(question) = self.asked.get() else { return };
            spawn_local(async move { self.ask_course(question).await });
        });
        Effect::new(move |_| {
            let Some(question) = self.asked.get() else { return };
            let question = narrowed(question, self.brush.get());
            spawn_local(async move { self.ask_hits(question).await });
        });
    }

    /// Runs the same text again, with the range's end moved to now.
    pub fn again(self) {
        self.round.update(|n| *n = n.wrapping_add(1));
    }

    pub fn run(self, text: &str) {
        let text = text.trim().to_owned();
        if text == self.text.get_untracked() {
            self.again();
        } else {
            self.address.step(|q| {
                q.set("q", Some(text).filter(|text| !text.is_empty()));
                q.set("open", None);
            });
        }
    }

    pub fn choose_brush(self, brush: Option<Span>) {
        self.address
            .change(|q| q.set("sel", brush.map(|brush| brush.to_string())));
    }

    /// The question of the table: the whole range, or the chosen stretch of it.
    pub fn question(self) -> Option<Question> {
        self.asked
            .get_untracked()
            .map(|question| narrowed(question, self.brush.get_untracked()))
    }

    /// Faults other than a query that does not parse, which the bar shows in its place.
    pub fn notice(self) -> Signal<Option<Fault>> {
        Signal::derive(move || {
            self.fault
                .get()
                .filter(|fault| fault.code() != Some(ErrorCode::InvalidQuery))
        })
    }

    /// Where and why the query does not parse.
    pub fn query_error(self) -> Option<(usize, String)> {
        match self.fault.get()? {
            Fault::Problem(problem) if problem.code == ErrorCode::InvalidQuery => {
                let at = problem.position.and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
                Some((at, problem.detail))
            }
            _ => None,
        }
    }

    async fn ask_course(self, question: Question) {
        let Ok(axis) = axis_of(&question).await else { return };
        let interval_ms = interval_ms(axis);
        let request = SearchRequest {
            aggregations: vec![Aggregation::DateHistogram { interval_ms }],
            ..request(&question)
        };
        let answer = api::events::search(&request).await;
        if self.asked.try_get_untracked().flatten().as_ref() != Some(&question) {
            return;
        }
        if let Ok(response) = answer {
            let buckets = response.aggregations.into_iter().find_map(|a| match a {
                AggregationResult::DateHistogram { buckets, .. } => Some(buckets),
                AggregationResult::Terms { .. } => None,
            });
            self.axis.set(Some(axis));
            self.course.set(Course {
                interval_ms,
                buckets: buckets.unwrap_or_default(),
                total: response.total,
            });
        }
    }

    async fn ask_hits(self, question: Question) {
        // The page may have been left before the question was put.
        let Some(number) = self.number.try_get_value().map(|n| n.wrapping_add(1)) else {
            return;
        };
        self.number.set_value(number);
        self.busy.set(true);
        let ask = SearchRequest {
            limit: PAGE,
            aggregations: FACETS.map(counts::terms).to_vec(),
            ..request(&question)
        };
        let answer = api::events::search(&ask).await;
        if self.number.try_get_value() != Some(number) {
            return;
        }
        self.busy.set(false);
        match answer {
            Ok(response) => {
                self.take(response);
                self.ask_own_facets(question, number).await;
            }
            Err(fault) => self.fault.set(Some(fault)),
        }
    }

    fn take(self, response: SearchResponse) {
        self.fault.set(None);
        self.facets
            .set(response.aggregations.into_iter().filter_map(FacetAnswer::of).collect());
        self.total.set(Some(response.total));
        self.searched.set(response.searched);
        self.took_ms.set(response.took_ms);
        self.next.set(response.next);
        self.hits.set(response.hits.into_iter().map(Arc::new).collect());
    }

    async fn ask_own_facets(self, question: Question, number: u32) {
        for field in FACETS {
            if query::chosen(&question.query, field).is_empty() {
                continue;
            }
            let facet = counts::unchosen(&question, field).await;
            if self.number.try_get_value() != Some(number) {
                return;
            }
            if let Some(facet) = facet {
                self.facets.update(|all| {
                    if let Some(own) = all.iter_mut().find(|f| f.field == field) {
                        *own = facet;
                    }
                });
            }
        }
    }

    /// The next page, when there is one and none is on its way.
    pub fn more(self) {
        let (Some(after), Some(question)) = (self.next.get_untracked(), self.question()) else {
            return;
        };
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        let number = self.number.get_value();
        spawn_local(async move {
            let ask = SearchRequest {
                limit: PAGE,
                search_after: Some(after),
                ..request(&question)
            };
            let answer = api::events::search(&ask).await;
            if self.number.try_get_value() != Some(number) {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(response) => {
                    self.next.set(response.next);
                    self.hits
                        .update(|hits| hits.extend(response.hits.into_iter().map(Arc::new)));
                }
                Err(fault) => {
                    self.next.set(None);
                    self.fault.set(Some(fault));
                }
            }
        });
    }
}

fn narrowed(question: Question, brush: Option<Span>) -> Question {
    match brush {
        Some(brush) => Question {
            from: Some(Timestamp::from_nanos(brush.from)),
            to: Some(Timestamp::from_nanos(brush.to)),
            ..question
        },
        None => question,
    }
}

pub fn request(question: &Question) -> SearchRequest {
    SearchRequest {
        query: question.query.clone(),
        from: question.from,
        to: question.to,
        ..SearchRequest::default()
    }
}

/// The stretch that the histogram spans; open ends are those of the events.
async fn axis_of(question: &Question) -> Result<Span, Fault> {
    let edge = async |order: Order| {
        let ask = SearchRequest {
            limit: 1,
            order,
            ..request(question)
        };
        let hit = api::events::search(&ask).await?.hits.into_iter().next();
        Ok::<_, Fault>(hit.map(|hit| hit.timestamp))
    };
    let from = match question.from {
        Some(from) => Some(from),
        None => edge(Order::OldestFirst).await?,
    };
    let to = match question.to {
        Some(to) => Some(to),
        None => edge(Order::NewestFirst).await?,
    };
    let from = from.unwrap_or_default().nanos();
    Ok(Span::new(from, to.map_or(from, Timestamp::nanos).saturating_add(1)))
}

fn interval_ms(axis: Span) -> i64 {
    crate::components::scale::step_ms(axis.length() / 1_000_000, BARS)
}
