//! The keys of triage.

use super::{
    actions::Actions,
    list::AlertList,
    table::{check_all, toggle},
};
use crate::{
    components::{Shortcut, use_shortcuts},
    state::{Range, use_range},
    url::{Address, Query, use_address},
};
use leptos::{html, prelude::*};
use watchfloor_shared::{AlertId, alert::AlertStatus};

/// Makes a row current and shows its alert beside the list.
pub fn open(list: AlertList, address: Address, row: usize) {
    list.current.set(Some(row));
    if let Some(alert) = untrack(|| list.alert_at(row)) {
        address.change(|q| q.set("alert", Some(alert.id.to_string())));
    }
}

/// The list, and the alert that is open beside it.
#[derive(Clone, Copy)]
struct Triage {
    list: AlertList,
    opened: Memo<Option<String>>,
    address: Address,
}

impl Triage {
    /// The alert that the address names becomes the current row once it is loaded.
    fn follow(self) {
        let list = self.list;
        Effect::new(move |_| {
            let Some(id) = self.opened.get() else { return };
            let id = AlertId::new(id);
            if list.known(&id).is_some() && list.current.get_untracked().is_none() {
                list.current.set(list.row_of(&id));
            }
        });
    }

    /// An open panel goes along.
    fn step(self, forward: bool) {
        let current = self.list.current;
        let next = self
            .list
            .sections
            .with_untracked(|s| s.step(current.get_untracked(), forward));
        match next {
            Some(row) if self.opened.with_untracked(Option::is_some) => open(self.list, self.address, row),
            Some(row) => current.set(Some(row)),
            None => {}
        }
    }

    /// First the panel, then the page of the alert.
    fn enter(self, range: Range) {
        let Some(alert) = untrack(|| self.list.current_alert()) else {
            return;
        };
        let id = alert.id.to_string();
        if self.opened.get_untracked().as_ref() == Some(&id) {
            self.address
                .go(&untrack(|| range.link(&format!("/alerts/{id}"), Query::default())));
        } else {
            self.address.change(|q| q.set("alert", Some(id)));
        }
    }

    fn escape(self) {
        let list = self.list;
        if list.checked.with_untracked(|c| !c.is_empty()) {
            list.checked.update(|c| c.clear());
        } else if self.opened.with_untracked(Option::is_some) {
            self.address.change(|q| {
                q.set("alert", None);
                q.set("tab", None);
            });
        } else {
            list.current.set(None);
        }
    }

    fn check(self, extend: bool) {
        if let Some(row) = self.list.current.get_untracked() {
            toggle(self.list, row, extend);
        }
    }

    fn extend(self, forward: bool) {
        self.check(true);
        self.step(forward);
        self.check(true);
    }
}

pub fn bind(list: AlertList, opened: Memo<Option<String>>, search: NodeRef<html::Input>) {
    let (address, range, actions): (_, _, Actions) = (use_address(), use_range(), expect_context());
    let triage = Triage { list, opened, address };
    triage.follow();
    let act = move |status: AlertStatus| move |_| actions.set_status(status, actions.targets());
    let find = move |_| {
        if let Some(field) = search.get_untracked() {
            let _ = field.focus();
            field.select();
        }
    };
    let take = move |_| {
        list.current.set(None);
        list.reload();
    };
    use_shortcuts(
        "Alerts",
        vec![
            Shortcut::new(&["j", "k", "ArrowDown", "ArrowUp"], "Move", move |key| {
                triage.step(matches!(key, "j" | "ArrowDown"))
            })
            .hinted(),
            Shortcut::new(&["Enter"], "Open", move |_| triage.enter(range)).hinted(),
            Shortcut::new(&["Escape"], "Return: selection, then panel", move |_| triage.escape()),
            Shortcut::new(&["x"], "Select", move |_| triage.check(false)).hinted(),
            Shortcut::new(&["J", "K"], "Select while moving", move |key| triage.extend(key == "J")),
            Shortcut::new(&["X"], "Select all loaded rows", move |_| check_all(list)).offered(),
            Shortcut::new(&["a"], "Acknowledge", act(AlertStatus::Acknowledged))
                .hinted()
                .offered(),
            Shortcut::new(&["i"], "Investigate, and make it mine", act(AlertStatus::Investigating)).offered(),
            Shortcut::new(&["r"], "Resolve", act(AlertStatus::Resolved)).offered(),
            Shortcut::new(&["f"], "False positive, with a note", act(AlertStatus::FalsePositive)).offered(),
            Shortcut::new(&["o"], "Reopen", act(AlertStatus::Open)).offered(),
            Shortcut::new(&["m"], "Make it mine", move |_| actions.take_it(actions.targets())).offered(),
            Shortcut::new(&["/"], "Search in alerts", find).hinted(),
            Shortcut::new(&["."], "Show what is new", take).offered(),
        ],
    );
}
