//! TLS at the front doors: the server's certificate, read again when its files change, and the client's, if there is one.
//!
//! Invariant: connections go on with the certificate that they began with; files that cannot be used change nothing and are said.

mod verify;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const FILES_EVERY: Duration = Duration::from_secs(10);
/// No certificate or key is longer; what is, is another file by mistake.
const FILE_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsFiles {
    /// PEM: the server's certificate, then those that lead to its authority.
    pub certificate: Option<PathBuf>,
    /// PEM: the certificate's private key.
    pub key: Option<PathBuf>,
    /// PEM: the authorities of client certificates.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    pub fn is_set(&self) -> bool {
        *self != Self::default()
    }

    /// Certificate and key, which belong together.
    pub fn pair(&self) -> Result<(&Path, &Path), &'static str> {
        match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Ok((certificate, key)),
            _ => Err("needs both `certificate` and `key`"),
        }
    }
}

/// What is asked of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificate {
    /// Nothing.
    Ignored,
    Welcome,
    Required,
}

#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("TLS {0}")]
    Settings(&'static str),
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: PathBuf, error: std::io::Error },
    #[error("{0} holds no certificate in PEM form")]
    NoCertificate(PathBuf),
    #[error("{0} holds no private key in PEM form")]
    NoKey(PathBuf),
    #[error("certificate {certificate} and key {key}: {error}")]
    Pair {
        certificate: PathBuf,
        key: PathBuf,
        error: rustls::Error,
    },
    #[error("client authorities {path}: {why}")]
    Authorities { path: PathBuf, why: String },
    #[error(transparent)]
    Provider(#[from] rustls::Error),
}

/// A listener's side of TLS. Share it in an `Arc`.
pub struct Tls {
    files: TlsFiles,
    terms: Terms,
    current: RwLock<Current>,
}

/// What stays when the files change.
struct Terms {
    client: ClientCertificate,
    /// An authority beside those of `client_ca`, where there are any.
    also: Option<CertificateDer<'static>>,
    protocols: Vec<Vec<u8>>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// Of what the files held.
    digest: [u8; 32],
}

/// What the files hold.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Tls {
    /// `protocols` is what ALPN offers.
    pub fn open(files: &TlsFiles, client: ClientCertificate, protocols: &[&[u8]]) -> Result<Self, TlsError> {
        Self::open_with(files, client, None, protocols)
    }

    /// Where `client_ca` names authorities, `also` is one of them: the one that signs sensors' certificates.
    pub fn open_with(
        files: &TlsFiles,
        client: ClientCertificate,
        also: Option<CertificateDer<'static>>,
        protocols: &[&[u8]],
    ) -> Result<Self, TlsError> {
        let contents = Contents::read(files)?;
        let terms = Terms {
            client,
            also,
            protocols: protocols.iter().map(|name| name.to_vec()).collect(),
        };
        let config = contents.config(files, &terms)?;
        Ok(Self {
            files: files.clone(),
            terms,
            current: RwLock::new(Current {
                config,
                digest: contents.digest(),
            }),
        })
    }

    /// With the certificate that is in force now.
    pub fn acceptor(&self) -> TlsAcceptor {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(&current.config))
    }

    /// Reads the files again; says whether they changed.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let contents = Contents::read(&self.files)?;
        let digest = contents.digest();
        if self.current.read().unwrap_or_else(PoisonError::into_inner).digest == digest {
            return Ok(false);
        }
        let config = contents.config(&self.files, &self.terms)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Current { config, digest };
        Ok(true)
    }

    /// Follows the files until stopped.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(FILES_EVERY) => {}
            }
            let tls = Arc::clone(&self);
            let Ok(outcome) = tokio::task::spawn_blocking(move || tls.refresh()).await else {
                return;
            };
            match outcome {
                Ok(false) => failing = false,
                Ok(true) => {
                    failing = false;
                    tracing::info!(certificate = ?self.files.certificate, "a new TLS certificate is in force");
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::error!(%error, "the TLS files changed and cannot be used; the earlier certificate stays");
                }
                Err(_) => {}
            }
        }
    }
}

impl Contents {
    fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let (certificate, key) = files.pair().map_err(TlsError::Settings)?;
        Ok(Self {
            certificate: read(certificate)?,
            key: read(key)?,
            client_ca: files.client_ca.as_deref().map(read).transpose()?,
        })
    }

    fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in [
            &self.certificate,
            &self.key,
            self.client_ca.as_ref().unwrap_or(&Vec::new()),
        ] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }

    fn config(&self, files: &TlsFiles, terms: &Terms) -> Result<Arc<ServerConfig>, TlsError> {
        let (certificate_path, key_path) = files.pair().map_err(TlsError::Settings)?;
        let chain = certificates(&self.certificate).ok_or_else(|| TlsError::NoCertificate(certificate_path.into()))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey(key_path.into()))?;
        let provider = Arc::new(ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match terms.client {
            ClientCertificate::Ignored => builder.with_no_client_auth(),
            asked => {
                let roots = self.authorities(files, terms)?;
                let verifier = verify::Presented::new(provider, roots, asked == ClientCertificate::Required);
                builder.with_client_cert_verifier(Arc::new(verifier.map_err(|error| TlsError::Authorities {
                    path: files.client_ca.clone().unwrap_or_default(),
                    why: error.to_string(),
                })?))
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| TlsError::Pair {
            certificate: certificate_path.into(),
            key: key_path.into(),
            error,
        })?;
        if terms.protocols.is_empty() {
            // A sender that never reads would find tickets where it looks for the connection's end, and not see that one.
            config.send_tls13_tickets = 0;
        }
        config.alpn_protocols = terms.protocols.clone();
        Ok(Arc::new(config))
    }

    fn authorities(&self, files: &TlsFiles, terms: &Terms) -> Result<Option<RootCertStore>, TlsError> {
        let Some(pem) = &self.client_ca else { return Ok(None) };
        let path = || files.client_ca.clone().unwrap_or_default();
        let certificates = certificates(pem).ok_or_else(|| TlsError::NoCertificate(path()))?;
        let mut roots = RootCertStore::empty();
        for certificate in certificates.into_iter().chain(terms.also.clone()) {
            roots.add(certificate).map_err(|error| TlsError::Authorities {
                path: path(),
                why: error.to_string(),
            })?;
        }
        Ok(Some(roots))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    use std::io::Read;
    let unreadable = |error| TlsError::Unreadable {
        path: path.to_owned(),
        error,
    };
    let mut contents = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX)
        .read_to_end(&mut contents)
        .map_err(unreadable)?;
    Ok(contents)
}

/// The last certificate of the file: an authority, or a certificate that signs itself. A client that trusts it trusts the server.
pub fn anchor(path: &Path) -> Result<CertificateDer<'static>, TlsError> {
    let found = certificates(&read(path)?).and_then(|mut found| found.pop());
    found.ok_or_else(|| TlsError::NoCertificate(path.into()))
}

/// All of them; none when there is none or one is broken.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    found.ok().filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests;
