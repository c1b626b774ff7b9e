//! `GET /api/v1/walls`.

use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::walls,
};
use axum::Json;
use watchfloor_shared::wall::Wall;

pub fn describe() -> Describe {
    Describe::new("walls", "The wall screens").answers_many::<Wall>("Screens that are not revoked, by name")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<Vec<Wall>>> {
    let walls = walls::list(&mut call.tx).await?;
    call.commit().await?;
    Ok(Json(walls))
}
