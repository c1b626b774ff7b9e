//! Settings of OpenSearch, `[search.opensearch]` in the configuration file. Without URLs there is none, and the index in the data
//! directory is searched.

use crate::{config::is_loopback, store::Secret};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Of an index' name, 255 bytes, 63 are the tenant's.
const PREFIX_BYTES_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenSearchConfig {
    /// `https://host:9200` of some nodes of one cluster; one that does not answer is passed over for the next.
    pub urls: Vec<String>,
    /// Who signs in; nobody when empty.
    pub username: String,
    pub password: Option<Secret>,
    /// Before the tenant in the name of its index.
    pub index_prefix: String,
    /// Primary shards of an index that is made.
    pub shards: u32,
    /// Copies of each shard of an index that is made.
    pub replicas: u32,
    /// How long one search may take.
    pub search_timeout_ms: u64,
    /// How long one request that writes may take.
    pub write_timeout_ms: u64,
    /// Bytes of one bulk request's body.
    pub bulk_bytes_max: usize,
    pub tls: OpenSearchTls,
}

impl Default for OpenSearchConfig {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            username: String::new(),
            password: None,
            index_prefix: "mataelang-sensor-events-".to_owned(),
            shards: 1,
            replicas: 1,
            search_timeout_ms: 10_000,
            write_timeout_ms: 60_000,
            bulk_bytes_max: 8 << 20,
            tls: OpenSearchTls::default(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OpenSearchTls {
    /// PEM file: the authorities of the nodes' certificates, and no others; the host's when absent.
    pub ca: Option<PathBuf>,
    /// PEM files: what to show where the nodes ask for a certificate.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
}

impl OpenSearchConfig {
    pub fn is_set(&self) -> bool {
        !self.urls.is_empty()
    }

    /// Key and reason of the first setting that cannot be used. Never shows a URL: a password may have been put into it.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let urls = self.parsed_urls()?;
        let plain = urls.iter().any(|url| url.scheme() == "http");
        self.validate_account(plain && urls.iter().any(|url| !is_loopback(url)))?;
        if !is_prefix(&self.index_prefix) {
            return Err((
                "search.opensearch.index_prefix",
                format!("must be 1 to {PREFIX_BYTES_MAX} of a-z, 0-9, dot, dash and underscore, the first a letter"),
            ));
        }
        let ranges = [
            ("search.opensearch.shards", u64::from(self.shards), 1, 1_024),
            ("search.opensearch.replicas", u64::from(self.replicas), 0, 100),
            (
                "search.opensearch.search_timeout_ms",
                self.search_timeout_ms,
                100,
                600_000,
            ),
            (
                "search.opensearch.write_timeout_ms",
                self.write_timeout_ms,
                1_000,
                600_000,
            ),
            (
                "search.opensearch.bulk_bytes_max",
                self.bulk_bytes_max as u64,
                64 << 10,
                64 << 20,
            ),
        ];
        for (key, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err((key, format!("must be between {least} and {most}")));
            }
        }
        self.validate_files(plain)
    }

    pub(super) fn parsed_urls(&self) -> Result<Vec<Url>, (&'static str, String)> {
        let parse = |text: &String| match Url::parse(text) {
            Ok(url) if is_server(&url) => Ok(url),
            _ => Err((
                "search.opensearch.urls",
                "must each be http://host:port or https://host:port, without an account".to_owned(),
            )),
        };
        self.urls.iter().map(parse).collect()
    }

    fn validate_account(&self, is_overheard: bool) -> Result<(), (&'static str, String)> {
        let why = match (&self.password, self.username.is_empty()) {
            (Some(_), true) => "needs a username beside it",
            (None, false) => "is missing beside the username",
            (Some(_), _) if is_overheard => "goes over https alone, except to this machine",
            _ => return Ok(()),
        };
        Err(("search.opensearch.password", why.to_owned()))
    }

    fn validate_files(&self, plain: bool) -> Result<(), (&'static str, String)> {
        let OpenSearchTls { ca, certificate, key } = &self.tls;
        let files = [
            ("search.opensearch.tls.ca", ca),
            ("search.opensearch.tls.certificate", certificate),
            ("search.opensearch.tls.key", key),
        ];
        for (setting, file) in files {
            match file {
                Some(_) if plain => return Err((setting, "needs https in every URL".to_owned())),
                Some(path) if !path.is_file() => return Err((setting, format!("{} is not a file", path.display()))),
                _ => {}
            }
        }
        match certificate.is_some() == key.is_some() {
            true => Ok(()),
            false => Err((
                "search.opensearch.tls",
                "needs certificate and key, or neither".to_owned(),
            )),
        }
    }
}

fn is_server(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

/// With a tenant behind it, any of these is the name of an index.
fn is_prefix(prefix: &str) -> bool {
    let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-".contains(&c);
    prefix.len() <= PREFIX_BYTES_MAX
        && prefix.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && prefix.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> Result<OpenSearchConfig, String> {
        let config: OpenSearchConfig = toml::from_str(toml).map_err(|error| error.to_string())?;
        config.validate().map_err(|(key, why)| format!("{key} {why}"))?;
        Ok(config)
    }

    #[test]
    fn mistakes_are_named_and_no_secret_is_shown() {
        let refused = [
            ("urls = [\"search:9200\"]", "urls must each be http"),
            ("urls = [\"ftp://a\"]", "urls must each be http"),
            ("urls = [\"https://soc:hunter2@a:9200\"]", "without an account"),
            ("password = \"hunter2\"", "password needs a username"),
            ("username = \"soc\"", "password is missing"),
            (
                "urls = [\"http://10.0.0.1:9200\"]\nusername = \"soc\"\npassword = \"hunter2\"",
                "https alone",
            ),
            ("index_prefix = \"Events-\"", "index_prefix must be"),
            ("index_prefix = \"-events\"", "index_prefix must be"),
            ("index_prefix = \"\"", "index_prefix must be"),
            ("shards = 0", "shards must be between 1 and 1024"),
            ("bulk_bytes_max = 1", "bulk_bytes_max must be between"),
            ("search_timeout_ms = 1", "search_timeout_ms must be between"),
            (
                "urls = [\"http://a\"]\n[tls]\nca = \"/etc/hosts\"",
                "tls.ca needs https",
            ),
            ("[tls]\nca = \"/nowhere\"", "/nowhere is not a file"),
            ("[tls]\nkey = \"/etc/hosts\"", "needs certificate and key"),
        ];
        for (toml, why) in refused {
            let said = settings(toml).unwrap_err();
            assert!(said.contains(why) && !said.contains("hunter2"), "{toml}: {said}");
        }
    }

    #[test]
    fn an_account_is_taken_over_tls_and_on_this_machine_and_never_printed() {
        for url in [
            "https://search.example:9200/base",
            "http://127.0.0.1:9200",
            "http://[::1]:9200",
        ] {
            let toml = format!("urls = [\"{url}\"]\nusername = \"soc\"\npassword = \"hunter2\"");
            let config = settings(&toml).unwrap();
            assert!(!format!("{config:?}").contains("hunter2"));
            assert!(!serde_json::to_string(&config).unwrap().contains("hunter2"));
        }
    }
}
