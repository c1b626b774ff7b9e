//! The organizations of a person: what is open in each, and going from one to another.

use super::{Welcome, came_in, origin, welcome};
use crate::{
    api::{
        Peer,
        context::Signed,
        describe::Describe,
        extract::Body,
        fleet::list::fleet_of,
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::{
        alerts,
        identity::{organizations, sessions},
    },
};
use axum::{Json, extract::State, http::HeaderMap};
use watchfloor_shared::{
    TenantId,
    alert::{AlertFilter, AlertStatus, Severity},
    audit::Outcome,
    fleet::Presence,
    identity::{Me, Organization, OrganizationChoice, OrganizationSummary, SeverityCount},
    problem::ErrorCode,
};

/// Organizations that are counted; whoever has more sees the names of the rest.
const COUNTED_MAX: usize = 100;

pub fn describe() -> Describe {
    Describe::new("identity", "One's organizations, and what is open in each")
        .detail("Each is counted in a transaction of its own organization.")
        .answers_many::<OrganizationSummary>("By name")
}

pub async fn list(State(state): State<AppState>, Signed(person): Signed) -> Answer<Json<Vec<OrganizationSummary>>> {
    let all = organizations::of_session(&state.db, person.session.reveal()).await?;
    let mut summaries = Vec::with_capacity(all.len());
    for (number, organization) in all.into_iter().enumerate() {
        let is_this = organization.id == person.tenant;
        summaries.push(match number < COUNTED_MAX {
            true => counted(&state, organization, is_this).await?,
            false => OrganizationSummary {
                is_this,
                ..OrganizationSummary::named(organization)
            },
        });
    }
    Ok(Json(summaries))
}

async fn counted(state: &AppState, organization: Organization, is_this: bool) -> Answer<OrganizationSummary> {
    let mut tx = state.db.tenant(&organization.id).await?;
    let open = AlertFilter {
        status: AlertStatus::ALL
            .into_iter()
            .filter(|status| !status.is_closed())
            .collect(),
        ..AlertFilter::default()
    };
    let facets = alerts::facets(&mut tx, &open).await?;
    let sensors = fleet_of(state, &mut tx, state.clock.now()).await?;
    tx.commit().await?;
    let of = |severity: Severity| {
        let found = facets.severity.iter().find(|facet| facet.value == severity.as_str());
        found.map_or(0, |facet| facet.count)
    };
    Ok(OrganizationSummary {
        is_this,
        open: Some(
            Severity::ALL
                .map(|severity| SeverityCount {
                    severity,
                    count: of(severity),
                })
                .to_vec(),
        ),
        unassigned: Some(facets.unassigned),
        silent: Some(sensors.iter().filter(|sensor| is_silent(sensor.presence)).count() as u64),
        sensors: Some(sensors.len() as u64),
        ..OrganizationSummary::named(organization)
    })
}

const fn is_silent(presence: Presence) -> bool {
    matches!(presence, Presence::Late | Presence::Offline)
}

pub fn describe_switch() -> Describe {
    Describe::new("identity", "Go to another of one's organizations")
        .detail("The session ends and another begins there. The next sign-in leads there, too.")
        .body::<OrganizationChoice>()
        .answers::<Me>("The person there, with the session's cookie")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::NotFound])
}

pub async fn switch(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Signed(person): Signed,
    Body(choice): Body<OrganizationChoice>,
) -> Answer<Welcome> {
    let tenant: TenantId = choice.id.parse().map_err(|_| ApiError::not_found())?;
    let member = organizations::beside(&state.db, person.session.reveal(), &tenant).await?;
    let member = member.ok_or_else(ApiError::not_found)?;
    came_in(&state, "session.switch", &member, &peer, Outcome::Done).await?;
    let token = sessions::create(&state.db, &member, &origin(&peer, &headers)).await?;
    let welcome = welcome(&state, &headers, &member, &token).await?;
    state.live.session_ended(&person.tenant);
    Ok(welcome)
}
