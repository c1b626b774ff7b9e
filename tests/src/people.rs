//! People beside those that every test's tenant has.

use watchfloor::{
    clock::Clock,
    store::{
        Database, Secret,
        identity::{Member, accounts, people},
    },
};
use watchfloor_shared::{TenantId, identity::Role};

/// Somebody of no consequence, and an invitation that waits: their ids.
pub async fn further(db: &Database, tenant: &TenantId, marker: &str, owner: &Member) -> (String, String) {
    let (email, secret) = (
        format!("further@{marker}.example"),
        Secret::new("a long password of nobody"),
    );
    let name = format!("further {marker}");
    let person = accounts::create_account(db, tenant, &name, &email, &secret, Role::Viewer)
        .await
        .unwrap();
    let mut tx = db.tenant(tenant).await.unwrap();
    let invited = format!("invited@{marker}.example");
    let (invitation, _) = people::invite(&mut tx, &invited, Role::Viewer, owner, Clock::system().now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (person.user.to_string(), invitation.id)
}
