//! Who is signed in, and how one signs in.

use super::{Fault, exchange};
use gloo_net::http::Method;
use watchfloor_shared::{
    factor::{FactorBegin, FactorCode, FactorOffer, FactorRemoval, FactorState, RecoveryCodes},
    identity::{LinkSignIn, Me, OrganizationChoice, OrganizationSummary, Setup, SetupState, SignIn},
};

pub async fn me() -> Result<Me, Fault> {
    exchange::get("/api/v1/me").await
}

pub async fn setup_state() -> Result<SetupState, Fault> {
    exchange::get("/api/v1/setup").await
}

pub async fn setup(setup: &Setup) -> Result<Me, Fault> {
    exchange::post("/api/v1/setup", setup).await
}

pub async fn sign_in(sign_in: &SignIn) -> Result<Me, Fault> {
    exchange::post("/api/v1/session", sign_in).await
}

pub async fn sign_in_by_link(token: String) -> Result<Me, Fault> {
    exchange::post("/api/v1/session/link", &LinkSignIn { token }).await
}

pub async fn sign_out() -> Result<(), Fault> {
    exchange::delete("/api/v1/session").await
}

pub async fn organizations() -> Result<Vec<OrganizationSummary>, Fault> {
    exchange::get("/api/v1/me/organizations").await
}

/// Goes to another of one's organizations.
pub async fn switch(id: &str) -> Result<(), Fault> {
    let choice = OrganizationChoice { id: id.to_owned() };
    exchange::change_only(Method::PUT, "/api/v1/session/organization", &choice).await
}

pub async fn factor() -> Result<FactorState, Fault> {
    exchange::get("/api/v1/me/factor").await
}

pub async fn begin_factor(password: String) -> Result<FactorOffer, Fault> {
    exchange::post("/api/v1/me/factor", &FactorBegin { password }).await
}

pub async fn confirm_factor(code: String) -> Result<RecoveryCodes, Fault> {
    exchange::change(Method::PUT, "/api/v1/me/factor", &FactorCode { code }, None).await
}

pub async fn remove_factor(removal: &FactorRemoval) -> Result<(), Fault> {
    exchange::post_only("/api/v1/me/factor/removal", removal).await
}
