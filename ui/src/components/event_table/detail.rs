//! The open row: every field with its value, each able to narrow the query, and the document as it is stored.

use super::{EventTableModel, fields};
use crate::{
    components::{Glyph, Icon, number},
    state::use_range,
    url::Query,
    words::lower,
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::search::EventHit;

#[component]
pub fn Detail(model: EventTableModel, hit: Arc<EventHit>) -> impl IntoView {
    let raw = RwSignal::new(false);
    let all = fields::flatten(&hit.source);
    let count = number::count(i64::try_from(all.len()).unwrap_or(0));
    let tab = move |of: bool| move || (raw.get() == of).to_string();
    let document = serde_json::to_string_pretty(&hit.source).unwrap_or_default();
    let copied = document.clone();
    let around = Arc::clone(&hit);
    let endpoint = fields::get(&hit.source, "host.id").or_else(|| fields::get(&hit.source, "host.name"));
    let body = move || {
        if raw.get() {
            view! { <pre class="json" tabindex="0">{document.clone()}</pre> }.into_any()
        } else {
            all.iter()
                .map(|(name, value)| field(model, name, value))
                .collect_view()
                .into_any()
        }
    };
    view! {
        <div class="expand">
            <div class="tabs">
                <div role="tablist" aria-label="The event as" class="row-flex">
                    <button type="button" role="tab" aria-selected=tab(false) on:click=move |_| raw.set(false)>
                        "Fields " <span class="num">{count}</span>
                    </button>
                    <button type="button" role="tab" aria-selected=tab(true) on:click=move |_| raw.set(true)>"Raw"</button>
                </div>
                <button type="button" on:click=move |_| model.around.run(Arc::clone(&around))>"Around it, ±30 s"</button>
                {endpoint.map(endpoint_link)}
                <span class="grow"></span>
                <button type="button" on:click=move |_| copy(&copied)>
                    <Icon glyph=Glyph::Copy small=true /> "Copy JSON"
                </button>
            </div>
            <div class=move || if raw.get() { "" } else { "fields" }>{body}</div>
        </div>
    }
}

fn endpoint_link(id: String) -> impl IntoView {
    let range = use_range();
    let path = format!("/endpoints/{}", crate::url::encode(&lower(&id)));
    view! { <a href=move || range.link(&path, Query::default())>"Endpoint"</a> }
}

fn copy(text: &str) {
    // A browser that refuses the clipboard leaves the text selectable on the page.
    let _ = window().navigator().clipboard().write_text(text);
}

fn field(model: EventTableModel, name: &str, value: &str) -> impl IntoView + use<> {
    let act = move |not: bool| {
        let (name, value) = (name.to_owned(), value.to_owned());
        move |_| model.narrow.run((name.clone(), value.clone(), not))
    };
    let (with, without) = (act(false), act(true));
    view! {
        <dl>
            <dt title=name.to_owned()>{name.to_owned()}</dt>
            <dd title=value.to_owned()>{value.to_owned()}</dd>
            <dd class="acts">
                <button type="button" aria-label=format!("Only events with this {name}") title="Only with it" on:click=with>"+"</button>
                <button type="button" aria-label=format!("No events with this {name}") title="Without it" on:click=without>"−"</button>
            </dd>
        </dl>
    }
}
