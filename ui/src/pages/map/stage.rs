//! The map itself, with its switches, its legend, and whose data it shows.

use super::{
    callout::Callout,
    canvas,
    feed::Feed,
    model::{
        Filter, Mode,
        filter::{self, Field},
        text,
    },
    state::{Link, MapView},
};
use crate::{
    components::{Credits, Menu, Segments, SeverityMark, SimulatedBadge, number},
    state::{Theme, use_preferences, use_session},
};
use leptos::{ev, html, prelude::*};
use std::rc::Rc;
use watchfloor_shared::alert::Severity;

/// So near is at it.
const NEAR_PX: f64 = 12.0;

/// Puts a word into the address, or takes it out.
pub fn toggle(view: MapView, key: &str, value: &str) {
    view.address.change(|query| {
        let is_on = query.get(key) == Some(value);
        query.set(key, (!is_on).then(|| value.to_owned()));
    });
}

#[component]
pub fn Stage(view: MapView, feed: Feed) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    canvas::mount(view, node, 1.0);
    let over = move |event: ev::PointerEvent| {
        let near = nearest(view, node, &event);
        if near != view.pointed.get_untracked() {
            view.pointed.set(near);
        }
    };
    let press = move |event: ev::MouseEvent| {
        if let Some(flow) = nearest(view, node, &event) {
            feed.choose(flow);
        }
    };
    view! {
        <div class="mapstage" class:old=move || matches!(view.link(), Link::Stale { .. } | Link::Offline) class:pointing=move || view.pointed.with(Option::is_some)>
            <div class="mapcanvas" class:round=move || view.globe.get() node_ref=node role="group" aria-label="Arcs of the last 60 seconds; the feed beside it has the same as rows"
                on:pointermove=over on:pointerleave=move |_| view.pointed.set(None) on:click=press></div>
            <Callout view/>
            <Tools view/>
            <Legend view/>
        </div>
    }
}

/// The flow whose mark the pointer is at.
fn nearest(view: MapView, node: NodeRef<html::Div>, event: &ev::MouseEvent) -> Option<u64> {
    let rect = node.get_untracked()?.get_bounding_client_rect();
    let (x, y) = (
        f64::from(event.client_x()) - rect.left(),
        f64::from(event.client_y()) - rect.top(),
    );
    let mut near = None;
    let scene = view.shown.with_untracked(|shown| Rc::clone(&shown.scene));
    view.with_renderer(|renderer| {
        let away = scene.marks.iter().filter_map(|mark| {
            let (left, top) = renderer.locate(mark.at)?;
            Some((mark.flow, (left - x).hypot(top - y)))
        });
        near = away
            .filter(|(_, away)| *away < NEAR_PX)
            .min_by(|a, b| a.1.total_cmp(&b.1));
    });
    near.map(|(flow, _)| flow)
}

#[component]
fn Tools(view: MapView) -> impl IntoView {
    let pick = move |key: &'static str, value: &'static str| {
        move |on: bool| {
            view.address
                .change(|query| query.set(key, on.then(|| value.to_owned())))
        }
    };
    let dense = Memo::new(move |_| view.mode.get() == Mode::Density);
    let severities = move || view.filter.with(Filter::severities);
    let choice = move |severity: Severity| {
        let is_on = move || {
            let name = severity.as_str();
            view.filter
                .with(|filter| filter.chosen(Field::Severity).iter().any(|one| one == name))
                .to_string()
        };
        let press = move |_| {
            view.address
                .change(|query| filter::toggle(query, Field::Severity, severity.as_str()))
        };
        view! { <li><button type="button" aria-pressed=is_on on:click=press><SeverityMark severity worded=true/></button></li> }
    };
    let face = move || view! { <span class="quiet">"severity"</span>{severities} };
    let all = move |_| view.address.change(|query| query.set(Field::Severity.name(), None));
    let theme = use_preferences().theme;
    let picture = move || {
        let theme = if theme.get() == Theme::Light { "light" } else { "dark" };
        format!("/api/v1/pictures/map.png?theme={theme}&width=1920")
    };
    let simulated = Memo::new(move |_| view.shown.with(|shown| shown.sums.iter().any(|sum| sum.flow.simulated)));
    view! {
        <div class="maptools">
            <Segments label="What is drawn" options=vec![(false, "Arcs"), (true, "Density")] chosen=dense choose=pick("view", "density")/>
            <Show when=move || view.plain.with(Option::is_none)>
                <Segments label="Shape of the world" options=vec![(false, "Flat"), (true, "Globe")] chosen=view.globe choose=pick("projection", "globe")/>
            </Show>
            <Menu label="Severity" face=face small=true>
                {Severity::ALL.into_iter().rev().map(choice).collect_view()}
                <li><button type="button" on:click=all>"All"</button></li>
            </Menu>
            {move || simulated.get().then(|| view! { <SimulatedBadge/> })}
            <a class="btn small" href=picture download="threat-map.png" title="The last half hour as a picture, for a report or a ticket">"Save picture"</a>
        </div>
    }
}

#[component]
fn Legend(view: MapView) -> impl IntoView {
    let figure = |n: u64| number::count(i64::try_from(n).unwrap_or(i64::MAX));
    let placed = Memo::new(move |_| view.shown.with(|shown| shown.scene.placed));
    let together = Memo::new(move |_| {
        view.shown.track();
        view.held.with_value(super::model::Held::coalesced)
    });
    let words = move || {
        format!(
            "{} {}",
            text::legend(view.mode.get()),
            text::placed(placed.get(), figure)
        )
    };
    let session = use_session();
    let credits = Signal::derive(move || {
        session
            .me
            .with(|me| me.as_ref().map(|me| me.credits.clone()).unwrap_or_default())
    });
    let together = move || (together.get() > 0).then(|| format!(" {} drawn together.", figure(together.get())));
    view! {
        <div class="legend">
            <span class="row-flex">
                {Severity::ALL.into_iter().rev().map(|severity| view! { <SeverityMark severity worded=true/> }).collect_view()}
            </span>
            <span>{words}{together}</span>
        </div>
        <p class="attribution">
            <a href="https://www.naturalearthdata.com" target="_blank" rel="noopener">"Natural Earth"</a>
            <a href="https://maplibre.org" target="_blank" rel="noopener">"MapLibre"</a>
            <Credits credits/>
        </p>
    }
}
