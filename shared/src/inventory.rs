//! What an organization owns and who is in it: events are enriched with it.

use serde::{Deserialize, Serialize};

/// How much would be lost with it, in the words that Elastic Security has for `host.asset.criticality`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    LowImpact,
    MediumImpact,
    HighImpact,
    ExtremeImpact,
}

impl Criticality {
    pub const ALL: [Criticality; 4] = [
        Criticality::LowImpact,
        Criticality::MediumImpact,
        Criticality::HighImpact,
        Criticality::ExtremeImpact,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Criticality::LowImpact => "low_impact",
            Criticality::MediumImpact => "medium_impact",
            Criticality::HighImpact => "high_impact",
            Criticality::ExtremeImpact => "extreme_impact",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criticality| criticality.as_str() == text)
    }
}

/// A host, or a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Asset {
    /// As `host.name` or `host.id` has it, in any case; a short name also stands for the names that go on after a dot.
    pub name: String,
    /// Addresses and networks, `10.1.2.3` or `10.1.0.0/16`. The narrowest network that holds an address counts.
    #[serde(default)]
    pub addresses: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What it does: `domain controller`, `build server`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
}

/// Where a part of the organization is: a city's office, a plant, a data centre.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// As [`Asset::site`] has it, in any case.
    pub name: String,
    /// Degrees, -90 to 90.
    pub latitude: f64,
    /// Degrees, -180 to 180.
    pub longitude: f64,
    /// ISO 3166-1, two letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// An account and who is behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// `DOMAIN\name`, `name`, or what `user.id` has, in any case; the most exact one that is listed counts.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality: Option<Criticality>,
    /// An administrator's account.
    #[serde(default)]
    pub privileged: bool,
}

/// The answer to a table that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InventoryTaken {
    /// Rows in force now.
    pub rows: i64,
}
