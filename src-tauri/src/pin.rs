//! By what a server elsewhere is known: the SHA-256 of the certificate that a person accepted. The webview trusts only what this
//! machine trusts, and cannot be told otherwise; so its connections go through this process (`proxy`), which can.
//!
//! Invariant: with a pin, no other certificate is spoken to, whoever signed it. The server proves that it holds the key.

use anyhow::{Context, Result};
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature},
        pki_types::{CertificateDer, ServerName, UnixTime},
    },
};
use url::Url;
use watchfloor::identity::certificate::fingerprint;

const LOOK_WAIT_MAX: Duration = Duration::from_secs(10);
pub const CONNECT_WAIT_MAX: Duration = Duration::from_secs(10);
/// The live stream says something every five seconds.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// What connections to the server have in common: its certificate and its session.
pub fn client(pin: Option<&str>, jar: Arc<reqwest::cookie::Jar>) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .cookie_provider(jar)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WAIT_MAX)
        .read_timeout(SILENCE_MAX)
        .no_proxy()
        .gzip(false);
    let builder = match pin {
        Some(pin) => builder.use_preconfigured_tls(config(Some(pin.to_ascii_lowercase()))?),
        None => builder,
    };
    Ok(builder.build()?)
}

/// The fingerprint of the certificate that the server shows now, for a person to compare.
pub async fn shown(address: &Url) -> Result<String> {
    let host = address.host_str().context("no host")?;
    let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = address.port_or_known_default().unwrap_or(443);
    let look = async {
        let stream = TcpStream::connect((bare.as_str(), port))
            .await
            .with_context(|| format!("{host}:{port} cannot be reached"))?;
        let name = ServerName::try_from(bare.clone()).with_context(|| format!("{host} is no host's name"))?;
        let stream = TlsConnector::from(Arc::new(config(None)?))
            .connect(name, stream)
            .await
            .with_context(|| format!("{host}:{port} does not speak TLS"))?;
        let leaf = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        Ok(fingerprint(leaf.context("the server shows no certificate")?).to_string())
    };
    let outcome = timeout(LOOK_WAIT_MAX, look).await;
    outcome.with_context(|| format!("{host}:{port} does not answer"))?
}

fn config(pin: Option<String>) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Pinned {
        pin,
        algorithms: provider.signature_verification_algorithms,
    };
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth())
}

/// Without a pin it lets every certificate through, to see it; nothing is sent over that connection.
#[derive(Debug)]
struct Pinned {
    pin: Option<String>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.pin {
            Some(pin) if *pin != fingerprint(leaf).to_string() => Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
