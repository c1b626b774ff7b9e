//! Wall screens: a screen shows a code, an administrator pairs it, and from then on it gets what it may show and no more.
//!
//! `GET /api/v1/wall/live` is a stream of server-sent events, each with a [`WallUpdate`] as JSON: `event: wall` first, then
//! `numbers` every two seconds and, where the map is among its scenes, `snapshot` and `frame` as on the map's own stream.

use crate::{
    TenantId, Timestamp,
    endpoint::OpenAlerts,
    identity::Credit,
    map::{MapFrame, MapSnapshot},
};
use serde::{Deserialize, Serialize};

/// Without a word from the server for so long, a wall says that what it shows is old.
pub const STALE_MS: i64 = 12_000;

/// A scene stands so long.
pub const SCENE_SECONDS: i64 = 20;

/// Organizations beside its own that one wall shows at most.
pub const ORGANIZATIONS_BESIDE_MAX: usize = 7;

/// Digits of a pairing code.
pub const CODE_DIGITS: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WallScene {
    Map,
    Techniques,
    Endpoints,
    Pipeline,
}

impl WallScene {
    pub const ALL: [WallScene; 4] = [
        WallScene::Map,
        WallScene::Techniques,
        WallScene::Endpoints,
        WallScene::Pipeline,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            WallScene::Map => "map",
            WallScene::Techniques => "techniques",
            WallScene::Endpoints => "endpoints",
            WallScene::Pipeline => "pipeline",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scene| scene.as_str() == text)
    }
}

/// What a screen that anyone may walk past shows in full. What is not shown never leaves the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WallShows {
    /// Else their networks: `/24`, `/48`.
    pub addresses: bool,
    /// Else `Endpoint 3`.
    pub hosts: bool,
    /// Else nobody.
    pub users: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WallTheme {
    #[default]
    Dark,
    Light,
}

impl WallTheme {
    pub const ALL: [WallTheme; 2] = [WallTheme::Dark, WallTheme::Light];

    pub const fn as_str(self) -> &'static str {
        match self {
            WallTheme::Dark => "dark",
            WallTheme::Light => "light",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// When a screen is dimmed, in minutes after midnight where the screen stands. The end may be on the next day; from and to
/// the same minute is never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WallDimming {
    pub from_minute: u16,
    pub to_minute: u16,
}

impl WallDimming {
    pub const MINUTES: u16 = 24 * 60;

    pub const fn is_dim_at(self, minute: u16) -> bool {
        if self.from_minute <= self.to_minute {
            self.from_minute <= minute && minute < self.to_minute
        } else {
            self.from_minute <= minute || minute < self.to_minute
        }
    }
}

/// What an administrator says of a wall.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WallSettings {
    /// 1 to 100 characters.
    pub name: String,
    /// In the order in which they are shown; each once, at least one.
    pub scenes: Vec<WallScene>,
    #[serde(default)]
    pub shows: WallShows,
    #[serde(default)]
    pub theme: WallTheme,
    #[serde(default)]
    pub dimming: WallDimming,
}

/// `POST /api/v1/walls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWall {
    /// The six digits on the screen; spaces between them do not matter.
    pub code: String,
    pub wall: WallSettings,
    /// Organizations to show in turn with the wall's own; whoever pairs it administers each.
    #[serde(default)]
    pub also: Vec<TenantId>,
}

/// One that a wall may show, or does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallOrganization {
    pub id: TenantId,
    pub name: String,
}

/// `PATCH /api/v1/walls/{id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WallChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenes: Option<Vec<WallScene>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows: Option<WallShows>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<WallTheme>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimming: Option<WallDimming>,
    /// Organizations beside its own; who adds one administers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Vec<TenantId>>,
}

impl WallChange {
    pub fn applied_to(self, wall: WallSettings) -> WallSettings {
        WallSettings {
            name: self.name.unwrap_or(wall.name),
            scenes: self.scenes.unwrap_or(wall.scenes),
            shows: self.shows.unwrap_or(wall.shows),
            theme: self.theme.unwrap_or(wall.theme),
            dimming: self.dimming.unwrap_or(wall.dimming),
        }
    }
}

/// One of `GET /api/v1/walls`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Wall {
    pub id: String,
    pub settings: WallSettings,
    /// Those it shows in turn with its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<WallOrganization>,
    pub created: Timestamp,
    /// The name of who paired it.
    pub created_by: String,
    /// To the minute; absent until the screen has come for its credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
}

/// `POST /api/v1/wall/pairings`: what a screen shows until somebody types it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallPairing {
    /// Six digits.
    pub code: String,
    pub expires_at: Timestamp,
    /// The server's clock, for how long that is.
    pub now: Timestamp,
}

/// `GET /api/v1/wall/pairing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PairingState {
    Pending,
    /// This answer brought the wall's cookie; asked again it is `expired`.
    Paired,
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PairingStatus {
    pub state: PairingState,
}

/// `GET /api/v1/wall`: what this screen is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallState {
    /// The one that is shown now.
    pub organization: String,
    /// How many are shown in turn.
    #[serde(default = "one")]
    pub organizations: usize,
    pub settings: WallSettings,
    /// Whom the screen must name for what it shows.
    pub credits: Vec<Credit>,
    /// A screen whose page is of another version loads it anew.
    pub server_version: String,
    /// The server's clock.
    pub now: Timestamp,
}

const fn one() -> usize {
    1
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", tag = "event", content = "data")]
pub enum WallUpdate {
    /// First, and whenever an administrator changed it.
    Wall(Box<WallState>),
    /// Everything on the map from here on: what was known before is void.
    Snapshot(Box<MapSnapshot>),
    Frame(Box<MapFrame>),
    Numbers(Box<WallNumbers>),
}

impl WallUpdate {
    /// The SSE `event:` name.
    pub const fn name(&self) -> &'static str {
        match self {
            WallUpdate::Wall(_) => "wall",
            WallUpdate::Snapshot(_) => "snapshot",
            WallUpdate::Frame(_) => "frame",
            WallUpdate::Numbers(_) => "numbers",
        }
    }
    /// The server's clock when it was sent.
    pub fn now(&self) -> Timestamp {
        match self {
            WallUpdate::Wall(state) => state.now,
            WallUpdate::Snapshot(snapshot) => snapshot.now,
            WallUpdate::Frame(frame) => frame.now,
            WallUpdate::Numbers(numbers) => numbers.now,
        }
    }
}

/// Every two seconds. The lists are those of the wall's scenes and empty without their scene.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallNumbers {
    /// The server's clock. A stream that is silent for five seconds is stale.
    pub now: Timestamp,
    /// Alerts that are not closed.
    pub critical: i64,
    /// When the oldest of them was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_since: Option<Timestamp>,
    pub high: i64,
    /// The organizations whose turn it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<WallElsewhere>,
    /// Endpoints with an alert that is not closed.
    pub endpoints_at_risk: i64,
    pub events_per_second: f64,
    /// Of the stage that is furthest behind.
    pub behind_ms: i64,
    /// Events that no stage can account for.
    pub lost: i64,
    /// Stages that cannot go on.
    pub faults: i64,
    /// Most alerts first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub techniques: Vec<WallTechnique>,
    /// Most at risk first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<WallEndpoint>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<WallStage>,
}

impl WallNumbers {
    /// Of all that the wall shows in turn.
    pub fn critical_everywhere(&self) -> i64 {
        self.critical + self.elsewhere.iter().map(|elsewhere| elsewhere.critical).sum::<i64>()
    }
}

/// Alerts that are not closed, of an organization whose turn it is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallElsewhere {
    pub organization: String,
    pub critical: i64,
    pub high: i64,
}

/// ATT&CK, and how many alerts that are not closed name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallTechnique {
    pub id: String,
    pub name: String,
    pub alerts: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallEndpoint {
    /// The host's name, or `Endpoint 3` where names are not shown: the third that ever sent something.
    pub label: String,
    /// `windows` or `linux`.
    pub platform: String,
    /// 0 to 100.
    pub risk: i64,
    pub open: OpenAlerts,
    /// Title of the worst alert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<String>,
    /// Of the worst alert, where users are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(default)]
    pub simulated: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WallStage {
    pub name: String,
    pub events_per_second: f64,
    pub lag_ms: i64,
    pub dead: i64,
    /// It cannot go on.
    pub is_faulty: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimming_may_last_over_midnight_and_may_never_come() {
        let night = WallDimming {
            from_minute: 22 * 60,
            to_minute: 6 * 60,
        };
        assert!(night.is_dim_at(23 * 60) && night.is_dim_at(0) && night.is_dim_at(6 * 60 - 1));
        assert!(!night.is_dim_at(6 * 60) && !night.is_dim_at(12 * 60));
        let noon = WallDimming {
            from_minute: 700,
            to_minute: 760,
        };
        assert!(noon.is_dim_at(700) && !noon.is_dim_at(760));
        assert!((0..WallDimming::MINUTES).all(|minute| !WallDimming::default().is_dim_at(minute)));
    }
}
