//! The real PostgreSQL that `cargo xtask test --services` starts, for tests that need one which processes share.

use crate::services;
use sqlx::{Connection, PgConnection, postgres::PgConnectOptions};
use std::sync::atomic::{AtomicU32, Ordering};
use watchfloor::store::{DatabaseConfig, Secret};

const HOST: &str = "127.0.0.1";
const PORT: u16 = 15432;

fn secret(name: &str) -> Option<String> {
    services::secret("postgres", name)
}

/// A database of this test alone, which goes with it.
pub struct Postgres {
    name: String,
}

impl Postgres {
    /// None, with the reason printed, where there is no server for tests.
    pub async fn apart() -> Option<Self> {
        static TESTS: AtomicU32 = AtomicU32::new(0);
        secret("password")?;
        let test = TESTS.fetch_add(1, Ordering::Relaxed);
        let begun = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
        let name = format!("test_{begun}_{test}");
        run(&format!("CREATE DATABASE {name} OWNER watchfloor_owner")).await;
        Some(Self { name })
    }

    /// For processes of which many work with the one server.
    pub fn config(&self) -> DatabaseConfig {
        let url = |role: &str, file: &str| {
            let password = secret(file).unwrap_or_default();
            Some(Secret::new(format!(
                "postgres://{role}:{password}@{HOST}:{PORT}/{}",
                self.name
            )))
        };
        DatabaseConfig {
            url: url("watchfloor_app", "app-password"),
            migration_url: url("watchfloor_owner", "owner-password"),
            connections_max: 4,
            ..DatabaseConfig::default()
        }
    }
}

async fn run(statement: &str) {
    let options = PgConnectOptions::new()
        .host(HOST)
        .port(PORT)
        .username("postgres")
        .password(&secret("password").unwrap_or_default())
        .database("postgres");
    let mut superuser = PgConnection::connect_with(&options).await.expect("PostgreSQL answers");
    sqlx::query(statement)
        .execute(&mut superuser)
        .await
        .expect("the superuser may");
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let drop_it = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(run(&drop_it));
        });
        let _ = dropping.join();
    }
}
