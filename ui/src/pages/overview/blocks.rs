//! The blocks of the overview. Each leads to the list that it counts.

use super::{
    data::{NEXT_MAX, Overview},
    text,
};
use crate::{
    components::{Age, Bar, Empty, Histogram, SeverityMark, SimulatedBadge, SourceTag, number, pending, time},
    live::use_live,
    pages::{
        alerts::{short_host, short_user},
        parts::technique,
    },
    state::{TimeRange, use_clock, use_range},
    url::{Query, encode},
    words::capital,
};
use leptos::prelude::*;
use watchfloor_shared::{
    alert::{AlertFacets, AlertSummary, Severity},
    endpoint::EndpointSummary,
    pipeline::StageSnapshot,
};

#[component]
pub fn OpenAlerts(data: Overview) -> impl IntoView {
    let cell = move |severity: Severity| view! { <Count data=data severity=severity/> };
    view! {
        <section class="first" aria-label="Open alerts">
            <h2>"Open alerts" <span class="push">"open, acknowledged, investigating"</span></h2>
            <div class="counts">{Severity::ALL.into_iter().rev().map(cell).collect_view()}</div>
        </section>
    }
}

fn of(facets: &AlertFacets, severity: Severity) -> (i64, Option<watchfloor_shared::Timestamp>) {
    let found = facets.severity.iter().find(|c| c.value == severity.as_str());
    found.map_or((0, None), |c| (c.count, c.oldest_open))
}

#[component]
fn Count(data: Overview, severity: Severity) -> impl IntoView {
    let (range, clock) = (use_range(), use_clock());
    let now = Memo::new(move |_| data.open.value.with(|f| f.as_ref().map(|f| of(f, severity))));
    let unassigned = Memo::new(move |_| {
        data.next.value.with(|n| {
            n.as_ref().map(|page| {
                let mine = page.items.iter().filter(|a| a.severity == severity);
                let free = mine.clone().filter(|a| a.assignee.is_none()).count();
                (free, mine.count())
            })
        })
    });
    let age = move || match now.get() {
        Some((0, _)) => "none".to_owned(),
        Some((n, oldest)) => {
            // Only when the fetched rows hold all of them is the number known.
            let free = unassigned
                .get()
                .filter(|(_, all)| i64::try_from(*all) == Ok(n))
                .map(|(free, _)| format!("{free} unassigned"));
            let oldest = oldest.map(|at| format!("oldest {}", time::age_words(clock.now(), at)));
            [free, oldest].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
        None => String::new(),
    };
    let link = move || range.link("/alerts", Query::default().with("severity", severity.as_str()));
    view! {
        <a class="count-cell" href=link>
            <span class="n">{move || now.get().map_or_else(|| "–".to_owned(), |(n, _)| number::count(n))}</span>
            <SeverityMark severity=severity worded=true/>
            <span class="age">{age}</span>
        </a>
    }
}

#[component]
pub fn Trend(data: Overview) -> impl IntoView {
    let range = use_range();
    let columns = Signal::derive(move || data.trend.value.get().unwrap_or_default());
    let step = move || {
        data.trend
            .value
            .with(|t| t.as_ref().map(|t| crate::components::scale::step_words(t.interval_ms)))
    };
    let brush = Callback::new(move |(from, to)| range.choose(TimeRange::Between(from, to)));
    let total =
        Memo::new(move |_| columns.with(|c| c.columns.iter().map(|c| c.parts.iter().sum::<i64>()).sum::<i64>()));
    let here = Memo::new(move |_| data.trend.value.with(Option::is_some));
    let sum = move || {
        here.get().then(|| {
            format!(
                "{} {}",
                number::counted(total.get(), "alert", "alerts"),
                range.get().within()
            )
        })
    };
    view! {
        <section class="span-2 trend" aria-label="Alerts over time">
            <h2>{move || format!("Alerts per {}", step().unwrap_or_else(|| "step".to_owned()))}
                <span class="quiet plainw">{sum}</span>
                <span class="push legend-row">{Severity::ALL.into_iter().rev().map(|s| view! { <SeverityMark severity=s worded=true/> }).collect_view()}</span>
            </h2>
            {pending(data.trend)}
            <Show when=move || here.get()>
            <Show when=move || total.get() != 0 fallback=move || view! {
                <Empty title="No alert in this time range" why="Nothing was detected in it. Recordings of older events lie outside of the last days.">
                    <button type="button" class="btn small" on:click=move |_| range.choose(TimeRange::All)>"Look at all time"</button>
                </Empty>
            }>
                <Histogram label="Alerts over time by severity" data=columns classes=CLASSES names=NAMES brush=brush/>
            </Show>
            </Show>
        </section>
    }
}

const TECHNIQUES_MAX: usize = 10;
const CLASSES: &[&str] = &["fill-low", "fill-medium", "fill-high", "fill-critical"];
const NAMES: &[&str] = &["Low", "Medium", "High", "Critical"];

#[component]
pub fn Next(data: Overview) -> impl IntoView {
    let range = use_range();
    // By severity, then who waits longest; what nobody has taken comes first.
    let next = Memo::new(move |_| {
        data.next.value.with(|page| {
            page.as_ref().map(|page| {
                let mut items = page.items.clone();
                items.sort_by_key(|a| (std::cmp::Reverse(a.severity), a.assignee.is_some(), a.first_seen));
                items
            })
        })
    });
    let order = move || {
        let all = data
            .next
            .value
            .with(|p| p.as_ref().map(|p| format!("; all {}", number::count(p.total))));
        format!(
            "by severity; unassigned and longest waiting first{}",
            all.unwrap_or_default()
        )
    };
    view! {
        <section class="first span-2" aria-label="Next to take">
            <h2>"Next to take" <a class="push link-quiet" href=move || range.link("/alerts", Query::default())>
                {order}</a></h2>
            {pending(data.next)}
            {move || match next.get() {
                None => ().into_any(),
                Some(items) if items.is_empty() => view! { <Empty title="Nothing to take" why="No alert is open in this time range."/> }.into_any(),
                Some(items) => view! { <ul class="lines next">{items.into_iter().take(usize::try_from(NEXT_MAX).unwrap_or(40)).map(next_line).collect_view()}</ul> }.into_any(),
            }}
        </section>
    }
}

fn next_line(alert: AlertSummary) -> impl IntoView {
    let range = use_range();
    let link = format!("/alerts/{}", alert.id);
    let user = alert.user.clone().unwrap_or_default();
    view! {
        <li><a href=move || range.link(&link, Query::default())>
            <SeverityMark severity=alert.severity/>
            <span class="cut strong">{alert.simulated.then(|| view! { <SimulatedBadge short=true/> })}{alert.title.clone()}</span>
            <span class="mono quiet cut">{alert.evidence.clone()}</span>
            <span class="mono cut" title=alert.endpoint_id.to_string()>{short_host(alert.endpoint_id.as_str())}</span>
            <span class="mono quiet cut" title=user.clone()>{short_user(&user)}</span>
            <SourceTag source=alert.source/>
            <span class="num">{(alert.count > 1).then(|| format!("×{}", number::count(alert.count)))}</span>
            <span class="num quiet"><Age at=alert.first_seen/></span>
        </a></li>
    }
}

#[component]
pub fn Techniques(data: Overview) -> impl IntoView {
    let range = use_range();
    let rows = move || {
        let counts = data.open.value.with(|f| {
            f.as_ref()
                .map(|f| f.technique.iter().take(TECHNIQUES_MAX).cloned().collect::<Vec<_>>())
        })?;
        if counts.is_empty() {
            return Some(
                view! { <Empty title="No technique" why="No open alert in this time range names one."/> }.into_any(),
            );
        }
        let most = counts.iter().map(|c| c.count).max().unwrap_or(1).max(1);
        let line = move |count: watchfloor_shared::alert::FacetCount| {
            let query = Query::default()
                .with("technique", count.value.clone())
                .with("group", "technique");
            #[expect(clippy::cast_precision_loss, reason = "a bar")]
            let share = count.count as f64 / most as f64;
            view! {
                <li><a href=move || range.link("/alerts", query.clone())>
                    <span class="mono">{count.value.clone()}</span><span class="cut" title=count.label.clone()>{technique::name(&count).to_owned()}</span>
                    <Bar share=share/><span class="num">{number::count(count.count)}</span>
                </a></li>
            }
        };
        Some(view! { <ul class="lines tech">{counts.into_iter().map(line).collect_view()}</ul> }.into_any())
    };
    view! {
        <section aria-label="Top techniques">
            <h2>"Top techniques" <span class="push">"open alerts"</span></h2>
            {pending(data.open)}
            {rows}
        </section>
    }
}

#[component]
pub fn Risk(data: Overview) -> impl IntoView {
    let range = use_range();
    let rows = move || {
        let page = data.risk.value.get()?;
        let risky: Vec<EndpointSummary> = page.items.into_iter().filter(|e| e.risk > 0).collect();
        Some(if risky.is_empty() {
            let why = match page.total {
                0 => "No endpoint has sent anything yet.".to_owned(),
                n => format!(
                    "None of {} has an open alert.",
                    number::counted(n, "endpoint", "endpoints")
                ),
            };
            view! { <Empty title="No endpoint at risk" why=why/> }.into_any()
        } else {
            view! { <ul class="lines hosts">{risky.into_iter().map(risk_line).collect_view()}</ul> }.into_any()
        })
    };
    let scale = move || {
        let all = data
            .risk
            .value
            .with(|p| p.as_ref().map(|p| format!("; all {}", number::count(p.total))));
        format!("risk 0 to 100 from open alerts{}", all.unwrap_or_default())
    };
    view! {
        <section class="first span-2" aria-label="Endpoints at risk">
            <h2>"Endpoints at risk" <a class="push link-quiet" href=move || range.link("/endpoints", Query::default())>
                {scale}</a></h2>
            {pending(data.risk)}
            {rows}
        </section>
    }
}

fn risk_line(endpoint: EndpointSummary) -> impl IntoView {
    let range = use_range();
    let link = format!("/endpoints/{}", encode(endpoint.id.as_str()));
    let open = endpoint.open_alerts;
    let counts = Severity::ALL.into_iter().rev().filter(|s| open.of(*s) > 0).map(|s| {
        view! { <span class="risk-count"><SeverityMark severity=s/><span class="num">{number::count(open.of(s))}</span></span> }
    });
    #[expect(clippy::cast_precision_loss, reason = "0 to 100")]
    let share = endpoint.risk as f64 / 100.0;
    view! {
        <li><a href=move || range.link(&link, Query::default())>
            <span class="mono strong cut" title=endpoint.id.to_string()>{short_host(endpoint.id.as_str())}</span>
            <span class="num strong">{endpoint.risk}</span>
            <Bar share=share/>
            <span class="cut">{endpoint.simulated.then(|| view! { <SimulatedBadge short=true/> })}{endpoint.risk_because.first().cloned()}</span>
            <span class="risk-counts">{counts.collect_view()}</span>
            <span class="mono quiet cut">{endpoint.usual_user.as_deref().map(short_user)}</span>
        </a></li>
    }
}

#[component]
pub fn Pipeline() -> impl IntoView {
    let live = use_live();
    let rows = move || {
        live.pipeline.with(|p| match p {
            None => view! { <p class="quiet">"Waiting for the first figures."</p> }.into_any(),
            Some(p) if p.stages.is_empty() => {
                view! { <Empty title="No stage has run" why="No telemetry has come in since the server started."/> }
                    .into_any()
            }
            Some(p) => {
                let worst = p.stages.iter().map(|s| s.lag_ms).max().unwrap_or(1).max(1_000);
                view! { <ul class="lines pipe">{p.stages.iter().map(|s| stage_line(s, worst)).collect_view()}</ul> }
                    .into_any()
            }
        })
    };
    view! {
        <section aria-label="Pipeline">
            <h2><a href="/pipeline">"Pipeline"</a> <span class="push">"lag, events per second, dead"</span></h2>
            {rows}
        </section>
    }
}

fn stage_line(stage: &StageSnapshot, worst: i64) -> impl IntoView + use<> {
    let late = text::is_late(stage.lag_ms) || stage.fault.is_some();
    let dead: i64 = stage.dead.iter().map(|d| d.count).sum();
    let suppressed: i64 = stage.suppressed.iter().map(|d| d.count).sum();
    #[expect(clippy::cast_precision_loss, reason = "a bar")]
    let (share, lag) = (stage.lag_ms as f64 / worst as f64, stage.lag_ms as f64);
    let title = format!(
        "in {}, out {}, suppressed {}, dead {}",
        number::count(stage.received),
        number::count(stage.emitted),
        number::count(suppressed),
        number::count(dead)
    );
    let name = capital(&stage.name);
    view! {
        <li title=title><a href="/pipeline">
            <span class="cut">{name}</span><Bar share=share fault=late/>
            <span class="num" class:fault-text=late>{number::duration_ms(lag)}</span>
            <span class="num">{number::rate(stage.events_per_second)}</span>
            <span class="num" class:fault-text=dead != 0>{number::count(dead)}</span>
        </a></li>
    }
}
