//! `/api/v1/fleet/claims`: codes with which sensors enrol.

use crate::{
    api::{
        context::CallContext,
        describe::Describe,
        extract::{Body, Id},
        problem::{Answer, ApiError},
        state::AppState,
    },
    sensors::code,
    store::sensors,
};
use axum::{Json, extract::State, http::StatusCode};
use watchfloor_shared::{
    fleet::{ClaimCode, IssuedClaimCode, NewClaimCode},
    problem::ErrorCode,
};

pub fn describe_list() -> Describe {
    Describe::new("fleet", "Claim codes that wait to be used")
        .answers_many::<ClaimCode>("Newest first, without the codes")
}

pub async fn list(mut call: CallContext) -> Answer<Json<Vec<ClaimCode>>> {
    let codes = sensors::codes(&mut call.tx, call.now).await?;
    call.commit().await?;
    Ok(Json(codes))
}

pub fn describe_make() -> Describe {
    Describe::new("fleet", "Make a claim code")
        .detail(
            "For one sensor of this name, once, within the minutes that `sensors.code_minutes` says. The code is in this answer \
             and never again.",
        )
        .body::<NewClaimCode>()
        .answers::<IssuedClaimCode>("The code, and what to run on the host")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict])
}

pub async fn make(
    State(state): State<AppState>,
    mut call: CallContext,
    Body(new): Body<NewClaimCode>,
) -> Answer<Json<IssuedClaimCode>> {
    let Some(reached) = state.enrolment.reached() else {
        return Err(ApiError::new(
            ErrorCode::Conflict,
            "No sensor can enrol at this server: set grpc.listen, and sensors.server_names or http.tls.",
        ));
    };
    let secret = code::generate();
    let by = call.caller.actor().to_owned();
    let life = state.enrolment.code_life();
    let claim = sensors::add_code(&mut call.tx, &secret, &new, &by, call.now, life).await?;
    let now = call.now;
    call.note(serde_json::json!({"claim": claim.id, "sensor": claim.name}));
    call.commit().await?;
    tracing::info!(
        claim.id = claim.id,
        sensor.name = claim.name,
        user = by,
        "a claim code was made"
    );
    let code = code::shown(&secret, reached.fingerprint);
    Ok(Json(IssuedClaimCode {
        command: format!(
            "watchfloor-sensor enroll --server {} --name {} --code {code}",
            reached.address,
            quoted(&claim.name)
        ),
        claim,
        code,
        now,
    }))
}

pub fn describe_cancel() -> Describe {
    Describe::new("fleet", "Cancel a claim code")
        .path("id", "The code's id")
        .answers_nothing("Nobody can enrol with it")
        .fails(&[ErrorCode::NotFound])
}

pub async fn cancel(mut call: CallContext, Id(id): Id) -> Answer<StatusCode> {
    if !sensors::cancel_code(&mut call.tx, &id).await? {
        return Err(ApiError::not_found());
    }
    let caller = call.commit().await?;
    tracing::info!(claim.id = id, user = caller.actor(), "a claim code was cancelled");
    Ok(StatusCode::NO_CONTENT)
}

/// As a shell takes it for one word, whatever is in it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !word.starts_with('-') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_name_is_one_word_of_the_command_and_nothing_else() {
        assert_eq!(quoted("web-1.example"), "web-1.example");
        assert_eq!(quoted("web 1"), "'web 1'");
        assert_eq!(quoted("x'; rm -rf ~ #"), "'x'\\''; rm -rf ~ #'");
        assert_eq!(quoted("$(id)"), "'$(id)'");
    }
}
