//! The organizations of a person, and who an identity provider says is in one.

use super::{Member, member, tenant_id};
use crate::{
    identity::token,
    oidc::Vouched,
    store::{Database, StoreError, alerts::without_nul},
};
use std::collections::BTreeMap;
use watchfloor_shared::{
    TenantId,
    identity::{Organization, Role},
};

/// Those of whoever holds the session, by name.
pub async fn of_session(db: &Database, session: &str) -> Result<Vec<Organization>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", name AS "name!", role AS "role!" FROM identity.organizations_of($1)"#,
        &token::hash(session)[..]
    )
    .fetch_all(db.without_tenant())
    .await?;
    let organizations = rows.into_iter().map(|row| {
        Ok(Organization {
            id: tenant_id(&row.tenant_id)?,
            name: row.name,
            role: super::role(&row.role)?,
        })
    });
    organizations.collect()
}

/// Who holds the session, in another organization of theirs.
pub async fn beside(db: &Database, session: &str, tenant: &TenantId) -> Result<Option<Member>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT account_id AS "account_id!", name AS "name!", email AS "email!", role AS "role!",
                  tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.member_beside($1, $2)"#,
        &token::hash(session)[..],
        tenant.as_str()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let member = found.map(|row| {
        let tenant = tenant_id(&row.tenant_id)?;
        member(row.account_id, row.name, row.email, &row.role, tenant, row.tenant_name)
    });
    member.transpose()
}

/// Why a provider's word lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotIn {
    #[error("an account has this address already")]
    AddressTaken,
    #[error("none of the groups has a role here")]
    NoOrganization,
}

/// The person that the provider vouches for, made at the first time; `roles` replace what it gave before.
pub async fn by_provider(
    db: &Database,
    vouched: &Vouched,
    roles: &BTreeMap<TenantId, Role>,
    links_by_email: bool,
) -> Result<Result<Member, NotIn>, StoreError> {
    let (tenants, names): (Vec<String>, Vec<String>) = roles
        .iter()
        .map(|(tenant, role)| (tenant.to_string(), role.as_str().to_owned()))
        .unzip();
    let row = sqlx::query!(
        r#"SELECT outcome AS "outcome!", account_id, name, email, role, tenant_id, tenant_name
           FROM identity.sign_in_by_provider($1, $2, $3, $4, $5, $6, $7, $8, $9)"#,
        without_nul(&vouched.issuer),
        without_nul(&vouched.subject),
        without_nul(&vouched.email),
        without_nul(&vouched.name),
        token::random_id(),
        &tenants,
        &names,
        links_by_email && vouched.is_email_verified,
        db.now().nanos()
    )
    .fetch_one(db.without_tenant())
    .await?;
    match (
        row.outcome.as_str(),
        row.account_id,
        row.name,
        row.email,
        row.role,
        row.tenant_id,
        row.tenant_name,
    ) {
        ("done", Some(account), Some(name), Some(email), Some(role), Some(tenant), Some(tenant_name)) => {
            let tenant = tenant_id(&tenant)?;
            Ok(Ok(member(account, name, email, &role, tenant, tenant_name)?))
        }
        ("taken", ..) => Ok(Err(NotIn::AddressTaken)),
        _ => Ok(Err(NotIn::NoOrganization)),
    }
}
