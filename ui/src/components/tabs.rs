//! Tabs whose choice lives in the address.

use super::number;
use leptos::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    pub key: &'static str,
    pub label: String,
    pub count: Option<i64>,
}

impl Tab {
    pub fn new(key: &'static str, label: impl Into<String>, count: Option<i64>) -> Self {
        Self {
            key,
            label: label.into(),
            count,
        }
    }
}

#[component]
pub fn Tabs(
    label: &'static str,
    #[prop(into)] tabs: Signal<Vec<Tab>>,
    #[prop(into)] chosen: Signal<String>,
    choose: impl Fn(&'static str) + Clone + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="tabs" role="tablist" aria-label=label>
            <For each=move || tabs.get() key=|tab| tab.clone().key let(tab)>
                {
                    let choose = choose.clone();
                    let key = tab.key;
                    let count = move || tabs.with(|all| all.iter().find(|t| t.key == key).and_then(|t| t.count));
                    view! {
                        <button type="button" role="tab" aria-selected=move || (chosen.get() == key).to_string() on:click=move |_| choose(key)>
                            {tab.label}
                            {move || count().map(|n| view! { <span class="num">{number::count(n)}</span> })}
                        </button>
                    }
                }
            </For>
        </div>
    }
}
