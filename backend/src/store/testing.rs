//! A PostgreSQL for tests: one managed server for the test binary, a fresh database for each test.

use super::{
    Database, DatabaseConfig, StoreError,
    managed::{ManagedRole, ManagedServer},
};
use crate::clock::Clock;
use sqlx::{Connection, PgConnection};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
};
use watchfloor_shared::{TenantId, Timestamp};

static SERVER: OnceLock<Option<Arc<ManagedServer>>> = OnceLock::new();
static ROLES: tokio::sync::OnceCell<()> = tokio::sync::OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The binary's server. Its folder is used again by later runs, so that `initdb` runs once; each run takes a folder that no
/// other holds.
pub(super) fn server() -> Option<Arc<ManagedServer>> {
    let start = || {
        for place in 0..16 {
            let root = std::env::temp_dir().join(format!("watchfloor-test-postgres-{place}"));
            let fast = [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=200",
            ];
            match ManagedServer::start(&DatabaseConfig::default(), &root, &fast) {
                Ok(server) => return Some(Arc::new(server)),
                Err(StoreError::Locked(_)) => {}
                Err(error) if std::env::var_os("CI").is_some() => panic!("{error}"),
                Err(error) => {
                    println!("skipped: {error}");
                    return None;
                }
            }
        }
        panic!("sixteen other test runs hold their databases")
    };
    SERVER.get_or_init(start).clone()
}

pub(super) fn config() -> DatabaseConfig {
    DatabaseConfig {
        connections_max: 4,
        ..DatabaseConfig::default()
    }
}

/// A clock that stands still.
pub fn clock() -> Clock {
    Clock::from_fn(|| Timestamp::from_millis(1_700_000_000_000))
}

/// A fresh database with the tenants `acme` and `beta`. None, with the reason printed, on a machine without PostgreSQL;
/// with `CI` set that fails instead.
pub async fn database() -> Option<Database> {
    database_at(&clock()).await
}

pub async fn database_at(clock: &Clock) -> Option<Database> {
    let (server, name) = fresh().await?;
    let db = Database::open_managed(&config(), server, &name, clock)
        .await
        .expect("a fresh database opens");
    for tenant in ["acme", "beta"] {
        super::identity::create_tenant(&db, &tenant_id(tenant), tenant)
            .await
            .expect("a tenant is made");
    }
    Some(db)
}

/// A name that no database has yet.
pub(super) async fn fresh() -> Option<(Arc<ManagedServer>, String)> {
    let server = tokio::task::spawn_blocking(server).await.expect("the server starts")?;
    // Tests that made the same roles at once would collide in the server's catalogue.
    let provision = async || {
        super::database::provision(&server, "postgres")
            .await
            .expect("the roles are made")
    };
    ROLES.get_or_init(provision).await;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut superuser = superuser(&server, "postgres").await;
    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::query(&drop)
        .execute(&mut superuser)
        .await
        .expect("an old database goes");
    Some((server, name))
}

pub(super) async fn superuser(server: &ManagedServer, database: &str) -> PgConnection {
    PgConnection::connect_with(&server.options(ManagedRole::Superuser, database))
        .await
        .expect("the superuser connects")
}

pub fn tenant_id(name: &str) -> TenantId {
    name.parse().expect("a tenant id")
}
