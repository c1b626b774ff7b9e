//! Organizations of the server, for those who make them.

use super::{Fault, exchange};
use crate::url;
use gloo_net::http::Method;
use watchfloor_shared::organization::{HostedOrganization, MadeOrganization, NewOrganization, OrganizationChange};

pub async fn list() -> Result<Vec<HostedOrganization>, Fault> {
    exchange::get("/api/v1/organizations").await
}

pub async fn make(new: &NewOrganization) -> Result<MadeOrganization, Fault> {
    exchange::post("/api/v1/organizations", new).await
}

pub async fn change(id: &str, change: &OrganizationChange) -> Result<(), Fault> {
    let path = format!("/api/v1/organizations/{}", url::encode(id));
    exchange::change_only(Method::PATCH, &path, change).await
}
