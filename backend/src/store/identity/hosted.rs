//! Organizations beside the first. For owners of the first alone: the caller sees to that.

use super::{IdentityError, accounts::valid_name, tenant_id};
use crate::store::{Database, StoreError};
use watchfloor_shared::{TenantId, Timestamp, organization::HostedOrganization};

#[derive(Debug, thiserror::Error)]
pub enum HostedError {
    #[error("an id has 1 to 63 characters of a to z, 0 to 9 and -, and neither begins nor ends with -")]
    InvalidId,
    #[error("there is an organization with this id already")]
    Taken,
    #[error("there is no such organization")]
    Unknown,
    #[error("the first organization hosts the others: it is not suspended")]
    Host,
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// In the order in which they were made.
pub async fn list(db: &Database) -> Result<Vec<HostedOrganization>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", name AS "name!", created_ns AS "created_ns!", suspended_ns,
                  people AS "people!", is_host AS "is_host!"
           FROM identity.organizations()"#
    )
    .fetch_all(db.without_tenant())
    .await?;
    let all = rows.into_iter().map(|row| {
        Ok(HostedOrganization {
            id: tenant_id(&row.tenant_id)?,
            name: row.name,
            created: Some(row.created_ns).filter(|ns| *ns > 0).map(Timestamp::from_nanos),
            suspended: row.suspended_ns.map(Timestamp::from_nanos),
            people: u64::try_from(row.people).unwrap_or(0),
            is_host: row.is_host,
        })
    });
    all.collect()
}

/// Empty of people.
pub async fn make(db: &Database, id: &str, name: &str) -> Result<HostedOrganization, HostedError> {
    let id: TenantId = id.parse().map_err(|_| HostedError::InvalidId)?;
    let (name, now) = (valid_name(name)?, db.now());
    let made = sqlx::query_scalar!(
        r#"SELECT identity.make_organization($1, $2, $3) AS "made!""#,
        id.as_str(),
        name,
        now.nanos()
    );
    match made.fetch_one(db.without_tenant()).await.map_err(StoreError::from)? {
        true => Ok(HostedOrganization {
            id,
            name,
            created: Some(now),
            suspended: None,
            people: 0,
            is_host: false,
        }),
        false => Err(HostedError::Taken),
    }
}

/// Another name, suspended or not; none leaves as it is.
pub async fn change(
    db: &Database,
    tenant: &TenantId,
    name: Option<&str>,
    suspended: Option<bool>,
) -> Result<(), HostedError> {
    let name = name.map(valid_name).transpose()?;
    let outcome = sqlx::query_scalar!(
        r#"SELECT identity.change_organization($1, $2, $3, $4) AS "outcome!""#,
        tenant.as_str(),
        name,
        suspended,
        db.now().nanos()
    );
    let outcome = outcome.fetch_one(db.without_tenant()).await.map_err(StoreError::from)?;
    match outcome.as_str() {
        "done" => Ok(()),
        "host" => Err(HostedError::Host),
        _ => Err(HostedError::Unknown),
    }
}
