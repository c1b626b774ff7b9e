//! One sensor in one line.

use super::{
    draw::Line,
    words::{bytes, dropped, key, percent, presence_class, presence_word},
};
use crate::{
    components::{Age, number},
    url::use_address,
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::fleet::{FleetSensor, Presence};

#[component]
pub fn PresenceMark(presence: Presence) -> impl IntoView {
    view! { <span class=presence_class(presence)><i aria-hidden="true"></i>{presence_word(presence)}</span> }
}

#[component]
pub fn SensorRow(sensor: Arc<FleetSensor>, at: usize, chosen: Memo<Option<String>>) -> impl IntoView {
    let address = use_address();
    let key = key(&sensor);
    let is_chosen = {
        let key = key.clone();
        move || chosen.with(|chosen| chosen.as_deref() == Some(key.as_str()))
    };
    let open = move |_| {
        let key = key.clone();
        address.change(|query| query.set("sensor", Some(key)));
    };
    let press = open.clone();
    let load = sensor.load.clone().unwrap_or_default();
    let cpu = sensor
        .cpu_recent
        .iter()
        .map(|value| value.map(f64::from))
        .collect::<Vec<_>>();
    let spool = sensor.status.as_ref().and_then(|status| status.spool_bytes);
    let left_out = dropped(&sensor);
    let heard = match sensor.last_heartbeat {
        Some(at) => view! { <Age at words=true/> }.into_any(),
        None => view! { <span class="quiet">"never"</span> }.into_any(),
    };
    let kind = sensor
        .id
        .is_none()
        .then(|| view! { <span class="tag" title="It sends with an API key; revoke that under keys">"key"</span> });
    view! {
        <div class="tr cols-sensors" class:current=is_chosen class:fault=sensor.presence == Presence::Offline role="row" aria-rowindex=(at + 1).to_string() on:click=open>
            <span role="cell" class="row-flex">
                <button type="button" class="mono strong cut plain" title=sensor.host.clone() on:click=press>{sensor.name.clone()}</button>
                {kind}
            </span>
            <span role="cell" class="cut quiet" title=sensor.location.clone()>{sensor.location.clone()}</span>
            <span role="cell"><PresenceMark presence=sensor.presence/></span>
            <span role="cell" class="num">{heard}</span>
            <span role="cell" class="load-cell"><Line values=cpu max=100.0/><span class="num">{percent(load.cpu_percent)}</span></span>
            <span role="cell" class="num">{percent(load.memory_percent)}</span>
            <span role="cell" class="num">{spool.map_or_else(|| "–".to_owned(), bytes)}</span>
            <span role="cell" class="num" class:fault-text=move || left_out != 0>{number::count(left_out)}</span>
            <span role="cell" class="mono quiet cut">{sensor.version.clone().unwrap_or_else(|| "–".to_owned())}</span>
        </div>
    }
}
