//! `GET /api/v1/walls/organizations`: those that a wall of this one may show as well, by the right of who asks.

use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::walls,
};
use axum::Json;
use watchfloor_shared::wall::WallOrganization;

pub fn describe() -> Describe {
    Describe::new("walls", "Organizations that a wall may show as well")
        .answers_many::<WallOrganization>("Those that you administer beside this one, by name")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<Vec<WallOrganization>>> {
    let beside = match call.caller.person().map(|person| person.user.clone()) {
        Some(person) => walls::administered_beside(&mut call.tx, &person).await?,
        None => Vec::new(),
    };
    call.commit().await?;
    Ok(Json(beside))
}
