//! Who may call a route, and who is calling.

use crate::store::{
    Secret,
    identity::{Member, api_keys::KeyHolder},
};
use watchfloor_shared::{TenantId, UserId, identity::Permission, identity::Role};

/// What a route asks of its caller. Part of the table, so no route is without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Public,
    /// Any signed-in person.
    SignedIn,
    Needs(Permission),
    /// An owner of the first organization, which hosts the others.
    Host,
    /// Anyone on this machine, elsewhere the permission.
    LoopbackOr(Permission),
    /// A browser that asks for a page gets the console; anything else needs the permission.
    PageOr(Permission),
    /// A paired wall screen, and nobody else: not even a person.
    Screen,
}

impl Access {
    pub const fn permission(self) -> Option<Permission> {
        match self {
            Access::Public | Access::SignedIn | Access::Host | Access::Screen => None,
            Access::Needs(permission) | Access::LoopbackOr(permission) | Access::PageOr(permission) => Some(permission),
        }
    }
}

/// An authenticated caller.
#[derive(Debug, Clone)]
pub enum Caller {
    Person(Person),
    /// A sender with an API key or a registered certificate.
    Key(KeyHolder),
}

#[derive(Debug, Clone)]
pub struct Person {
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub tenant: TenantId,
    pub tenant_name: String,
    /// The token of this session.
    pub session: Secret,
}

impl Person {
    pub fn member(&self) -> Member {
        Member {
            user: self.user.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            tenant: self.tenant.clone(),
            tenant_name: self.tenant_name.clone(),
        }
    }
}

impl Caller {
    pub fn tenant(&self) -> &TenantId {
        match self {
            Caller::Person(person) => &person.tenant,
            Caller::Key(holder) => &holder.tenant,
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        match self {
            Caller::Person(person) => person.role.may(permission),
            Caller::Key(holder) => holder.scopes.contains(&permission),
        }
    }

    pub fn person(&self) -> Option<&Person> {
        match self {
            Caller::Person(person) => Some(person),
            Caller::Key(_) => None,
        }
    }

    /// The sensor whose key this is.
    pub fn sensor(&self) -> Option<&str> {
        match self {
            Caller::Person(_) => None,
            Caller::Key(holder) => holder.sensor.as_deref(),
        }
    }

    /// The id of the enrolled sensor whose certificate this is.
    pub fn enrolled(&self) -> Option<&str> {
        match self {
            Caller::Person(_) => None,
            Caller::Key(holder) => holder.enrolled.as_deref(),
        }
    }

    /// What the history calls them.
    pub fn actor(&self) -> &str {
        match self {
            Caller::Person(person) => &person.name,
            Caller::Key(holder) => &holder.id,
        }
    }
}
