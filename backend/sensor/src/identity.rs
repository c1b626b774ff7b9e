//! What an enrolment leaves on this host: whom the sensor sends to, by whom it knows the server, its key and its certificate.
//!
//! Invariant: the key is made here, is nobody else's to read, and never leaves. Key and certificate are one file, so that a
//! renewal cut short anywhere leaves a pair that belongs together.

use crate::config::ServerConfig;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};
use watchfloor_protocol::v1::Certificate;
use watchfloor_shared::Timestamp;

const NOT_BEFORE: &str = "Not before: ";
const NOT_AFTER: &str = "Not after: ";

/// Who the sensor is at which server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    pub server: String,
    pub tenant: String,
    pub sensor_id: String,
    /// What its records bear.
    pub name: String,
}

/// Between these the certificate works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

impl Validity {
    /// When two thirds are over.
    pub fn renewed_from(self) -> Timestamp {
        let life = self.not_after.since(self.not_before);
        self.not_before.saturating_add(life / 3 * 2)
    }
}

/// A new key, and the request that asks for its certificate.
pub struct Asking {
    key_pem: String,
    pub request_pem: String,
}

impl Asking {
    pub fn new(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        Ok(Self {
            request_pem: params.serialize_request(&key)?.pem()?,
            key_pem: key.serialize_pem(),
        })
    }

    /// The file of the pair. Readers of PEM skip what stands before the first section.
    fn with(&self, certificate: &Certificate) -> String {
        let time = |ns| Timestamp::from_nanos(ns);
        format!(
            "{NOT_BEFORE}{}\n{NOT_AFTER}{}\n{}{}",
            time(certificate.not_before_unix_ns),
            time(certificate.not_after_unix_ns),
            self.key_pem,
            certificate.chain_pem
        )
    }
}

/// The folder of the enrolment.
#[derive(Debug, Clone)]
pub struct Identity {
    data_dir: PathBuf,
    folder: PathBuf,
}

impl Identity {
    pub fn below(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            folder: data_dir.join("identity"),
        }
    }

    pub fn pair_file(&self) -> PathBuf {
        self.folder.join("sensor.pem")
    }

    pub fn ca_file(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    fn enrolment_file(&self) -> PathBuf {
        self.folder.join("enrolment.toml")
    }

    /// None on a host that has not enrolled.
    pub fn enrolment(&self) -> io::Result<Option<Enrolment>> {
        let text = match fs::read_to_string(self.enrolment_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let enrolment = toml::from_str(&text).map_err(|error| io::Error::other(error.message().to_owned()))?;
        Ok(Some(enrolment))
    }

    pub fn validity(&self) -> io::Result<Option<Validity>> {
        let text = fs::read_to_string(self.pair_file())?;
        let time = |name: &str| -> Option<Timestamp> {
            let mut lines = text.lines().take_while(|line| !line.starts_with("-----"));
            lines.find_map(|line| line.strip_prefix(name))?.parse().ok()
        };
        let times = time(NOT_BEFORE).zip(time(NOT_AFTER));
        Ok(times.map(|(not_before, not_after)| Validity { not_before, not_after }))
    }

    /// Settings of a server that names no other files.
    pub fn server(&self, enrolment: &Enrolment, config: &ServerConfig) -> ServerConfig {
        ServerConfig {
            address: enrolment.server.clone(),
            ca_file: Some(self.ca_file()),
            certificate_file: Some(self.pair_file()),
            private_key_file: Some(self.pair_file()),
            ..config.clone()
        }
    }

    /// Keeps all of an enrolment; what says that there is one comes last.
    pub fn keep(
        &self,
        enrolment: &Enrolment,
        ca_pem: &str,
        asking: &Asking,
        certificate: &Certificate,
    ) -> io::Result<()> {
        fs::create_dir_all(&self.data_dir)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        self.give_to_owner(&self.folder)?;
        self.write(&self.ca_file(), ca_pem)?;
        self.keep_pair(asking, certificate)?;
        let text = toml::to_string(enrolment).map_err(io::Error::other)?;
        self.write(&self.enrolment_file(), &text)
    }

    pub fn keep_pair(&self, asking: &Asking, certificate: &Certificate) -> io::Result<()> {
        self.write(&self.pair_file(), &asking.with(certificate))
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let part = path.with_extension("part");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&part)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        self.give_to_owner(&part)?;
        fs::rename(&part, path)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Root enrols, the sensor's user reads: what is made belongs to whom the data directory belongs.
    fn give_to_owner(&self, path: &Path) -> io::Result<()> {
        let owner = fs::metadata(&self.data_dir)?;
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(path, Some(owner.uid()), Some(owner.gid()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn what_is_kept_is_read_again_and_is_nobody_elses_to_read() {
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity::below(&folder.path().join("data"));
        assert_eq!(identity.enrolment().unwrap(), None);
        let enrolment = Enrolment {
            server: "https://soc.example:50051".to_owned(),
            tenant: "acme".to_owned(),
            sensor_id: "s1".to_owned(),
            name: "web \"1\"".to_owned(),
        };
        let certificate = Certificate {
            chain_pem: "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n".to_owned(),
            not_before_unix_ns: 1_000_000_000,
            not_after_unix_ns: 31_000_000_000,
            ..Certificate::default()
        };
        let asking = Asking::new("web-1").unwrap();
        identity.keep(&enrolment, "ca", &asking, &certificate).unwrap();
        assert_eq!(identity.enrolment().unwrap(), Some(enrolment));
        let validity = identity.validity().unwrap().unwrap();
        assert_eq!(validity.not_after, Timestamp::from_nanos(31_000_000_000));
        assert_eq!(validity.renewed_from(), Timestamp::from_nanos(21_000_000_000));
        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(identity.pair_file()), 0o600);
        assert_eq!(mode(folder.path().join("data/identity")), 0o700);
        let pair = fs::read_to_string(identity.pair_file()).unwrap();
        assert!(pair.contains("PRIVATE KEY") && pair.contains("BEGIN CERTIFICATE"));
        assert!(!asking.request_pem.contains("PRIVATE KEY"));
    }
}
