use super::*;
use clap::Parser;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

#[derive(Parser)]
struct Given {
    #[command(flatten)]
    server: ServerArguments,
}

/// An HTTPS server for `localhost` that says yes to everything; its port, and its certificate, signed by itself.
async fn server() -> (u16, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                .await;
            let _ = stream.shutdown().await;
        }
    });
    (port, made.cert.pem())
}

/// One try, without the pauses of [`Client::send`].
async fn post(arguments: &[&str]) -> Result<Option<Problem>> {
    let given = Given::parse_from(["replay", "--api-key", "k"].iter().chain(arguments));
    Client::new(&given.server, Path::new("/nonexistent"))?
        .post(Bytes::from_static(b"{}\n"), 0)
        .await
}

#[tokio::test]
async fn a_private_authority_is_trusted_when_it_is_named_and_only_then() {
    let (port, pem) = server().await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, pem).unwrap();
    let ca = ca.to_str().unwrap();
    let (named, by_number) = (format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}"));

    assert!(post(&["--server", &named, "--ca-file", ca]).await.unwrap().is_none());
    let stranger = format!("{:#}", post(&["--server", &named]).await.unwrap_err());
    assert!(stranger.contains("certificate"), "{stranger}");
    let other_name = format!(
        "{:#}",
        post(&["--server", &by_number, "--ca-file", ca]).await.unwrap_err()
    );
    assert!(other_name.contains("certificate"), "{other_name}");
}

#[tokio::test]
async fn a_ca_file_without_a_certificate_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "no certificate here").unwrap();
    let given = ["--server", "https://localhost:1", "--ca-file", file.to_str().unwrap()];
    let error = post(&given).await.unwrap_err().to_string();
    assert!(error.ends_with("notes.txt holds no certificate in PEM"), "{error}");
}
