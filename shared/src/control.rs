//! What a server has a sensor do, and the captures that run on it.
//!
//! Invariant: a command is one of a closed set, with bounded values; none carries what a host would run.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Rules in one command.
pub const RULES_BYTES_MAX: usize = 4 << 20;
const NAME_BYTES_MAX: usize = 32;
const INTERFACES_MAX: usize = 8;
/// Of Linux, with its end.
const INTERFACE_BYTES_MAX: usize = 15;
const VERSION_BYTES_MAX: usize = 64;
const QUIET_MAX: usize = 256;
const PATH_BYTES_MAX: usize = 4_096;
const HEARTBEAT_SECONDS: std::ops::RangeInclusive<u32> = 5..=60;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptureEngine {
    #[default]
    Suricata,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptureMode {
    /// Listens on each interface.
    #[default]
    Ids,
    /// Stands between two interfaces, passes on what comes, and drops what rules say.
    Ips,
}

impl CaptureEngine {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suricata => "suricata",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        (text == Self::Suricata.as_str()).then_some(Self::Suricata)
    }
}

impl CaptureMode {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ids => "ids",
            Self::Ips => "ips",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ids, Self::Ips].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What is to be captured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// Of this sensor alone: 1 to 32 of `a` to `z`, digits and hyphens.
    pub name: String,
    #[serde(default)]
    pub engine: CaptureEngine,
    #[serde(default)]
    pub mode: CaptureMode,
    pub interfaces: Vec<String>,
}

/// What a sensor can be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SensorCommand {
    CaptureStart {
        capture: Capture,
    },
    CaptureStop {
        name: String,
    },
    CaptureRestart {
        name: String,
    },
    /// What is absent stays.
    Configure {
        /// 5 to 60.
        #[serde(default)]
        heartbeat_seconds: Option<u32>,
        /// Programs whose writes and connections are left out and counted.
        #[serde(default)]
        quiet: Option<Vec<String>>,
    },
    /// Takes the place of the rules before, if the engine itself takes them.
    Rules {
        version: String,
        /// Not shown again.
        #[serde(default)]
        text: String,
    },
    /// What the sensor is and how it does, as text.
    Diagnostics,
    /// Which version runs there.
    UpgradeCheck,
}

/// Why something is no command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCommand(pub &'static str);

impl fmt::Display for NoCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Capture {
    /// Whether it could run anywhere.
    pub fn validate(&self) -> Result<(), NoCommand> {
        validate_name(&self.name)?;
        if self.interfaces.is_empty() || self.interfaces.len() > INTERFACES_MAX {
            return Err(NoCommand("A capture has 1 to 8 interfaces."));
        }
        if !self.interfaces.iter().all(|name| is_interface(name)) {
            return Err(NoCommand("This is no interface's name."));
        }
        let is_twice = |at: usize, name: &String| self.interfaces[..at].contains(name);
        if self.interfaces.iter().enumerate().any(|(at, name)| is_twice(at, name)) {
            return Err(NoCommand("An interface is named twice."));
        }
        match self.mode == CaptureMode::Ids || self.interfaces.len() == 2 {
            true => Ok(()),
            false => Err(NoCommand(
                "A capture in IPS mode stands between two interfaces: name both.",
            )),
        }
    }
}

impl SensorCommand {
    pub fn validate(&self) -> Result<(), NoCommand> {
        match self {
            Self::CaptureStart { capture } => capture.validate(),
            Self::CaptureStop { name } | Self::CaptureRestart { name } => validate_name(name),
            Self::Configure {
                heartbeat_seconds,
                quiet,
            } => {
                if heartbeat_seconds.is_none() && quiet.is_none() {
                    return Err(NoCommand("Say what is to be set: heartbeat_seconds or quiet."));
                }
                if heartbeat_seconds.is_some_and(|seconds| !HEARTBEAT_SECONDS.contains(&seconds)) {
                    return Err(NoCommand("heartbeat_seconds is between 5 and 60."));
                }
                let paths = quiet.as_deref().unwrap_or_default();
                let is_path = |path: &String| {
                    path.starts_with('/') && path.len() <= PATH_BYTES_MAX && !path.chars().any(char::is_control)
                };
                match paths.len() <= QUIET_MAX && paths.iter().all(is_path) {
                    true => Ok(()),
                    false => Err(NoCommand("quiet has at most 256 paths, each from the root on.")),
                }
            }
            Self::Rules { version, text } => {
                let is_word = !version.is_empty()
                    && version.len() <= VERSION_BYTES_MAX
                    && version.chars().all(|c| c.is_ascii_graphic());
                if !is_word {
                    return Err(NoCommand(
                        "The version of rules is a word of 1 to 64 printable characters.",
                    ));
                }
                match text.len() <= RULES_BYTES_MAX && !text.contains('\0') {
                    true => Ok(()),
                    false => Err(NoCommand("The text of rules has at most 4 MiB, and no byte 0.")),
                }
            }
            Self::Diagnostics | Self::UpgradeCheck => Ok(()),
        }
    }

    /// As people call it.
    pub const fn words(&self) -> &'static str {
        match self {
            Self::CaptureStart { .. } => "Start a capture",
            Self::CaptureStop { .. } => "Stop a capture",
            Self::CaptureRestart { .. } => "Restart a capture",
            Self::Configure { .. } => "Set",
            Self::Rules { .. } => "Push rules",
            Self::Diagnostics => "Collect diagnostics",
            Self::UpgradeCheck => "Check the version",
        }
    }
}

fn validate_name(name: &str) -> Result<(), NoCommand> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(fits) {
        true => Ok(()),
        false => Err(NoCommand("A capture's name is 1 to 32 of a to z, digits and hyphens.")),
    }
}

/// It becomes part of an engine's settings, so it is a plain word.
fn is_interface(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@:".contains(&byte);
    !name.is_empty() && name.len() <= INTERFACE_BYTES_MAX && !name.starts_with(['-', '.']) && name.bytes().all(fits)
}

/// `POST /api/v1/fleet/{id}/commands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCommand {
    pub command: SensorCommand,
    /// A sensor that is away for longer never does it; 1 to 720, a week when absent.
    #[serde(default)]
    pub expires_hours: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CommandState {
    /// Waits for the sensor.
    #[default]
    Queued,
    /// The sensor has it, or it was given to a connection that ended.
    Sent,
    Done,
    Failed,
    /// The sensor did not come for it in time.
    Expired,
    /// Taken back before it was sent.
    Cancelled,
}

impl CommandState {
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Sent,
        Self::Done,
        Self::Failed,
        Self::Expired,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing more becomes of it.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Queued | Self::Sent)
    }
}

/// One of `GET /api/v1/fleet/{id}/commands`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueuedCommand {
    /// Of this sensor's commands, from 1.
    pub number: i64,
    /// Without the text of rules.
    pub command: SensorCommand,
    pub by: String,
    pub created: Timestamp,
    pub expires: Timestamp,
    pub state: CommandState,
    /// Why it failed.
    pub reason: Option<String>,
    /// What was asked for.
    pub detail: Option<String>,
    pub done: Option<Timestamp>,
}

/// What runs on a sensor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SensorCaptures {
    /// When it last said so.
    pub at: Timestamp,
    pub captures: Vec<RunningCapture>,
    /// Of the rules in use.
    pub rules_version: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct RunningCapture {
    pub name: String,
    pub engine: String,
    pub mode: String,
    pub interfaces: Vec<String>,
    pub state: CaptureStatus,
    pub since: Timestamp,
    /// Why it does not run, or why it last had to be started again.
    pub reason: Option<String>,
    /// By itself, since it was started.
    pub restarts: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptureStatus {
    #[default]
    Starting,
    Running,
    /// It is tried again by itself.
    Failed,
}

impl CaptureStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Failed => "failed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Starting, Self::Running, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(name: &str, mode: CaptureMode, interfaces: &[&str]) -> Capture {
        Capture {
            name: name.to_owned(),
            mode,
            interfaces: interfaces.iter().map(|name| (*name).to_owned()).collect(),
            ..Capture::default()
        }
    }

    #[test]
    fn what_could_become_a_path_or_a_setting_is_no_name() {
        assert_eq!(
            capture("lan-1", CaptureMode::Ids, &["eth0", "br0.12"]).validate(),
            Ok(())
        );
        assert_eq!(capture("gate", CaptureMode::Ips, &["eth1", "eth2"]).validate(), Ok(()));
        for (name, mode, interfaces) in [
            ("", CaptureMode::Ids, &["eth0"][..]),
            ("../x", CaptureMode::Ids, &["eth0"]),
            ("Lan", CaptureMode::Ids, &["eth0"]),
            ("lan", CaptureMode::Ids, &[]),
            ("lan", CaptureMode::Ids, &["eth0", "eth0"]),
            ("lan", CaptureMode::Ids, &["eth0\n  - x"]),
            ("lan", CaptureMode::Ids, &["../../etc"]),
            ("lan", CaptureMode::Ids, &["-v"]),
            ("lan", CaptureMode::Ids, &["a-very-long-interface"]),
            ("lan", CaptureMode::Ips, &["eth0"]),
        ] {
            assert!(
                capture(name, mode, interfaces).validate().is_err(),
                "{name} {interfaces:?}"
            );
        }
    }

    #[test]
    fn a_command_is_one_of_those_that_there_are() {
        let read = |text: &str| serde_json::from_str::<SensorCommand>(text);
        assert_eq!(read(r#"{"kind":"diagnostics"}"#).unwrap(), SensorCommand::Diagnostics);
        let start = r#"{"kind":"capture_start","capture":{"name":"lan","interfaces":["eth0"]}}"#;
        assert!(read(start).unwrap().validate().is_ok());
        assert!(read(r#"{"kind":"run","command":"id"}"#).is_err());
        assert!(read(r#"{"kind":"capture_stop","name":"lan","also":1}"#).is_err());
        let set = |seconds| SensorCommand::Configure {
            heartbeat_seconds: Some(seconds),
            quiet: None,
        };
        assert!(set(5).validate().is_ok() && set(4).validate().is_err() && set(61).validate().is_err());
        let rules = |version: &str, bytes: usize| SensorCommand::Rules {
            version: version.to_owned(),
            text: "#".repeat(bytes),
        };
        assert!(rules("2026-11", RULES_BYTES_MAX).validate().is_ok());
        assert!(rules("", 1).validate().is_err() && rules("a b", 1).validate().is_err());
        assert!(rules("1", RULES_BYTES_MAX + 1).validate().is_err());
    }
}
