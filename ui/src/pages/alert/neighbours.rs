//! Where this alert stands in the list that the person came from, and which ones are beside it.

use super::case::list_query;
use crate::{
    api::{self, Fetched, fetch},
    pages::alerts::choice::Choice,
    state::{TimeRange, use_clock},
    url::{Query, use_address},
};
use leptos::prelude::*;
use watchfloor_shared::{AlertId, alert::AlertSummary, page::Page};

/// Rows of the list that are looked at; beyond them the place is not shown.
const LOOKED_AT: i64 = 500;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Place {
    pub at: usize,
    pub total: i64,
    pub previous: Option<AlertId>,
    pub next: Option<AlertId>,
}

#[derive(Clone, Copy)]
pub struct Neighbours {
    list: Fetched<Page<AlertSummary>>,
    /// The query string of that list.
    pub query: Memo<Query>,
}

impl Neighbours {
    /// The list is fetched once per query string; moving along it asks nothing.
    pub fn follow() -> Self {
        let address = use_address();
        let clock = use_clock();
        let query = Memo::new(move |_| address.query.with(list_query));
        let list = fetch(
            move || Some(query.get()),
            move |query| async move {
                let choice = Choice::read(&query);
                let (from, to) = TimeRange::read(&query).bounds(clock.now_untracked());
                api::alerts::window(&choice.within(from, to), choice.sort, 0, LOOKED_AT).await
            },
        );
        Self { list, query }
    }

    pub fn place(self, id: &AlertId) -> Option<Place> {
        self.list.value.with(|page| {
            let page = page.as_ref()?;
            let at = page.items.iter().position(|alert| alert.id == *id)?;
            let id_at = |at: Option<usize>| at.and_then(|at| page.items.get(at)).map(|alert| alert.id.clone());
            Some(Place {
                at,
                total: page.total,
                previous: id_at(at.checked_sub(1)),
                next: id_at(Some(at + 1)),
            })
        })
    }

    pub fn summary(self, id: &AlertId) -> Option<AlertSummary> {
        self.list
            .value
            .with(|page| page.as_ref()?.items.iter().find(|alert| alert.id == *id).cloned())
    }

    pub fn link(self, id: &AlertId) -> String {
        self.query.with(|query| format!("/alerts/{id}{query}"))
    }

    pub fn back(self) -> String {
        self.query.with(|query| format!("/alerts{query}"))
    }
}
