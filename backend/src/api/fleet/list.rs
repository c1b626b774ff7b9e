//! `GET /api/v1/fleet`.

use super::{RECENT, enrolled, unmanaged};
use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer, state::AppState},
    sensors::Heard,
    store::{StoreError, TenantTx, sensors},
};
use axum::{Json, extract::State};
use std::collections::HashMap;
use watchfloor_shared::{
    Timestamp,
    fleet::{Fleet, FleetSensor},
};

pub fn describe() -> Describe {
    Describe::new("fleet", "Every sensor and whether it lives")
        .detail("Sensors that enrolled, heard or not, and those that send with a key and were heard since the server's start.")
        .answers::<Fleet>("As of now")
}

pub async fn handle(State(state): State<AppState>, mut call: CallContext) -> Answer<Json<Fleet>> {
    let now = call.now;
    let sensors = fleet_of(&state, &mut call.tx, now).await?;
    call.commit().await?;
    Ok(Json(Fleet {
        now,
        sensors,
        enrols_at: state.enrolment.reached().map(|reached| reached.address.clone()),
    }))
}

/// The fleet of the transaction's organization.
pub async fn fleet_of(state: &AppState, tx: &mut TenantTx, now: Timestamp) -> Result<Vec<FleetSensor>, StoreError> {
    let known = sensors::list(tx).await?;
    let listening = state.sensors.listening_since();
    let (managed, others): (Vec<Heard>, Vec<Heard>) = state
        .sensors
        .heard(tx.tenant(), RECENT)
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
    Ok(of_fleet.chain(others).collect())
}
