//! One sensor: what it is, how it was in the last hour, what it left out, and what an administrator does with it.

use super::{
    Page,
    captures::Captures,
    commands::{Commands, Rules},
    draw::Line,
    row::PresenceMark,
    words::{bytes, percent},
};
use crate::{
    api::{self, fetch},
    components::{Age, At, Block, Button, FaultNotice, Inspector, Look, number, use_toasts},
};
use leptos::{ev, prelude::*, task::spawn_local};
use watchfloor_shared::{
    control::SensorCaptures,
    fleet::{FleetSensor, LoadPoint, SensorChange, SensorInterface},
};

#[component]
pub fn Inspect(page: Page, key: String) -> impl IntoView {
    let sensor = {
        let key = key.clone();
        Memo::new(move |before: Option<&Option<FleetSensor>>| page.sensor(&key).or_else(|| before.cloned().flatten()))
    };
    let asked = {
        let key = key.clone();
        // Asked again with each answer of the list.
        move || {
            page.fleet.value.track();
            (!key.starts_with("host:")).then(|| key.clone())
        }
    };
    let detail = fetch(asked, |id| async move { api::fleet::get(&id).await });
    let history = Memo::new(move |_| {
        detail
            .value
            .with(|detail| detail.as_ref().map(|detail| detail.history.clone()).unwrap_or_default())
    });
    let head = move || {
        sensor.get().map(|sensor| {
            view! {
                <div class="meta"><PresenceMark presence=sensor.presence/></div>
                <h2 class="mono">{sensor.name}</h2>
            }
        })
    };
    let facts = move || sensor.get().map(|sensor| view! { <Facts sensor/> });
    let tables = move || {
        sensor.get().map(|sensor| view! { <Losses sensor=sensor.clone()/><Interfaces interfaces=sensor.load.unwrap_or_default().interfaces/> })
    };
    let captures = Memo::new(move |_| {
        detail
            .value
            .with(|detail| detail.as_ref().and_then(|detail| detail.captures.clone()))
    });
    let is_managed = !key.starts_with("host:");
    let managed = move || is_managed.then(|| view! { <Managed page id=key.clone() sensor captures/> });
    view! {
        <Inspector label="Sensor" close=move || page.choose(None) head=head>
            <FaultNotice fault=detail.fault again=move || detail.again()/>
            {facts}
            {move || history.with(|history| (history.len() > 1).then(|| view! { <Charts history=history.clone()/> }))}
            {tables}
            {managed}
        </Inspector>
    }
}

/// What one that enrolled captures and is told.
#[component]
fn Managed(
    page: Page,
    id: String,
    sensor: Memo<Option<FleetSensor>>,
    captures: Memo<Option<SensorCaptures>>,
) -> impl IntoView {
    let asked = {
        let id = id.clone();
        move || {
            page.fleet.value.track();
            page.may.get().then(|| id.clone())
        }
    };
    let told = fetch(asked, |id| async move { api::fleet::commands(&id).await });
    let acts = {
        let id = id.clone();
        move || {
            page.may.get().then(|| {
                view! {
                    <Rules id=id.clone() captures told/>
                    <Commands id=id.clone() told/>
                    <Manage page sensor/>
                }
            })
        }
    };
    view! { <Captures page id sensor captures told/>{acts} }
}

#[component]
fn Facts(sensor: FleetSensor) -> impl IntoView {
    let status = sensor.status.unwrap_or_default();
    let load = sensor.load.unwrap_or_default();
    let text = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let of = |used: Option<i64>, total: Option<i64>| match (used, total) {
        (Some(used), Some(total)) => format!("{} of {}", bytes(used), bytes(total)),
        _ => "–".to_owned(),
    };
    let enrolled = sensor.enrolled.map(|enrolled| {
        let ends = enrolled
            .certificate_ends
            .map(|ends| view! { <dt>"Certificate until"</dt><dd><At at=ends dated=true/></dd> });
        view! {
            <dt>"Enrolled"</dt><dd><Age at=enrolled.at words=true/>{format!(" with a code by {}", enrolled.by)}</dd>
            {ends}
        }
    });
    view! {
        <Block title="Sensor">
            <dl class="facts">
                <dt>"Host"</dt><dd class="mono" title=sensor.host.clone()>{sensor.host.clone()}</dd>
                <dt>"Location"</dt><dd>{if sensor.location.is_empty() { "–".to_owned() } else { sensor.location }}</dd>
                <dt>"Last heard"</dt><dd>{sensor.last_heartbeat.map_or_else(|| view! { "never" }.into_any(), |at| view! { <Age at words=true/> }.into_any())}</dd>
                <dt>"Version"</dt><dd class="mono">{text(sensor.version)}</dd>
                <dt>"Kernel"</dt><dd class="mono">{text(status.kernel)}</dd>
                <dt>"Captures by"</dt><dd>{text(status.method)}</dd>
                <dt>"Running since"</dt><dd>{status.started.map_or_else(|| view! { "–" }.into_any(), |at| view! { <At at dated=true/> }.into_any())}</dd>
                {enrolled}
                <dt>"Memory"</dt><dd>{of(load.memory_used_bytes, load.memory_total_bytes)}</dd>
                <dt>"Disk of the spool"</dt><dd>{of(load.disk_used_bytes, load.disk_total_bytes)}</dd>
                <dt>"Spool"</dt><dd>{of(status.spool_bytes, status.spool_bytes_max)}", "<span class="quiet">{number::counted(load.spool_records, "record", "records")}</span></dd>
            </dl>
        </Block>
    }
}

/// The figures over the hour, each with its last value in words.
#[component]
fn Charts(history: Vec<LoadPoint>) -> impl IntoView {
    let first = history.first().map(|point| point.at);
    let last = history.last().copied().unwrap_or_default();
    let share = |read: fn(&LoadPoint) -> Option<f32>| -> Vec<Option<f64>> {
        history.iter().map(|point| read(point).map(f64::from)).collect()
    };
    let amount = |read: fn(&LoadPoint) -> Option<i64>| -> Vec<Option<f64>> {
        #[expect(clippy::cast_precision_loss, reason = "a drawing")]
        history
            .iter()
            .map(|point| read(point).map(|value| value as f64))
            .collect()
    };
    let highest = |values: &[Option<f64>]| values.iter().flatten().copied().fold(1.0, f64::max);
    let traffic = amount(|point| Some(point.received_bytes?.saturating_add(point.sent_bytes?)));
    let spool = amount(|point| Some(point.spool_bytes));
    let moved = last.received_bytes.zip(last.sent_bytes);
    let moved = moved.map_or_else(
        || "–".to_owned(),
        |(received, sent)| bytes(received.saturating_add(sent)),
    );
    let (traffic_max, spool_max) = (highest(&traffic), highest(&spool));
    let rows = [
        (
            "CPU",
            share(|point| point.cpu_percent),
            100.0,
            percent(last.cpu_percent),
        ),
        (
            "Memory",
            share(|point| point.memory_percent),
            100.0,
            percent(last.memory_percent),
        ),
        ("In and out", traffic, traffic_max, moved),
        ("Spool", spool, spool_max, bytes(last.spool_bytes)),
    ];
    let row = |(name, values, max, now): (&'static str, Vec<Option<f64>>, f64, String)| {
        view! { <li><span class="quiet">{name}</span><Line values max large=true/><span class="num">{now}</span></li> }
    };
    view! {
        <Block title="Load">
            <p class="quiet chart-from">"Since " {first.map(|at| view! { <At at/> })} ", a point for each heartbeat"</p>
            <ul class="load-charts">{rows.into_iter().map(row).collect_view()}</ul>
        </Block>
    }
}

#[component]
fn Losses(sensor: FleetSensor) -> impl IntoView {
    let status = sensor.status.unwrap_or_default();
    let reasons = status.dropped.into_iter().map(|reason| {
        view! { <dt class="mono">{reason.reason}</dt><dd class="num">{number::count(reason.count)}</dd> }
    });
    let reasons: Vec<_> = reasons.collect();
    let none = reasons
        .is_empty()
        .then(|| view! { <p class="quiet">"It left nothing out."</p> });
    view! {
        <Block title="Left out by the sensor">
            {none}
            <dl class="facts">
                {reasons}
                <dt>"Lost on the way"</dt><dd class="num">{number::count(status.missing)}</dd>
                <dt>"Records taken"</dt><dd class="num">{number::count(status.records)}</dd>
            </dl>
        </Block>
    }
}

#[component]
fn Interfaces(interfaces: Vec<SensorInterface>) -> impl IntoView {
    let row = |interface: SensorInterface| {
        view! {
            <tr>
                <th scope="row" class="mono">{interface.name}</th>
                <td class="num">{bytes(interface.received_bytes)}</td>
                <td class="num">{bytes(interface.sent_bytes)}</td>
                <td class="num" class:fault-text=interface.dropped_packets != 0>{number::count(interface.dropped_packets)}</td>
            </tr>
        }
    };
    (!interfaces.is_empty()).then(|| {
        view! {
            <Block title="Interfaces">
                <table class="interfaces">
                    <thead><tr><th scope="col">"Name"</th><th scope="col">"Received"</th><th scope="col">"Sent"</th><th scope="col">"Lost packets"</th></tr></thead>
                    <tbody>{interfaces.into_iter().map(row).collect_view()}</tbody>
                </table>
            </Block>
        }
    })
}

/// Renaming, and the end: that asks once more.
#[component]
fn Manage(page: Page, sensor: Memo<Option<FleetSensor>>) -> impl IntoView {
    let toasts = use_toasts();
    let now = sensor.get_untracked().unwrap_or_default();
    let (name, location) = (RwSignal::new(now.name), RwSignal::new(now.location));
    let asks = RwSignal::new(false);
    let id = move || sensor.with_untracked(|sensor| sensor.as_ref().and_then(|sensor| sensor.id.clone()));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(id) = id() else { return };
        let change = SensorChange {
            name: Some(name.get_untracked()),
            location: Some(location.get_untracked()),
        };
        spawn_local(async move {
            match api::fleet::change(&id, &change).await {
                Ok(()) => toasts.say("Saved."),
                Err(fault) => toasts.fault(fault.sentence()),
            }
            page.fleet.again();
        });
    };
    let revoke = move |_| {
        let Some(id) = id() else { return };
        let name =
            sensor.with_untracked(|sensor| sensor.as_ref().map(|sensor| sensor.name.clone()).unwrap_or_default());
        spawn_local(async move {
            match api::fleet::revoke(&id).await {
                Ok(()) => {
                    toasts.say(format!("{name} is revoked: the server takes nothing from it any more."));
                    page.choose(None);
                }
                Err(fault) => toasts.fault(fault.sentence()),
            }
            page.fleet.again();
        });
    };
    let end = move || {
        if asks.get() {
            view! {
                <p>"Its connection ends at once and its certificate works no more. What it has already sent stays; the host needs a new code to come back."</p>
                <div class="row-flex">
                    <Button press=revoke>"Revoke for good"</Button>
                    <Button look=Look::Ghost press=move |_| asks.set(false)>"Keep"</Button>
                </div>
            }
            .into_any()
        } else {
            view! { <Button press=move |_| asks.set(true)>"Revoke this sensor"</Button> }.into_any()
        }
    };
    view! {
        <Block title="Manage">
            <form class="enrol-form" on:submit=submit>
                <label><span class="field-label">"What people call it"</span>
                    <input class="field" required maxlength="100" prop:value=move || name.get() on:input=move |event| name.set(event_target_value(&event))/></label>
                <label><span class="field-label">"Where it is"</span>
                    <input class="field" maxlength="100" prop:value=move || location.get() on:input=move |event| location.set(event_target_value(&event))/></label>
                <div class="row-flex"><button type="submit" class="btn small">"Save"</button></div>
            </form>
            <div class="enrol-form revoke">{end}</div>
        </Block>
    }
}
