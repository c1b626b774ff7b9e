//! One facet: values with counts, any of which can be chosen. The smaller ones wait behind «more».

use super::{Glyph, Icon, number};
use leptos::prelude::*;
use watchfloor_shared::alert::FacetCount;

/// Shown before «more»; what is chosen always is.
const SHOWN: usize = 8;

/// `mark` draws the label of a value; by default the label as text.
#[component]
pub fn Facet(
    title: &'static str,
    #[prop(into)] values: Signal<Vec<FacetCount>>,
    #[prop(into)] chosen: Signal<Vec<String>>,
    toggle: impl Fn(&str) + Clone + Send + Sync + 'static,
    #[prop(optional, into)] mark: Option<Callback<(FacetCount,), AnyView>>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let beyond =
        move |place: usize, value: &FacetCount| place >= SHOWN && chosen.with(|all| !all.contains(&value.value));
    let shown = move || {
        let (values, all) = (values.get(), open.get());
        let numbered = values.into_iter().enumerate();
        let kept = numbered.filter(|(place, value)| all || !beyond(*place, value));
        kept.map(|(_, value)| value).collect::<Vec<_>>()
    };
    let more = Memo::new(move |_| {
        values.with(|v| {
            v.iter()
                .enumerate()
                .filter(|(place, value)| beyond(*place, value))
                .count()
        })
    });
    let more_words = move || {
        if open.get() {
            "fewer".to_owned()
        } else {
            format!("+ {} more", more.get())
        }
    };
    let row = move |value: FacetCount| {
        let toggle = toggle.clone();
        let key = value.value.clone();
        let on = {
            let key = key.clone();
            Memo::new(move |_| chosen.with(|all| all.contains(&key)))
        };
        let count = value.count;
        let label = match mark {
            Some(mark) => mark.run((value,)),
            None => value.label.into_any(),
        };
        view! {
            <li class:on=on class:off=move || count == 0>
                <button type="button" role="checkbox" aria-checked=move || on.get().to_string() on:click=move |_| toggle(&key)>
                    <span class="check" class:on=on>{move || on.get().then(|| view! { <Icon glyph=Glyph::Check/> })}</span>
                    <span class="cut">{label}</span>
                    <span class="num">{number::count(count)}</span>
                </button>
            </li>
        }
    };
    view! {
        <div class="facet" role="group" aria-label=title class:unseen=move || values.with(Vec::is_empty)>
            <h2>{title}</h2>
            <ul>
                <For each=shown key=|v| (v.value.clone(), v.count) let(value)>{row.clone()(value)}</For>
            </ul>
            <Show when=move || more.get() != 0>
                <button type="button" class="more" aria-expanded=move || open.get().to_string() on:click=move |_| open.update(|o| *o = !*o)>{more_words}</button>
            </Show>
        </div>
    }
}
