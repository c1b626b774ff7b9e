//! Who is signed in, and how one signs in.

use super::{Fault, exchange};
use watchfloor_shared::identity::{LinkSignIn, Me, Setup, SetupState, SignIn};

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
