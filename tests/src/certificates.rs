//! Certificates that sign themselves, and clients that show them.

use std::{path::Path, sync::Arc};
use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use watchfloor::{identity::certificate::fingerprint_of_pem, tls::TlsFiles};

/// A certificate and its key, in PEM form.
pub struct Made {
    pub certificate: String,
    pub key: String,
}

impl Made {
    /// For `localhost`, 127.0.0.1 and this name.
    pub fn new(name: &str) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned(), name.to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        Self {
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }

    pub fn fingerprint(&self) -> String {
        fingerprint_of_pem(&self.certificate).unwrap().to_string()
    }

    /// Writes both below `folder`.
    pub fn files(&self, folder: &Path, name: &str) -> TlsFiles {
        let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
        std::fs::write(&certificate, &self.certificate).unwrap();
        std::fs::write(&key, &self.key).unwrap();
        TlsFiles {
            certificate: Some(certificate),
            key: Some(key),
            client_ca: None,
        }
    }

    fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap()
    }
}

/// A connection to a server with this certificate, by who has that one.
pub async fn connect(
    address: std::net::SocketAddr,
    server: &Made,
    client: Option<&Made>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(server.der()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match client {
        None => builder.with_no_client_auth(),
        Some(made) => {
            let key = PrivateKeyDer::from_pem_slice(made.key.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![made.der()], key).unwrap()
        }
    };
    let stream = TcpStream::connect(address).await?;
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}
