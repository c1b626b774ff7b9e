//! `GET /api/v1/fleet`.

use super::{RECENT, enrolled, unmanaged};
use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer, state::AppState},
    sensors::Heard,
    store::sensors,
};
use axum::{Json, extract::State};
use std::collections::HashMap;
use watchfloor_shared::fleet::Fleet;

pub fn describe() -> Describe {
    Describe::new("fleet", "Every sensor and whether it lives")
        .detail("Sensors that enrolled, heard or not, and those that send with a key and were heard since the server's start.")
        .answers::<Fleet>("As of now")
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext) -> Answer<Json<Fleet>> {
    let known = sensors::list(&mut call.tx).await?;
    let (now, listening) = (call.now, state.sensors.listening_since());
    let caller = call.commit().await?;
    let (managed, others): (Vec<Heard>, Vec<Heard>) = state
        .sensors
        .heard(caller.tenant(), RECENT)
        .into_iter()
        .partition(|heard| heard.enrolled.is_some());
    let managed: HashMap<String, Heard> = managed
        .into_iter()
        .filter_map(|heard| Some((heard.enrolled.clone()?, heard)))
        .collect();
    let of_fleet = known.into_iter().map(|sensor| {
        let heard = managed.get(&sensor.id);
        enrolled(sensor, heard, now, listening)
    });
    let others = others.iter().map(|heard| unmanaged(heard, now, listening));
    Ok(Json(Fleet {
        now,
        sensors: of_fleet.chain(others).collect(),
        enrols_at: state.enrolment.reached().map(|reached| reached.address.clone()),
    }))
}
