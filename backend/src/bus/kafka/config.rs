//! Settings of Kafka, `[bus.kafka]` in the configuration file. Without brokers there is none, and the log in the data directory is
//! the bus.

use crate::store::Secret;
use rdkafka::ClientConfig;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaConfig {
    /// `host:port` of some brokers of the cluster; they name the others.
    pub brokers: Vec<String>,
    /// Before each topic's name.
    pub topic_prefix: String,
    /// Before each consumer group's name.
    pub group_prefix: String,
    pub tls: KafkaTls,
    pub sasl: KafkaSasl,
}

impl Default for KafkaConfig {
    fn default() -> Self {
        Self {
            brokers: Vec::new(),
            topic_prefix: String::new(),
            group_prefix: "watchfloor.".to_owned(),
            tls: KafkaTls::default(),
            sasl: KafkaSasl::default(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaTls {
    /// Speaks TLS with the brokers, and checks their names and certificates.
    pub enabled: bool,
    /// PEM file: the authorities of their certificates; the host's when absent.
    pub ca: Option<PathBuf>,
    /// PEM files: what to show where the brokers ask for a certificate.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaSasl {
    /// How to sign in; not at all when absent.
    pub mechanism: Option<SaslMechanism>,
    pub username: String,
    pub password: Option<Secret>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaslMechanism {
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

impl SaslMechanism {
    const fn name(self) -> &'static str {
        match self {
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl KafkaConfig {
    pub fn is_set(&self) -> bool {
        !self.brokers.is_empty()
    }

    /// Key and reason of the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        if self.brokers.iter().any(|broker| !is_address(broker)) {
            return Err(("bus.kafka.brokers", "must each be host:port".to_owned()));
        }
        for (key, prefix) in [
            ("bus.kafka.topic_prefix", &self.topic_prefix),
            ("bus.kafka.group_prefix", &self.group_prefix),
        ] {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if prefix.len() > 100 || !prefix.chars().all(is_plain) {
                return Err((
                    key,
                    "may hold at most 100 letters, digits, dots, dashes and underscores".to_owned(),
                ));
            }
        }
        let KafkaTls {
            enabled,
            ca,
            certificate,
            key,
        } = &self.tls;
        let files = [
            ("bus.kafka.tls.ca", ca),
            ("bus.kafka.tls.certificate", certificate),
            ("bus.kafka.tls.key", key),
        ];
        for (setting, file) in files {
            match file {
                Some(_) if !enabled => return Err((setting, "needs bus.kafka.tls.enabled".to_owned())),
                Some(path) if !path.is_file() => return Err((setting, format!("{} is not a file", path.display()))),
                _ => {}
            }
        }
        if certificate.is_some() != key.is_some() {
            return Err(("bus.kafka.tls", "needs certificate and key, or neither".to_owned()));
        }
        match (&self.sasl.mechanism, &self.sasl.password) {
            (Some(_), _) if !enabled => Err(("bus.kafka.sasl", "needs bus.kafka.tls.enabled".to_owned())),
            (Some(_), None) => Err(("bus.kafka.sasl", "needs a password".to_owned())),
            (Some(_), _) if self.sasl.username.is_empty() => Err(("bus.kafka.sasl", "needs a username".to_owned())),
            (None, Some(_)) => Err(("bus.kafka.sasl", "needs a mechanism beside the password".to_owned())),
            _ => Ok(()),
        }
    }

    /// What every client of the cluster is told.
    pub(super) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        let path = |path: &Path| path.display().to_string();
        client
            .set("bootstrap.servers", self.brokers.join(","))
            .set("client.id", "watchfloor")
            .set("allow.auto.create.topics", "false")
            .set("socket.keepalive.enable", "true")
            .set("security.protocol", self.protocol());
        if self.tls.enabled {
            client.set("ssl.endpoint.identification.algorithm", "https");
            // The library that is linked in knows no folder of this host.
            client.set(
                "ssl.ca.location",
                self.tls.ca.as_deref().map_or_else(|| "probe".to_owned(), path),
            );
        }
        if let (Some(certificate), Some(key)) = (&self.tls.certificate, &self.tls.key) {
            client.set("ssl.certificate.location", path(certificate));
            client.set("ssl.key.location", path(key));
        }
        if let (Some(mechanism), Some(password)) = (self.sasl.mechanism, &self.sasl.password) {
            client
                .set("sasl.mechanisms", mechanism.name())
                .set("sasl.username", &self.sasl.username)
                .set("sasl.password", password.reveal());
        }
        client
    }

    fn protocol(&self) -> &'static str {
        match (self.tls.enabled, self.sasl.mechanism) {
            (false, _) => "plaintext",
            (true, None) => "ssl",
            (true, Some(_)) => "sasl_ssl",
        }
    }
}

fn is_address(broker: &str) -> bool {
    let parts = broker.rsplit_once(':');
    parts.is_some_and(|(host, port)| !host.is_empty() && !host.contains(',') && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> Result<KafkaConfig, String> {
        let config: KafkaConfig = toml::from_str(toml).map_err(|error| error.to_string())?;
        config.validate().map_err(|(key, why)| format!("{key} {why}"))?;
        Ok(config)
    }

    #[test]
    fn mistakes_are_named() {
        let refused = [
            ("brokers = [\"kafka\"]", "bus.kafka.brokers must each be host:port"),
            ("brokers = [\"a:1,b:2\"]", "bus.kafka.brokers must each be host:port"),
            ("topic_prefix = \"a b\"", "bus.kafka.topic_prefix may hold"),
            (
                "[tls]\nca = \"/etc/hosts\"",
                "bus.kafka.tls.ca needs bus.kafka.tls.enabled",
            ),
            ("[tls]\nenabled = true\nca = \"/nowhere\"", "/nowhere is not a file"),
            (
                "[tls]\nenabled = true\nkey = \"/etc/hosts\"",
                "needs certificate and key",
            ),
            (
                "[sasl]\nmechanism = \"scram-sha-512\"\nusername = \"u\"\npassword = \"p\"",
                "bus.kafka.sasl needs bus.kafka.tls",
            ),
            (
                "[tls]\nenabled = true\n[sasl]\nmechanism = \"scram-sha-512\"\nusername = \"u\"",
                "needs a password",
            ),
            (
                "[tls]\nenabled = true\n[sasl]\nmechanism = \"scram-sha-256\"\npassword = \"p\"",
                "needs a username",
            ),
            ("[tls]\nenabled = true\n[sasl]\npassword = \"p\"", "needs a mechanism"),
            ("[sasl]\nmechanism = \"plain\"", "scram-sha-256"),
        ];
        for (toml, why) in refused {
            let said = settings(toml).unwrap_err();
            assert!(said.contains(why), "{toml}: {said}");
        }
    }

    #[test]
    fn what_is_set_reaches_the_client_and_the_password_is_not_printed() {
        let config = settings(
            "brokers = [\"a:9092\", \"[::1]:9093\"]\n[tls]\nenabled = true\nca = \"/etc/hosts\"\n\
             [sasl]\nmechanism = \"scram-sha-512\"\nusername = \"soc\"\npassword = \"hunter2\"",
        )
        .unwrap();
        let client = config.client();
        for (key, value) in [
            ("bootstrap.servers", "a:9092,[::1]:9093"),
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", "/etc/hosts"),
            ("sasl.mechanisms", "SCRAM-SHA-512"),
            ("sasl.username", "soc"),
            ("sasl.password", "hunter2"),
        ] {
            assert_eq!(client.get(key), Some(value), "{key}");
        }
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
    }
}
