//! `GET /api/v1/me`.

use super::permissions;
use crate::api::{context::Signed, describe::Describe, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::identity::Me;

pub fn describe() -> Describe {
    Describe::new("identity", "Who one is and what one may do").answers::<Me>("The signed-in person")
}

pub async fn handle(State(state): State<AppState>, Signed(person): Signed) -> Json<Me> {
    Json(Me {
        permissions: permissions(person.role),
        id: person.user,
        name: person.name,
        email: person.email,
        role: person.role,
        tenant_id: person.tenant,
        tenant_name: person.tenant_name,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        credits: state.geo.credits(),
    })
}
