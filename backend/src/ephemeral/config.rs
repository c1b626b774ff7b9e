//! Settings of Redis, `[redis]` in the configuration file. Without a URL there is none, and each process is alone.

use crate::{config::is_loopback, store::Secret};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const PREFIX_BYTES_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisConfig {
    /// `rediss://host:6379`, over TLS, or `redis://host:6379`; with `/1` behind it another database than the first.
    pub url: Option<String>,
    /// Who signs in; the server's default account when empty.
    pub username: String,
    pub password: Option<Secret>,
    /// Before the name of each key and channel.
    pub prefix: String,
    pub tls: RedisTls,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RedisTls {
    /// PEM file: the authorities of the server's certificate, and no others; the host's when absent.
    pub ca: Option<PathBuf>,
    /// PEM files: what to show where the server asks for a certificate.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self {
            url: None,
            username: String::new(),
            password: None,
            prefix: "watchfloor:".to_owned(),
            tls: RedisTls::default(),
        }
    }
}

impl RedisConfig {
    pub fn is_set(&self) -> bool {
        self.url.is_some()
    }

    /// Key and reason of the first setting that cannot be used. Never shows the URL: a password may have been put into it.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let Some(url) = &self.url else { return Ok(()) };
        let refused = |key, why: &str| Err((key, why.to_owned()));
        let Some(url) = Url::parse(url).ok().filter(is_server) else {
            return refused(
                "redis.url",
                "must be rediss://host:port or redis://host:port, without an account; behind it at most the number of a database",
            );
        };
        let is_plain = url.scheme() == "redis";
        if self.password.is_none() && !self.username.is_empty() {
            return refused("redis.password", "is missing beside the username");
        }
        if self.password.is_some() && is_plain && !is_loopback(&url) {
            return refused("redis.password", "goes over rediss:// alone, except to this machine");
        }
        if self.prefix.len() > PREFIX_BYTES_MAX || !self.prefix.chars().all(|c| c.is_ascii_graphic()) {
            return refused("redis.prefix", "must be at most 100 visible characters");
        }
        let RedisTls { ca, certificate, key } = &self.tls;
        for (setting, file) in [
            ("redis.tls.ca", ca),
            ("redis.tls.certificate", certificate),
            ("redis.tls.key", key),
        ] {
            match file {
                Some(_) if is_plain => return refused(setting, "needs rediss:// in the URL"),
                Some(path) if !path.is_file() => return Err((setting, format!("{} is not a file", path.display()))),
                _ => {}
            }
        }
        match certificate.is_some() == key.is_some() {
            true => Ok(()),
            false => refused("redis.tls", "needs certificate and key, or neither"),
        }
    }
}

fn is_server(url: &Url) -> bool {
    let database = url.path().trim_start_matches('/');
    matches!(url.scheme(), "redis" | "rediss")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && (database.is_empty() || database.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut RedisConfig)) -> Option<&'static str> {
        let mut config = RedisConfig {
            url: Some("redis://127.0.0.1:6379".to_owned()),
            password: Some(Secret::new("hunter2")),
            ..RedisConfig::default()
        };
        change(&mut config);
        let refused = config.validate().err();
        assert!(!format!("{refused:?}").contains("hunter2"));
        refused.map(|(key, _)| key)
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not_shown() {
        assert_eq!(RedisConfig::default().validate(), Ok(()));
        assert_eq!(refused(|_| ()), None);
        let url = |url: &str| {
            let url = url.to_owned();
            refused(move |config| config.url = Some(url))
        };
        assert_eq!(url("rediss://cache.example:6380/2"), None);
        for wrong in [
            "http://localhost",
            "redis://",
            "redis://user:hunter2@localhost",
            "redis://localhost/x",
            "localhost:6379",
        ] {
            assert_eq!(url(wrong), Some("redis.url"), "{wrong}");
        }
        assert_eq!(url("redis://cache.example:6379"), Some("redis.password"));
        assert_eq!(
            refused(|config| (config.username, config.password) = ("a".to_owned(), None)),
            Some("redis.password")
        );
        assert_eq!(refused(|config| config.prefix = "a b".to_owned()), Some("redis.prefix"));
        assert_eq!(
            refused(|config| config.tls.ca = Some("/none".into())),
            Some("redis.tls.ca")
        );
    }
}
