//! The people of an organization, and invitations.

pub mod invite;
pub mod list;
pub mod member;

use super::{access::Caller, problem::ApiError};
use crate::store::identity::Member;

/// The administrator who asks.
fn administrator(caller: &Caller) -> Result<Member, ApiError> {
    let person = caller.person().ok_or_else(ApiError::forbidden)?;
    Ok(Member {
        user: person.user.clone(),
        name: person.name.clone(),
        email: person.email.clone(),
        role: person.role,
        tenant: person.tenant.clone(),
        tenant_name: person.tenant_name.clone(),
    })
}
