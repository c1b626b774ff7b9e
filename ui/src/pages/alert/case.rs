//! What the page knows about its alert, and how it changes: by a person here, by anyone elsewhere, by new detections.

use super::tree::{Loaded, TreeModel};
use crate::{
    api::{self, Fault, Fetched, fetch},
    components::use_toasts,
    layout::timeline::Span,
    live::use_live,
    url::{Address, Query, use_address},
};
use leptos::{prelude::*, task::spawn_local};
use std::sync::Arc;
use watchfloor_shared::{
    AlertId,
    alert::{AlertChange, AlertDetail, AlertSummary},
    problem::ErrorCode,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MiddleTab {
    Tree,
    Events,
}

#[derive(Clone, Copy)]
pub struct Case {
    pub id: Memo<AlertId>,
    pub detail: Fetched<AlertDetail>,
    /// The newest that is known, a person's own change included before the server confirmed it.
    pub latest: RwSignal<Option<AlertSummary>>,
    pub tree: TreeModel,
    pub tree_fault: RwSignal<Option<Fault>>,
    pub tab: Memo<MiddleTab>,
    /// The stretch chosen on the timeline.
    pub brush: Memo<Option<Span>>,
    /// What the timeline shows; events are looked for in it when nothing is chosen.
    pub span: RwSignal<Option<Span>>,
    pub note: RwSignal<String>,
    pub asks_why: RwSignal<bool>,
    /// The inspector of the current process is open.
    pub inspecting: RwSignal<bool>,
    toasts: crate::components::toast::Toasts,
}

impl Case {
    pub fn open(id: Memo<AlertId>) -> Self {
        let address = use_address();
        let detail = fetch(move || Some(id.get()), |id| async move { api::alerts::get(&id).await });
        let loaded = fetch(
            move || Some(id.get()),
            |id| async move { api::alerts::tree(&id).await.map(Loaded::of) },
        );
        let tree = TreeModel::new();
        let case = Self {
            id,
            detail,
            latest: RwSignal::new(None),
            tree,
            tree_fault: loaded.fault,
            tab: Memo::new(move |_| match address.query.with(|q| q.get("tab") == Some("events")) {
                true => MiddleTab::Events,
                false => MiddleTab::Tree,
            }),
            brush: Memo::new(move |_| address.query.with(|q| q.get("sel").and_then(|text| text.parse().ok()))),
            span: RwSignal::new(None),
            note: RwSignal::new(String::new()),
            asks_why: RwSignal::new(false),
            inspecting: tree.inspecting,
            toasts: use_toasts(),
        };
        Effect::new(move |_| tree.loaded.set(loaded.value.get()));
        case.follow();
        case
    }

    fn follow(self) {
        let id = self.id;
        Effect::new(move |before: Option<AlertId>| {
            let id = id.get();
            if before.as_ref().is_some_and(|before| *before != id) {
                self.latest.set(None);
                self.detail.value.set(None);
                self.tree.reset();
                self.span.set(None);
                self.note.set(String::new());
                self.asks_why.set(false);
            }
            id
        });
        let live = use_live();
        live.on_alert(move |alert| {
            if id.with_untracked(|id| *id == alert.id) && self.learn(alert.clone()) {
                self.detail.again();
            }
        });
        Effect::new(move |_| {
            if live.resets.get() > 0 {
                self.detail.again();
            }
        });
        let seen = StoredValue::new(None::<AlertId>);
        Effect::new(move |_| {
            let Some(summary) = self.detail.value.with(|d| d.as_ref().map(|d| d.summary.clone())) else {
                return;
            };
            if summary.times.shown.is_none() && seen.get_value().as_ref() != Some(&summary.id) {
                seen.set_value(Some(summary.id.clone()));
                self.report_shown(summary.id.clone());
            }
            self.learn(summary);
        });
    }

    /// Takes what is not older than what is known. Whether it was news.
    fn learn(self, summary: AlertSummary) -> bool {
        let known = self
            .latest
            .with_untracked(|l| l.as_ref().map(|l| (l.id.clone(), l.version)));
        let newer = known
            .as_ref()
            .is_none_or(|(id, version)| *id != summary.id || *version <= summary.version);
        let news = known.is_none_or(|(_, version)| version != summary.version);
        if newer {
            self.latest.set(Some(summary));
        }
        newer && news
    }

    pub fn with_summary<T>(self, read: impl FnOnce(&AlertSummary) -> T) -> Option<T> {
        self.latest.with(|latest| latest.as_ref().map(read))
    }

    /// Shows the change at once, then what the server made of it.
    pub fn change(self, change: AlertChange, done: &'static str) {
        let Some(before) = self.latest.get_untracked() else {
            return;
        };
        let mut optimistic = before.clone();
        optimistic.status = change.status.unwrap_or(optimistic.status);
        optimistic.verdict = change.verdict.or(optimistic.verdict);
        if let Some(assignee) = &change.assignee {
            optimistic.assignee = Some(assignee.clone()).filter(|name| !name.is_empty());
        }
        self.latest.set(Some(optimistic));
        spawn_local(async move {
            match api::alerts::change(&before.id, &change, Some(before.version)).await {
                Ok(summary) => {
                    let id = summary.id.clone();
                    self.settle(summary);
                    self.toasts
                        .done(format!("{done} {}", id.short()), move || self.undo_of(id.clone()));
                }
                Err(fault) => self.refused(before, &fault),
            }
        });
    }

    pub fn undo(self) {
        self.undo_of(self.id.get_untracked());
    }

    fn undo_of(self, id: AlertId) {
        let here = self.latest.try_get_untracked().flatten().filter(|alert| alert.id == id);
        spawn_local(async move {
            match api::alerts::undo(&id, here.as_ref().map(|alert| alert.version)).await {
                Ok(summary) => {
                    self.toasts.say(format!("Undone {}", id.short()));
                    self.settle(summary);
                }
                Err(fault) => match here {
                    Some(before) => self.refused(before, &fault),
                    None => self.toasts.fault(fault.sentence()),
                },
            }
        });
    }

    fn settle(self, summary: AlertSummary) {
        // The page may show another alert by now, or be gone.
        if self.id.try_get_untracked().as_ref() == Some(&summary.id) {
            self.learn(summary);
            self.detail.again();
        }
    }

    /// Only a measurement: when it fails, the next view of the list reports it again.
    fn report_shown(self, id: AlertId) {
        spawn_local(async move {
            let noted = api::alerts::shown(vec![id.clone()]).await.is_ok();
            if noted && self.id.try_get_untracked() == Some(id) {
                self.detail.again();
            }
        });
    }

    fn refused(self, before: AlertSummary, fault: &Fault) {
        if self.id.try_get_untracked().as_ref() == Some(&before.id) {
            self.latest.set(Some(before));
            self.detail.again();
        }
        if fault.code() == Some(ErrorCode::PreconditionFailed) {
            self.toasts
                .fault("Changed by someone else meanwhile, now reloaded. Look again, then decide.");
        } else {
            self.toasts.fault(fault.sentence());
        }
    }
}

pub fn choose_tab(address: Address, tab: MiddleTab) {
    let value = (tab == MiddleTab::Events).then(|| "events".to_owned());
    address.change(|query| query.set("tab", value));
}

pub fn choose_brush(address: Address, brush: Option<Span>) {
    address.change(|query| query.set("sel", brush.map(|brush| brush.to_string())));
}

/// The list's query string: the alert's address without what belongs to this page alone.
pub fn list_query(query: &Query) -> Query {
    let mut list = query.clone();
    for key in ["tab", "sel", "by", "open", "node"] {
        list.set(key, None);
    }
    list
}

impl Loaded {
    pub fn node(&self, id: &str) -> Option<&watchfloor_shared::tree::ProcessNode> {
        let id = watchfloor_shared::EntityId::new(id);
        self.forest.find(&id).and_then(|at| self.tree.nodes.get(at))
    }
}

/// The process whose box is current.
pub fn current_process(tree: TreeModel) -> Option<(Arc<Loaded>, String)> {
    let loaded = tree.loaded.get()?;
    let key = tree.current.get()?;
    loaded.node(&key)?;
    Some((loaded, key))
}
