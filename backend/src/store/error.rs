//! Why the store could not answer.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    #[error("the database took too long")]
    Timeout,
    #[error("the disk of the database is full")]
    DiskFull,
    #[error("the database in {} is open in another process", .0.display())]
    Locked(PathBuf),
    #[error(
        "the database has schema {found}, this version of Watchfloor knows up to {known}: start the newer version that wrote it, or restore the backup from before that update"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error("the schema is at {found}, {known} is needed: set database.migration_url to a role that may change it")]
    MigrationNeeded { found: i64, known: i64 },
    #[error(
        "no PostgreSQL 17 found (looked in {searched}): run `cargo xtask setup`, or set database.binaries or WATCHFLOOR_PG_BIN to a folder that holds bin/postgres, or database.url to a server"
    )]
    NoBinaries { searched: String },
    #[error("user {uid}, under which PostgreSQL runs, cannot enter {}: choose another data directory, or `chmod o+x` it", .path.display())]
    Unreachable { path: PathBuf, uid: u32 },
    #[error(
        "the database role {role} {why}, which would switch the separation of tenants off: give it in database.migration_url and an unprivileged one in database.url"
    )]
    PrivilegedRole { role: String, why: &'static str },
    #[error("PostgreSQL did not start: {0}")]
    Start(String),
    #[error(transparent)]
    Config(#[from] super::config::InvalidDatabaseConfig),
    #[error("the cursor is not one that this list gave")]
    InvalidCursor,
    #[error("there is no such tenant")]
    UnknownTenant,
    #[error("{0} changed at the same moment, try again")]
    Conflict(&'static str),
    #[error("the database holds {what}, which this version does not understand")]
    Inconsistent { what: String },
    #[error("the database refused: {0}")]
    Database(sqlx::Error),
    #[error("the database folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => StoreError::Timeout,
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => {
                StoreError::Unavailable(error.to_string())
            }
            sqlx::Error::Database(inner) => match inner.code().as_deref() {
                Some("57014" | "55P03" | "25P03" | "25P04") => StoreError::Timeout,
                Some("53100") => StoreError::DiskFull,
                Some("40001" | "40P01") => StoreError::Conflict("a row"),
                Some("57P01" | "57P02" | "57P03" | "53300") => StoreError::Unavailable(inner.message().to_owned()),
                _ => StoreError::Database(error),
            },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Inconsistent {
                what: error.to_string(),
            },
            _ => StoreError::Database(error),
        }
    }
}
