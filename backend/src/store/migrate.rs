//! The schema, brought up to what this version knows.

use super::StoreError;
use sha2::{Digest, Sha256};
use sqlx::{
    PgConnection,
    migrate::{MigrateError, Migrator},
};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// The newest migration that this version knows.
pub fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Differs wherever any migration does: a database made by one schema is no good to another of the same length.
pub fn schema_digest() -> u32 {
    let mut all = Sha256::new();
    for migration in MIGRATIONS.iter() {
        all.update(&migration.checksum);
    }
    let [a, b, c, d, ..]: [u8; 32] = all.finalize().into();
    u32::from_be_bytes([a, b, c, d])
}

/// Runs what is missing, as the schema's owner. Two servers that start at once wait for each other.
pub async fn run(owner: &mut PgConnection) -> Result<(), StoreError> {
    let found = applied(owner).await?;
    if found > known() {
        return Err(StoreError::NewerSchema { found, known: known() });
    }
    MIGRATIONS.run_direct(owner).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => StoreError::from(error),
        MigrateError::VersionMissing(found) => StoreError::NewerSchema { found, known: known() },
        other => StoreError::Inconsistent {
            what: format!("a schema that is not this product's: {other}"),
        },
    })
}

/// Refuses a schema that is older or newer than this version, without changing it.
pub async fn check(connection: &mut PgConnection) -> Result<(), StoreError> {
    match (applied(connection).await?, known()) {
        (found, known) if found > known => Err(StoreError::NewerSchema { found, known }),
        (found, known) if found < known => Err(StoreError::MigrationNeeded { found, known }),
        _ => Ok(()),
    }
}

async fn applied(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let exists: bool = sqlx::query_scalar("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        return Ok(0);
    }
    // Not checked at compile time: the table is sqlx's own and made by the first migration.
    let version: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM public._sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(version.unwrap_or(0))
}
