//! Tries to get at another tenant's rows, and at what the server's role may not touch.

use super::{acme, database, detection, record};
use crate::store::{
    Database, DatabaseConfig, Secret, StoreError, alerts,
    managed::ManagedRole,
    testing::{self, tenant_id},
};
use sqlx::Row;
use watchfloor_shared::alert::{AlertFilter, AlertSort};

async fn with_an_alert_of_acme(db: &Database) -> watchfloor_shared::AlertId {
    record(db, &[detection("r", "h", 1, 0)]).await.changed[0]
        .summary
        .id
        .clone()
}

async fn run(tx: &mut crate::store::TenantTx, sql: &str) -> Result<u64, sqlx::Error> {
    sqlx::query(sql)
        .execute(tx.connection())
        .await
        .map(|done| done.rows_affected())
}

#[tokio::test]
async fn raw_sql_of_one_tenant_reaches_no_row_of_another() {
    let db = database!();
    with_an_alert_of_acme(&db).await;
    let tables = [
        "tenants",
        "alerts",
        "alert_explanations",
        "alert_events",
        "alert_history",
        "endpoints",
        "assets",
        "people",
        "sites",
        "walls",
        "sensors",
        "claim_codes",
        "sensor_commands",
        "audit_log",
    ];
    for table in tables {
        let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
        let seen = format!("SELECT count(*) FROM {table} WHERE tenant_id <> 'beta'");
        let count: i64 = sqlx::query_scalar(&seen).fetch_one(tx.connection()).await.unwrap();
        assert_eq!(count, 0, "{table} shows another tenant's rows");
    }
    let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
    assert_eq!(run(&mut tx, "UPDATE alerts SET title = 'mine now'").await.unwrap(), 0);
    assert_eq!(
        run(&mut tx, "UPDATE tenants SET change_seq = 99 WHERE tenant_id = 'acme'")
            .await
            .unwrap(),
        0
    );
    let insert = "INSERT INTO endpoints VALUES ('acme', 'planted', 'x', 'windows', '{}', 0, 0, false)";
    let refused = run(&mut tx, insert).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
    run(
        &mut tx,
        "INSERT INTO endpoints VALUES ('beta', 'own', 'x', 'windows', '{}', 0, 0, false)",
    )
    .await
    .unwrap();
    let moved = run(&mut tx, "UPDATE endpoints SET tenant_id = 'acme'")
        .await
        .unwrap_err()
        .to_string();
    assert!(moved.contains("row-level security"), "{moved}");
}

#[tokio::test]
async fn the_role_cannot_become_another_or_switch_the_policies_off() {
    let db = database!();
    with_an_alert_of_acme(&db).await;
    let attempts = [
        "SET ROLE watchfloor_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER TABLE alerts DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE alerts NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_tenant ON alerts",
        "CREATE POLICY all_of_it ON alerts USING (true)",
        "ALTER ROLE watchfloor_app BYPASSRLS",
        "DELETE FROM alerts",
        "TRUNCATE alerts",
        "CREATE TABLE own (id int)",
        "COPY alerts TO PROGRAM 'cat'",
        "SELECT * FROM identity.accounts",
        "SELECT * FROM identity.sessions",
        "SELECT * FROM identity.api_keys",
        "SELECT * FROM identity.one_time_tokens",
        "SELECT * FROM identity.wall_pairings",
        "SELECT credential_hash FROM walls",
        "UPDATE walls SET credential_hash = NULL",
        "UPDATE walls SET last_seen_ns = 0",
        "DELETE FROM walls",
        "SELECT code_hash FROM claim_codes",
        "UPDATE claim_codes SET used_ns = NULL",
        "UPDATE claim_codes SET expires_ns = 1",
        "INSERT INTO sensors (tenant_id, sensor_id) VALUES ('beta', 'planted')",
        "UPDATE sensors SET revoked = false",
        "UPDATE sensors SET host = 'another'",
        "DELETE FROM sensors",
        "UPDATE sensor_commands SET number = 1",
        "UPDATE sensor_commands SET sensor_id = 'another'",
        "UPDATE sensor_commands SET created_by = 'another'",
        "INSERT INTO sensor_commands (tenant_id, sensor_id, number, command, created_by, created_ns, expires_ns) VALUES ('beta', 'nobodys', 1, '{}', 'x', 0, 0)",
        "INSERT INTO audit_log VALUES ('beta', 1, 0, 'planted', '{}', decode(repeat('00', 32), 'hex'))",
        "UPDATE audit_log SET record = '{}'",
        "DELETE FROM audit_log",
        "SELECT * FROM identity.audit_heads",
        "UPDATE identity.audit_heads SET number = 0",
        "SELECT identity.append_audit(0, 'Not An Action', '{}')",
        "INSERT INTO identity.sessions SELECT",
        "SELECT identity.member_of('a', 'acme')",
        "SELECT passwd FROM pg_shadow",
    ];
    for attempt in attempts {
        let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
        assert!(run(&mut tx, attempt).await.is_err(), "{attempt} was allowed");
    }
    let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
    run(&mut tx, "RESET ROLE").await.unwrap();
    run(&mut tx, "SET row_security = off").await.unwrap();
    assert!(
        run(&mut tx, "SELECT * FROM alerts").await.is_err(),
        "row_security = off showed rows"
    );
}

#[tokio::test]
async fn the_history_cannot_be_rewritten() {
    let db = database!();
    let id = with_an_alert_of_acme(&db).await;
    let change = watchfloor_shared::alert::AlertChange {
        note: Some("seen".to_owned()),
        ..Default::default()
    };
    let mut tx = acme(&db).await;
    alerts::change(&mut tx, &id, None, &change, "Ada", super::at(0))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for rewrite in [
        "UPDATE alert_history SET note = 'other'",
        "DELETE FROM alert_history",
        "TRUNCATE alert_history",
        "UPDATE alert_events SET recorded_ns = 0",
        "DELETE FROM alert_events",
        "UPDATE alert_explanations SET rule = '{}'",
    ] {
        let mut tx = acme(&db).await;
        let refused = run(&mut tx, rewrite).await.unwrap_err().to_string();
        assert!(refused.contains("permission denied"), "{rewrite}: {refused}");
    }
}

#[tokio::test]
async fn a_connection_returns_to_the_pool_without_a_tenant() {
    let db = database!();
    with_an_alert_of_acme(&db).await;
    let rows = async || -> Vec<i64> {
        let mut held = Vec::new();
        let mut counts = Vec::new();
        for _ in 0..testing::config().connections_max {
            let mut connection = db.without_tenant().acquire().await.unwrap();
            let row = sqlx::query("SELECT count(*) FROM alerts")
                .fetch_one(&mut *connection)
                .await
                .unwrap();
            counts.push(row.get(0));
            held.push(connection);
        }
        counts
    };
    acme(&db).await.commit().await.unwrap();
    assert!(rows().await.iter().all(|count| *count == 0), "after commit");
    drop(acme(&db).await);
    assert!(rows().await.iter().all(|count| *count == 0), "after rollback");
    for _ in 0..8 {
        let cancelled = async {
            let mut tx = acme(&db).await;
            let _ = run(&mut tx, "SELECT pg_sleep(1)").await;
        };
        let _ = tokio::time::timeout(std::time::Duration::from_millis(40), cancelled).await;
    }
    let error_inside = async {
        let mut tx = acme(&db).await;
        run(&mut tx, "SELECT 1/0").await.unwrap_err();
    };
    error_inside.await;
    assert!(rows().await.iter().all(|count| *count == 0), "after cancelled requests");
}

#[tokio::test]
async fn a_tenant_that_was_not_made_has_nothing_and_can_write_nothing() {
    let db = database!();
    with_an_alert_of_acme(&db).await;
    let mut tx = db.tenant(&tenant_id("nobody")).await.unwrap();
    let window = crate::store::Window::default();
    let page = alerts::list(&mut tx, &AlertFilter::default(), AlertSort::default(), &window)
        .await
        .unwrap();
    assert_eq!((page.items.len(), page.total), (0, 0));
    let detections = [detection("r", "h", 1, 0)];
    let refused = alerts::record(&mut tx, &detections, &alerts::AlertSettings::default(), super::at(0)).await;
    assert!(matches!(refused, Err(StoreError::UnknownTenant)), "{refused:?}");
}

/// With SQL of one's own making, `app.tenant_id` could be set again; so no code in the store does, but where a transaction
/// begins, and none puts a caller's text into a statement.
#[test]
fn the_tenant_is_set_in_one_place() {
    let store = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let mut setters = Vec::new();
    let mut folders = vec![store];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            if text.contains("set_config") || text.contains("SET LOCAL") || text.contains("SET app.") {
                setters.push(name.to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(setters, ["tenant_tx.rs"]);
}

#[tokio::test]
async fn a_privileged_role_is_refused() {
    let db = database!();
    let server = testing::server().unwrap();
    let database: String = {
        let mut tx = acme(&db).await;
        sqlx::query_scalar("SELECT current_database()::text")
            .fetch_one(tx.connection())
            .await
            .unwrap()
    };
    let mut superuser = testing::superuser(&server, "postgres").await;
    let password = "only-for-this-test";
    for (role, attribute) in [("bypasses", "BYPASSRLS"), ("plain", "NOBYPASSRLS")] {
        let _ = sqlx::query(&format!("CREATE ROLE {role} LOGIN PASSWORD '{password}'"))
            .execute(&mut superuser)
            .await;
        sqlx::query(&format!("ALTER ROLE {role} {attribute}"))
            .execute(&mut superuser)
            .await
            .unwrap();
    }
    let socket = server
        .options(ManagedRole::App, &database)
        .get_socket()
        .unwrap()
        .display()
        .to_string();
    let url = |role: &str, password: &str| {
        Secret::new(format!(
            "postgres://{role}:{password}@localhost/{database}?host={socket}"
        ))
    };
    let open = async |url: Secret, migration_url: Option<Secret>| {
        let config = DatabaseConfig {
            url: Some(url),
            migration_url,
            ..testing::config()
        };
        Database::open(&config, std::path::Path::new("/nowhere"), &testing::clock()).await
    };
    let of = |role: ManagedRole| url(role.name(), server.password(role).reveal());
    for (role, why) in [
        (of(ManagedRole::Superuser), "is a superuser"),
        (url("bypasses", password), "has BYPASSRLS"),
        (of(ManagedRole::Owner), "owns the tables"),
    ] {
        match open(role, None).await {
            Err(StoreError::PrivilegedRole { why: found, .. }) => assert_eq!(found, why),
            other => panic!("{why}: {other:?}"),
        }
    }
    let plain = open(url("plain", password), Some(of(ManagedRole::Owner)))
        .await
        .expect("an unprivileged role opens");
    assert_eq!(format!("{plain:?}"), "Database(external)");
    let mut tx = plain.tenant(&tenant_id("acme")).await.unwrap();
    assert_eq!(alerts::last_change(&mut tx).await.unwrap(), 0);
}
