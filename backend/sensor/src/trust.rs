//! By what the sensor knows the server when it enrols: a file with its authority, or the fingerprint of a certificate that the
//! server shows.
//!
//! Invariant: nothing is sent over the connection that only looks. What it finds is an anchor for a connection that is checked as
//! any other is, names and dates included.

use anyhow::{Context, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::{fs, path::PathBuf, sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use watchfloor_shared::Fingerprint;

const LOOK_WAIT_MAX: Duration = Duration::from_secs(10);
const PEM_LINE: usize = 64;

/// By what the server is known.
#[derive(Debug, Clone)]
pub enum Anchor {
    File(PathBuf),
    Fingerprint(Fingerprint),
}

impl Anchor {
    /// The certificate to trust, as PEM. `host` and `port` are the server's.
    pub async fn pem(&self, host: &str, port: u16) -> anyhow::Result<String> {
        match self {
            Self::File(path) => fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display())),
            Self::Fingerprint(wanted) => {
                let shown = timeout(LOOK_WAIT_MAX, look(host, port))
                    .await
                    .with_context(|| format!("{host}:{port} does not answer"))??;
                pick(&shown, *wanted)
            }
        }
    }
}

/// The certificate of this fingerprint among those that the server shows.
fn pick(shown: &[CertificateDer<'static>], wanted: Fingerprint) -> anyhow::Result<String> {
    let of = |certificate: &CertificateDer<'_>| Fingerprint(Sha256::digest(certificate).into());
    if let Some(found) = shown.iter().find(|certificate| of(certificate) == wanted) {
        return Ok(pem(found));
    }
    let shown: Vec<String> = shown.iter().map(|certificate| of(certificate).to_string()).collect();
    bail!(
        "this is not the server that the code was made at, or somebody stands between.\n  expected a certificate with SHA-256 \
         {wanted}\n  the server shows {}",
        shown.join("\n                   ")
    )
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let body = BASE64_STANDARD.encode(certificate);
    let lines: Vec<&str> = (0..body.len())
        .step_by(PEM_LINE)
        .filter_map(|at| body.get(at..body.len().min(at + PEM_LINE)))
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}

/// The certificates that a server shows.
async fn look(host: &str, port: u16) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Looks(provider.signature_verification_algorithms)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned()).with_context(|| format!("{host} is no host's name"))?;
    let stream = TcpStream::connect((bare, port))
        .await
        .with_context(|| format!("{host}:{port} cannot be reached"))?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .with_context(|| format!("{host}:{port} does not speak TLS as sensors do"))?;
    let (_, session) = stream.get_ref();
    let shown = session.peer_certificates().unwrap_or_default();
    Ok(shown
        .iter()
        .map(|certificate| certificate.clone().into_owned())
        .collect())
}

/// Lets every certificate through, to see it. The server still proves that it holds the key of the first.
#[derive(Debug)]
struct Looks(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Looks {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_certificate_of_the_fingerprint_becomes_the_anchor() {
        let made = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap().cert;
        let (server, authority) = (made("server"), made("authority"));
        let shown = [server.der().clone(), authority.der().clone()];
        let wanted = Fingerprint(Sha256::digest(authority.der()).into());
        let picked = pick(&shown, wanted).unwrap();
        assert_eq!(picked, authority.pem().replace("\r\n", "\n"));
        let refused = pick(&shown[..1], wanted).unwrap_err().to_string();
        assert!(
            refused.contains(&wanted.to_string()) && refused.contains("stands between"),
            "{refused}"
        );
    }
}
