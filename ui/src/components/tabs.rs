//! Tabs whose choice lives in the address.

use super::number;
use leptos::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    pub key: String,
    pub label: String,
    pub count: Option<i64>,
}

impl Tab {
    pub fn new(key: impl Into<String>, label: impl Into<String>, count: Option<i64>) -> Self {
        Self {
            key: key.into(),
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
    choose: impl Fn(&str) + Clone + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <div class="tabs" role="tablist" aria-label=label>
            <For each=move || tabs.get() key=|tab| tab.key.clone() let(tab)>
                {
                    let choose = choose.clone();
                    let key = StoredValue::new(tab.key);
                    let is = move |other: &str| key.with_value(|key| key == other);
                    let count = move || tabs.with(|all| all.iter().find(|t| is(&t.key)).and_then(|t| t.count));
                    view! {
                        <button type="button" role="tab" aria-selected=move || chosen.with(|c| is(c)).to_string() on:click=move |_| choose(&key.get_value())>
                            {tab.label}
                            {move || count().map(|n| view! { <span class="num">{number::count(n)}</span> })}
                        </button>
                    }
                }
            </For>
        </div>
    }
}
