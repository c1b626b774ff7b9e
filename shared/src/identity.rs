//! People, sessions and permissions.

use crate::{TenantId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Owner,
    Admin,
    Analyst,
    Viewer,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Owner, Role::Admin, Role::Analyst, Role::Viewer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Analyst => "analyst",
            Role::Viewer => "viewer",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.as_str() == text)
    }
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{
            ChangeAlerts, Ingest, ManageInventory, ManageKeys, ManagePeople, ManageSensors, ManageWalls, ReadAlerts,
            ReadAudit, ReadEvents, ReadPipeline, ReadRules, RedriveDeadLetters,
        };
        match (self, permission) {
            (_, Ingest) => false,
            (Role::Owner | Role::Admin, _) => true,
            (Role::Analyst, ReadAlerts | ChangeAlerts | ReadEvents | ReadPipeline | ReadRules) => true,
            (Role::Viewer, ReadAlerts | ReadEvents | ReadPipeline | ReadRules) => true,
            (
                _,
                ManageInventory | ManageKeys | ManagePeople | ManageSensors | ManageWalls | ReadAudit
                | RedriveDeadLetters | ChangeAlerts,
            ) => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    ReadAlerts,
    ChangeAlerts,
    ReadEvents,
    ReadPipeline,
    ReadRules,
    RedriveDeadLetters,
    ManageKeys,
    ManageInventory,
    ManageWalls,
    ManageSensors,
    ManagePeople,
    ReadAudit,
    /// Held by API keys of senders, by no person.
    Ingest,
}

impl Permission {
    pub const ALL: [Permission; 13] = [
        Permission::ReadAlerts,
        Permission::ChangeAlerts,
        Permission::ReadEvents,
        Permission::ReadPipeline,
        Permission::ReadRules,
        Permission::RedriveDeadLetters,
        Permission::ManageKeys,
        Permission::ManageInventory,
        Permission::ManageWalls,
        Permission::ManageSensors,
        Permission::ManagePeople,
        Permission::ReadAudit,
        Permission::Ingest,
    ];
}

/// `GET /api/v1/me`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub tenant_id: TenantId,
    pub tenant_name: String,
    pub permissions: Vec<Permission>,
    /// Version of the server, for the footer and for bug reports.
    pub server_version: String,
    /// Whom the pages must name for what they show.
    #[serde(default)]
    pub credits: Vec<Credit>,
}

/// A maker of data whose licence asks to be named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Credit {
    pub text: String,
    pub url: String,
}

/// `POST /api/v1/session`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub email: String,
    pub password: String,
}

/// `POST /api/v1/session/link`: a one-time link printed by the server.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkSignIn {
    pub token: String,
}

/// `POST /api/v1/setup`: makes the owner's account. Works once, with the token that the first start printed.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Setup {
    pub token: String,
    pub name: String,
    pub email: String,
    /// 12 to 200 characters.
    pub password: String,
}

/// `GET /api/v1/setup`: whether this server still waits for its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    pub needed: bool,
}

/// `POST /api/v1/keys` asks for one; the answer shows the secret this one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    pub name: String,
    /// The sensor that sends with it, for records that name none themselves.
    #[serde(default)]
    pub sensor: Option<String>,
    /// The sender's TLS certificate in PEM form, which then is the key: no secret is made.
    #[serde(default)]
    pub certificate: Option<String>,
}

/// A key without its secret, which nobody has any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    pub sensor: Option<String>,
    /// SHA-256 of the certificate, in hexadecimal digits; a key with a secret has none.
    pub fingerprint: Option<String>,
    pub created: Timestamp,
    /// To the minute.
    pub last_used: Option<Timestamp>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedApiKey {
    pub id: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensor: Option<String>,
    /// Absent for a certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// SHA-256 of the certificate, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}
