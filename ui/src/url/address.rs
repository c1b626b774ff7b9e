//! The present address, and how to change it. The browser's history is the truth: this module reads it, writes it and listens.

use super::{Place, Query, place};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, MouseEvent};

#[derive(Clone, Copy)]
pub struct Address {
    pub path: Memo<String>,
    pub query: Memo<Query>,
    pub place: Memo<Place>,
    /// The id in `/alerts/{id}` and its like; empty elsewhere.
    pub id: Memo<String>,
    here: RwSignal<Here>,
}

#[derive(Debug, Clone, PartialEq)]
struct Here {
    path: String,
    search: String,
}

impl Here {
    fn read() -> Self {
        let location = window().location();
        Self {
            path: location.pathname().unwrap_or_default(),
            search: location.search().unwrap_or_default(),
        }
    }
}

impl Address {
    /// One value of the query string.
    pub fn value(self, key: &'static str) -> Memo<Option<String>> {
        Memo::new(move |_| self.query.with(|q| q.get(key).map(str::to_owned)))
    }
    /// Changes the query string in place: no new entry in the browser's history.
    pub fn change(self, edit: impl FnOnce(&mut Query)) {
        self.edit(edit, true);
    }
    /// Changes the query string as a step that the browser's «back» undoes.
    pub fn step(self, edit: impl FnOnce(&mut Query)) {
        self.edit(edit, false);
    }
    pub fn go(self, to: &str) {
        self.visit(to, false);
    }
    pub fn replace(self, to: &str) {
        self.visit(to, true);
    }
    fn edit(self, edit: impl FnOnce(&mut Query), replace: bool) {
        let before = self.query.get_untracked();
        let mut query = before.clone();
        edit(&mut query);
        if query != before {
            self.visit(&format!("{}{query}", self.path.get_untracked()), replace);
        }
    }
    fn visit(self, to: &str, replace: bool) {
        let here = self.here.with_untracked(|here| format!("{}{}", here.path, here.search));
        let moved = window().history().and_then(|history| {
            if replace || here == to {
                history.replace_state_with_url(&JsValue::NULL, "", Some(to))
            } else {
                history.push_state_with_url(&JsValue::NULL, "", Some(to))
            }
        });
        if moved.is_err() {
            leptos::logging::warn!("the browser refused to go to {to}");
        }
        self.arrive();
    }
    fn arrive(self) {
        let here = Here::read();
        if self.here.with_untracked(|before| *before != here) {
            self.here.set(here);
        }
    }
    /// Follows a link of the console without loading it anew; what else a click may mean stays the browser's.
    fn follow(self, click: &MouseEvent) {
        let plain = click.button() == 0
            && !(click.default_prevented()
                || click.ctrl_key()
                || click.meta_key()
                || click.shift_key()
                || click.alt_key());
        let link = click
            .target()
            .filter(|_| plain)
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|element| element.closest("a[href]").ok().flatten());
        let to = link
            .filter(|link| !link.has_attribute("download") && !link.has_attribute("target"))
            .and_then(|link| link.get_attribute("href"))
            .filter(|href| href.starts_with('/') && !href.starts_with("//"));
        if let Some(to) = to {
            click.prevent_default();
            self.go(&to);
        }
    }
}

/// Call once, at the root.
pub fn provide_address() -> Address {
    let here = RwSignal::new(Here::read());
    let path = Memo::new(move |_| here.with(|here| here.path.clone()));
    let address = Address {
        path,
        query: Memo::new(move |_| here.with(|here| Query::parse(&here.search))),
        place: Memo::new(move |_| path.with(|path| Place::of(path))),
        id: Memo::new(move |_| path.with(|path| place::id(path))),
        here,
    };
    window_event_listener(ev::popstate, move |_| address.arrive());
    window_event_listener(ev::click, move |click| address.follow(&click));
    provide_context(address);
    address
}

pub fn use_address() -> Address {
    expect_context()
}
