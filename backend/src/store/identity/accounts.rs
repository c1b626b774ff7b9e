//! People and their passwords.

use super::{IdentityError, Member, member, tenant_id};
use crate::{
    identity::{password, token},
    store::{Database, Secret},
};
use watchfloor_shared::{TenantId, UserId, identity::Role};

/// Who an account is for, checked and brought into the form that is stored.
pub(super) struct NewAccount {
    pub id: String,
    pub name: String,
    pub email: String,
    pub password: String,
}

impl NewAccount {
    pub async fn prepare(name: &str, email: &str, password: &Secret) -> Result<Self, IdentityError> {
        let (name, email) = (
            valid_name(name)?,
            normal_email(email).ok_or(IdentityError::InvalidEmail)?,
        );
        password::check(password)?;
        let password = password::hash(password).await?;
        Ok(Self {
            id: token::random_id(),
            name,
            email,
            password,
        })
    }
}

/// Makes an account with a role in one tenant.
pub async fn create_account(
    db: &Database,
    tenant: &TenantId,
    name: &str,
    email: &str,
    password: &Secret,
    role: Role,
) -> Result<Member, IdentityError> {
    let account = NewAccount::prepare(name, email, password).await?;
    let made = sqlx::query_scalar!(
        r#"SELECT identity.add_account($1, $2, $3, $4, $5, $6, $7) AS "made!""#,
        account.id,
        account.email,
        account.name,
        account.password,
        tenant.as_str(),
        role.as_str(),
        db.now().nanos()
    )
    .fetch_one(db.writing())
    .await
    .map_err(crate::store::StoreError::from)?;
    if !made {
        return Err(IdentityError::EmailTaken);
    }
    let tenant_name = sqlx::query_scalar!("SELECT name FROM tenants")
        .fetch_one(db.tenant(tenant).await?.connection())
        .await
        .map_err(crate::store::StoreError::from)?;
    Ok(Member {
        user: UserId::new(account.id),
        name: account.name,
        email: account.email,
        role,
        tenant: tenant.clone(),
        tenant_name,
    })
}

/// Whether a password is whose it is said to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Verified {
    Right(Member),
    /// With the person whose address it is, if it is anybody's.
    Wrong(Option<Member>),
}

/// Takes as long for an address that nobody has.
pub async fn verify_password(db: &Database, email: &str, password: &Secret) -> Result<Verified, IdentityError> {
    let found = match normal_email(email) {
        Some(email) => sqlx::query!(
            r#"SELECT password AS "password!", account_id AS "account_id!", name AS "name!", email AS "email!",
                      role AS "role!", tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
               FROM identity.account_for_password($1)"#,
            email
        )
        .fetch_optional(db.without_tenant())
        .await
        .map_err(crate::store::StoreError::from)?,
        None => None,
    };
    let stored = found.as_ref().map(|found| found.password.clone());
    let is_right = password::verify(password, stored).await?;
    let Some(found) = found else {
        return Ok(Verified::Wrong(None));
    };
    let tenant = tenant_id(&found.tenant_id)?;
    let member = member(
        found.account_id,
        found.name,
        found.email,
        &found.role,
        tenant,
        found.tenant_name,
    )?;
    Ok(match is_right {
        true => Verified::Right(member),
        false => Verified::Wrong(Some(member)),
    })
}

pub(in crate::store) fn valid_name(name: &str) -> Result<String, IdentityError> {
    let name = name.trim();
    let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned()).ok_or(IdentityError::InvalidName)
}

/// Lower case, without space around it. Whether mail arrives there is not for us to know.
pub(super) fn normal_email(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let (user, host) = email.rsplit_once('@')?;
    let plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    (email.len() <= 254 && plain(user) && plain(host) && !user.contains('@')).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(normal_email("  Ada@Example.ORG "), Some("ada@example.org".to_owned()));
        for wrong in ["", "ada", "@host", "ada@", "a b@host", "a@b@host", "a\0@host"] {
            assert_eq!(normal_email(wrong), None, "{wrong:?}");
        }
    }
}
