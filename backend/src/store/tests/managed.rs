//! The managed server's life, and data directories that cannot be used.

use crate::{
    clock::Clock,
    store::{Database, DatabaseConfig, StoreError, managed::ManagedServer, testing},
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

const CHILD: &str = "WATCHFLOOR_TEST_HOLDS_SERVER";

fn folder() -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn lives(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[tokio::test]
async fn a_directory_opens_again_within_a_second_and_in_one_process_only() {
    if testing::fresh().await.is_none() {
        return;
    }
    let (folder, clock, config) = (folder(), Clock::system(), testing::config());
    let start = Instant::now();
    let db = Database::open(&config, folder.path(), &clock).await.unwrap();
    println!("first start {:?}", start.elapsed());
    let second = Database::open(&config, folder.path(), &clock).await;
    assert!(matches!(second, Err(StoreError::Locked(_))), "{second:?}");
    db.close().await;
    let start = Instant::now();
    let db = Database::open(&config, folder.path(), &clock).await.unwrap();
    println!("start on an existing directory {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    db.ping().await.unwrap();
    db.close().await;
    let mode = |name: &str| {
        use std::os::unix::fs::MetadataExt;
        folder.path().join("postgres").join(name).metadata().unwrap().mode() & 0o777
    };
    assert_eq!(
        (mode("passwords.json"), mode("run"), mode("cluster")),
        (0o600, 0o700, 0o700)
    );
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_left_alone() {
    let Some((server, name)) = testing::fresh().await else {
        return;
    };
    let config = testing::config();
    Database::open_managed(&config, server.clone(), &name, &testing::clock())
        .await
        .unwrap()
        .close()
        .await;
    let mut superuser = testing::superuser(&server, &name).await;
    let future = "INSERT INTO _sqlx_migrations VALUES (9000, 'later', now(), true, ''::bytea, 0)";
    sqlx::query(future).execute(&mut superuser).await.unwrap();
    let refused = Database::open_managed(&config, server, &name, &testing::clock()).await;
    assert!(
        matches!(refused, Err(StoreError::NewerSchema { found: 9000, .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn waits_end() {
    let Some(db) = testing::database().await else { return };
    let hurried = DatabaseConfig {
        statement_timeout_ms: 200,
        connections_max: 2,
        acquire_timeout_ms: 300,
        ..testing::config()
    };
    let Some((server, name)) = testing::fresh().await else {
        return;
    };
    drop(db);
    let db = Database::open_managed(&hurried, server, &name, &testing::clock())
        .await
        .unwrap();
    let acme = testing::tenant_id("acme");
    let mut held = db.tenant(&acme).await.unwrap();
    let slow = sqlx::query("SELECT pg_sleep(30)")
        .execute(held.connection())
        .await
        .map_err(StoreError::from);
    assert!(matches!(slow, Err(StoreError::Timeout)), "{slow:?}");
    let _second = db.tenant(&acme).await.unwrap();
    let third = db.tenant(&acme).await.map(drop);
    assert!(matches!(third, Err(StoreError::Timeout)), "{third:?}");
}

/// Run by the test below in a process of its own, which is then killed.
#[test]
fn holds_a_server() {
    let Some(folder) = std::env::var_os(CHILD) else { return };
    let server = ManagedServer::start(&DatabaseConfig::default(), Path::new(&folder), &[]).unwrap();
    std::fs::write(Path::new(&folder).join("pid.new"), server.pid().to_string()).unwrap();
    std::fs::rename(Path::new(&folder).join("pid.new"), Path::new(&folder).join("pid")).unwrap();
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn killed_we_leave_no_server_behind_and_start_again_at_once() {
    if testing::server().is_none() {
        return;
    }
    let folder = folder();
    for _ in 0..2 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::managed::holds_a_server"])
            .env(CHILD, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let pid_file = folder.path().join("pid");
        let start = Instant::now();
        while !pid_file.exists() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the child's server did not start"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid: u32 = std::fs::read_to_string(&pid_file).unwrap().parse().unwrap();
        assert!(lives(pid));
        child.kill().unwrap();
        child.wait().unwrap();
        std::fs::remove_file(&pid_file).unwrap();
        // At once, while the old server may still be stopping.
        drop(ManagedServer::start(&DatabaseConfig::default(), folder.path(), &[]).unwrap());
        assert!(!lives(pid), "the killed process left its server behind");
    }
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_started_again() {
    if testing::fresh().await.is_none() {
        return;
    }
    let folder = folder();
    let root = folder.path().to_owned();
    let start = move || ManagedServer::start(&DatabaseConfig::default(), &root, &[]).unwrap();
    let server = Arc::new(tokio::task::spawn_blocking(start).await.unwrap());
    let db = Database::open_managed(&testing::config(), server.clone(), "watchfloor", &testing::clock())
        .await
        .unwrap();
    let pid = server.pid();
    let killed = std::process::Command::new("kill")
        .args(["-9", &pid.to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    let until = Instant::now() + Duration::from_secs(60);
    while lives(pid) || db.ping().await.is_err() {
        assert!(Instant::now() < until, "nobody started it again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    db.close().await;
}
