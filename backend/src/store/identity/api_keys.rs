//! What senders of telemetry prove themselves with: a key `wf_<id>_<secret>`, or a TLS certificate that was registered. Either
//! decides the tenant, and names the sensor where one was given.

use super::{IdentityError, tenant_id};
use crate::{
    identity::token,
    store::{Database, StoreError},
};
use watchfloor_shared::{Fingerprint, TenantId, Timestamp, UserId, identity::Permission};

/// A key as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    pub sensor: Option<String>,
    /// Of the certificate; a key with a secret has none.
    pub fingerprint: Option<Fingerprint>,
    pub scopes: Vec<Permission>,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    /// To the minute.
    pub last_used: Option<Timestamp>,
}

/// Whom a presented key or certificate speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    pub tenant: TenantId,
    pub id: String,
    pub name: String,
    /// The sensor that its records come from, where they do not say it themselves.
    pub sensor: Option<String>,
    /// The sensor of the fleet that it is: such a one names no other in its records.
    pub enrolled: Option<String>,
    /// What it is for.
    pub scopes: Vec<Permission>,
}

/// What a key is called, and what it is for.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    pub name: &'a str,
    pub sensor: Option<&'a str>,
    pub scopes: &'a [Permission],
    /// It works until then.
    pub expires: Option<Timestamp>,
}

impl<'a> Label<'a> {
    /// Of a sender.
    pub const fn name(name: &'a str) -> Self {
        Self {
            name,
            sensor: None,
            scopes: &[Permission::Ingest],
            expires: None,
        }
    }
}

/// A key that was just made.
#[derive(Debug, Clone)]
pub struct IssuedKey {
    pub id: String,
    pub name: String,
    pub sensor: Option<String>,
    /// Known only now; empty for a certificate.
    pub secret: String,
}

/// `by` is absent for a key that the product issues itself (the demo's).
pub async fn issue(
    db: &Database,
    tenant: &TenantId,
    label: Label<'_>,
    by: Option<&UserId>,
) -> Result<IssuedKey, IdentityError> {
    let secret = token::generate();
    let mut issued = add(db, tenant, label, Proof::Secret(token::hash(secret.reveal())), by).await?;
    issued.secret = format!("wf_{}_{}", issued.id, secret.reveal());
    Ok(issued)
}

/// Takes a certificate as proof for the tenant.
pub async fn register(
    db: &Database,
    tenant: &TenantId,
    label: Label<'_>,
    fingerprint: Fingerprint,
    by: Option<&UserId>,
) -> Result<IssuedKey, IdentityError> {
    add(db, tenant, label, Proof::Certificate(fingerprint), by).await
}

enum Proof {
    Secret(token::TokenHash),
    Certificate(Fingerprint),
}

async fn add(
    db: &Database,
    tenant: &TenantId,
    label: Label<'_>,
    proof: Proof,
    by: Option<&UserId>,
) -> Result<IssuedKey, IdentityError> {
    let name = super::accounts::valid_name(label.name)?;
    let sensor = label.sensor.map(super::accounts::valid_name).transpose()?;
    let scopes: Vec<String> = label.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    let id = token::random_id();
    let (hash, fingerprint) = match &proof {
        Proof::Secret(hash) => (Some(&hash[..]), None),
        Proof::Certificate(fingerprint) => (None, Some(&fingerprint.0[..])),
    };
    let added = sqlx::query_scalar!(
        r#"SELECT identity.add_api_key($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS "added!""#,
        id,
        tenant.as_str(),
        name,
        sensor,
        hash,
        fingerprint,
        &scopes,
        label.expires.map(Timestamp::nanos),
        db.now().nanos(),
        by.map(UserId::as_str)
    )
    .fetch_one(db.without_tenant())
    .await
    .map_err(StoreError::from)?;
    match added {
        true => Ok(IssuedKey {
            id,
            name,
            sensor,
            secret: String::new(),
        }),
        false => Err(IdentityError::CertificateTaken),
    }
}

/// The tenant's keys that are not revoked, newest first.
pub async fn list(db: &Database, tenant: &TenantId) -> Result<Vec<ApiKey>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT key_id AS "key_id!", name AS "name!", sensor, fingerprint, scopes AS "scopes!", ends_ns,
                  created_ns AS "created_ns!", used_ns
           FROM identity.api_keys_of($1)"#,
        tenant.as_str()
    )
    .fetch_all(db.without_tenant())
    .await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        keys.push(ApiKey {
            fingerprint: row.fingerprint.map(fingerprint).transpose()?,
            id: row.key_id,
            name: row.name,
            sensor: row.sensor,
            scopes: scopes(&row.scopes)?,
            expires: row.ends_ns.map(Timestamp::from_nanos),
            created: Timestamp::from_nanos(row.created_ns),
            last_used: row.used_ns.map(Timestamp::from_nanos),
        });
    }
    Ok(keys)
}

fn scopes(texts: &[String]) -> Result<Vec<Permission>, StoreError> {
    let known = texts.iter().map(|text| {
        Permission::parse(text).ok_or_else(|| StoreError::Inconsistent {
            what: format!("the scope {text:?} of a key"),
        })
    });
    known.collect()
}

fn fingerprint(bytes: Vec<u8>) -> Result<Fingerprint, StoreError> {
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| StoreError::Inconsistent {
        what: "the length of a fingerprint".to_owned(),
    })?;
    Ok(Fingerprint(bytes))
}

/// Whose key this is, if it is one and not revoked.
pub async fn lookup(db: &Database, presented: &str) -> Result<Option<KeyHolder>, StoreError> {
    let parts = presented.strip_prefix("wf_").and_then(|rest| rest.split_once('_'));
    let Some((id, secret)) = parts.filter(|(id, _)| id.bytes().all(|byte| byte.is_ascii_hexdigit())) else {
        return Ok(None);
    };
    let found = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", name AS "name!", sensor, scopes AS "scopes!"
           FROM identity.use_api_key($1, $2, $3)"#,
        id,
        &token::hash(secret)[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(KeyHolder {
        tenant: tenant_id(&found.tenant_id)?,
        id: id.to_owned(),
        name: found.name,
        sensor: found.sensor,
        enrolled: None,
        scopes: scopes(&found.scopes)?,
    }))
}

/// Whose certificate this is, if it is registered and not revoked.
pub async fn lookup_certificate(db: &Database, presented: &Fingerprint) -> Result<Option<KeyHolder>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT key_id AS "key_id!", tenant_id AS "tenant_id!", name AS "name!", sensor, sensor_id
           FROM identity.use_certificate($1, $2)"#,
        &presented.0[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(KeyHolder {
        tenant: tenant_id(&found.tenant_id)?,
        id: found.key_id,
        name: found.name,
        sensor: found.sensor,
        enrolled: found.sensor_id,
        // A certificate is a sender's.
        scopes: vec![Permission::Ingest],
    }))
}

/// Of credentials that worked, by id, those that do so no longer.
pub async fn ended(db: &Database, ids: &[String]) -> Result<Vec<String>, StoreError> {
    let ended = sqlx::query_scalar!(
        r#"SELECT ended AS "ended!" FROM identity.ended_credentials($1, $2) AS ended"#,
        ids,
        db.now().nanos()
    )
    .fetch_all(db.without_tenant())
    .await?;
    Ok(ended)
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
