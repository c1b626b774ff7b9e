//! What a person chose: `desktop.toml` in the profile. Nothing secret is in it; that lies in the keyring.

use serde::{Deserialize, Serialize};
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use url::Url;
use watchfloor_shared::alert::Severity;

const FILE: &str = "desktop.toml";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The server that this is the window of; the one in this process when absent.
    pub server: Option<Server>,
    /// New alerts of these severities are told by the desktop.
    pub notify: Vec<Severity>,
    /// Closing the window leaves the app in the tray.
    pub stay_in_tray: bool,
    /// Starts in the tray when the person signs in to this machine.
    pub autostart: bool,
    pub window: Window,
    pub update: Option<Update>,
}

/// A server elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    #[serde(with = "crate::address")]
    pub address: Url,
    /// SHA-256 of the certificate that a person accepted, in hexadecimal digits. Absent: nobody has yet.
    #[serde(default)]
    pub certificate_sha256: Option<String>,
}

/// Where the window was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Window {
    pub width: u32,
    pub height: u32,
    pub x: Option<i32>,
    pub y: Option<i32>,
    pub maximized: bool,
}

/// Where newer versions are announced, and by whose signature they are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Update {
    /// A manifest in the format of Tauri's updater.
    #[serde(with = "crate::address")]
    pub manifest: Url,
    /// minisign's public key, its second line.
    pub public_key: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: None,
            notify: vec![Severity::High, Severity::Critical],
            stay_in_tray: false,
            autostart: false,
            window: Window::default(),
            update: None,
        }
    }
}

impl Default for Window {
    fn default() -> Self {
        Self {
            width: 1_280,
            height: 860,
            x: None,
            y: None,
            maximized: false,
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{path} cannot be written: {error}")]
    Unwritable { path: PathBuf, error: std::io::Error },
    #[error("{path}: {why}")]
    Invalid { path: PathBuf, why: String },
    #[error(
        "{0:?} is not a server's address: https://NAME or https://NAME:PORT (http:// only for a server on this machine)"
    )]
    Address(String),
}

impl Settings {
    /// Those of the profile; the defaults where none are kept yet.
    pub fn load(profile: &Path) -> Result<Self, SettingsError> {
        let path = profile.join(FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(SettingsError::Unreadable { path, error }),
        };
        toml::from_str(&text).map_err(|error| SettingsError::Invalid {
            path,
            why: error.message().to_owned(),
        })
    }

    /// In one step: who reads meanwhile sees the old ones or the new.
    pub fn save(&self, profile: &Path) -> Result<(), SettingsError> {
        let path = profile.join(FILE);
        let text = toml::to_string_pretty(self).map_err(|error| SettingsError::Invalid {
            path: path.clone(),
            why: error.to_string(),
        })?;
        write(&path, text.as_bytes()).map_err(|error| SettingsError::Unwritable { path, error })
    }
}

/// Replaces a file that its owner alone may read.
pub fn write(path: &Path, contents: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&unfinished)?;
    file.write_all(contents)?;
    file.sync_all()?;
    std::fs::rename(unfinished, path)
}

/// A server's address as people type it. Without TLS nobody could tell who answers, so that is for this machine alone.
pub fn address(text: &str) -> Result<Url, SettingsError> {
    let refused = || SettingsError::Address(text.trim().to_owned());
    let text = text.trim();
    let whole = match text.contains("://") {
        true => text.to_owned(),
        false => format!("https://{text}"),
    };
    let mut url = Url::parse(&whole).map_err(|_| refused())?;
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let is_allowed = match url.scheme() {
        "https" => url.has_host(),
        "http" => is_here,
        _ => false,
    };
    if !is_allowed || !url.username().is_empty() || url.password().is_some() {
        return Err(refused());
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_mistakes_are_named() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(dir.path()).unwrap(), Settings::default());
        let mut chosen = Settings {
            notify: vec![Severity::Critical],
            stay_in_tray: true,
            server: Some(Server {
                address: address("soc.example:8443").unwrap(),
                certificate_sha256: Some("ab".repeat(32)),
            }),
            ..Settings::default()
        };
        chosen.window.x = Some(-40);
        chosen.save(dir.path()).unwrap();
        assert_eq!(Settings::load(dir.path()).unwrap(), chosen);
        std::fs::write(dir.path().join(FILE), "notfy = []").unwrap();
        let refused = Settings::load(dir.path()).unwrap_err().to_string();
        assert!(
            refused.contains("notfy") && refused.contains("desktop.toml"),
            "{refused}"
        );
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_with_tls_alone() {
        let said = |text: &str| address(text).map(|url| url.to_string());
        assert_eq!(said("soc.example").unwrap(), "https://soc.example/");
        assert_eq!(
            said(" https://soc.example:8443/alerts?x=1#y ").unwrap(),
            "https://soc.example:8443/"
        );
        assert_eq!(said("http://127.0.0.1:7700").unwrap(), "http://127.0.0.1:7700/");
        for wrong in [
            "",
            "http://soc.example",
            "ftp://soc.example",
            "https://a:b@soc.example",
            "https://",
        ] {
            assert!(said(wrong).is_err(), "{wrong}");
        }
    }
}
