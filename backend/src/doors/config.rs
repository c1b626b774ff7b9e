//! Settings of the doors that have listeners of their own.

use crate::tls::TlsFiles;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// A door over TCP and UDP.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DoorConfig {
    /// Where to listen over TCP; nowhere when absent. Anyone who reaches it can send.
    pub tcp: Option<SocketAddr>,
    /// Where to listen over UDP; nowhere when absent. Anyone who reaches it can send.
    pub udp: Option<SocketAddr>,
    /// Over TLS, for senders with a registered certificate.
    pub tls: TlsDoorConfig,
    /// Whose records come from senders without a credential; the first tenant's when absent.
    pub tenant: Option<String>,
}

/// A door over TCP alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamDoorConfig {
    pub tcp: Option<SocketAddr>,
    pub tls: TlsDoorConfig,
    pub tenant: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsDoorConfig {
    /// Where to listen; nowhere when absent.
    pub listen: Option<SocketAddr>,
    /// These three as in [`TlsFiles`]; those of `http.tls` when certificate and key are absent.
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub client_ca: Option<PathBuf>,
    /// Serves senders without a registered certificate too.
    pub allow_unregistered: bool,
}

impl TlsDoorConfig {
    pub fn files(&self, otherwise: &TlsFiles) -> TlsFiles {
        let own = self.certificate.is_some() || self.key.is_some();
        let pair = if own {
            (&self.certificate, &self.key)
        } else {
            (&otherwise.certificate, &otherwise.key)
        };
        TlsFiles {
            certificate: pair.0.clone(),
            key: pair.1.clone(),
            client_ca: self.client_ca.clone(),
        }
    }

    /// What is missing.
    pub fn validate(&self, otherwise: &TlsFiles) -> Result<(), &'static str> {
        match self.listen {
            Some(_) => self.files(otherwise).pair().map(drop),
            None if *self != Self::default() => Err("has files but no address: set `listen`"),
            None => Ok(()),
        }
    }
}

impl From<StreamDoorConfig> for DoorConfig {
    fn from(config: StreamDoorConfig) -> Self {
        Self {
            tcp: config.tcp,
            udp: None,
            tls: config.tls,
            tenant: config.tenant,
        }
    }
}
