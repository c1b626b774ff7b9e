//! Parts of the endpoint's page: its activity, its most frequent values, its alerts.

use crate::{
    api::Fetched,
    components::{
        Age, Empty, Histogram, SeverityMark, StatusMark,
        histogram::{Column, Columns, gaps},
        number, pending, scale,
    },
    pages::hunt::query,
    url::{Query, use_address},
};
use leptos::prelude::*;
use serde_json::Value;
use watchfloor_shared::{
    Timestamp, alert::AlertSummary, endpoint::EndpointDetail, page::Page, search::TermBucket, search::TimeBucket,
};

fn columns(detail: &EndpointDetail) -> Columns {
    let buckets = &detail.activity;
    let interval_ms = detail.activity_interval_ms.max(1);
    let column = |bucket: &TimeBucket| Column {
        start: bucket.start,
        parts: vec![bucket.count],
    };
    let end = buckets.last().map_or(detail.summary.last_seen, |b| {
        Timestamp::from_millis(b.start.millis() + interval_ms)
    });
    Columns {
        from: buckets.first().map_or(detail.summary.first_seen, |b| b.start),
        to: end,
        interval_ms,
        columns: buckets.iter().map(column).collect(),
        gaps: gaps(buckets, interval_ms),
    }
}

/// Dragging over it hunts in that stretch.
#[component]
pub fn Activity(detail: EndpointDetail) -> impl IntoView {
    let address = use_address();
    let step = scale::step_words(detail.activity_interval_ms.max(1));
    let data = columns(&detail);
    let host = query::clause("host.id", detail.summary.id.as_str());
    let hunt = move |(from, to): (Timestamp, Timestamp)| {
        let query = Query::default()
            .with("q", host.clone())
            .with("from", from.to_string())
            .with("to", to.to_string());
        address.go(&format!("/hunt{query}"));
    };
    view! {
        <section class="activity" aria-label="Activity">
            <div class="panelhead">
                <h2>"Activity"</h2>
                <span class="quiet">{format!("events per {step} over its life; drag to hunt in a stretch")}</span>
            </div>
            <Histogram
                label="Events over the life of the endpoint"
                data=Signal::derive(move || data.clone())
                classes=&["hbar in"]
                names=&["Events"]
                brush=Callback::new(hunt)
            />
        </section>
    }
}

/// The most frequent values of a field; each leads to its events.
pub fn terms(title: &'static str, field: &'static str, buckets: &[TermBucket], host: &str) -> impl IntoView + use<> {
    let most = buckets.iter().map(|bucket| bucket.count).max().unwrap_or(1).max(1);
    let row = |bucket: &TermBucket| {
        let value = bucket
            .value
            .rsplit(['\\', '/'])
            .next()
            .unwrap_or(&bucket.value)
            .to_owned();
        let field = if field == "process.name" && value != bucket.value {
            "process.executable"
        } else {
            field
        };
        let to = format!(
            "/hunt{}",
            Query::default()
                .with("q", format!("{host} and {}", query::clause(field, &bucket.value)))
                .with("range", "all")
        );
        let width = format!("{:.1}", bucket.count as f64 / most as f64 * 100.0);
        view! {
            <li>
                <a class="mono cut" href=to title=bucket.value.clone()>{value}</a>
                <svg class="share" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect width=width height="4" /></svg>
                <span class="num">{number::count(bucket.count)}</span>
            </li>
        }
    };
    let none = buckets.is_empty().then(|| view! { <p class="quiet">"None seen."</p> });
    view! {
        <section class="block terms">
            <h3>{title}</h3>
            <ul>{buckets.iter().take(8).map(row).collect_view()}</ul>
            {none}
        </section>
    }
}

#[component]
pub fn EndpointAlerts(alerts: Fetched<Page<AlertSummary>>) -> impl IntoView {
    let rows = move || {
        alerts
            .value
            .with(|page| page.as_ref().map(|page| page.items.clone()))
            .unwrap_or_default()
    };
    let total = move || alerts.value.with(|page| page.as_ref().map(|page| page.total));
    let none = move || {
        (total() == Some(0))
            .then(|| view! { <Empty title="No alerts" why="Nothing on this endpoint has matched a rule." /> })
    };
    let row = |alert: AlertSummary| {
        let to = format!(
            "/alerts/{}?endpoint={}",
            alert.id,
            crate::url::encode(alert.endpoint_id.as_str())
        );
        let class = if alert.status.is_closed() {
            "tr cols-host-alerts done"
        } else {
            "tr cols-host-alerts"
        };
        view! {
            <a class=class role="row" href=to>
                <span role="cell"><SeverityMark severity=alert.severity /></span>
                <span role="cell"><StatusMark status=alert.status /></span>
                <span role="cell" class="title">{alert.title.clone()}<span class="because">{alert.evidence.clone()}</span></span>
                <span role="cell" class="mono cut quiet">{alert.user.clone()}</span>
                <span role="cell" class="num">{(alert.count > 1).then(|| format!("×{}", number::count(alert.count)))}</span>
                <span role="cell" class="num"><Age at=alert.last_seen /></span>
            </a>
        }
    };
    view! {
        <section class="host-alerts" aria-label="Its alerts">
            <div class="panelhead">
                <h2>"Alerts"</h2>
                <span class="quiet">{move || total().map(|n| format!("{}, newest first", number::count(n)))}</span>
                <span class="quiet">{move || alerts.fault.get().map(|f| f.sentence())}</span>
            </div>
            {pending(alerts)}
            {none}
            <div role="table" aria-label="Alerts of this endpoint" class="host-alert-rows" tabindex="0">
                <div role="rowgroup">
                    <For each=rows key=|alert| (alert.id.clone(), alert.version) let(alert)>{row(alert)}</For>
                </div>
            </div>
        </section>
    }
}

/// A block of those facts that are known.
pub fn facts(title: &'static str, rows: &[(&str, &'static str)], known: &Value) -> Option<AnyView> {
    let row = |(key, name): &(&str, &'static str)| {
        let text = match known.get(*key)? {
            Value::String(text) => text.replace('_', " "),
            Value::Number(number) => number::count(number.as_i64()?),
            _ => return None,
        };
        Some(view! { <dt>{*name}</dt><dd class="mono">{text}</dd> })
    };
    known.is_object().then(|| {
        view! {
            <section class="block">
                <h3>{title}</h3>
                <dl class="facts">{rows.iter().map(row).collect_view()}</dl>
            </section>
        }
        .into_any()
    })
}
