//! `GET /api/v1/keys`.

use crate::{
    api::{context::Called, describe::Describe, problem::Answer, state::AppState},
    store::identity::api_keys,
};
use axum::{Json, extract::State};
use watchfloor_shared::identity::ApiKey;

pub fn describe() -> Describe {
    Describe::new("keys", "The senders' keys").answers_many::<ApiKey>("Keys that are not revoked, newest first")
}

pub async fn handle(State(state): State<AppState>, called: Called) -> Answer<Json<Vec<ApiKey>>> {
    let keys = api_keys::list(&state.db, called.tenant()).await?;
    let shown = keys.into_iter().map(|key| ApiKey {
        id: key.id,
        name: key.name,
        sensor: key.sensor,
        fingerprint: key.fingerprint.map(|fingerprint| fingerprint.to_string()),
        scopes: key.scopes,
        expires: key.expires,
        created: key.created,
        last_used: key.last_used,
    });
    Ok(Json(shown.collect()))
}
