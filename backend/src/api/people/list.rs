//! `GET /api/v1/people`.

use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::identity::people,
};
use axum::Json;
use watchfloor_shared::people::People;

pub fn describe() -> Describe {
    Describe::new("people", "The people of the organization").answers::<People>("With the invitations that wait")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<People>> {
    let people = People {
        people: people::list(&mut call.tx).await?,
        invitations: people::invitations(&mut call.tx, call.now).await?,
    };
    call.commit().await?;
    Ok(Json(people))
}
