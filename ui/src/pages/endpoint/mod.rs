//! One endpoint: how active over its life, who uses it, what runs there, where it connects to, and its alerts.

mod parts;

use crate::{
    api::{self, endpoints::Endpoint, fetch},
    components::{
        Age, At, Empty, FaultNotice, Glyph, Icon, Notice, NoticeKind, Shortcut, SimulatedBadge, number, pending,
        use_shortcuts,
    },
    live::use_live,
    pages::{endpoints::row, hunt::query},
    url::{Query, encode, use_address},
};
use leptos::prelude::*;
use watchfloor_shared::{
    EndpointId,
    alert::{AlertFilter, AlertSort},
    problem::ErrorCode,
};

const ALERTS_MAX: i64 = 50;

/// What the organization's inventory says of a host, and how our sensor on it is: names on the wire and on the page.
const ASSET: [(&str, &str); 4] = [
    ("criticality", "Criticality"),
    ("role", "Role"),
    ("owner", "Owner"),
    ("site", "Site"),
];
const SENSOR: [(&str, &str); 5] = [
    ("method", "Captures by"),
    ("version", "Version"),
    ("kernel", "Kernel"),
    ("records", "Records"),
    ("missing", "Lost on the way"),
];

#[component]
pub fn EndpointPage() -> impl IntoView {
    let address = use_address();
    let id = Memo::new(move |_| address.id.with(|id| EndpointId::new(id)));
    let detail = fetch(
        move || Some(id.get()),
        |id| async move { api::endpoints::get(&id).await },
    );
    let alerts = fetch(
        move || Some(id.get()),
        |id| async move {
            let filter = AlertFilter {
                endpoint: vec![id.to_string()],
                ..AlertFilter::default()
            };
            api::alerts::window(&filter, AlertSort::Newest, 0, ALERTS_MAX).await
        },
    );
    use_live().on_alert(move |alert| {
        if id.with_untracked(|id| *id == alert.endpoint_id) {
            alerts.again();
            detail.again();
        }
    });
    use_shortcuts(
        "Endpoint",
        vec![
            Shortcut::new(&["Escape"], "Back to the endpoints", move |_| address.go("/endpoints")).hinted(),
            Shortcut::new(&["h"], "Hunt in its events", move |_| {
                address.go(&hunt(&id.get_untracked()))
            })
            .hinted()
            .offered(),
        ],
    );
    let unknown = move || {
        detail
            .fault
            .with(|f| f.as_ref().and_then(|f| f.code()) == Some(ErrorCode::NotFound))
    };
    view! {
        <Head id detail=detail.value />
        <Show when=move || !unknown() fallback=|| view! {
            <Empty title="There is no such endpoint" why="It has sent nothing to this tenant, or its retention has ended.">
                <a class="btn small" href="/endpoints">"All endpoints"</a>
            </Empty>
        }>
            <FaultNotice fault=detail.fault again=move || detail.again() />
            {move || detail.value.with(|d| d.as_ref().filter(|d| d.detail.summary.simulated).map(|_| view! {
                <Notice kind=NoticeKind::Simulated><span>"This endpoint exists only in the simulator."</span></Notice>
            }))}
            <div class="endpoint">
                <div class="endpoint-main">
                    {pending(detail)}
                    {move || detail.value.with(|d| d.as_ref().map(|d| view! { <parts::Activity detail=d.detail.clone() /> }))}
                    <parts::EndpointAlerts alerts />
                </div>
                <aside class="obj-side" aria-label="Facts" tabindex="0">
                    {move || detail.value.with(|d| d.as_ref().map(facts))}
                </aside>
            </div>
        </Show>
    }
}

fn hunt(id: &EndpointId) -> String {
    let query = Query::default().with("q", query::clause("host.id", id.as_str()));
    format!("/hunt{query}")
}

/// The line that names the endpoint, and the ways on from it.
#[component]
fn Head(id: Memo<EndpointId>, detail: RwSignal<Option<Endpoint>>) -> impl IntoView {
    let known = move || detail.with(|d| d.as_ref().map(|d| d.detail.summary.name.clone()));
    let name = move || known().unwrap_or_else(|| id.with(EndpointId::to_string));
    let alerts = move || id.with(|id| format!("/alerts?endpoint={}", encode(id.as_str())));
    view! {
        <div class="objhead">
            <a class="btn ghost icon small" href="/endpoints" aria-label="All endpoints" title="All endpoints (Esc)">
                <Icon glyph=Glyph::ChevronLeft />
            </a>
            <h1 class="mono cut">{name}</h1>
            {move || detail.with(|d| d.as_ref().map(marks))}
            <span class="grow"></span>
            <a class="btn small" href=alerts>"All its alerts"</a>
            <a class="btn small" href=move || id.with(hunt)>"Hunt in its events " <kbd>"h"</kbd></a>
        </div>
    }
}

fn marks(endpoint: &Endpoint) -> impl IntoView + use<> {
    let summary = &endpoint.detail.summary;
    view! {
        <span class="quiet">{row::platform_word(&summary.platform).to_owned()}</span>
        {summary.simulated.then(|| view! { <SimulatedBadge /> })}
        <span class="row-flex">{row::open_alerts(summary.open_alerts)}</span>
    }
}

fn facts(endpoint: &Endpoint) -> impl IntoView + use<> {
    let detail = &endpoint.detail;
    let summary = detail.summary.clone();
    let host = query::clause("host.id", summary.id.as_str());
    let because = summary
        .risk_because
        .iter()
        .map(|why| view! { <li>{why.clone()}</li> })
        .collect_view();
    let calm = summary
        .risk_because
        .is_empty()
        .then(|| view! { <p class="quiet">"No open alert."</p> });
    let addresses = Some(summary.addresses.join(", "))
        .filter(|a| !a.is_empty())
        .unwrap_or_else(|| "not told by its events".to_owned());
    view! {
        <section class="block">
            <h3>"Risk"</h3>
            <div class="risk-large">{row::risk(summary.risk)}</div>
            <ul class="because-list">{because}</ul>
            {calm}
        </section>
        <section class="block">
            <dl class="facts">
                <dt>"Address"</dt><dd class="mono" title=addresses.clone()>{addresses.clone()}</dd>
                <dt>"Usual user"</dt><dd class="mono">{summary.usual_user.clone().unwrap_or_else(|| "–".to_owned())}</dd>
                <dt>"First seen"</dt><dd><At at=summary.first_seen dated=true /></dd>
                <dt>"Last seen"</dt><dd><Age at=summary.last_seen words=true /></dd>
                <dt>"Events"</dt><dd class="mono">{number::count(summary.events)}</dd>
            </dl>
        </section>
        {parts::facts("Asset", &ASSET, &endpoint.asset)}
        {parts::facts("Sensor", &SENSOR, &endpoint.sensor)}
        {parts::terms("Users", "user.name", &detail.users, &host)}
        {parts::terms("Binaries", "process.name", &detail.executables, &host)}
        {parts::terms("Destinations", "destination.ip", &detail.destinations, &host)}
    }
}
