//! Organizations beside the first, as owners of the first see them.

use crate::{TenantId, Timestamp, people::IssuedInvitation};
use serde::{Deserialize, Serialize};

/// `GET /api/v1/organizations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostedOrganization {
    pub id: TenantId,
    pub name: String,
    /// Absent of the first, which came with the server.
    pub created: Option<Timestamp>,
    /// Since when nobody and nothing of it comes in.
    pub suspended: Option<Timestamp>,
    pub people: u64,
    /// The first, which hosts the others.
    pub is_host: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrganization {
    /// 1 to 63 characters of `a` to `z`, digits and `-`; it stays.
    pub id: String,
    pub name: String,
    /// E-mail address of whoever is to own it.
    pub owner: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MadeOrganization {
    pub organization: HostedOrganization,
    pub owner: IssuedInvitation,
}

/// Absent: as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrganizationChange {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
}
