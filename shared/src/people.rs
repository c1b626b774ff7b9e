//! The people of an organization, invitations, and one's own sessions.

use crate::{Timestamp, UserId, identity::Role};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    /// To the minute, as long as a session of theirs lives.
    pub last_seen: Option<Timestamp>,
    /// Their sign-ins are asked for codes.
    #[serde(default)]
    pub has_factor: bool,
    /// The role comes from the groups of an identity provider, anew at each sign-in.
    #[serde(default)]
    pub by_provider: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub invited_by: String,
    pub created: Timestamp,
    pub expires: Timestamp,
}

/// `GET /api/v1/people`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct People {
    /// By name.
    pub people: Vec<Person>,
    /// Those that wait, newest first.
    pub invitations: Vec<Invitation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PersonChange {
    pub role: Role,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    pub email: String,
    pub role: Role,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedInvitation {
    pub invitation: Invitation,
    /// Path and query of the link on this server; shown this one time.
    pub path: String,
}

/// `POST /api/v1/invitation`: what a link is for.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct InvitationLink {
    pub token: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invited {
    pub organization: String,
    pub email: String,
    pub role: Role,
    /// The address has an account already: its password is asked for, and nothing else.
    pub has_account: bool,
}

/// `POST /api/v1/invitation/acceptance`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub token: String,
    /// Of a new account.
    #[serde(default)]
    pub name: String,
    /// 12 to 200 characters for a new account; else the one that there is.
    pub password: String,
    /// Of an account that has a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// `PUT /api/v1/me/password`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    pub current: String,
    /// 12 to 200 characters.
    pub new: String,
}

/// One of the caller's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OwnSession {
    pub id: String,
    pub begun: Timestamp,
    /// To the minute.
    pub last_used: Timestamp,
    /// Where it began; empty where that is not known.
    pub address: String,
    /// The browser, as it calls itself.
    pub agent: String,
    pub organization: String,
    /// The one that asks.
    pub is_this: bool,
}
