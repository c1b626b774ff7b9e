//! `POST /api/v1/walls`: the screen that shows this code becomes one of the organization's.

use crate::{
    api::{
        Peer,
        context::CallContext,
        describe::Describe,
        extract::Body,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::walls,
};
use axum::{Json, extract::State};
use watchfloor_shared::{
    problem::ErrorCode,
    wall::{CODE_DIGITS, NewWall, Wall},
};

pub fn describe() -> Describe {
    Describe::new("walls", "Pair the screen that shows a code")
        .detail(
            "The screen comes for its credential within two seconds. A code works for ten minutes and once; wrong ones are \
             limited as wrong passwords are.",
        )
        .body::<NewWall>()
        .answers::<Wall>("The wall")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Forbidden,
            ErrorCode::NotFound,
            ErrorCode::Conflict,
            ErrorCode::RateLimited,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    mut call: CallContext,
    Body(new): Body<NewWall>,
) -> Answer<Json<Wall>> {
    let Some(code) = digits(&new.code) else {
        return Err(ApiError::invalid("A code has six digits."));
    };
    let user = call.caller.person().map(|person| person.user.clone());
    let attempt = peer
        .attempt(
            &state,
            &format!("wall {}", user.as_ref().map_or("", |user| user.as_str())),
        )
        .await?;
    let by = call.caller.actor().to_owned();
    let wall = walls::pair(&mut call.tx, &code, &new.wall, &by, call.now).await?;
    if let Some(user) = user.as_ref().filter(|_| !new.also.is_empty()) {
        walls::show_also(&mut call.tx, &wall.id, &new.also, user).await?;
    }
    call.note(serde_json::json!({"wall": wall.id, "settings": wall.settings, "also": new.also}));
    call.commit().await?;
    attempt.succeeded().await;
    tracing::info!(wall.id, user.id = user.as_ref().map(|user| user.as_str()), wall.shows = ?wall.settings.shows, "a wall screen was paired");
    Ok(Json(wall))
}

/// People write it as it is shown, in two groups.
fn digits(code: &str) -> Option<String> {
    let code: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(64)
        .collect();
    (code.len() == CODE_DIGITS && code.bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_in_whatever_groups() {
        assert_eq!(digits(" 123 456\n").as_deref(), Some("123456"));
        assert_eq!(digits("123-456").as_deref(), Some("123456"));
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(digits(wrong), None, "{wrong}");
        }
    }
}
