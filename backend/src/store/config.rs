//! Settings of the database, `[database]` in the configuration file.

use super::Secret;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Without `url`, a PostgreSQL of our own runs in the data directory and none of the other addresses matter.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://role:password@host/database` of the role that the server works with. It must not be a superuser, must not
    /// have BYPASSRLS and must not own the tables. `?sslmode=verify-full&sslrootcert=FILE` asks for TLS.
    pub url: Option<Secret>,
    /// The role that owns the schema and migrates it. Needed with `url` whenever there is something to migrate.
    pub migration_url: Option<Secret>,
    /// Whether the schema is brought up to date at the start; else one that is older is refused.
    pub auto_migrate: bool,
    /// Folder with `bin/postgres` of PostgreSQL 17 for the managed server; searched for when absent.
    pub binaries: Option<PathBuf>,
    /// The managed server never runs as root: when we are root, it runs under this user id.
    pub managed_uid: u32,
    /// Connections kept open at most.
    pub connections_max: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout_ms: u64,
    /// How long one statement may run.
    pub statement_timeout_ms: u64,
    /// How long a statement may wait for another's lock.
    pub lock_timeout_ms: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: None,
            migration_url: None,
            auto_migrate: true,
            binaries: None,
            managed_uid: 65534,
            connections_max: 16,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 15_000,
            lock_timeout_ms: 5_000,
        }
    }
}

/// Why the settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseConfig {
    #[error("database.{field} must be between {least} and {most}")]
    OutOfRange { field: &'static str, least: u64, most: u64 },
    #[error("database.{field} must start with postgres:// or postgresql://")]
    Url { field: &'static str },
    #[error("database.migration_url needs database.url beside it")]
    MigrationUrlAlone,
    #[error("database.managed_uid must not be 0: PostgreSQL refuses to run as root")]
    RootUid,
}

impl DatabaseConfig {
    pub fn validate(&self) -> Result<(), InvalidDatabaseConfig> {
        let ranges = [
            ("connections_max", u64::from(self.connections_max), 2, 200),
            ("acquire_timeout_ms", self.acquire_timeout_ms, 100, 60_000),
            ("statement_timeout_ms", self.statement_timeout_ms, 100, 600_000),
            ("lock_timeout_ms", self.lock_timeout_ms, 100, 600_000),
        ];
        for (field, value, least, most) in ranges {
            if !(least..=most).contains(&value) {
                return Err(InvalidDatabaseConfig::OutOfRange { field, least, most });
            }
        }
        for (field, url) in [("url", &self.url), ("migration_url", &self.migration_url)] {
            let is_postgres =
                |url: &Secret| url.reveal().starts_with("postgres://") || url.reveal().starts_with("postgresql://");
            if url.as_ref().is_some_and(|url| !is_postgres(url)) {
                return Err(InvalidDatabaseConfig::Url { field });
            }
        }
        if self.migration_url.is_some() && self.url.is_none() {
            return Err(InvalidDatabaseConfig::MigrationUrlAlone);
        }
        if self.managed_uid == 0 {
            return Err(InvalidDatabaseConfig::RootUid);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_mistakes_are_named() {
        assert_eq!(DatabaseConfig::default().validate(), Ok(()));
        let mistyped: Result<DatabaseConfig, _> = serde_json::from_str(r#"{"urll":"postgres://x"}"#);
        assert!(mistyped.unwrap_err().to_string().contains("urll"));
        let mysql = DatabaseConfig {
            url: Some(Secret::new("mysql://a:hunter2@h/d")),
            ..DatabaseConfig::default()
        };
        let refused = mysql.validate().unwrap_err().to_string();
        assert!(refused.contains("database.url") && !refused.contains("hunter2"));
        let root = DatabaseConfig {
            managed_uid: 0,
            ..DatabaseConfig::default()
        };
        assert_eq!(root.validate(), Err(InvalidDatabaseConfig::RootUid));
    }
}
