//! Keys of the page that is open. They are in the footer, in `?` and in the palette, so that none is a secret.

use leptos::{ev, prelude::*};
use std::rc::Rc;
use wasm_bindgen::JsCast;

/// One key, as `KeyboardEvent.key` names it.
pub type Key = &'static str;

#[derive(Clone)]
pub struct Shortcut {
    pub keys: &'static [Key],
    pub label: &'static str,
    /// Shown in the footer.
    pub hint: bool,
    /// Offered in the palette.
    pub action: bool,
    run: Rc<dyn Fn(Key)>,
}

impl Shortcut {
    /// `run` is told which of the keys it was.
    pub fn new(keys: &'static [Key], label: &'static str, run: impl Fn(Key) + 'static) -> Self {
        Self {
            keys,
            label,
            hint: false,
            action: false,
            run: Rc::new(run),
        }
    }
    pub fn hinted(mut self) -> Self {
        self.hint = true;
        self
    }
    pub fn offered(mut self) -> Self {
        self.action = true;
        self
    }
    pub fn press(&self) {
        (self.run)(self.keys.first().copied().unwrap_or_default());
    }
}

#[derive(Clone)]
pub struct Group {
    number: u32,
    pub title: &'static str,
    pub shortcuts: Vec<Shortcut>,
}

/// Groups in the order they came; a later one wins.
#[derive(Clone, Copy)]
pub struct Keys {
    pub groups: RwSignal<Vec<Group>, LocalStorage>,
    next: StoredValue<u32>,
    /// While something floats above the page, its keys rest.
    pub resting: RwSignal<bool>,
}

impl Keys {
    fn find(self, key: &str) -> Option<(Key, Shortcut)> {
        self.groups.with_untracked(|groups| {
            groups.iter().rev().flat_map(|g| &g.shortcuts).find_map(|s| {
                let known = s.keys.iter().copied().find(|k| *k == key)?;
                Some((known, s.clone()))
            })
        })
    }
}

/// Binds keys for the life of the calling component.
pub fn use_shortcuts(title: &'static str, shortcuts: Vec<Shortcut>) {
    let keys: Keys = expect_context();
    let number = keys.next.get_value();
    keys.next.set_value(number.wrapping_add(1));
    keys.groups.update(|groups| {
        groups.push(Group {
            number,
            title,
            shortcuts,
        })
    });
    on_cleanup(move || {
        keys.groups.try_update(|groups| groups.retain(|g| g.number != number));
    });
}

fn is_writing(event: &ev::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) else {
        return false;
    };
    matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || target.is_content_editable()
}

/// Enter and Space belong to the control that has the focus.
fn is_control(event: &ev::KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok()) else {
        return false;
    };
    matches!(event.key().as_str(), "Enter" | " ") && matches!(target.tag_name().as_str(), "BUTTON" | "A" | "SUMMARY")
}

pub fn provide_shortcuts() {
    let keys = Keys {
        groups: RwSignal::new_local(Vec::new()),
        next: StoredValue::new(0),
        resting: RwSignal::new(false),
    };
    provide_context(keys);
    let listener = window_event_listener(ev::keydown, move |event| {
        let chord = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.default_prevented() || chord || is_control(&event) || keys.resting.get_untracked() {
            return;
        }
        if is_writing(&event) {
            if event.key() == "Escape"
                && let Some(field) = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlElement>().ok())
            {
                let _ = field.blur();
            }
            return;
        }
        if let Some((key, shortcut)) = keys.find(&event.key()) {
            event.prevent_default();
            (shortcut.run)(key);
        }
    });
    on_cleanup(move || listener.remove());
}
