//! Hunt: a query over all events, its course over time, what it is made of, and the events themselves.

mod bar;
mod columns;
mod completion;
mod counts;
mod export;
mod facets;
mod histogram;
pub mod query;
mod results;
mod state;

use crate::components::{Empty, FaultNotice, Pending, Shortcut, event_table::EventTable, use_shortcuts};
use leptos::prelude::*;
use state::Hunt;

#[component]
pub fn HuntPage() -> impl IntoView {
    let hunt = Hunt::open();
    use_shortcuts(
        "Hunt",
        vec![Shortcut::new(&["/"], "Write a query", move |_| hunt.focus.update(|n| *n += 1)).hinted()],
    );
    let model = results::table_model(hunt);
    let nothing = move || {
        let none = hunt.total.get() == Some(0) && hunt.fault.get().is_none();
        none.then(|| view! { <Nothing hunt /> })
    };
    view! {
        <h1 class="visually-hidden">"Hunt"</h1>
        <bar::QueryBar hunt />
        <results::Sum hunt />
        <FaultNotice fault=hunt.notice() again=move || hunt.again() />
        <histogram::HuntHistogram hunt />
        <div class="split">
            <facets::HuntFacets hunt />
            <div class="hunt-list">
                {nothing}
                <Pending here=Signal::derive(move || hunt.total.with(Option::is_some)) fault=hunt.fault />
                <Show when=move || hunt.total.get() != Some(0)>
                    <EventTable model label="Events found" />
                </Show>
            </div>
        </div>
    }
}

/// Says what was searched and what could be wider.
#[component]
fn Nothing(hunt: Hunt) -> impl IntoView {
    let address = crate::url::use_address();
    let searched = crate::components::number::count(hunt.searched.get_untracked());
    let brushed = hunt.brush.get_untracked().is_some();
    let why = if hunt.searched.get_untracked() == 0 {
        "No event has been indexed yet. Send some to /ingest/v1/sysmon, replay a recording, or start the simulator."
            .to_owned()
    } else if brushed {
        "Nothing matches in the chosen stretch of time.".to_owned()
    } else {
        format!("Nothing among {searched} events matches this query in this range of time.")
    };
    view! {
        <Empty title="No event matches" why>
            {brushed.then(|| view! { <button type="button" class="btn small" on:click=move |_| hunt.choose_brush(None)>"Whole range"</button> })}
            <button type="button" class="btn small" on:click=move |_| address.step(|query| {
                query.set("range", Some("all".to_owned()));
                query.set("from", None);
                query.set("to", None);
                query.set("sel", None);
            })>"Search all time"</button>
        </Empty>
    }
}
