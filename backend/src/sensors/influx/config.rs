//! Settings of InfluxDB 2, `[influxdb]` in the configuration file. Without a URL there is none, and a sensor's figures are kept in
//! memory for an hour.

use crate::{config::is_loopback, store::Secret};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InfluxConfig {
    /// `https://host:8086`.
    pub url: Option<String>,
    pub organization: String,
    pub bucket: String,
    /// May read and write the bucket.
    pub token: Option<Secret>,
    /// PEM file: the authorities of the server's certificate, and no others; the host's when absent.
    pub ca: Option<PathBuf>,
}

impl Default for InfluxConfig {
    fn default() -> Self {
        Self {
            url: None,
            organization: "watchfloor".to_owned(),
            bucket: "sensors".to_owned(),
            token: None,
            ca: None,
        }
    }
}

impl InfluxConfig {
    pub fn is_set(&self) -> bool {
        self.url.is_some()
    }

    /// Key and reason of the first setting that cannot be used. Never shows the URL: a password may have been put into it.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let Some(url) = &self.url else { return Ok(()) };
        let refused = |key, why: &str| Err((key, why.to_owned()));
        let Some(url) = Url::parse(url).ok().filter(is_server) else {
            return refused(
                "influxdb.url",
                "must be https://host:port or http://host:port, without an account",
            );
        };
        let is_plain = url.scheme() == "http";
        let Some(token) = &self.token else {
            return refused("influxdb.token", "is missing");
        };
        if !token.reveal().bytes().all(|byte| byte.is_ascii_graphic()) || token.reveal().is_empty() {
            return refused("influxdb.token", "must be visible characters without spaces");
        }
        if is_plain && !is_loopback(&url) {
            return refused("influxdb.token", "goes over https alone, except to this machine");
        }
        for (key, name) in [
            ("influxdb.organization", &self.organization),
            ("influxdb.bucket", &self.bucket),
        ] {
            if name.is_empty() || name.chars().any(char::is_control) {
                return refused(key, "must be a name");
            }
        }
        match &self.ca {
            Some(_) if is_plain => refused("influxdb.ca", "needs https in the URL"),
            Some(path) if !path.is_file() => Err(("influxdb.ca", format!("{} is not a file", path.display()))),
            _ => Ok(()),
        }
    }
}

fn is_server(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.path() == "/"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut InfluxConfig)) -> Option<&'static str> {
        let mut config = InfluxConfig {
            url: Some("http://127.0.0.1:8086".to_owned()),
            token: Some(Secret::new("hunter2")),
            ..InfluxConfig::default()
        };
        change(&mut config);
        let refused = config.validate().err();
        assert!(!format!("{refused:?}").contains("hunter2"));
        refused.map(|(key, _)| key)
    }

    #[test]
    fn mistakes_are_named_and_secrets_are_not_shown() {
        assert_eq!(InfluxConfig::default().validate(), Ok(()));
        assert_eq!(refused(|_| ()), None);
        for wrong in [
            "ftp://localhost",
            "http://",
            "https://a:hunter2@host",
            "https://host/api",
        ] {
            assert_eq!(
                refused(|config| config.url = Some(wrong.to_owned())),
                Some("influxdb.url"),
                "{wrong}"
            );
        }
        assert_eq!(refused(|config| config.token = None), Some("influxdb.token"));
        let far = |config: &mut InfluxConfig| config.url = Some("http://metrics.example:8086".to_owned());
        assert_eq!(refused(far), Some("influxdb.token"));
        let split = |config: &mut InfluxConfig| config.token = Some(Secret::new("hunter2\r\nx"));
        assert_eq!(refused(split), Some("influxdb.token"));
        assert_eq!(refused(|config| config.bucket = String::new()), Some("influxdb.bucket"));
        assert_eq!(refused(|config| config.ca = Some("/none".into())), Some("influxdb.ca"));
    }
}
