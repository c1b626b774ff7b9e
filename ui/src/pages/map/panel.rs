//! What stands at the right: counts, and below them the feed, rankings, or what can be filtered by.

use super::{
    feed::{Feed, Rows},
    model::{
        filter::{self, Field},
        top::{Entry, Ranked, top},
    },
    state::MapView,
};
use crate::{
    components::{Button, Chip, Facet, Look, Segments, SeverityMark, number, time},
    state::use_preferences,
};
use leptos::prelude::*;
use std::collections::BTreeMap;
use watchfloor_shared::{
    Timestamp,
    alert::{FacetCount, Severity},
    map::{BySeverity, KEPT_MS, sum::by_severity},
};

const RANKED_MOST: usize = 6;
/// From here on a count needs smaller figures.
const LONG: u64 = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Feed,
    Top,
    Filter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Minute,
    Hour,
    Day,
}

fn figure(n: u64) -> String {
    number::count(i64::try_from(n).unwrap_or(i64::MAX))
}

#[component]
pub fn Panel(view: MapView, feed: Feed) -> impl IntoView {
    let body = RwSignal::new(Body::Feed);
    let sum = move || format!("{} in 60 s", figure(view.shown.with(|shown| shown.counts.iter().sum())));
    let switch = move |to: Body, text: &'static str| {
        let press = move |_| body.update(|body| *body = if *body == to { Body::Feed } else { to });
        view! { <button type="button" class="btn small" aria-pressed=move || (body.get() == to).to_string() on:click=press>{text}</button> }
    };
    view! {
        <aside class="feed" aria-label="Feed">
            <div class="feedhead"><h2>"Feed"</h2><span class="quiet">{sum}</span>
                <span class="push row-flex">{switch(Body::Top, "Top")}{switch(Body::Filter, "Filter")}</span>
            </div>
            <Totals view/>
            <Chips view/>
            {move || match body.get() {
                Body::Feed => view! { <Rows feed/> }.into_any(),
                Body::Top => view! { <Rankings view/> }.into_any(),
                Body::Filter => view! { <Facets view/> }.into_any(),
            }}
        </aside>
    }
}

#[component]
fn Totals(view: MapView) -> impl IntoView {
    let span = RwSignal::new(Span::Minute);
    let zone = use_preferences().zone;
    let counts = Memo::new(move |_| {
        let minute = view.shown.with(|shown| shown.counts);
        let all = view.held.with_value(|held| held.counts);
        match (span.get(), all) {
            (Span::Minute, _) => Some(minute),
            (Span::Hour, all) => all.map(|all| all.hour),
            (Span::Day, all) => all.map(|all| all.day),
        }
    });
    let note = move || {
        view.shown.track();
        let since = view.held.with_value(|held| held.counts.map(|counts| counts.since));
        note(
            span.get(),
            since,
            view.clock.now(),
            view.filter.with(|filter| filter.is_empty()),
            |at| time::hour_minute(at, zone.get()),
        )
    };
    let is_long = move || {
        counts
            .get()
            .is_some_and(|counts| counts.iter().any(|count| *count >= LONG))
    };
    let cell = move |severity: Severity| {
        let count = move || {
            counts.get().map_or_else(
                || "–".to_owned(),
                |counts: BySeverity| figure(counts[severity as usize]),
            )
        };
        view! { <div><span class="n">{count}</span><span class="l"><SeverityMark severity worded=true/></span></div> }
    };
    view! {
        <div class="totals" class:long=is_long>{Severity::ALL.into_iter().rev().map(cell).collect_view()}</div>
        <div class="spans">
            <Segments label="Counted over" options=vec![(Span::Minute, "1 m"), (Span::Hour, "1 h"), (Span::Day, "24 h")] chosen=span choose=move |to| span.set(to)/>
            <span class="quiet">{note}</span>
        </div>
    }
}

/// What the counts do not say by themselves.
fn note(
    span: Span,
    since: Option<Timestamp>,
    now: Timestamp,
    all: bool,
    clock: impl Fn(Timestamp) -> String,
) -> String {
    const DAY_MS: i64 = 86_400_000;
    /// Less is not worth a word.
    const SLACK_MS: i64 = 60_000;
    let length = match span {
        Span::Minute => return String::new(),
        Span::Hour => DAY_MS / 24,
        Span::Day => DAY_MS,
    };
    let short = since.filter(|since| now.millis() - since.millis() + SLACK_MS < length);
    let since = short.map(|since| format!("counts since {}", clock(since)));
    let filter = (!all).then(|| "not filtered".to_owned());
    since.into_iter().chain(filter).collect::<Vec<_>>().join(", ")
}

/// What is filtered by, each with its way out.
#[component]
fn Chips(view: MapView) -> impl IntoView {
    move || {
        let chosen = view.filter.get();
        let pairs: Vec<(Field, String)> = Field::ALL
            .into_iter()
            .flat_map(|field| chosen.chosen(field).iter().map(move |value| (field, value.clone())))
            .collect();
        let any = !pairs.is_empty();
        let chip = move |(field, value): (Field, String)| {
            let gone = value.clone();
            view! { <Chip name=field.name() value=value remove=move || view.address.change(|query| filter::toggle(query, field, &gone))/> }
        };
        any.then(|| view! { <div class="chips">{pairs.into_iter().map(chip).collect_view()}</div> })
    }
}

/// Flows of all that is held until the moment that is shown.
fn held_sums(view: MapView) -> Vec<super::model::FlowSum> {
    view.clock.now();
    let at = view.at();
    let from = Timestamp::from_millis(at.millis() - KEPT_MS);
    view.filter
        .with(|filter| view.held.with_value(|held| held.sums(from, at, filter)))
}

#[component]
fn Rankings(view: MapView) -> impl IntoView {
    let sums = Memo::new(move |_| {
        let sums = held_sums(view);
        let ranked = Ranked::ALL.map(|ranked| top(ranked, &sums, RANKED_MOST));
        (ranked, by_severity(&sums).iter().sum::<u64>())
    });
    let list = move |(ranked, (entries, all)): (Ranked, (Vec<Entry>, usize))| {
        let most = entries.first().map_or(1, |entry| entry.count.max(1));
        let rest = all.saturating_sub(entries.len());
        let entry = move |entry: Entry| {
            let field = (ranked == Ranked::Countries).then_some(Field::Country);
            let name = entry.name.clone();
            let name = match field {
                Some(field) => view! {
                    <button type="button" class="link" on:click=move |_| view.address.change(|query| filter::toggle(query, field, &name))>{entry.name.clone()}</button>
                }
                .into_any(),
                None => view! { <span class="mono strong">{name}</span> }.into_any(),
            };
            #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
            let share = entry.count as f64 / most as f64;
            view! {
                <li><span class="cut">{name}" "<span class="quiet">{entry.aside}</span></span><span class="num">{figure(entry.count)}</span>
                    <svg class="share" viewBox="0 0 100 2" preserveAspectRatio="none" aria-hidden="true"><rect width=format!("{:.1}", share * 100.0) height="2"></rect></svg></li>
            }
        };
        view! {
            <section class="ranking"><h3>{ranked.title()}</h3>
                <ol>{entries.into_iter().map(entry).collect_view()}</ol>
                {(rest > 0).then(|| view! { <p class="quiet">{format!("{} more", number::count(i64::try_from(rest).unwrap_or(i64::MAX)))}</p> })}
                {(all == 0).then(|| view! { <p class="quiet">"None known"</p> })}
            </section>
        }
    };
    let lists = move || {
        let (ranked, _) = sums.get();
        Ranked::ALL.into_iter().zip(ranked).map(list).collect_view()
    };
    view! {
        <div class="feedbody rankings" tabindex="0" role="region" aria-label="Most seen">
            <p class="quiet">{move || format!("Of {} events in 30 minutes", figure(sums.get().1))}</p>
            {lists}
        </div>
    }
}

#[component]
fn Facets(view: MapView) -> impl IntoView {
    let counts = Memo::new(move |_| {
        view.clock.now();
        let at = view.at();
        let from = Timestamp::from_millis(at.millis() - KEPT_MS);
        let sums = view
            .held
            .with_value(|held| held.sums(from, at, &super::model::Filter::default()));
        Field::ALL.map(|field| {
            let mut counts: BTreeMap<String, i64> = BTreeMap::new();
            for sum in &sums {
                for value in field.of(&sum.flow) {
                    *counts.entry(value.to_owned()).or_default() += i64::try_from(sum.count).unwrap_or(i64::MAX);
                }
            }
            let mut counts: Vec<(String, i64)> = counts.into_iter().collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts
        })
    });
    let facet = move |(i, field): (usize, Field)| {
        let values = Signal::derive(move || {
            let count = |(value, count): &(String, i64)| FacetCount {
                value: value.clone(),
                label: value.clone(),
                count: *count,
                oldest_open: None,
            };
            counts.with(|all| all[i].iter().map(count).collect::<Vec<_>>())
        });
        let chosen = Signal::derive(move || view.filter.with(|filter| filter.chosen(field).to_vec()));
        let toggle = move |value: &str| view.address.change(|query| filter::toggle(query, field, value));
        view! { <Facet title=field.title() values chosen toggle/> }
    };
    let clear = move |_| view.address.change(filter::clear);
    view! {
        <div class="feedbody" tabindex="0" role="region" aria-label="Filter">
            <div class="row-flex facet-clear"><span class="quiet grow">"Events in 30 minutes"</span>
                <Button look=Look::SmallGhost press=clear disabled=Signal::derive(move || view.filter.with(|filter| filter.is_empty()))>"Clear"</Button></div>
            {Field::ALL.into_iter().enumerate().map(facet).collect_view()}
        </div>
    }
}
