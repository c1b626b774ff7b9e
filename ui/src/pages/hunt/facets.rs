//! What the found events are made of, by field; a value goes into the query and out again.

use super::{
    counts::FacetAnswer,
    query,
    state::{FACETS, Hunt},
};
use crate::components::{Facet, number};
use leptos::prelude::*;
use watchfloor_shared::alert::FacetCount;

fn values(answer: Option<&FacetAnswer>, chosen: &[String]) -> Vec<FacetCount> {
    let count = |value: &str, count: i64| FacetCount {
        value: value.to_owned(),
        label: value.to_owned(),
        count,
        oldest_open: None,
    };
    let mut values: Vec<FacetCount> = answer
        .map(|a| {
            a.buckets
                .iter()
                .map(|bucket| count(&bucket.value, bucket.count))
                .collect()
        })
        .unwrap_or_default();
    for value in chosen {
        if answer.is_some() && !values.iter().any(|v| v.value == *value) {
            values.push(count(value, 0));
        }
    }
    values
}

#[component]
pub fn HuntFacets(hunt: Hunt) -> impl IntoView {
    let facet = move |field: &'static str| {
        let chosen = Memo::new(move |_| query::chosen(&hunt.text.get(), field));
        let shown = Memo::new(move |_| {
            let chosen = chosen.get();
            hunt.facets
                .with(|all| values(all.iter().find(|f| f.field == field), &chosen))
        });
        let toggle = move |value: &str| hunt.run(&query::toggle(&hunt.text.get_untracked(), field, value));
        let other = move || {
            hunt.facets
                .with(|all| all.iter().find(|f| f.field == field).map_or(0, |f| f.other))
        };
        view! {
            <Show when=move || shown.with(|shown| !shown.is_empty())>
                <Facet title=field values=shown chosen toggle />
                <Show when=move || { other() > 0 }>
                    <p class="facet-more">{move || format!("{} more events", number::count(other()))}</p>
                </Show>
            </Show>
        }
    };
    view! {
        <aside class="facets hunt-facets" aria-label="What the events are made of" tabindex="0">
            {FACETS.map(facet).collect_view()}
        </aside>
    }
}
