//! Links that work once: the first owner's set-up, and the sign-in that the demo prints.

use super::{
    IdentityError, Member, SignedIn,
    accounts::NewAccount,
    member,
    sessions::{self, Origin},
    tenant_id,
};
use crate::{
    identity::token,
    store::{Database, Secret, StoreError},
};
use std::time::Duration;
use watchfloor_shared::{TenantId, identity::Setup};

/// How long a set-up link works.
pub const SETUP_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Whether nobody has an account yet.
pub async fn setup_needed(db: &Database) -> Result<bool, StoreError> {
    let has = sqlx::query_scalar!(r#"SELECT identity.has_accounts() AS "has!""#)
        .fetch_one(db.without_tenant())
        .await?;
    Ok(!has)
}

/// A token for `/setup?token=`; earlier ones stop working. None when there is an account already.
pub async fn issue_setup_token(db: &Database, tenant: &TenantId) -> Result<Option<Secret>, StoreError> {
    let token = token::generate();
    let issued = sqlx::query_scalar!(
        r#"SELECT identity.put_setup_token($1, $2, $3) AS "issued!""#,
        &token::hash(token.reveal())[..],
        tenant.as_str(),
        db.now().saturating_add(SETUP_LIFETIME).nanos()
    )
    .fetch_one(db.writing())
    .await?;
    Ok(issued.then_some(token))
}

/// Makes the owner of the tenant that the token was issued for and signs them in.
pub async fn redeem_setup(db: &Database, setup: &Setup, from: &Origin) -> Result<SignedIn, IdentityError> {
    let password = Secret::new(setup.password.as_str());
    let account = NewAccount::prepare(&setup.name, &setup.email, &password).await?;
    let found = sqlx::query!(
        r#"SELECT account_id AS "account_id!", name AS "name!", email AS "email!", role AS "role!",
                  tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.redeem_setup($1, $2, $3, $4, $5, $6)"#,
        &token::hash(&setup.token)[..],
        account.id,
        account.email,
        account.name,
        account.password,
        db.now().nanos()
    )
    .fetch_optional(db.writing())
    .await
    .map_err(StoreError::from)?;
    let found = found.ok_or(IdentityError::InvalidToken)?;
    let tenant = tenant_id(&found.tenant_id)?;
    let member = member(
        found.account_id,
        found.name,
        found.email,
        &found.role,
        tenant,
        found.tenant_name,
    )?;
    let token = sessions::create(db, &member, from).await?;
    Ok(SignedIn { member, token })
}

/// A token for `/sign-in?token=`.
pub async fn issue(db: &Database, member: &Member, lifetime: Duration) -> Result<Secret, StoreError> {
    let token = token::generate();
    let now = db.now();
    sqlx::query!(
        "SELECT identity.put_sign_in_token($1, $2, $3, $4, $5)",
        &token::hash(token.reveal())[..],
        member.tenant.as_str(),
        member.user.as_str(),
        now.nanos(),
        now.saturating_add(lifetime).nanos()
    )
    .execute(db.writing())
    .await?;
    Ok(token)
}

/// Signs in by the link; none when it is wrong, used or too old.
pub async fn redeem(db: &Database, token: &str, from: &Origin) -> Result<Option<SignedIn>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT account_id AS "account_id!", name AS "name!", email AS "email!", role AS "role!",
                  tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.redeem_sign_in($1, $2)"#,
        &token::hash(token)[..],
        db.now().nanos()
    )
    .fetch_optional(db.writing())
    .await?;
    let Some(found) = found else { return Ok(None) };
    let tenant = tenant_id(&found.tenant_id)?;
    let member = member(
        found.account_id,
        found.name,
        found.email,
        &found.role,
        tenant,
        found.tenant_name,
    )?;
    let token = sessions::create(db, &member, from).await?;
    Ok(Some(SignedIn { member, token }))
}
