//! People, sessions and permissions.

use crate::{TenantId, Timestamp, UserId, alert::Severity};
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

    /// What a key may be for. No key manages anything: who holds one is a program, and no person answers for what it did.
    pub const OF_KEYS: [Permission; 6] = [
        Permission::Ingest,
        Permission::ReadAlerts,
        Permission::ChangeAlerts,
        Permission::ReadEvents,
        Permission::ReadPipeline,
        Permission::ReadRules,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Permission::ReadAlerts => "read_alerts",
            Permission::ChangeAlerts => "change_alerts",
            Permission::ReadEvents => "read_events",
            Permission::ReadPipeline => "read_pipeline",
            Permission::ReadRules => "read_rules",
            Permission::RedriveDeadLetters => "redrive_dead_letters",
            Permission::ManageKeys => "manage_keys",
            Permission::ManageInventory => "manage_inventory",
            Permission::ManageWalls => "manage_walls",
            Permission::ManageSensors => "manage_sensors",
            Permission::ManagePeople => "manage_people",
            Permission::ReadAudit => "read_audit",
            Permission::Ingest => "ingest",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }
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
    /// All that the person is in, by name.
    #[serde(default)]
    pub organizations: Vec<Organization>,
    /// May make other organizations: an owner of the first.
    #[serde(default)]
    pub hosts: bool,
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
    /// Of the authenticator app, or a recovery code, where the account asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetupState {
    pub needed: bool,
    /// What the identity provider is called, where the server has one.
    #[serde(default)]
    pub provider: Option<String>,
}

/// Why the sign-in page is shown again after a visit to the identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderRefusal {
    Away,
    Refused,
    Untrue,
    NoAddress,
    AddressTaken,
    NoOrganization,
    Stale,
}

impl ProviderRefusal {
    pub const ALL: [Self; 7] = [
        Self::Away,
        Self::Refused,
        Self::Untrue,
        Self::NoAddress,
        Self::AddressTaken,
        Self::NoOrganization,
        Self::Stale,
    ];

    /// In the page's address.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Away => "away",
            Self::Refused => "refused",
            Self::Untrue => "untrue",
            Self::NoAddress => "no_address",
            Self::AddressTaken => "address_taken",
            Self::NoOrganization => "no_organization",
            Self::Stale => "stale",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }

    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Away => "The identity provider does not answer. Try again in a moment.",
            Self::Refused => "The identity provider did not let you in.",
            Self::Untrue => {
                "The identity provider's answer does not hold. An administrator finds the reason in the server's log."
            }
            Self::NoAddress => "The identity provider names no e-mail address for you. Ask its administrators.",
            Self::AddressTaken => "There is an account with your address already: sign in with its password.",
            Self::NoOrganization => "None of your groups has a role here. Ask your administrators.",
            Self::Stale => "That took too long, or began in another browser. Try again.",
        }
    }
}

/// One that a person is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Organization {
    pub id: TenantId,
    pub name: String,
    /// The person's there.
    pub role: Role,
}

/// `PUT /api/v1/session/organization`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OrganizationChoice {
    pub id: String,
}

/// `GET /api/v1/me/organizations`. Counts are absent beyond the first hundred organizations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrganizationSummary {
    pub organization: Organization,
    /// The session's.
    pub is_this: bool,
    /// Alerts that are not closed, the least severe first.
    pub open: Option<Vec<SeverityCount>>,
    /// Of all alerts that are not closed, nobody's.
    pub unassigned: Option<i64>,
    pub sensors: Option<u64>,
    /// Sensors whose heartbeats are overdue.
    pub silent: Option<u64>,
}

impl OrganizationSummary {
    /// Without counts.
    pub fn named(organization: Organization) -> Self {
        Self {
            organization,
            is_this: false,
            open: None,
            unassigned: None,
            sensors: None,
            silent: None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeverityCount {
    pub severity: Severity,
    pub count: i64,
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
    /// What it is for; sending telemetry when empty.
    #[serde(default)]
    pub scopes: Vec<Permission>,
    /// It ends after as many days; never when absent.
    #[serde(default)]
    pub days: Option<u16>,
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
    pub scopes: Vec<Permission>,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
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
