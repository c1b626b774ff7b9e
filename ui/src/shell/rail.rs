//! The rail: pages, and how many alerts are open.

use crate::{
    api,
    components::{Glyph, Icon, Mark, number},
    live::use_live,
    state::use_range,
    url::{Query, use_address},
};
use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::alert::{AlertFilter, AlertStatus};

/// New alerts change the count at most this often.
const COUNT_EVERY: Duration = Duration::from_secs(2);

#[component]
fn RailLink(glyph: Glyph, text: &'static str, path: &'static str, children: Children) -> impl IntoView {
    let (range, address) = (use_range(), use_address());
    let here = Memo::new(move |_| {
        address.path.with(|at| {
            if path == "/" {
                at == "/"
            } else {
                at == path || at.starts_with(&format!("{path}/"))
            }
        })
    });
    view! {
        <a href=move || range.link(path, Query::default()) aria-current=move || here.get().then_some("page")>
            <Icon glyph=glyph/>
            <span>{text}</span>
            {children()}
        </a>
    }
}

#[component]
pub fn Rail() -> impl IntoView {
    let open = open_alerts();
    view! {
        <aside class="rail" aria-label="Watchfloor">
            <a class="brand" href="/">
                <Mark/>
            </a>
            <nav aria-label="Main">
                <RailLink glyph=Glyph::Overview text="Overview" path="/">""</RailLink>
                <RailLink glyph=Glyph::Alerts text="Alerts" path="/alerts">
                    {move || open.get().map(|n| view! { <span class="num" title="Open alerts in all time">{number::count(n)}</span> })}
                </RailLink>
                <RailLink glyph=Glyph::Hunt text="Hunt" path="/hunt">""</RailLink>
                <RailLink glyph=Glyph::Endpoints text="Endpoints" path="/endpoints">""</RailLink>
                <RailLink glyph=Glyph::Map text="Live map" path="/map">""</RailLink>
                <hr/>
                <RailLink glyph=Glyph::Rules text="Detections" path="/rules">""</RailLink>
                <RailLink glyph=Glyph::Sensors text="Sensors" path="/sensors">""</RailLink>
                <RailLink glyph=Glyph::Pipeline text="Pipeline" path="/pipeline">""</RailLink>
                <RailLink glyph=Glyph::Inventory text="Inventory" path="/inventory">""</RailLink>
                <RailLink glyph=Glyph::Settings text="Settings" path="/settings">""</RailLink>
            </nav>
        </aside>
    }
}

/// Open alerts over all time, fetched again after changes.
fn open_alerts() -> Memo<Option<i64>> {
    let live = use_live();
    let changed = RwSignal::new(0_u32);
    let waiting = StoredValue::new(false);
    live.on_alert(move |_| {
        if waiting.get_value() {
            return;
        }
        waiting.set_value(true);
        set_timeout(
            move || {
                waiting.set_value(false);
                changed.try_update(|n| *n = n.wrapping_add(1));
            },
            COUNT_EVERY,
        );
    });
    let facets = api::fetch(
        move || {
            live.resets.track();
            changed.track();
            Some(())
        },
        |()| async {
            let filter = AlertFilter {
                status: vec![AlertStatus::Open],
                ..AlertFilter::default()
            };
            api::alerts::facets(&filter).await
        },
    );
    Memo::new(move |_| facets.value.with(|f| f.as_ref().map(|f| f.open)))
}
