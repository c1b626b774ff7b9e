use super::database;

/// Without a transaction of its own, some of these would still be in progress.
#[tokio::test]
async fn what_is_answered_is_committed() {
    let db = database!();
    for _ in 0..200 {
        let made = sqlx::query_scalar("SELECT pg_current_xact_id()::text").fetch_one(db.writing());
        let id: String = made.await.unwrap();
        let asked = sqlx::query_scalar("SELECT pg_xact_status($1::xid8)").bind(id);
        let state: String = asked.fetch_one(db.without_tenant()).await.unwrap();
        assert_eq!(state, "committed");
    }
}
