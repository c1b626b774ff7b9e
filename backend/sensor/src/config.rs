//! Settings: a TOML file, then `WATCHFLOOR_SENSOR__SECTION__KEY` from the environment, then `--set`. An unknown key is refused.
//! The API key is none of them: it comes from the file `server.key_file` or from `WATCHFLOOR_SENSOR_KEY`.

use crate::capture::Method;
use serde::{Deserialize, Serialize};
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

const ENVIRONMENT: &str = "WATCHFLOOR_SENSOR__";
const SPOOL_BYTES_MIN: u64 = 1 << 20;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The sensor's name at the server; the host's where it is empty.
    pub name: String,
    /// Spool and checkpoints.
    pub data_dir: PathBuf,
    pub server: ServerConfig,
    pub capture: CaptureConfig,
    pub spool: SpoolConfig,
    pub metrics: MetricsConfig,
    /// Files to follow.
    pub tail: Vec<TailConfig>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// `https://host:50051`; `http://` without TLS. Empty: the server that it enrolled at.
    pub address: String,
    /// Holds the API key, readable by the sensor's user alone.
    pub key_file: Option<PathBuf>,
    /// Whom the server's certificate must be signed by; the host's authorities where it is absent.
    pub ca_file: Option<PathBuf>,
    /// The sensor's own certificate, with its private key.
    pub certificate_file: Option<PathBuf>,
    pub private_key_file: Option<PathBuf>,
    /// How often it says how it is, 5 to 60.
    pub heartbeat_seconds: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            address: String::new(),
            key_file: None,
            ca_file: None,
            certificate_file: None,
            private_key_file: None,
            heartbeat_seconds: 30,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureConfig {
    /// Allowed ways to see processes, files and connections; the first that works is used. Empty: followed files alone.
    pub methods: Vec<Method>,
    /// Programs whose written files and connections are left out, and counted: a database or a server whose every write would
    /// be an event. Their starts, forks and ends are still recorded, and what they start is recorded in full.
    pub quiet: Vec<PathBuf>,
    /// File systems on which the process connector looks for written files.
    pub mounts: Vec<PathBuf>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpoolConfig {
    /// Most that waits on the disk; beyond it the oldest go.
    pub bytes_max: u64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Where Prometheus asks, on loopback, 9750 by convention; nowhere when absent.
    pub listen: Option<SocketAddr>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TailConfig {
    /// What the lines are: `suricata`, `zeek.conn`, `auditd`, `syslog` …; empty where their shape says it.
    #[serde(default)]
    pub source: String,
    /// Patterns such as `/opt/zeek/logs/current/*.log`.
    pub paths: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: String::new(),
            data_dir: PathBuf::from("/var/lib/watchfloor-sensor"),
            server: ServerConfig::default(),
            capture: CaptureConfig::default(),
            spool: SpoolConfig::default(),
            metrics: MetricsConfig::default(),
            tail: Vec::new(),
        }
    }
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self {
            methods: Method::ALL.to_vec(),
            quiet: Vec::new(),
            mounts: vec![PathBuf::from("/")],
        }
    }
}

impl Default for SpoolConfig {
    fn default() -> Self {
        Self { bytes_max: 512 << 20 }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings file {0} cannot be read")]
    Missing(PathBuf),
    #[error("the settings file {file} is not TOML: {why}")]
    Syntax { file: PathBuf, why: String },
    #[error("settings: {0}")]
    Refused(String),
}

/// Reads and checks the settings. `set`: dotted key and value.
pub fn load(
    file: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
    set: &[(String, String)],
) -> Result<Config, ConfigError> {
    let mut table = Table::new();
    if let Some(file) = file {
        let text = fs::read_to_string(file).map_err(|_| ConfigError::Missing(file.to_owned()))?;
        table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
            file: file.to_owned(),
            why: error.message().to_owned(),
        })?;
    }
    for (variable, value) in environment {
        if let Some(key) = variable.strip_prefix(ENVIRONMENT) {
            put(&mut table, &key.to_ascii_lowercase().replace("__", "."), &value)?;
        }
    }
    for (key, value) in set {
        put(&mut table, key, value)?;
    }
    let config: Config = Value::Table(table)
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Refused(error.to_string().trim().replace('\n', ", ")))?;
    config.validate()?;
    Ok(config)
}

/// The value as TOML spells it, else as text.
fn put(table: &mut Table, key: &str, value: &str) -> Result<(), ConfigError> {
    let parsed = format!("value = {value}").parse::<Table>().ok();
    let value = parsed
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    let (sections, name) = key
        .rsplit_once('.')
        .map_or(("", key), |(sections, name)| (sections, name));
    let mut at = table;
    for section in sections.split('.').filter(|section| !section.is_empty()) {
        at = at
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()))
            .as_table_mut()
            .ok_or_else(|| ConfigError::Refused(format!("{section} in {key} is not a section")))?;
    }
    at.insert(name.to_owned(), value);
    Ok(())
}

impl Config {
    fn validate(&self) -> Result<(), ConfigError> {
        let refuse = |why: &str| Err(ConfigError::Refused(why.to_owned()));
        if self.spool.bytes_max < SPOOL_BYTES_MIN {
            return refuse("spool.bytes_max must be at least 1048576");
        }
        if self.metrics.listen.is_some_and(|listen| !listen.ip().is_loopback()) {
            return refuse("metrics.listen must be on loopback: nothing asks who is calling");
        }
        let server = &self.server;
        if !server.address.is_empty()
            && !server.address.starts_with("http://")
            && !server.address.starts_with("https://")
        {
            return refuse("server.address must begin with https:// or http://");
        }
        if server.certificate_file.is_some() != server.private_key_file.is_some() {
            return refuse("server.certificate_file and server.private_key_file belong together");
        }
        if !(5..=60).contains(&server.heartbeat_seconds) {
            return refuse("server.heartbeat_seconds must be between 5 and 60");
        }
        let is_tls = server.address.starts_with("https://");
        if !is_tls && (server.ca_file.is_some() || server.certificate_file.is_some()) {
            return refuse("server.ca_file and server.certificate_file need an address with https://");
        }
        if self.tail.iter().any(|tail| tail.paths.is_empty()) {
            return refuse("tail.paths must name at least one pattern");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        load(Some(file.path()), std::iter::empty(), &[])
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(
            file.path(),
            "name = \"file\"\n[server]\naddress = \"https://a:1\"\n[[tail]]\npaths = [\"/x/*.log\"]\n",
        )
        .unwrap();
        let environment = [
            ("WATCHFLOOR_SENSOR__NAME", "environment"),
            ("WATCHFLOOR_SENSOR__SERVER__ADDRESS", "http://b:1"),
            ("WATCHFLOOR_SENSOR__SPOOL__BYTES_MAX", "2000000"),
            ("WATCHFLOOR_SENSOR_KEY", "never a setting"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()));
        let set = [("server.address".to_owned(), "http://c:1".to_owned())];
        let config = load(Some(file.path()), environment.into_iter(), &set).unwrap();
        assert_eq!(
            (config.name.as_str(), config.server.address.as_str()),
            ("environment", "http://c:1")
        );
        assert_eq!((config.spool.bytes_max, config.tail.len()), (2_000_000, 1));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_by_name() {
        for (text, part) in [
            ("nam = \"x\"", "unknown field `nam`"),
            ("[server]\nkey = \"hunter2\"", "unknown field `key`"),
            ("[spool]\nbytes_max = 5", "spool.bytes_max"),
            ("[metrics]\nlisten = \"0.0.0.0:9750\"", "loopback"),
            ("[server]\naddress = \"host:1\"", "https://"),
            (
                "[server]\naddress = \"https://a:1\"\ncertificate_file = \"/c\"",
                "belong together",
            ),
            ("[capture]\nmethods = [\"magic\"]", "magic"),
        ] {
            let message = refused(text);
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
