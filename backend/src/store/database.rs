//! The open database.

use super::{
    DatabaseConfig, Secret, StoreError, TenantTx, grants,
    managed::{ManagedRole, ManagedServer},
    migrate,
    writing::Writing,
};
use crate::{clock::Clock, store::alerts::FacetCache};
use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{path::Path, str::FromStr, sync::Arc, time::Duration};
use watchfloor_shared::{TenantId, Timestamp};

/// The managed server's database.
const DATABASE: &str = "watchfloor";

/// Cheap to clone. Gives out no connection but a tenant's transaction.
#[derive(Clone)]
pub struct Database {
    pool: PgPool,
    clock: Clock,
    facets: Arc<FacetCache>,
    server: Option<Arc<ManagedServer>>,
}

impl Database {
    /// Starts the managed server in `data_dir/postgres` or connects to `config.url`, brings the schema up to date, and checks
    /// that the role it works with cannot bypass row-level security.
    pub async fn open(config: &DatabaseConfig, data_dir: &Path, clock: &Clock) -> Result<Database, StoreError> {
        config.validate()?;
        match &config.url {
            Some(url) => Self::connect(config, url, clock).await,
            None => {
                let server = start_server(config, data_dir).await?;
                Self::open_managed(config, Arc::new(server), DATABASE, clock).await
            }
        }
    }

    pub(super) async fn open_managed(
        config: &DatabaseConfig,
        server: Arc<ManagedServer>,
        database: &str,
        clock: &Clock,
    ) -> Result<Database, StoreError> {
        let limits = |options| limits(options, config);
        provision(&server, database).await?;
        let mut owner = PgConnection::connect_with(&server.options(ManagedRole::Owner, database)).await?;
        migrate::run(&mut owner).await?;
        grants::grant(&mut owner, ManagedRole::App.name()).await?;
        owner.close().await?;
        let pool = pool(config, limits(server.options(ManagedRole::App, database))).await?;
        Self::checked(pool, clock, Some(server)).await
    }

    async fn connect(config: &DatabaseConfig, url: &Secret, clock: &Clock) -> Result<Database, StoreError> {
        let app = PgConnectOptions::from_str(url.reveal())?;
        if let Some(url) = config.migration_url.as_ref().filter(|_| config.auto_migrate) {
            let options = PgConnectOptions::from_str(url.reveal())?;
            let connect = PgConnection::connect_with(&options);
            let mut owner = tokio::time::timeout(Duration::from_millis(config.acquire_timeout_ms), connect)
                .await
                .map_err(|_| StoreError::Timeout)??;
            migrate::run(&mut owner).await?;
            grants::grant(&mut owner, app.get_username()).await?;
            owner.close().await?;
        }
        let pool = pool(config, limits(app, config)).await?;
        Self::checked(pool, clock, None).await
    }

    async fn checked(pool: PgPool, clock: &Clock, server: Option<Arc<ManagedServer>>) -> Result<Database, StoreError> {
        let mut connection = pool.acquire().await?;
        grants::check_unprivileged(&mut connection).await?;
        migrate::check(&mut connection).await?;
        drop(connection);
        Ok(Database {
            pool,
            clock: clock.clone(),
            facets: Arc::default(),
            server,
        })
    }

    /// Begins a transaction that sees this tenant's rows and no others. Dropped without `commit`, it is rolled back.
    pub async fn tenant(&self, tenant: &TenantId) -> Result<TenantTx, StoreError> {
        TenantTx::begin(&self.pool, tenant, Arc::clone(&self.facets)).await
    }

    /// Whether the database answers now; for `/readyz`.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query_scalar!(r#"SELECT 1 AS "one!""#)
            .fetch_one(&self.pool)
            .await?;
        Ok(())
    }

    /// Closes the pool and stops a managed server cleanly, if this is the last clone.
    pub async fn close(self) {
        self.pool.close().await;
        if let Some(server) = self.server {
            // Stopping waits for the child.
            let _ = tokio::task::spawn_blocking(move || drop(server)).await;
        }
    }

    /// For [`super::identity`] alone, whose functions need no tenant. For questions: what changes something goes by [`Self::writing`].
    pub(in crate::store) fn without_tenant(&self) -> &PgPool {
        &self.pool
    }

    /// The same for what has to hold as soon as it is said.
    pub(in crate::store) fn writing(&self) -> Writing<'_> {
        Writing(&self.pool)
    }

    pub(in crate::store) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.server.is_some() {
            "Database(managed)"
        } else {
            "Database(external)"
        })
    }
}

async fn start_server(config: &DatabaseConfig, data_dir: &Path) -> Result<ManagedServer, StoreError> {
    let (config, root) = (config.clone(), data_dir.join("postgres"));
    let start = move || ManagedServer::start(&config, &root, &[]);
    let interrupted = |_| StoreError::Start("it was interrupted".to_owned());
    tokio::task::spawn_blocking(start).await.map_err(interrupted)?
}

fn limits(options: PgConnectOptions, config: &DatabaseConfig) -> PgConnectOptions {
    options.application_name("watchfloor").options([
        ("statement_timeout", config.statement_timeout_ms.to_string()),
        ("lock_timeout", config.lock_timeout_ms.to_string()),
        ("idle_in_transaction_session_timeout", "60000".to_owned()),
        ("search_path", "public".to_owned()),
    ])
}

async fn pool(config: &DatabaseConfig, options: PgConnectOptions) -> Result<PgPool, StoreError> {
    let pool = PgPoolOptions::new()
        .max_connections(config.connections_max)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_ms))
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Makes the managed server's roles and database, those that are missing.
pub(super) async fn provision(server: &ManagedServer, database: &str) -> Result<(), StoreError> {
    // A password is part of a statement here, so none is logged.
    let options = server
        .options(ManagedRole::Superuser, "postgres")
        .disable_statement_logging();
    let mut superuser = PgConnection::connect_with(&options).await?;
    for role in [ManagedRole::Owner, ManagedRole::App] {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)")
            .bind(role.name())
            .fetch_one(&mut superuser)
            .await?;
        if !exists {
            // A password cannot be a parameter; ours is base64url.
            let password = server.password(role);
            let create = format!(
                "CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '{}'",
                role.name(),
                password.reveal()
            );
            sqlx::query(&create).execute(&mut superuser).await?;
        }
    }
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(&mut superuser)
        .await?;
    if !exists {
        let create = format!("CREATE DATABASE \"{database}\" OWNER {}", ManagedRole::Owner.name());
        sqlx::query(&create).execute(&mut superuser).await?;
    }
    superuser.close().await?;
    Ok(())
}
