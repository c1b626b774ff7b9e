//! Accounts, sessions, API keys, one-time links: what must work before a tenant is known.
//!
//! Invariant: the server's role has no right on these tables. It may call functions that belong to the schema's owner, and
//! each takes the hash of a secret, or an address and nothing more, and answers about that one row. So not even a query of an
//! attacker's own making lists accounts, sessions or keys.

pub mod accounts;
pub mod api_keys;
pub mod factors;
pub mod hosted;
pub mod one_time_links;
pub mod organizations;
pub mod people;
pub mod sensors;
pub mod sessions;
pub mod tenants;
pub mod walls;

use super::{Secret, StoreError};
use crate::identity::{
    certificate::InvalidCertificate,
    password::{HashError, InvalidPassword},
};
use watchfloor_shared::{TenantId, UserId, identity::Role};

pub use accounts::{Verified, create_account, verify_password};
pub use one_time_links::{issue_setup_token, redeem_setup, setup_needed};
pub use tenants::{create_tenant, tenants};

/// A person in a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub tenant: TenantId,
    pub tenant_name: String,
}

/// A person who just came in, and the cookie's value, known only now.
#[derive(Debug)]
pub struct SignedIn {
    pub member: Member,
    pub token: Secret,
}

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error(transparent)]
    Password(#[from] InvalidPassword),
    #[error("this is not an e-mail address")]
    InvalidEmail,
    #[error("a name has 1 to 100 characters, none of them a control character")]
    InvalidName,
    #[error("there is an account with this e-mail address already")]
    EmailTaken,
    #[error("the link is wrong, was used already or is too old: restart the server for a new one")]
    InvalidToken,
    #[error(transparent)]
    Certificate(#[from] InvalidCertificate),
    #[error("this certificate is registered already")]
    CertificateTaken,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn tenant_id(text: &str) -> Result<TenantId, StoreError> {
    text.parse().map_err(|_| StoreError::Inconsistent {
        what: format!("the tenant {text:?}"),
    })
}

fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or_else(|| StoreError::Inconsistent {
        what: format!("the role {text:?}"),
    })
}

fn member(
    account: String,
    name: String,
    email: String,
    role: &str,
    tenant: TenantId,
    tenant_name: String,
) -> Result<Member, StoreError> {
    Ok(Member {
        user: UserId::new(account),
        name,
        email,
        role: self::role(role)?,
        tenant,
        tenant_name,
    })
}
