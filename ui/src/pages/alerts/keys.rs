//! The keys of triage.

use super::{
    actions::Actions,
    list::AlertList,
    table::{check_all, toggle},
};
use crate::{
    components::{Shortcut, use_shortcuts},
    state::use_range,
    url::{Address, Query, use_address},
};
use leptos::{html, prelude::*};
use watchfloor_shared::alert::AlertStatus;

/// Makes a row current and shows its alert beside the list.
pub fn open(list: AlertList, address: Address, row: usize) {
    list.current.set(Some(row));
    if let Some(alert) = untrack(|| list.alert_at(row)) {
        address.change(|q| q.set("alert", Some(alert.id.to_string())));
    }
}

pub fn bind(list: AlertList, opened: Memo<Option<String>>, search: NodeRef<html::Input>) {
    let (address, range, actions): (_, _, Actions) = (use_address(), use_range(), expect_context());
    // The alert that the address names becomes the current row once it is loaded.
    Effect::new(move |_| {
        let Some(id) = opened.get() else { return };
        let id = watchfloor_shared::AlertId::new(id);
        if list.known(&id).is_some() && list.current.get_untracked().is_none() {
            list.current.set(list.row_of(&id));
        }
    });
    let step = move |forward: bool| {
        let next = list
            .sections
            .with_untracked(|s| s.step(list.current.get_untracked(), forward));
        let Some(row) = next else { return };
        list.current.set(Some(row));
        if opened.with_untracked(Option::is_some)
            && let Some(alert) = untrack(|| list.alert_at(row))
        {
            address.change(|q| q.set("alert", Some(alert.id.to_string())));
        }
    };
    let enter = move || {
        let Some(alert) = untrack(|| list.current_alert()) else {
            return;
        };
        let id = alert.id.to_string();
        if opened.get_untracked().as_ref() == Some(&id) {
            address.go(&untrack(|| range.link(&format!("/alerts/{id}"), Query::default())));
        } else {
            address.change(|q| q.set("alert", Some(id)));
        }
    };
    let escape = move || {
        if list.checked.with_untracked(|c| !c.is_empty()) {
            list.checked.update(|c| c.clear());
        } else if opened.with_untracked(Option::is_some) {
            address.change(|q| {
                q.set("alert", None);
                q.set("tab", None);
            });
        } else {
            list.current.set(None);
        }
    };
    let act = move |status: AlertStatus| move |_| actions.set_status(status, actions.targets());
    let check = move |extend: bool| {
        if let Some(row) = list.current.get_untracked() {
            toggle(list, row, extend);
        }
    };
    let extend = move |forward: bool| {
        check(true);
        step(forward);
        check(true);
    };
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
                step(matches!(key, "j" | "ArrowDown"))
            })
            .hinted(),
            Shortcut::new(&["Enter"], "Open", move |_| enter()).hinted(),
            Shortcut::new(&["Escape"], "Return: selection, then panel", move |_| escape()),
            Shortcut::new(&["x"], "Select", move |_| check(false)).hinted(),
            Shortcut::new(&["J", "K"], "Select while moving", move |key| extend(key == "J")),
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
