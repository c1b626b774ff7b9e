//! Whose data a page shows and whose licence asks to be named.

use leptos::prelude::*;
use watchfloor_shared::identity::Credit;

#[component]
pub fn Credits(#[prop(into)] credits: Signal<Vec<Credit>>) -> impl IntoView {
    let credit = |credit: Credit| view! { <a href=credit.url target="_blank" rel="noreferrer">{credit.text}</a> };
    move || credits.get().into_iter().map(credit).collect_view()
}
