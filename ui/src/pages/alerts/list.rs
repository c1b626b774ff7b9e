//! The list behind the screen: what is loaded, what waits, which row is current. Rows stay where they are until the viewer
//! asks for the new ones, or until nothing under the pointer or in the selection could move.

use super::{
    choice::{Choice, admits},
    rows::{PAGE, PageKey, Rows},
    sections::{Row, Section, Sections},
    waiting::Waiting,
};
use crate::{
    api::{self, Fault},
    live::Live,
    state::{Clock, Range},
};
use futures::future::join_all;
use leptos::{prelude::*, task::spawn_local};
use std::{collections::HashSet, sync::Arc, time::Duration};
use watchfloor_shared::{
    AlertId, Timestamp,
    alert::{AlertFacets, AlertFilter, AlertSort, AlertSummary},
};

/// Scrolling rests this long before rows are fetched.
const SETTLE: Duration = Duration::from_millis(40);
const COUNT_AGAIN: Duration = Duration::from_secs(4);
const RELOAD_AGAIN: Duration = Duration::from_millis(700);
/// Server and console may read the clock this far apart.
const CLOCK_SLACK: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq)]
pub enum RowView {
    Heading(Box<Section>),
    Alert(Arc<AlertSummary>),
    /// Being fetched.
    Blank,
    Rest(usize),
}

#[derive(Clone, Copy)]
pub struct AlertList {
    pub choice: Memo<Choice>,
    pub sections: RwSignal<Sections>,
    pub facets: RwSignal<Option<AlertFacets>>,
    pub fault: RwSignal<Option<Fault>>,
    pub waiting: RwSignal<Waiting>,
    /// Row of the list, not place in a group.
    pub current: RwSignal<Option<usize>>,
    pub checked: RwSignal<HashSet<AlertId>>,
    /// Whether the pointer is over the rows.
    pub hovered: RwSignal<bool>,
    pub arrived: StoredValue<HashSet<AlertId>>,
    filter: StoredValue<AlertFilter>,
    rows: StoredValue<Rows>,
    loaded: RwSignal<u32>,
    loaded_at: StoredValue<Timestamp>,
    folded: RwSignal<Vec<String>>,
    seen: StoredValue<(usize, usize)>,
    round: StoredValue<u32>,
    planned: StoredValue<(bool, bool, bool)>,
    queue: StoredValue<Vec<AlertSummary>>,
    range: Range,
    clock: Clock,
}

impl AlertList {
    pub fn new(choice: Memo<Choice>, range: Range, clock: Clock) -> Self {
        Self {
            choice,
            sections: RwSignal::default(),
            facets: RwSignal::new(None),
            fault: RwSignal::new(None),
            waiting: RwSignal::default(),
            current: RwSignal::new(None),
            checked: RwSignal::default(),
            hovered: RwSignal::new(false),
            arrived: StoredValue::default(),
            filter: StoredValue::default(),
            rows: StoredValue::default(),
            loaded: RwSignal::new(0),
            loaded_at: StoredValue::new(Timestamp::EPOCH),
            folded: RwSignal::default(),
            seen: StoredValue::new((0, 40)),
            round: StoredValue::new(0),
            planned: StoredValue::new((false, false, false)),
            queue: StoredValue::default(),
            range,
            clock,
        }
    }

    pub fn row(self, index: usize) -> RowView {
        self.loaded.track();
        match self.sections.with(|s| s.at(index)) {
            Some(Row::Heading(section)) => self
                .sections
                .with(|s| s.list.get(section).cloned())
                .map_or(RowView::Blank, |section| RowView::Heading(Box::new(section))),
            Some(Row::Alert(section, place)) => self
                .rows
                .with_value(|r| r.at(section, place))
                .map_or(RowView::Blank, RowView::Alert),
            Some(Row::Rest(count)) => RowView::Rest(count),
            None => RowView::Blank,
        }
    }
    pub fn alert_at(self, index: usize) -> Option<Arc<AlertSummary>> {
        match self.row(index) {
            RowView::Alert(alert) => Some(alert),
            RowView::Heading(_) | RowView::Blank | RowView::Rest(_) => None,
        }
    }
    pub fn current_alert(self) -> Option<Arc<AlertSummary>> {
        self.current.get().and_then(|row| self.alert_at(row))
    }
    pub fn known(self, id: &AlertId) -> Option<Arc<AlertSummary>> {
        self.loaded.track();
        self.rows.with_value(|r| r.get(id))
    }
    pub fn row_of(self, id: &AlertId) -> Option<usize> {
        let (section, place) = self.rows.with_value(|r| r.place(id))?;
        self.sections.with_untracked(|s| s.row_of(section, place))
    }
    pub fn fold(self, key: &str) {
        self.folded.update(|all| match all.iter().position(|k| k == key) {
            Some(i) => {
                all.remove(i);
            }
            None => all.push(key.to_owned()),
        });
        let folded = self.folded.get_untracked();
        self.sections.update(|s| {
            for section in &mut s.list {
                section.folded = folded.contains(&section.key);
            }
        });
    }

    /// What the list was last asked for.
    pub fn filter(self) -> AlertFilter {
        self.filter.get_value()
    }
    /// Whether the page that shows this list was left.
    pub fn is_gone(self) -> bool {
        self.round.try_get_value().is_none()
    }
    /// A state ahead of the server's, or back to what it was.
    pub fn force(self, alert: Arc<AlertSummary>) {
        self.rows.update_value(|r| r.force(alert));
        self.touch();
    }
    /// What the server says now.
    pub fn take(self, alert: AlertSummary) {
        self.rows.try_update_value(|r| r.update(alert));
        self.touch();
    }
    fn touch(self) {
        self.loaded.try_update(|n| *n = n.wrapping_add(1));
    }

    /// Fetches counts and the rows in sight, then swaps them in at once. What waited is in them.
    pub fn reload(self) {
        let round = self.round.get_value().wrapping_add(1);
        self.round.set_value(round);
        let choice = self.choice.get_untracked();
        let now = self.clock.now_untracked();
        let (from, to) = self.range.chosen.get_untracked().bounds(now);
        let filter = choice.within(from, to);
        let taken = self.waiting.try_update(std::mem::take).unwrap_or_default();
        let (folded, seen) = (self.folded.get_untracked(), self.seen.get_value());
        spawn_local(async move {
            let fetched = fetch_view(&choice, &filter, &folded, seen).await;
            if self.round.try_get_value() != Some(round) {
                return;
            }
            match fetched {
                Ok((facets, sections, rows)) => {
                    let current = self
                        .current
                        .get_untracked()
                        .and_then(|row| self.alert_at_untracked(row));
                    self.loaded_at.set_value(now.saturating_sub(CLOCK_SLACK));
                    self.filter.set_value(filter);
                    self.waiting.update(|w| w.without(|id| rows.get(id).is_some()));
                    self.rows.set_value(rows);
                    self.fault.set(None);
                    self.facets.set(Some(facets));
                    self.sections.set(sections);
                    self.touch();
                    if let Some(alert) = current {
                        self.current.set(self.row_of(&alert.id));
                    }
                }
                Err(fault) => {
                    self.waiting.update(|w| w.merge(taken));
                    self.fault.set(Some(fault));
                }
            }
        });
    }
    fn alert_at_untracked(self, row: usize) -> Option<Arc<AlertSummary>> {
        untrack(|| self.alert_at(row))
    }
    /// These rows are in sight. Fetches what is missing once the scrolling rests.
    pub fn see(self, range: (usize, usize)) {
        self.seen.set_value(range);
        if self.planned.with_value(|p| p.0) {
            return;
        }
        self.planned.update_value(|p| p.0 = true);
        set_timeout(
            move || {
                if self.planned.try_update_value(|p| p.0 = false).is_some() {
                    self.load_seen();
                }
            },
            SETTLE,
        );
    }
    fn load_seen(self) {
        let sections = self.sections.get_untracked();
        let round = self.round.get_value();
        let keys = pages(&sections, self.seen.get_value());
        if let Some(first) = keys.first() {
            self.rows.update_value(|r| r.trim(*first));
        }
        for key in keys {
            if !self.rows.try_update_value(|r| r.claim(key)).unwrap_or(false) {
                continue;
            }
            let section = sections.list[key.0].clone();
            spawn_local(async move {
                let page = fetch_page(section, key.1).await;
                if self.round.try_get_value() != Some(round) {
                    return;
                }
                match page {
                    Ok(alerts) => {
                        self.rows.update_value(|r| r.insert(key, alerts));
                        self.touch();
                    }
                    Err(fault) => {
                        self.rows.update_value(|r| r.failed(key));
                        self.fault.set(Some(fault));
                    }
                }
            });
        }
    }

    /// Listens to the live stream for the life of the calling component.
    pub fn follow(self, live: Live) {
        live.on_alert(move |alert| {
            let first = self.queue.try_update_value(|q| {
                q.push(alert.clone());
                q.len() == 1
            });
            if first == Some(true) {
                // A hundred changes in one frame are one redraw.
                request_animation_frame(move || self.arrive());
            }
        });
    }
    fn arrive(self) {
        let Some(alerts) = self.queue.try_update_value(std::mem::take) else {
            return;
        };
        let now = self.clock.now_untracked();
        let (mut changed, mut new) = (false, Vec::new());
        for alert in alerts {
            let known = self.rows.try_update_value(|r| r.update(alert.clone())).unwrap_or(false);
            changed |= known;
            let fresh = alert.times.stored >= self.loaded_at.get_value();
            if !known && fresh && self.filter.with_value(|f| admits(f, &alert)) {
                self.arrived.update_value(|a| {
                    a.insert(alert.id.clone());
                });
                new.push(alert);
            }
        }
        if changed {
            self.touch();
        }
        if !new.is_empty() {
            self.waiting.update(|w| new.iter().for_each(|alert| w.add(alert, now)));
            self.let_in();
        }
        self.count_again();
    }
    /// New rows come in by themselves when nobody is looking at a row that would move.
    fn let_in(self) {
        if self.planned.with_value(|p| p.1) {
            return;
        }
        self.planned.update_value(|p| p.1 = true);
        set_timeout(
            move || {
                if self.planned.try_update_value(|p| p.1 = false).is_none() {
                    return;
                }
                let calm = !self.hovered.get_untracked()
                    && self.checked.with_untracked(HashSet::is_empty)
                    && self.current.get_untracked().is_none()
                    && self.seen.get_value().0 == 0;
                if calm && self.waiting.with_untracked(|w| w.count() > 0) {
                    self.reload();
                }
            },
            RELOAD_AGAIN,
        );
    }
    /// Counts follow changes, a little later.
    pub fn count_again(self) {
        if self.planned.with_value(|p| p.2) {
            return;
        }
        self.planned.update_value(|p| p.2 = true);
        set_timeout(
            move || {
                if self.planned.try_update_value(|p| p.2 = false).is_none() {
                    return;
                }
                let filter = self.filter.get_value();
                let round = self.round.get_value();
                spawn_local(async move {
                    let counted = api::alerts::facets(&filter).await;
                    if let (Ok(facets), true) = (counted, self.round.try_get_value() == Some(round)) {
                        self.facets.set(Some(facets));
                    }
                });
            },
            COUNT_AGAIN,
        );
    }
}

/// Counts, groups and the rows in sight. Touches nothing reactive: the page may be gone when the answers come.
async fn fetch_view(
    choice: &Choice,
    filter: &AlertFilter,
    folded: &[String],
    seen: (usize, usize),
) -> Result<(AlertFacets, Sections, Rows), Fault> {
    let facets = api::alerts::facets(filter).await?;
    let sections = Sections::build(filter, choice.grouping, choice.sort, &facets, folded);
    let mut rows = Rows::default();
    let keys = pages(&sections, seen);
    let fetched = join_all(keys.iter().map(|key| fetch_page(sections.list[key.0].clone(), key.1))).await;
    for (key, page) in keys.into_iter().zip(fetched) {
        rows.insert(key, page?);
    }
    Ok((facets, sections, rows))
}

/// The pages that a range of rows needs.
fn pages(sections: &Sections, (first, last): (usize, usize)) -> Vec<PageKey> {
    let mut keys: Vec<PageKey> = Vec::new();
    for row in first.saturating_sub(10)..(last + 20).min(sections.rows()) {
        if let Some(Row::Alert(section, place)) = sections.at(row)
            && keys.last() != Some(&(section, place / PAGE))
        {
            keys.push((section, place / PAGE));
        }
    }
    keys
}

/// One window of a group. Alerts that came or went since the group was counted shift the places on the server, so the window
/// is asked for again where it lies now: no row is dropped.
async fn fetch_page(section: Section, page: usize) -> Result<Vec<AlertSummary>, Fault> {
    let limit = i64::try_from(PAGE).unwrap_or(100);
    let offset = i64::try_from(page * PAGE).unwrap_or(i64::MAX);
    let window = api::alerts::window(&section.filter, section.sort, offset, limit).await?;
    let drift = window.total - i64::try_from(section.count).unwrap_or(0);
    let shifted = (offset + drift).max(0);
    if drift == 0 || section.sort == AlertSort::Oldest || shifted == offset || offset == 0 && drift < 0 {
        return Ok(window.items);
    }
    Ok(api::alerts::window(&section.filter, section.sort, shifted, limit)
        .await?
        .items)
}
