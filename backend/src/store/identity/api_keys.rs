//! Keys of machines that send telemetry: `wf_<id>_<secret>`.

use super::{IdentityError, tenant_id};
use crate::{
    identity::token,
    store::{Database, StoreError},
};
use watchfloor_shared::{TenantId, Timestamp, UserId, identity::IssuedApiKey};

/// A key as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    /// To the minute.
    pub last_used: Option<Timestamp>,
}

/// Whom a presented key speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    pub tenant: TenantId,
    pub id: String,
    pub name: String,
}

/// `by` is absent for a key that the product issues itself (the demo's).
pub async fn issue(
    db: &Database,
    tenant: &TenantId,
    name: &str,
    by: Option<&UserId>,
) -> Result<IssuedApiKey, IdentityError> {
    let name = super::accounts::valid_name(name)?;
    let (id, secret) = (token::random_id(), token::generate());
    sqlx::query!(
        "SELECT identity.add_api_key($1, $2, $3, $4, $5, $6)",
        id,
        tenant.as_str(),
        name,
        &token::hash(secret.reveal())[..],
        db.now().nanos(),
        by.map(UserId::as_str)
    )
    .execute(db.without_tenant())
    .await
    .map_err(StoreError::from)?;
    let secret = format!("wf_{id}_{}", secret.reveal());
    Ok(IssuedApiKey { id, name, secret })
}

/// The tenant's keys that are not revoked, newest first.
pub async fn list(db: &Database, tenant: &TenantId) -> Result<Vec<ApiKey>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT key_id AS "key_id!", name AS "name!", created_ns AS "created_ns!", used_ns
           FROM identity.api_keys_of($1)"#,
        tenant.as_str()
    )
    .fetch_all(db.without_tenant())
    .await?;
    let key = |(id, name, created, used): (String, String, i64, Option<i64>)| ApiKey {
        id,
        name,
        created: Timestamp::from_nanos(created),
        last_used: used.map(Timestamp::from_nanos),
    };
    Ok(rows
        .into_iter()
        .map(|row| key((row.key_id, row.name, row.created_ns, row.used_ns)))
        .collect())
}

/// Whose key this is, if it is one and not revoked.
pub async fn lookup(db: &Database, presented: &str) -> Result<Option<KeyHolder>, StoreError> {
    let parts = presented.strip_prefix("wf_").and_then(|rest| rest.split_once('_'));
    let Some((id, secret)) = parts.filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
        return Ok(None);
    };
    let found = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", name AS "name!" FROM identity.use_api_key($1, $2, $3)"#,
        id,
        &token::hash(secret)[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let holder = |tenant, name| KeyHolder {
        tenant,
        id: id.to_owned(),
        name,
    };
    found
        .map(|found| Ok(holder(tenant_id(&found.tenant_id)?, found.name)))
        .transpose()
}

/// Whether there was such a key of this tenant.
pub async fn revoke(db: &Database, tenant: &TenantId, id: &str) -> Result<bool, StoreError> {
    let id = crate::store::alerts::without_nul(id);
    let revoked = sqlx::query_scalar!(
        r#"SELECT identity.revoke_api_key($1, $2) AS "revoked!""#,
        tenant.as_str(),
        id
    )
    .fetch_one(db.without_tenant())
    .await?;
    Ok(revoked)
}
