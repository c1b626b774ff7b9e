use super::{acme, at, database};
use crate::{
    audit::{Act, Broken},
    store::{
        Database, audit,
        testing::{self, tenant_id},
    },
};
use sqlx::PgConnection;
use watchfloor_shared::audit::{Actor, ActorKind, AuditHead, Outcome};

fn act(object: &str) -> Act<'static> {
    let actor = Actor {
        kind: ActorKind::Person,
        id: "u1".to_owned(),
        name: "Ada".to_owned(),
    };
    let mut act = Act::new("fleet.change", actor, Outcome::Done).on(object);
    act.record.detail = Some(serde_json::json!({"name": "100 % \u{0} büro_7"}));
    act
}

async fn append(db: &Database, tenant: &str, object: &str) -> i64 {
    let mut tx = db.tenant(&tenant_id(tenant)).await.unwrap();
    let number = audit::append(&mut tx, at(0), &act(object)).await.unwrap();
    tx.commit().await.unwrap();
    number
}

async fn verified(db: &Database) -> (AuditHead, Option<Broken>) {
    audit::verify(&mut acme(db).await).await.unwrap()
}

/// Who has more rights than the server.
async fn superuser(db: &Database) -> PgConnection {
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(acme(db).await.connection())
        .await
        .unwrap();
    testing::superuser(&testing::server().unwrap(), &name).await
}

#[tokio::test]
async fn entries_follow_one_another_whoever_appends_at_once() {
    let db = database!();
    assert_eq!(verified(&db).await.0.number, 0);
    let appending = (0..40).map(|number| {
        let db = db.clone();
        tokio::spawn(async move { append(&db, "acme", &format!("s{number}")).await })
    });
    let mut numbers: Vec<i64> = futures::future::join_all(appending)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    assert_eq!(append(&db, "beta", "other").await, 1);
    let (head, broken) = verified(&db).await;
    assert_eq!((head.number, broken), (40, None));
    // What is rolled back leaves neither an entry nor a gap.
    let mut tx = acme(&db).await;
    audit::append(&mut tx, at(0), &act("never")).await.unwrap();
    drop(tx);
    assert_eq!(append(&db, "acme", "next").await, 41);
    assert_eq!(verified(&db).await.1, None);
}

#[tokio::test]
async fn entries_are_found_by_what_they_say() {
    let db = database!();
    for object in ["s1", "s2", "s3"] {
        append(&db, "acme", object).await;
    }
    append(&db, "beta", "s2").await;
    let found = async |wanted: audit::Wanted<'_>| {
        let page = audit::page(&mut acme(&db).await, &wanted, 100).await.unwrap();
        let objects = page.into_iter().map(|entry| entry.record.object.unwrap());
        objects.collect::<Vec<_>>()
    };
    let text = |text| audit::Wanted {
        text: Some(text),
        ..Default::default()
    };
    assert_eq!(found(text("S2")).await, ["s2"]);
    assert_eq!(found(text("100 %")).await.len(), 3);
    assert!(found(text("100_%")).await.is_empty() && found(text("%s%")).await.is_empty());
    assert_eq!(found(text("fleet.")).await.len(), 3);
    let revoked = audit::Wanted {
        action: Some("fleet.revoke"),
        ..Default::default()
    };
    assert!(found(revoked).await.is_empty());
    let earlier = audit::Wanted {
        before: Some(3),
        ..Default::default()
    };
    assert_eq!(found(earlier).await, ["s2", "s1"]);
}

#[tokio::test]
async fn who_may_change_the_database_is_found_out() {
    let db = database!();
    for object in ["s1", "s2", "s3", "s4"] {
        append(&db, "acme", object).await;
    }
    let mut superuser = superuser(&db).await;
    let tampered = [
        (
            "UPDATE audit_log SET record = replace(record, 'Ada', 'Eve') WHERE number = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE audit_log SET at_ns = at_ns - 1 WHERE number = 3",
            Broken::Changed(3),
        ),
        (
            "UPDATE audit_log SET action = 'alerts.undo' WHERE number = 1",
            Broken::Changed(1),
        ),
        (
            "DELETE FROM audit_log WHERE number = 2",
            Broken::Gap { expected: 2, found: 3 },
        ),
        (
            "DELETE FROM audit_log WHERE number = 4",
            Broken::CutOff { found: 3, newest: 4 },
        ),
    ];
    for (sql, wrong) in tampered {
        sqlx::raw_sql("CREATE TEMP TABLE IF NOT EXISTS kept AS SELECT * FROM audit_log")
            .execute(&mut superuser)
            .await
            .unwrap();
        sqlx::raw_sql(sql).execute(&mut superuser).await.unwrap();
        assert_eq!(verified(&db).await.1, Some(wrong), "{sql}");
        sqlx::raw_sql("TRUNCATE audit_log; INSERT INTO audit_log SELECT * FROM kept")
            .execute(&mut superuser)
            .await
            .unwrap();
        assert_eq!(verified(&db).await.1, None);
    }
}
