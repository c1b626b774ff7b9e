//! The product's own certificate authority: it makes the certificates of sensors, and the gRPC listener's where the settings
//! name no other.
//!
//! Invariant: what a certificate says is decided here. Of a sensor's request nothing is taken but the public key, of which it
//! proved to hold the private half.

mod request;

pub use request::{Asked, Unfit};

use crate::{
    identity::{certificate::fingerprint, private},
    tls::TlsFiles,
};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use watchfloor_shared::{Fingerprint, TenantId, Timestamp};

const AUTHORITY_LIFE: Duration = Duration::from_secs(20 * 365 * 24 * 3_600);
/// Made anew at each start.
const SERVER_LIFE: Duration = Duration::from_secs(825 * 24 * 3_600);
/// Clocks of hosts are not all right.
const BACKDATED: Duration = Duration::from_secs(3_600);

#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("{path} is no certificate of an authority, or {key} is not its key: {error}")]
    Unusable {
        path: PathBuf,
        key: PathBuf,
        error: rcgen::Error,
    },
    #[error("a certificate could not be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// A certificate that was just made.
#[derive(Debug, Clone)]
pub struct Issued {
    /// It, then the authority's.
    pub chain_pem: String,
    pub fingerprint: Fingerprint,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// Whom a sensor's certificate names.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub tenant: &'a TenantId,
    pub host: &'a str,
    pub sensor: &'a str,
}

/// An authority with its key. It never leaves this type.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

/// Where the authority's certificate and key are.
#[derive(Debug, Clone)]
pub struct AuthorityFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl AuthorityFiles {
    pub fn own(data_dir: &Path) -> Self {
        let folder = folder(data_dir);
        Self {
            certificate: folder.join("sensors-ca.pem"),
            key: folder.join("sensors-ca.key"),
        }
    }
}

fn folder(data_dir: &Path) -> PathBuf {
    data_dir.join("pki")
}

impl Authority {
    /// The product's own, made where there is none yet.
    pub fn own(data_dir: &Path, now: Timestamp) -> Result<Self, PkiError> {
        let files = AuthorityFiles::own(data_dir);
        if !files.certificate.exists() {
            make_folder(&folder(data_dir))?;
            let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
            let mut params = named("Watchfloor sensors", now, AUTHORITY_LIFE);
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            let certificate = params.self_signed(&key)?;
            // The certificate last: while it is missing, all is made anew.
            write(&files.key, &key.serialize_pem())?;
            write(&files.certificate, &certificate.pem())?;
        }
        Self::open(&files)
    }

    pub fn open(files: &AuthorityFiles) -> Result<Self, PkiError> {
        let unusable = |error| PkiError::Unusable {
            path: files.certificate.clone(),
            key: files.key.clone(),
            error,
        };
        let (pem, key) = (read(&files.certificate)?, read(&files.key)?);
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|_| unusable(rcgen::Error::CouldNotParseCertificate))?;
        let key = KeyPair::from_pem(&key).map_err(unusable)?;
        // The key is the certificate's: its public half stands there.
        if !der.windows(key.der_bytes().len()).any(|part| part == key.der_bytes()) {
            return Err(unusable(rcgen::Error::CouldNotParseKeyPair));
        }
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(unusable)?;
        Ok(Self { issuer, pem, der })
    }

    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.der
    }

    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.der)
    }

    /// A certificate for the key of the request, good for `life`.
    pub fn issue(
        &self,
        subject: Subject<'_>,
        asked: &Asked,
        now: Timestamp,
        life: Duration,
    ) -> Result<Issued, PkiError> {
        let mut params = named(subject.host, now, life);
        params
            .distinguished_name
            .push(DnType::OrganizationName, subject.tenant.as_str());
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, subject.sensor);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(asked.key(), &self.issuer)?;
        Ok(Issued {
            chain_pem: format!("{}{}", certificate.pem(), self.pem),
            fingerprint: fingerprint(certificate.der()),
            not_before: now.saturating_sub(BACKDATED),
            not_after: now.saturating_add(life),
        })
    }

    /// Files with a certificate for a listener that is reached by these names.
    pub fn server_files(&self, data_dir: &Path, names: &[String], now: Timestamp) -> Result<TlsFiles, PkiError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::new(names.to_vec())?;
        let dated = named(names.first().map_or("watchfloor", String::as_str), now, SERVER_LIFE);
        params.distinguished_name = dated.distinguished_name;
        (params.not_before, params.not_after) = (dated.not_before, dated.not_after);
        params.serial_number = dated.serial_number;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer)?;
        make_folder(&folder(data_dir))?;
        let files = TlsFiles {
            certificate: Some(folder(data_dir).join("grpc.pem")),
            key: Some(folder(data_dir).join("grpc.key")),
            client_ca: None,
        };
        let contents = [format!("{}{}", certificate.pem(), self.pem), key.serialize_pem()];
        for (path, text) in [&files.certificate, &files.key].into_iter().flatten().zip(contents) {
            write(path, &text)?;
        }
        Ok(files)
    }
}

fn named(name: &str, now: Timestamp, life: Duration) -> CertificateParams {
    let at = |time: Timestamp| {
        let since = u64::try_from(time.nanos()).unwrap_or(0);
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_nanos(since)
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = at(now.saturating_sub(BACKDATED));
    params.not_after = at(now.saturating_add(life));
    params.serial_number = Some(SerialNumber::from(
        crate::identity::token::random_bytes::<16>().to_vec(),
    ));
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params
}

fn make_folder(path: &Path) -> Result<(), PkiError> {
    private::make_folder(path).map_err(|error| at(path, error))
}

fn read(path: &Path) -> Result<String, PkiError> {
    fs::read_to_string(path).map_err(|error| at(path, error))
}

fn write(path: &Path, text: &str) -> Result<(), PkiError> {
    private::write(path, text).map_err(|error| at(path, error))
}

fn at(path: &Path, error: io::Error) -> PkiError {
    PkiError::File {
        path: path.to_owned(),
        error,
    }
}

#[cfg(test)]
mod tests;
