//! `[[follow]]`: which files are followed, and what their records are where they do not say it.

use glob::Pattern;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `[[follow]]`
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FollowConfig {
    /// Files, with `*`, `?`, `[…]` and `**`.
    pub paths: Vec<String>,
    /// What the records are, where their shape does not say it: `zeek`, `suricata`, `auditd`, `syslog`.
    pub source: Option<String>,
    /// The endpoint of records that name none; this machine's name when absent.
    pub sensor: Option<String>,
    /// Whose records these are; the first tenant's when absent.
    pub tenant: Option<String>,
}

impl FollowConfig {
    /// What no type can say.
    pub fn validate(&self) -> Result<(), String> {
        if self.paths.is_empty() {
            return Err("needs `paths`".to_owned());
        }
        for path in &self.paths {
            Pattern::new(path).map_err(|error| format!("{path:?} is no pattern: {error}"))?;
        }
        Ok(())
    }
}

/// Zeek names its logs by their files: `conn.log` is `zeek.conn`.
pub fn source_of(source: &str, path: &Path) -> String {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name.split(['.', '-']).next() {
        Some(log) if source == "zeek" && log.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            format!("zeek.{log}")
        }
        _ => source.to_owned(),
    }
}

/// This machine's name.
pub fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}
