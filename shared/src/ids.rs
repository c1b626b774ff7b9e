//! One typed id per entity. All are opaque strings on the wire.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} must be {rule}")]
pub struct InvalidId {
    pub kind: &'static str,
    pub rule: &'static str,
}

macro_rules! string_id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(value: impl AsRef<str>) -> Self {
                Self(Arc::from(value.as_ref()))
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

string_id!(
    /// Deterministic id of an event: 32 hexadecimal digits.
    EventId
);
string_id!(
    /// Deterministic id of an alert: 32 hexadecimal digits. People see the first six as `A-9f2c41`.
    AlertId
);
string_id!(
    /// A host: its name in lower case, as the sender gives it (`ws-0417.corp.example`).
    EndpointId
);
string_id!(
    /// `process.entity_id`: unique for one process on one host over time.
    EntityId
);
string_id!(
    /// A Sigma rule's `id`.
    RuleId
);
string_id!(
    /// A person's account.
    UserId
);

impl AlertId {
    /// The short form people read out to each other: `A-9f2c41`.
    pub fn short(&self) -> String {
        format!("A-{}", self.as_str().chars().take(6).collect::<String>())
    }
}

/// A tenant: 1–63 characters of `a-z`, `0-9` and `-`, neither first nor last a `-`. It becomes part of topic keys, headers,
/// index and folder names, so nothing else is accepted, on the wire or from code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(Arc<str>);

impl TenantId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidId;
    fn from_str(value: &str) -> Result<Self, InvalidId> {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let edge = |c: Option<&u8>| c.is_some_and(|c| *c != b'-');
        let bytes = value.as_bytes();
        let valid = (1..=63).contains(&bytes.len())
            && bytes.iter().all(|c| inner(*c))
            && edge(bytes.first())
            && edge(bytes.last());
        if valid {
            Ok(Self(Arc::from(value)))
        } else {
            Err(InvalidId {
                kind: "tenant id",
                rule: "1 to 63 characters of a-z, 0-9 and -, not starting or ending with -",
            })
        }
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidId;
    fn try_from(value: String) -> Result<Self, InvalidId> {
        value.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> String {
        id.0.to_string()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_id_cannot_leave_its_folder_or_key() {
        for bad in ["", "-a", "a-", "A", "a/b", "..", "a:b", "a b", &"x".repeat(64)] {
            assert!(bad.parse::<TenantId>().is_err(), "{bad:?} was accepted");
        }
        for good in ["a", "default", "acme-2", &"x".repeat(63)] {
            assert!(good.parse::<TenantId>().is_ok(), "{good:?} was refused");
        }
    }
}
