//! How sensors enrol.

use crate::pki::AuthorityFiles;
use serde::{Deserialize, Serialize};
use std::{path::PathBuf, time::Duration};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SensorsConfig {
    /// Names and addresses by which sensors reach `grpc.listen`. Where `http.tls` names no files, that listener gets a
    /// certificate for them from the product's own authority.
    pub server_names: Vec<String>,
    /// What sensors are told to call, `https://soc.example:50051`; made of the first name and the port when absent.
    pub address: Option<String>,
    /// PEM: an authority for sensors' certificates in place of the product's own, and its key.
    pub ca_certificate: Option<PathBuf>,
    pub ca_key: Option<PathBuf>,
    /// How long a sensor's certificate works. It is renewed at two thirds of that.
    pub certificate_hours: u64,
    /// How long a claim code works.
    pub code_minutes: u64,
}

impl Default for SensorsConfig {
    fn default() -> Self {
        Self {
            server_names: Vec::new(),
            address: None,
            ca_certificate: None,
            ca_key: None,
            certificate_hours: 30 * 24,
            code_minutes: 30,
        }
    }
}

impl SensorsConfig {
    pub fn validate(&self) -> Result<(), (&'static str, &'static str)> {
        if self.ca_certificate.is_some() != self.ca_key.is_some() {
            return Err(("sensors.ca_certificate", "and `sensors.ca_key` belong together"));
        }
        if self
            .address
            .as_ref()
            .is_some_and(|address| !address.starts_with("https://") || address.contains(char::is_whitespace))
        {
            return Err((
                "sensors.address",
                "must begin with https://: a certificate is shown over TLS",
            ));
        }
        let is_name = |name: &String| !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '/');
        if !self.server_names.iter().all(is_name) {
            return Err((
                "sensors.server_names",
                "must be names and addresses alone, without a scheme",
            ));
        }
        if !(1..=24 * 825).contains(&self.certificate_hours) {
            return Err(("sensors.certificate_hours", "must be between 1 and 19800"));
        }
        if !(1..=7 * 24 * 60).contains(&self.code_minutes) {
            return Err(("sensors.code_minutes", "must be between 1 and 10080"));
        }
        Ok(())
    }

    /// The authority that the settings name.
    pub fn authority(&self) -> Option<AuthorityFiles> {
        let (certificate, key) = (self.ca_certificate.clone()?, self.ca_key.clone()?);
        Some(AuthorityFiles { certificate, key })
    }

    pub fn certificate_life(&self) -> Duration {
        Duration::from_secs(self.certificate_hours.saturating_mul(3_600))
    }

    pub fn code_life(&self) -> Duration {
        Duration::from_secs(self.code_minutes.saturating_mul(60))
    }
}
