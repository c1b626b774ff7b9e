//! Settings: a struct beside its owner, gathered here. Read from a TOML file, then `WATCHFLOOR__SECTION__KEY` from the
//! environment, then flags; an unknown key is refused, a secret is never printed.

mod alias;
mod keys;
mod load;
mod loopback;
pub mod reference;

pub use crate::store::Secret;
pub use load::{ConfigError, Flags, load};
pub(crate) use loopback::is_loopback;

use crate::{
    bus::{Retention, kafka::KafkaConfig},
    doors::{
        config::{DoorConfig, StreamDoorConfig, TlsDoorConfig},
        places::LimitsConfig,
    },
    ephemeral::RedisConfig,
    follow::FollowConfig,
    grpc::GrpcConfig,
    identity::config::IdentityConfig,
    infer::InferConfig,
    otlp::OtlpConfig,
    roles::{Roles, Shared},
    search::SearchConfig,
    sensors::{InfluxConfig, SensorsConfig},
    store::DatabaseConfig,
    tls::TlsFiles,
};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Everything the product keeps lies below it.
    pub data_dir: PathBuf,
    /// What this process does of the whole.
    pub roles: Roles,
    pub http: HttpConfig,
    pub identity: IdentityConfig,
    pub syslog: DoorConfig,
    pub lumberjack: StreamDoorConfig,
    pub gelf: DoorConfig,
    pub grpc: GrpcConfig,
    pub sensors: SensorsConfig,
    pub otlp: OtlpConfig,
    pub follow: Vec<FollowConfig>,
    pub limits: LimitsConfig,
    pub database: DatabaseConfig,
    pub bus: BusConfig,
    pub search: SearchConfig,
    pub redis: RedisConfig,
    pub influxdb: InfluxConfig,
    pub rules: RulesConfig,
    pub aggregate: AggregateConfig,
    pub enrich: EnrichConfig,
    pub infer: InferConfig,
    pub alerts: AlertsConfig,
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("watchfloor-data"),
            roles: Roles::default(),
            http: HttpConfig::default(),
            identity: IdentityConfig::default(),
            syslog: DoorConfig::default(),
            lumberjack: StreamDoorConfig::default(),
            gelf: DoorConfig::default(),
            grpc: GrpcConfig::default(),
            sensors: SensorsConfig::default(),
            otlp: OtlpConfig::default(),
            follow: Vec::new(),
            limits: LimitsConfig::default(),
            database: DatabaseConfig::default(),
            bus: BusConfig::default(),
            search: SearchConfig::default(),
            redis: RedisConfig::default(),
            influxdb: InfluxConfig::default(),
            rules: RulesConfig::default(),
            aggregate: AggregateConfig::default(),
            enrich: EnrichConfig::default(),
            infer: InferConfig::default(),
            alerts: AlertsConfig::default(),
            log: LogConfig::default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where the console, the API and the ingest door listen. Loopback unless you decide otherwise.
    pub listen: SocketAddr,
    /// How people reach it, for the links that the server prints; `http://<listen>` or `https://<listen>` when absent.
    pub public_url: Option<String>,
    /// Set, this listener speaks TLS alone. With `client_ca`, a client's certificate counts as its API key.
    pub tls: TlsFiles,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7700)),
            public_url: None,
            tls: TlsFiles::default(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusConfig {
    /// Deletes the oldest part of a partition beyond this many bytes on disk.
    pub retention_bytes: u64,
    /// Deletes records older than this.
    pub retention_hours: u64,
    /// With brokers: the bus in place of the log in the data directory.
    pub kafka: KafkaConfig,
}

impl Default for BusConfig {
    fn default() -> Self {
        Self {
            retention_bytes: 2 << 30,
            retention_hours: 14 * 24,
            kafka: KafkaConfig::default(),
        }
    }
}

impl BusConfig {
    pub fn retention(&self) -> Retention {
        Retention {
            bytes_max: Some(self.retention_bytes),
            age_max: Some(Duration::from_secs(self.retention_hours.saturating_mul(3_600))),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesConfig {
    /// The rules that ship with the product.
    pub starter_pack: bool,
    /// Folders of Sigma rules, reloaded when they change.
    pub folders: Vec<PathBuf>,
}

impl Default for RulesConfig {
    fn default() -> Self {
        Self {
            starter_pack: true,
            folders: Vec::new(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AggregateConfig {
    /// Network alerts of one sensor, rule, source and destination within this time are one event with a count. An alert waits as
    /// long before it is seen.
    pub window_seconds: u64,
}

/// Databases in MaxMind's format, of any maker; read again when a file changes. Whom their licences ask to name, the console
/// names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnrichConfig {
    /// Where addresses are.
    pub city: Vec<PathBuf>,
    /// Whose network they are in; a CSV table of first address, last address, AS number, organization will do too.
    pub asn: Vec<PathBuf>,
}

impl EnrichConfig {
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.city.iter().chain(&self.asn)
    }
}

impl Default for AggregateConfig {
    fn default() -> Self {
        Self { window_seconds: 5 }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertsConfig {
    /// A detection joins the open alert of its rule and endpoint when it happened within this time of the alert's first.
    pub dedup_window_seconds: u64,
    /// Alerts on other endpoints that began within this time are related.
    pub correlation_window_seconds: u64,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            dedup_window_seconds: 300,
            correlation_window_seconds: 60,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `tracing` directives: `info`, `watchfloor=debug`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

impl Config {
    /// What no type can say.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, why: &str| {
            Err(ConfigError::Invalid {
                key: key.to_owned(),
                why: why.to_owned(),
            })
        };
        self.database
            .validate()
            .map_err(|error| ConfigError::Refused(error.to_string()))?;
        for follow in &self.follow {
            follow.validate().or_else(|why| invalid("follow", &why))?;
        }
        if self.data_dir.as_os_str().is_empty() {
            return invalid("data_dir", "is empty");
        }
        if self.bus.retention_bytes < 16 << 20 {
            return invalid("bus.retention_bytes", "must be at least 16777216 (16 MiB)");
        }
        if self.bus.retention_hours == 0 {
            return invalid("bus.retention_hours", "must be at least 1");
        }
        self.bus.kafka.validate().or_else(|(key, why)| invalid(key, &why))?;
        self.search.validate().or_else(|(key, why)| invalid(key, &why))?;
        self.redis.validate().or_else(|(key, why)| invalid(key, &why))?;
        self.influxdb.validate().or_else(|(key, why)| invalid(key, &why))?;
        self.identity.validate().or_else(|(key, why)| invalid(key, &why))?;
        let shared = Shared {
            bus: self.bus.kafka.is_set(),
            database: self.database.url.is_some(),
            index: self.search.opensearch.is_set(),
        };
        self.roles.validate(shared).or_else(|why| invalid("roles", &why))?;
        if !(1..=3_600).contains(&self.aggregate.window_seconds) {
            return invalid("aggregate.window_seconds", "must be between 1 and 3600");
        }
        if !(1..=86_400).contains(&self.alerts.dedup_window_seconds) {
            return invalid("alerts.dedup_window_seconds", "must be between 1 and 86400");
        }
        if !(1..=3_600).contains(&self.alerts.correlation_window_seconds) {
            return invalid("alerts.correlation_window_seconds", "must be between 1 and 3600");
        }
        if self.http.tls.is_set()
            && let Err(why) = self.http.tls.pair()
        {
            return invalid("http.tls", why);
        }
        for (key, tls) in self.tls_doors() {
            if let Err(why) = tls.validate(&self.http.tls) {
                return invalid(key, why);
            }
        }
        self.sensors.validate().or_else(|(key, why)| invalid(key, why))?;
        if self.limits.connections_max == 0 || self.limits.connections_per_peer_max == 0 {
            return invalid("limits", "must allow at least one connection");
        }
        if self.limits.records_per_second_max == 0 || self.limits.bytes_per_second_max < 1_024 {
            return invalid("limits", "must allow at least one record and 1024 bytes a second");
        }
        if let Some(path) = self.enrich.paths().find(|path| !path.is_file()) {
            return invalid("enrich", &format!("{} is not a file", path.display()));
        }
        self.infer.validate().or_else(|why| invalid("infer", why))?;
        if let Some(folder) = self.rules.folders.iter().find(|folder| !folder.is_dir()) {
            return invalid("rules.folders", &format!("{} is not a folder", folder.display()));
        }
        Ok(())
    }

    fn tls_doors(&self) -> [(&'static str, &TlsDoorConfig); 3] {
        [
            ("syslog.tls", &self.syslog.tls),
            ("lumberjack.tls", &self.lumberjack.tls),
            ("gelf.tls", &self.gelf.tls),
        ]
    }

    /// The listeners that speak TLS, each with its files.
    pub fn tls_listeners(&self) -> Vec<(&'static str, TlsFiles)> {
        let doors = self.tls_doors().into_iter().filter(|(_, tls)| tls.listen.is_some());
        let http = self.http.tls.is_set().then(|| ("http.tls", self.http.tls.clone()));
        http.into_iter()
            .chain(doors.map(|(key, tls)| (key, tls.files(&self.http.tls))))
            .collect()
    }

    /// The address people type.
    pub fn url(&self, bound: SocketAddr) -> String {
        self.http
            .public_url
            .clone()
            .unwrap_or_else(|| match self.http.tls.is_set() {
                true => format!("https://{bound}"),
                false => format!("http://{bound}"),
            })
            .trim_end_matches('/')
            .to_owned()
    }
}
