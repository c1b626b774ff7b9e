//! `GET /api/v1/me`.

use crate::api::{context::Signed, describe::Describe, problem::Answer, state::AppState};
use axum::{Json, extract::State};
use watchfloor_shared::identity::Me;

pub fn describe() -> Describe {
    Describe::new("identity", "Who one is and what one may do").answers::<Me>("The signed-in person")
}

pub async fn handle(State(state): State<AppState>, Signed(person): Signed) -> Answer<Json<Me>> {
    Ok(Json(
        super::me(&state, &person.member(), person.session.reveal()).await?,
    ))
}
