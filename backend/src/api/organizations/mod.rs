//! `/api/v1/organizations`: owners of the first organization make others, rename and suspend them. What is in them they do not see.

use super::{
    access::Person,
    audit,
    context::{Called, Signed},
    describe::Describe,
    extract::{Body, Id},
    problem::{Answer, ApiError, capitalized},
    state::AppState,
};
use crate::{
    audit::Act,
    store::identity::{
        hosted::{self, HostedError},
        people,
    },
};
use axum::{Json, extract::State, http::StatusCode};
use serde_json::json;
use watchfloor_shared::{
    TenantId,
    audit::{Actor, ActorKind, Outcome},
    identity::Role,
    organization::{HostedOrganization, MadeOrganization, NewOrganization, OrganizationChange},
    people::IssuedInvitation,
    problem::ErrorCode,
};

impl From<HostedError> for ApiError {
    fn from(error: HostedError) -> Self {
        let code = match error {
            HostedError::Store(error) => return error.into(),
            HostedError::Identity(error) => return error.into(),
            HostedError::Unknown => return ApiError::not_found(),
            HostedError::InvalidId => ErrorCode::InvalidRequest,
            HostedError::Taken | HostedError::Host => ErrorCode::Conflict,
        };
        ApiError::new(code, capitalized(&error.to_string()))
    }
}

/// What happened to an organization stands in its own log, too.
async fn told(state: &AppState, tenant: &TenantId, action: &'static str, person: &Person) -> Answer<()> {
    let actor = Actor {
        kind: ActorKind::Person,
        id: person.user.to_string(),
        name: person.name.clone(),
    };
    audit::record(
        state,
        tenant,
        &Act::new(action, actor, Outcome::Done).on(tenant.as_str()),
    )
    .await?;
    Ok(())
}

pub fn describe_list() -> Describe {
    Describe::new("organizations", "All organizations of this server")
        .detail("For owners of the first, which hosts the others.")
        .answers_many::<HostedOrganization>("In the order in which they were made")
}

pub async fn list(State(state): State<AppState>) -> Answer<Json<Vec<HostedOrganization>>> {
    Ok(Json(hosted::list(&state.db).await?))
}

pub fn describe_make() -> Describe {
    Describe::new("organizations", "Make an organization")
        .detail("The answer has the link that makes its owner, this one time. The id stays for good.")
        .body::<NewOrganization>()
        .answers::<MadeOrganization>("The organization, and its owner's invitation")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Conflict])
}

pub async fn make(
    State(state): State<AppState>,
    called: Called,
    Signed(person): Signed,
    Body(new): Body<NewOrganization>,
) -> Answer<Json<MadeOrganization>> {
    // A mistyped address leaves nothing behind.
    people::check_email(&new.owner)?;
    let organization = hosted::make(&state.db, &new.id, &new.name).await?;
    told(&state, &organization.id, "organizations.make", &person).await?;
    let mut tx = state.db.tenant(&organization.id).await?;
    let invited = people::invite(&mut tx, &new.owner, Role::Owner, &person.member(), called.now).await?;
    tx.commit().await?;
    called.note(json!({"organization": organization.id, "name": organization.name, "owner": invited.0.email}));
    tracing::info!(tenant.id = %organization.id, user.id = %person.user, "an organization was made");
    Ok(Json(MadeOrganization {
        organization,
        owner: IssuedInvitation {
            invitation: invited.0,
            path: format!("/invitation?token={}", invited.1.reveal()),
        },
    }))
}

pub fn describe_change() -> Describe {
    Describe::new("organizations", "Rename or suspend an organization")
        .detail("Nobody and nothing of a suspended one comes in: sessions, keys, sensors and screens end at once. All of it is kept.")
        .path("id", "The organization's id")
        .body::<OrganizationChange>()
        .answers_nothing("It is so")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound, ErrorCode::Conflict])
}

pub async fn change(
    State(state): State<AppState>,
    called: Called,
    Signed(person): Signed,
    Id(id): Id,
    Body(change): Body<OrganizationChange>,
) -> Answer<StatusCode> {
    let tenant: TenantId = id.parse().map_err(|_| ApiError::not_found())?;
    hosted::change(&state.db, &tenant, change.name.as_deref(), change.suspended).await?;
    told(&state, &tenant, "organizations.change", &person).await?;
    called.note(json!({"organization": tenant, "name": change.name, "suspended": change.suspended}));
    state.live.session_ended(&tenant);
    Ok(StatusCode::NO_CONTENT)
}
