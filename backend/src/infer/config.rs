//! Settings of windows and models.

use super::Places;
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor_engine::window::{Routine, Settings};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InferConfig {
    pub enabled: bool,
    /// Where models lie, looked at again while running; `models` in the data directory when absent. Where it has none for a
    /// platform, the one that ships is used.
    pub models: Option<PathBuf>,
    /// ONNX Runtime's library; found where set-up puts it when absent.
    pub library: Option<PathBuf>,
    pub window_seconds: u64,
    pub step_seconds: u64,
    pub lateness_seconds: u64,
    /// Threads that score windows.
    pub workers: usize,
    /// Linux daemons whose files and connections stay out of the windows.
    pub routine: Vec<RoutineConfig>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutineConfig {
    /// The whole path.
    pub executable: String,
    /// Only as this unit, where the event says which it is.
    #[serde(default)]
    pub unit: Option<String>,
}

/// Daemons that every distribution runs and that do nothing but their upkeep.
const DAEMONS: [&str; 8] = [
    "/usr/lib/systemd/systemd-journald",
    "/usr/lib/systemd/systemd-timesyncd",
    "/usr/sbin/rsyslogd",
    "/usr/sbin/auditd",
    "/usr/sbin/chronyd",
    "/usr/sbin/irqbalance",
    "/usr/bin/watchfloor-sensor",
    "/usr/local/bin/watchfloor-sensor",
];

impl Default for InferConfig {
    fn default() -> Self {
        let daemon = |executable: &str| RoutineConfig {
            executable: executable.to_owned(),
            unit: None,
        };
        Self {
            enabled: true,
            models: None,
            library: None,
            window_seconds: 180,
            step_seconds: 30,
            lateness_seconds: 30,
            workers: 1,
            routine: DAEMONS.map(daemon).to_vec(),
        }
    }
}

impl InferConfig {
    pub fn settings(&self) -> Settings {
        Settings {
            length: Duration::from_secs(self.window_seconds),
            step: Duration::from_secs(self.step_seconds),
            lateness: Duration::from_secs(self.lateness_seconds),
        }
    }

    pub fn validate(&self) -> Result<(), &'static str> {
        match self.workers {
            1..=256 => self.settings().check(),
            _ => Err("workers must be between 1 and 256"),
        }
    }

    /// Where models are put that take the place of those that ship.
    pub fn folder(&self, data_dir: &Path) -> PathBuf {
        self.models.clone().unwrap_or_else(|| data_dir.join("models"))
    }

    pub fn places(&self, data_dir: &Path) -> Places {
        Places {
            folders: vec![self.folder(data_dir)],
            library: self.library.clone(),
        }
    }

    pub fn routine(&self) -> Vec<Routine> {
        let routine = self.routine.iter().map(|daemon| Routine {
            executable: daemon.executable.clone(),
            unit: daemon.unit.clone(),
        });
        routine.collect()
    }
}
