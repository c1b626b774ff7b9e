//! What the server's role may do, and that it may do no more.

use super::StoreError;
use sqlx::{Connection, PgConnection};

/// The server never reads what a credential is known by, nor sets it.
const WALL_READ: &str = "tenant_id, wall_id, name, scenes, shows_addresses, shows_hosts, shows_users, theme, dim_from_minute, \
    dim_to_minute, created_by, created_ns, last_seen_ns, revoked";
const WALL_MADE: &str = "tenant_id, wall_id, name, scenes, shows_addresses, shows_hosts, shows_users, theme, dim_from_minute, \
    dim_to_minute, created_by, created_ns";
const WALL_SET: &str = "name, scenes, shows_addresses, shows_hosts, shows_users, theme, dim_from_minute, dim_to_minute";

const SENSOR_READ: &str = "tenant_id, sensor_id, host, name, location, enrolled_by, enrolled_ns, last_heartbeat_ns, version, revoked, \
    commands_made, captures";
const SENSOR_SET: &str = "name, location, last_heartbeat_ns, version, commands_made, captures";
const COMMAND_MADE: &str = "tenant_id, sensor_id, number, command, created_by, created_ns, expires_ns";
const COMMAND_SET: &str = "command, state, reason, detail, done_ns";
const CLAIM_READ: &str = "tenant_id, claim_id, host, location, created_by, created_ns, expires_ns, used_ns";
const CLAIM_MADE: &str = "tenant_id, claim_id, code_hash, host, location, created_by, created_ns, expires_ns";

/// The advisory lock of who grants; a number that nobody else uses by chance.
const TURN: i64 = 0x7761_7463_6866_6c72;

/// Gives `role` what the server needs. Safe to repeat; runs as the schema's owner after each migration.
pub async fn grant(owner: &mut PgConnection, role: &str) -> Result<(), StoreError> {
    let role = format!("\"{}\"", role.replace('"', "\"\""));
    let statements = [
        format!("GRANT USAGE ON SCHEMA public, identity TO {role}"),
        format!("GRANT SELECT ON _sqlx_migrations TO {role}"),
        format!("GRANT SELECT, UPDATE (change_seq, inventory_seq) ON tenants TO {role}"),
        format!("GRANT SELECT, INSERT, UPDATE ON alerts, endpoints TO {role}"),
        format!("GRANT SELECT, INSERT ON alert_explanations, alert_events, alert_history TO {role}"),
        format!("GRANT SELECT, INSERT, DELETE ON assets, people, sites TO {role}"),
        format!("GRANT SELECT ({WALL_READ}), INSERT ({WALL_MADE}), UPDATE ({WALL_SET}, revoked) ON walls TO {role}"),
        format!("GRANT SELECT ({SENSOR_READ}), UPDATE ({SENSOR_SET}) ON sensors TO {role}"),
        format!("GRANT SELECT ({CLAIM_READ}), INSERT ({CLAIM_MADE}), DELETE ON claim_codes TO {role}"),
        format!("GRANT SELECT, INSERT ({COMMAND_MADE}), UPDATE ({COMMAND_SET}), DELETE ON sensor_commands TO {role}"),
        format!("GRANT SELECT ON audit_log TO {role}"),
        format!("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA identity TO {role}"),
        format!("REVOKE EXECUTE ON FUNCTION identity.member_of, identity.wall_shows_now FROM {role}"),
    ];
    let mut tx = owner.begin().await?;
    // Processes that start at once would trip over one another in the server's catalogue.
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(TURN)
        .execute(&mut *tx)
        .await?;
    for statement in statements {
        sqlx::query(&statement).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Refuses a role that row-level security would not bind.
pub async fn check_unprivileged(connection: &mut PgConnection) -> Result<(), StoreError> {
    let role = sqlx::query!(
        r#"SELECT rolname::text AS "name!", rolsuper AS "superuser!", rolbypassrls AS "bypasses!",
                  EXISTS (
                      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                      WHERE n.nspname IN ('public', 'identity') AND c.relkind IN ('r', 'p')
                        AND pg_has_role(session_user, c.relowner, 'MEMBER')
                        AND (n.nspname = 'identity' OR c.relname IN (
                            'tenants', 'alerts', 'alert_explanations', 'alert_events', 'alert_history', 'endpoints', 'assets',
                            'people', 'sites', 'walls', 'sensors', 'claim_codes', 'sensor_commands', 'audit_log'))
                  ) AS "owns!"
           FROM pg_roles WHERE rolname = session_user"#
    )
    .fetch_one(connection)
    .await?;
    let why = match (role.superuser, role.bypasses, role.owns) {
        (true, _, _) => "is a superuser",
        (_, true, _) => "has BYPASSRLS",
        (_, _, true) => "owns the tables",
        (false, false, false) => return Ok(()),
    };
    Err(StoreError::PrivilegedRole { role: role.name, why })
}
