//! `POST /ingest/v1/sensor/enrolment` and `/renewal`: the twins of the gRPC methods, for those who have no gRPC.

use crate::api::{
    Peer,
    access::Caller,
    context::Called,
    describe::Describe,
    extract::Body,
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::{Json, extract::State};
use watchfloor_shared::{
    fleet::{EnrolRequest, RenewRequest, SensorCertificate},
    problem::ErrorCode,
};

pub fn describe() -> Describe {
    Describe::new("ingest", "Enrol a sensor with a claim code")
        .detail(
            "The request is a PKCS #10 in PEM whose common name is the one that the code is for, with an ECDSA P-256, P-384 or \
             Ed25519 key. Asks for no credential; tries are limited by network, and those that succeed do not count.",
        )
        .body::<EnrolRequest>()
        .answers::<SensorCertificate>("The sensor's certificate")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::Forbidden,
            ErrorCode::Conflict,
            ErrorCode::RateLimited,
        ])
}

pub async fn handle(
    State(state): State<AppState>,
    peer: Peer,
    Body(asked): Body<EnrolRequest>,
) -> Answer<Json<SensorCertificate>> {
    let enrolled = state
        .enrolment
        .enrol(peer.address, &asked.code, &asked.request_pem)
        .await;
    Ok(Json(enrolled?))
}

pub fn describe_renew() -> Describe {
    Describe::new("ingest", "Renew a sensor's certificate")
        .detail("Shown the certificate that is to be renewed. That one works until the next renewal, or until it ends.")
        .body::<RenewRequest>()
        .answers::<SensorCertificate>("The next certificate")
        .fails(&[ErrorCode::InvalidRequest, ErrorCode::Forbidden])
}

pub async fn renew(
    State(state): State<AppState>,
    called: Called,
    Body(asked): Body<RenewRequest>,
) -> Answer<Json<SensorCertificate>> {
    let Caller::Key(holder) = called.caller else {
        return Err(ApiError::forbidden());
    };
    Ok(Json(state.enrolment.renew(&holder, &asked.request_pem).await?))
}
