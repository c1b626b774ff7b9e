//! Overview: within five seconds, whether something is wrong, and what to take next.

mod blocks;
mod data;
mod text;

use crate::{
    components::FaultNotice,
    live::use_live,
    state::{use_clock, use_range},
};
use data::Overview;
use leptos::prelude::*;
use watchfloor_shared::alert::Severity;

#[component]
pub fn OverviewPage() -> impl IntoView {
    let data = data::load(use_range(), use_clock(), use_live());
    let again = move || {
        data.open.again();
        data.trend.again();
        data.next.again();
        data.risk.again();
    };
    view! {
        <h1 class="visually-hidden">"Overview"</h1>
        <FaultNotice fault=data.open.fault again=again/>
        <Verdict data=data/>
        <div class="ov">
            <blocks::OpenAlerts data=data/>
            <blocks::Trend data=data/>
            <blocks::Next data=data/>
            <blocks::Techniques data=data/>
            <blocks::Risk data=data/>
            <blocks::Pipeline/>
        </div>
    }
}

/// One sentence: is something wrong out there; one more if the instrument is impaired.
#[component]
fn Verdict(data: Overview) -> impl IntoView {
    let (range, clock, live) = (use_range(), use_clock(), use_live());
    let world = move || {
        data.open.value.with(|f| {
            f.as_ref().map(|facets| {
                let worst = Severity::ALL.into_iter().rev().find_map(|s| {
                    let count = facets.severity.iter().find(|c| c.value == s.as_str() && c.count > 0)?;
                    Some((s, count.clone()))
                });
                match worst {
                    Some((severity, count)) => {
                        let oldest = count.oldest_open.map(|at| {
                            format!(
                                ", the oldest for {}",
                                crate::components::time::age_words(clock.now(), at)
                            )
                        });
                        let verb = if count.count == 1 { " is open" } else { " are open" };
                        view! { <span><b>{text::worst_open(severity, count.count)}</b>{verb}{oldest}"."</span> }
                            .into_any()
                    }
                    None => view! { <span>{text::all_quiet(&range.get().within())}</span> }.into_any(),
                }
            })
        })
    };
    let instrument = move || {
        live.pipeline
            .with(|p| p.as_ref().map(text::instrument))
            .unwrap_or_default()
    };
    view! {
        <div class="verdict" role="status">
            {world}
            {move || Some(instrument()).filter(|faults| !faults.is_empty()).map(|faults| view! { <a class="quiet cut" href="/pipeline">{faults.join(" ")}</a> })}
        </div>
    }
}
