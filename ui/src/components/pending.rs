//! Stands where something is not there yet: it comes, or it did not come. A list that is not loaded is no empty list.

use crate::api::{Fault, Fetched};
use leptos::prelude::*;

/// Nothing as soon as `here` is true. What is quick shows no word at all: the style sheet waits a moment.
#[component]
pub fn Pending(#[prop(into)] here: Signal<bool>, #[prop(into)] fault: Signal<Option<Fault>>) -> impl IntoView {
    move || {
        let words = if fault.with(Option::is_some) {
            "Could not be loaded."
        } else {
            "Loading"
        };
        (!here.get()).then(|| view! { <p class="pending" role="status">{words}</p> })
    }
}

pub fn pending<T: Send + Sync + 'static>(fetched: Fetched<T>) -> AnyView {
    let here = Signal::derive(move || fetched.value.with(Option::is_some));
    view! { <Pending here=here fault=fetched.fault/> }.into_any()
}
