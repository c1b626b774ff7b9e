//! `POST /api/v1/keys`: a new key, whose secret is in this answer and never again, or a sender's certificate instead of one.

use crate::{
    api::{
        context::{Called, Signed},
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    identity::certificate::fingerprint_of_pem,
    store::identity::{
        IdentityError,
        api_keys::{self, Label},
    },
};
use axum::{Json, extract::State};
use std::time::Duration;
use watchfloor_shared::{
    identity::{IssuedApiKey, NewApiKey, Permission},
    problem::ErrorCode,
};

const DAY: Duration = Duration::from_secs(24 * 3_600);

pub fn describe() -> Describe {
    Describe::new("keys", "Issue a key to a program, or register a sender's certificate")
        .detail(
            "The answer shows the secret this one time. A certificate is known by its SHA-256: it works until it is revoked, \
             whatever dates it bears, unless the listener's `client_ca` asks for more.",
        )
        .body::<NewApiKey>()
        .answers::<IssuedApiKey>("The key with its secret")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict])
}

/// What the key is to be for.
fn scopes(key: &NewApiKey) -> Answer<Vec<Permission>> {
    let mut scopes = key.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        scopes.push(Permission::Ingest);
    }
    if let Some(none) = scopes.iter().find(|scope| !Permission::OF_KEYS.contains(scope)) {
        return Err(ApiError::invalid(format!("No key is for {}.", none.as_str())));
    }
    if key.certificate.is_some() && scopes != [Permission::Ingest] {
        return Err(ApiError::invalid(
            "A certificate is a sender's: it is for sending alone.",
        ));
    }
    if key.days == Some(0) {
        return Err(ApiError::invalid("A key works for a day at least."));
    }
    Ok(scopes)
}

pub async fn handle(
    State(state): State<AppState>,
    called: Called,
    Signed(person): Signed,
    Body(key): Body<NewApiKey>,
) -> Answer<Json<IssuedApiKey>> {
    let scopes = scopes(&key)?;
    let expires = key.days.map(|days| called.now.saturating_add(DAY * u32::from(days)));
    let label = Label {
        name: &key.name,
        sensor: key.sensor.as_deref(),
        scopes: &scopes,
        expires,
    };
    let by = Some(&person.user);
    let fingerprint = key.certificate.as_deref().map(fingerprint_of_pem).transpose();
    let fingerprint = fingerprint.map_err(IdentityError::from)?;
    let issued = match fingerprint {
        None => api_keys::issue(&state.db, &person.tenant, label, by).await?,
        Some(fingerprint) => api_keys::register(&state.db, &person.tenant, label, fingerprint, by).await?,
    };
    called.note(serde_json::json!({
        "key": issued.id, "name": issued.name, "sensor": issued.sensor, "scopes": scopes, "expires": expires
    }));
    tracing::info!(key.id = issued.id, user.id = %person.user, "an API key was issued");
    Ok(Json(IssuedApiKey {
        id: issued.id,
        name: issued.name,
        sensor: issued.sensor,
        secret: fingerprint.is_none().then_some(issued.secret),
        fingerprint: fingerprint.map(|fingerprint| fingerprint.to_string()),
    }))
}
