//! What just happened, with its way back. One at a time; a newer one takes the place of an older.

use super::{Glyph, Icon};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use std::rc::Rc;

const SHOWN_MS: u32 = 8_000;

#[derive(Clone)]
struct Toast {
    text: String,
    fault: bool,
    undo: Option<Rc<dyn Fn()>>,
}

#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Option<Toast>, LocalStorage>,
    number: StoredValue<u32>,
}

impl Toasts {
    pub fn say(self, text: impl Into<String>) {
        self.show(Toast {
            text: text.into(),
            fault: false,
            undo: None,
        });
    }
    /// Something was refused or failed.
    pub fn fault(self, text: impl Into<String>) {
        self.show(Toast {
            text: text.into(),
            fault: true,
            undo: None,
        });
    }
    /// Something was done that `undo` takes back; `u` does it too.
    pub fn done(self, text: impl Into<String>, undo: impl Fn() + 'static) {
        self.show(Toast {
            text: text.into(),
            fault: false,
            undo: Some(Rc::new(undo)),
        });
    }
    /// Part of it was refused, the rest can be taken back.
    pub fn partly(self, text: impl Into<String>, undo: impl Fn() + 'static) {
        self.show(Toast {
            text: text.into(),
            fault: true,
            undo: Some(Rc::new(undo)),
        });
    }
    pub fn undo(self) {
        let undo = self.shown.with_untracked(|t| t.as_ref().and_then(|t| t.undo.clone()));
        if let Some(undo) = undo {
            self.shown.set(None);
            undo();
        }
    }
    fn show(self, toast: Toast) {
        let number = self.number.get_value().wrapping_add(1);
        self.number.set_value(number);
        self.shown.set(Some(toast));
        spawn_local(async move {
            TimeoutFuture::new(SHOWN_MS).await;
            if self.number.try_get_value() == Some(number) {
                self.shown.set(None);
            }
        });
    }
}

pub fn provide_toasts() {
    provide_context(Toasts {
        shown: RwSignal::new_local(None),
        number: StoredValue::new(0),
    });
}

pub fn use_toasts() -> Toasts {
    expect_context()
}

#[component]
pub fn ToastStand() -> impl IntoView {
    let toasts = use_toasts();
    let drawn = move |toast: Toast| {
        view! {
            <div class="toast" class:refused=toast.fault>
                {if toast.fault {
                    view! { <span class="hatched" aria-hidden="true"></span> }.into_any()
                } else {
                    view! { <Icon glyph=Glyph::Check/> }.into_any()
                }}
                <span>{toast.text}</span>
                {toast.undo.is_some().then(|| view! {
                    <button type="button" class="undo" on:click=move |_| toasts.undo()>"Undo " <kbd>"u"</kbd></button>
                })}
            </div>
        }
    };
    view! { <div role="status" aria-live="polite">{move || toasts.shown.get().map(drawn)}</div> }
}
