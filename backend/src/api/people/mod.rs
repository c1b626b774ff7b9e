//! The people of an organization, and invitations.

pub mod invite;
pub mod list;
pub mod member;

use super::{
    access::{Caller, Person},
    problem::ApiError,
};
use crate::store::identity::Member;

/// The administrator who asks.
fn administrator(caller: &Caller) -> Result<Member, ApiError> {
    caller.person().map(Person::member).ok_or_else(ApiError::forbidden)
}
