//! The real server behind a listener of the test's own that speaks TLS and asks for a certificate.

use std::{net::SocketAddr, path::Path, sync::Arc};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};
use watchfloor::{
    clock::Clock,
    search::opensearch::{OpenSearchConfig, OpenSearchIndex, OpenSearchTls},
};
use watchfloor_tests::{
    certificates::Made,
    opensearch::{ADDRESS, OpenSearch, password},
};

/// Takes clients with this certificate alone.
async fn listener(server: &Made, client: &Made) -> SocketAddr {
    let der = |made: &Made| CertificateDer::from_pem_slice(made.certificate.as_bytes()).expect("a certificate");
    let mut roots = RootCertStore::empty();
    roots.add(der(client)).expect("a root");
    let provider = Arc::new(ring::default_provider());
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build();
    let key = PrivateKeyDer::from_pem_slice(server.key.as_bytes()).expect("a key");
    let settings = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.expect("a verifier"))
        .with_single_cert(vec![der(server)], key)
        .expect("a certificate");
    let (acceptor, listener) = (
        TlsAcceptor::from(Arc::new(settings)),
        TcpListener::bind("127.0.0.1:0").await.expect("a port"),
    );
    let address = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut inside) = acceptor.accept(stream).await else {
                    return;
                };
                let mut server = TcpStream::connect(ADDRESS).await.expect("OpenSearch");
                let _ = tokio::io::copy_bidirectional(&mut inside, &mut server).await;
            });
        }
    });
    address
}

fn settings(
    plain: OpenSearchConfig,
    address: SocketAddr,
    folder: &Path,
    ca: Option<&Made>,
    shown: Option<&Made>,
) -> OpenSearchConfig {
    let shown = shown.map(|made| made.files(folder, "client"));
    OpenSearchConfig {
        urls: vec![format!("https://{address}")],
        tls: OpenSearchTls {
            ca: ca.and_then(|made| made.files(folder, "ca").certificate),
            certificate: shown.as_ref().and_then(|files| files.certificate.clone()),
            key: shown.as_ref().and_then(|files| files.key.clone()),
        },
        ..plain
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_it_trusts_its_authority_alone_and_shows_its_certificate_beside_the_account() {
    if password().is_none() {
        return;
    }
    let (server, client, stranger) = (Made::new("server"), Made::new("client"), Made::new("stranger"));
    let address = listener(&server, &client).await;
    let folder = tempfile::tempdir().expect("a folder");
    let opensearch = OpenSearch::apart();
    for (ca, shown, is_taken) in [
        (Some(&server), Some(&client), true),
        (None, Some(&client), false),
        (Some(&stranger), Some(&client), false),
        (Some(&server), None, false),
        (Some(&server), Some(&stranger), false),
    ] {
        let config = settings(opensearch.config(ADDRESS), address, folder.path(), ca, shown);
        config.validate().expect("settings that can be used");
        let opened = OpenSearchIndex::open(&config, Clock::system()).await;
        let said = opened.err().map(|error| error.to_string());
        assert_eq!(said.is_none(), is_taken, "{said:?}");
    }
}
