//! Who did what: entries of an organization's audit log.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Person,
    /// An API key or a registered certificate.
    Key,
    Sensor,
    /// Who came with nothing but a name: a sign-in that was refused, a claim code.
    Claimed,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Actor {
    pub kind: ActorKind,
    pub id: String,
    /// At that time.
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Done,
    Refused,
}

/// What an entry says beside its number, time and action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditRecord {
    pub actor: Actor,
    /// What it was done to: the id in the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    pub outcome: Outcome,
    /// Where the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub detail: Option<Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub number: i64,
    pub at: Timestamp,
    /// The operation's id, as in the API's description.
    pub action: String,
    #[serde(flatten)]
    pub record: AuditRecord,
    /// SHA-256 in hexadecimal digits, over this entry and the hash before it.
    pub hash: String,
}

/// The newest entry of a chain. Noted elsewhere, it shows later that nothing up to here was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditHead {
    pub number: i64,
    pub hash: String,
}

/// `GET /api/v1/audit`: newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub entries: Vec<AuditEntry>,
    /// Of all entries, whatever was asked for.
    pub head: AuditHead,
    /// Where the next page begins; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
}

/// `GET /api/v1/audit/verification`: every entry's hash, made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerification {
    pub head: AuditHead,
    /// What is wrong first; absent when the chain is whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}
