//! A PostgreSQL of one's own over TLS: the URL's `sslmode` is kept.

use crate::store::{
    Database, DatabaseConfig, Secret, StoreError,
    managed::{ManagedRole, ManagedServer},
    testing,
};
use sqlx::{Connection, PgConnection};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

/// A server for `localhost` with a certificate that it signed itself, in `cert.pem`; the port.
fn start(folder: &Path, config: &DatabaseConfig) -> (ManagedServer, u16) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = folder.join("key.pem");
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    // As root the server runs as somebody else; as anybody else it runs as we do, and this changes nothing.
    let _ = std::os::unix::fs::chown(&key, Some(config.managed_uid), None);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let settings = [
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", folder.join("cert.pem").display()),
        format!("ssl_key_file={}", key.display()),
        "listen_addresses=localhost".to_owned(),
        format!("port={port}"),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    (
        ManagedServer::start(config, &folder.join("postgres"), &settings).unwrap(),
        port,
    )
}

#[tokio::test]
async fn the_urls_sslmode_is_kept() {
    if testing::fresh().await.is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_owned();
    let config = testing::config();
    let (server, port) = tokio::task::spawn_blocking(move || start(&path, &config))
        .await
        .unwrap();
    let password = server.password(ManagedRole::Superuser);
    let url = |query: &str| {
        format!(
            "postgres://postgres:{}@localhost:{port}/postgres?{query}",
            password.reveal()
        )
    };
    let trusted = format!("sslmode=verify-full&sslrootcert={}/cert.pem", folder.path().display());

    let mut connection = PgConnection::connect(&url(&trusted)).await.unwrap();
    let encrypted: bool = sqlx::query_scalar("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(encrypted);

    let open = async |query: &str| {
        let config = DatabaseConfig {
            url: Some(Secret::new(url(query))),
            ..testing::config()
        };
        Database::open(&config, folder.path(), &testing::clock())
            .await
            .map(drop)
    };
    // It came as far as being refused for what this role may do.
    let refused = open(&trusted).await;
    assert!(matches!(refused, Err(StoreError::PrivilegedRole { .. })), "{refused:?}");
    let stranger = open("sslmode=verify-full").await.unwrap_err().to_string();
    assert!(stranger.contains("certificate"), "{stranger}");
}
