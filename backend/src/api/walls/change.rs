//! `PATCH /api/v1/walls/{id}`: what a screen is called, shows and how.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id},
        problem::{Answer, ApiError},
    },
    store::walls,
};
use axum::Json;
use watchfloor_shared::{
    problem::ErrorCode,
    wall::{Wall, WallChange},
};

pub fn describe() -> Describe {
    Describe::new("walls", "Change what a screen shows")
        .detail("The screen follows within a second.")
        .path("id", "The wall's id")
        .body::<WallChange>()
        .answers::<Wall>("The wall as it is now")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Forbidden, ErrorCode::NotFound])
}

pub async fn handle(mut call: CallContext, Id(id): Id, Body(change): Body<WallChange>) -> Answer<Json<Wall>> {
    let Some(wall) = walls::get(&mut call.tx, &id).await? else {
        return Err(ApiError::not_found());
    };
    let also = change.also.clone();
    let settings = walls::change(&mut call.tx, &wall.id, &change.applied_to(wall.settings)).await?;
    if let (Some(also), Some(person)) = (&also, call.caller.person().map(|person| person.user.clone())) {
        walls::show_also(&mut call.tx, &wall.id, also, &person).await?;
    }
    call.note(serde_json::json!({"settings": settings, "also": also}));
    let caller = call.commit().await?;
    tracing::info!(wall.id, user = caller.actor(), wall.shows = ?settings.shows, "a wall screen was changed");
    Ok(Json(Wall { settings, ..wall }))
}
