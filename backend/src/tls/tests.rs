use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsConnector, rustls::ClientConfig};

struct Made {
    files: TlsFiles,
    pem: String,
}

/// A certificate for `localhost` in files of these names.
fn make(folder: &Path, name: &str) -> Made {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join(format!("{name}.pem")), folder.join(format!("{name}.key")));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    Made {
        files: TlsFiles {
            certificate: Some(certificate),
            key: Some(key),
            client_ca: None,
        },
        pem: made.cert.pem(),
    }
}

/// Whether a client that trusts this certificate alone gets a byte through.
async fn trusted(tls: &Tls, pem: &str) -> bool {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (here, there) = duplex(64 << 10);
    let client = async {
        let mut stream = TlsConnector::from(Arc::new(config))
            .connect("localhost".try_into().unwrap(), here)
            .await?;
        stream.write_all(b"x").await?;
        stream.flush().await
    };
    let server = async { tls.acceptor().accept(there).await?.read_u8().await };
    let (sent, received) = tokio::join!(client, server);
    sent.is_ok() && received.is_ok()
}

#[tokio::test]
async fn a_certificate_is_changed_while_running_and_a_broken_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let old = make(folder.path(), "server");
    let tls = Tls::open(&old.files, ClientCertificate::Welcome, &[]).unwrap();
    assert!(trusted(&tls, &old.pem).await);
    assert!(!tls.refresh().unwrap());

    let new = make(folder.path(), "server");
    assert!(tls.refresh().unwrap());
    assert!(trusted(&tls, &new.pem).await && !trusted(&tls, &old.pem).await);

    std::fs::write(new.files.key.as_ref().unwrap(), "not a key").unwrap();
    let error = tls.refresh().unwrap_err().to_string();
    assert!(
        error.contains("holds no private key") && !error.contains("not a key"),
        "{error}"
    );
    assert!(trusted(&tls, &new.pem).await);
}

#[test]
fn settings_that_cannot_work_are_said_with_the_file_and_without_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (make(folder.path(), "one"), make(folder.path(), "other"));
    let open = |files: &TlsFiles| Tls::open(files, ClientCertificate::Required, &[]).map(drop);
    let with = |change: fn(&mut TlsFiles, &TlsFiles)| {
        let mut files = one.files.clone();
        change(&mut files, &other.files);
        open(&files).unwrap_err().to_string()
    };
    open(&one.files).unwrap();
    assert!(with(|files, other| files.key.clone_from(&other.key)).contains("other.key"));
    assert!(with(|files, _| files.key = None).contains("needs both"));
    assert!(with(|files, _| files.certificate.clone_from(&files.key)).contains("no certificate"));
    assert!(with(|files, _| files.certificate = Some("/nowhere".into())).contains("/nowhere cannot be read"));
    assert!(with(|files, _| files.client_ca.clone_from(&files.key)).contains("no certificate"));
}
