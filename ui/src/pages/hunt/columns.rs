//! Which fields are columns. The choice is in the address.

use super::state::Hunt;
use crate::{
    api::{self, fetch},
    components::{
        Disclosure, Glyph, Icon,
        event_table::{SUMMARY, heading},
    },
    words::lower,
};
use leptos::prelude::*;

const LISTED_MAX: usize = 40;

#[component]
pub fn ColumnChoice(hunt: Hunt) -> impl IntoView {
    let fields = fetch(|| Some(()), |()| api::events::fields());
    let wanted = RwSignal::new(String::new());
    let toggle = move |name: &str| {
        let mut columns = hunt.columns.get_untracked();
        match columns.iter().position(|column| column == name) {
            Some(at) => {
                columns.remove(at);
            }
            None => columns.push(name.to_owned()),
        }
        hunt.address.change(|query| query.set_list("cols", &columns));
    };
    let listed = move || {
        let chosen = hunt.columns.get();
        let wanted = lower(&wanted.get());
        let known = fields
            .value
            .with(|all| all.iter().flatten().map(|field| field.name.clone()).collect::<Vec<_>>());
        let rest = std::iter::once(SUMMARY.to_owned())
            .chain(known)
            .filter(|name| !chosen.contains(name));
        let all = chosen.iter().cloned().chain(rest).filter(|name| name.contains(&wanted));
        all.take(LISTED_MAX)
            .map(|name| (chosen.contains(&name), name))
            .collect::<Vec<_>>()
    };
    view! {
        <Disclosure label="Columns" glyph=Glyph::Columns>
                <input type="text" class="field" placeholder="Field" aria-label="Find a field"
                    prop:value=move || wanted.get() on:input=move |event| wanted.set(event_target_value(&event)) />
                <ul>
                    <For each=listed key=|(on, name)| (*on, name.clone()) let((on, name))>
                        {
                            let key = name.clone();
                            view! {
                                <li>
                                    <button type="button" role="checkbox" aria-checked=on.to_string() on:click=move |_| toggle(&key)>
                                        <span class="check" class:on=on>{on.then(|| view! { <Icon glyph=Glyph::Check /> })}</span>
                                        <span class="mono cut">{if name == SUMMARY { heading(SUMMARY) } else { name }}</span>
                                    </button>
                                </li>
                            }
                        }
                    </For>
                </ul>
        </Disclosure>
    }
}
