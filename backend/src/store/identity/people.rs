//! The people of an organization, and those who are invited.

use super::{IdentityError, Member, accounts, accounts::NewAccount, member, role, tenant_id};
use crate::{
    identity::{password, token},
    store::{Database, Secret, StoreError, TenantTx},
};
use std::time::Duration;
use watchfloor_shared::{
    Timestamp, UserId,
    identity::Role,
    people::{Invitation, Invited, Person},
};

/// How long an invitation works.
pub const INVITATION_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);
/// Invitations of one organization that wait.
const OPEN_MAX: i32 = 200;

#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    #[error("nobody of this organization has this id")]
    Unknown,
    #[error("owners alone decide about owners")]
    OwnersAlone,
    #[error("an organization keeps one owner: make somebody else an owner first")]
    LastOwner,
    #[error("somebody with this e-mail address is one of your organization already")]
    MemberAlready,
    #[error("{OPEN_MAX} invitations wait already: cancel some")]
    TooMany,
    #[error("the invitation is wrong, was used already, was cancelled or is too old: ask for a new one")]
    NoInvitation,
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// By name.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT account_id AS "account_id!", name AS "name!", email AS "email!", role AS "role!", seen_ns,
                  has_factor AS "has_factor!", by_provider AS "by_provider!"
           FROM identity.people()"#
    )
    .fetch_all(tx.connection())
    .await?;
    let people = rows.into_iter().map(|row| {
        Ok(Person {
            id: UserId::new(row.account_id),
            name: row.name,
            email: row.email,
            role: role(&row.role)?,
            last_seen: row.seen_ns.map(Timestamp::from_nanos),
            has_factor: row.has_factor,
            by_provider: row.by_provider,
        })
    });
    people.collect()
}

/// Gives a person another role; their next request has it. `by`: the role of who does it.
pub async fn set_role(tx: &mut TenantTx, person: &UserId, role: Role, by: Role) -> Result<(), PeopleError> {
    change(tx, person, Some(role), by).await
}

/// Their sessions here end.
pub async fn remove(tx: &mut TenantTx, person: &UserId, by: Role) -> Result<(), PeopleError> {
    change(tx, person, None, by).await
}

async fn change(tx: &mut TenantTx, person: &UserId, role: Option<Role>, by: Role) -> Result<(), PeopleError> {
    let outcome = sqlx::query_scalar!(
        r#"SELECT identity.change_member($1, $2, $3) AS "outcome!""#,
        person.as_str(),
        role.map(Role::as_str),
        by == Role::Owner
    )
    .fetch_one(tx.connection())
    .await
    .map_err(StoreError::from)?;
    match outcome.as_str() {
        "done" => Ok(()),
        "owners" => Err(PeopleError::OwnersAlone),
        "last" => Err(PeopleError::LastOwner),
        _ => Err(PeopleError::Unknown),
    }
}

/// Whether [`invite`] takes this address.
pub fn check_email(email: &str) -> Result<(), IdentityError> {
    accounts::normal_email(email)
        .map(drop)
        .ok_or(IdentityError::InvalidEmail)
}

/// The token of the link, known only now.
pub async fn invite(
    tx: &mut TenantTx,
    email: &str,
    role: Role,
    by: &Member,
    now: Timestamp,
) -> Result<(Invitation, Secret), PeopleError> {
    if role == Role::Owner && by.role != Role::Owner {
        return Err(PeopleError::OwnersAlone);
    }
    let email = accounts::normal_email(email).ok_or(IdentityError::InvalidEmail)?;
    let token = token::generate();
    let invitation = Invitation {
        id: token::random_id(),
        email,
        role,
        invited_by: by.name.clone(),
        created: now,
        expires: now.saturating_add(INVITATION_LIFETIME),
    };
    let outcome = sqlx::query_scalar!(
        r#"SELECT identity.invite($1, $2, $3, $4, $5, $6, $7, $8) AS "outcome!""#,
        invitation.id,
        &token::hash(token.reveal())[..],
        invitation.email,
        role.as_str(),
        invitation.invited_by,
        now.nanos(),
        invitation.expires.nanos(),
        OPEN_MAX
    )
    .fetch_one(tx.connection())
    .await
    .map_err(StoreError::from)?;
    match outcome.as_str() {
        "done" => Ok((invitation, token)),
        "member" => Err(PeopleError::MemberAlready),
        _ => Err(PeopleError::TooMany),
    }
}

/// Those that wait, newest first.
pub async fn invitations(tx: &mut TenantTx, now: Timestamp) -> Result<Vec<Invitation>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT invitation_id AS "id!", email AS "email!", role AS "role!", invited_by AS "invited_by!",
                  created_ns AS "created_ns!", expires_ns AS "expires_ns!"
           FROM identity.open_invitations($1)"#,
        now.nanos()
    )
    .fetch_all(tx.connection())
    .await?;
    let invitations = rows.into_iter().map(|row| {
        Ok(Invitation {
            id: row.id,
            email: row.email,
            role: role(&row.role)?,
            invited_by: row.invited_by,
            created: Timestamp::from_nanos(row.created_ns),
            expires: Timestamp::from_nanos(row.expires_ns),
        })
    });
    invitations.collect()
}

pub async fn cancel(tx: &mut TenantTx, invitation: &str) -> Result<bool, StoreError> {
    let cancelled = sqlx::query_scalar!(r#"SELECT identity.cancel_invitation($1) AS "cancelled!""#, invitation);
    Ok(cancelled.fetch_one(tx.connection()).await?)
}

/// What the link is for.
pub async fn invited(db: &Database, link: &str) -> Result<Option<Invited>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT tenant_name AS "tenant_name!", email AS "email!", role AS "role!", account_id
           FROM identity.invitation_of($1, $2)"#,
        &token::hash(link)[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let invited = found.map(|found| {
        Ok(Invited {
            organization: found.tenant_name,
            email: found.email,
            role: role(&found.role)?,
            has_account: found.account_id.is_some(),
        })
    });
    invited.transpose()
}

/// Who takes an invitation up.
pub enum Joining<'a> {
    /// The person of the address, who proved to be it.
    Known(&'a UserId),
    /// Nobody had the address.
    New { name: &'a str, password: &'a Secret },
}

/// Makes whoever holds the link one of the organization. The link works no more.
pub async fn accept(db: &Database, link: &str, joining: Joining<'_>) -> Result<Member, PeopleError> {
    let invited = invited(db, link).await?.ok_or(PeopleError::NoInvitation)?;
    let (known, new) = match joining {
        Joining::Known(person) => (Some(person.as_str()), None),
        Joining::New { name, password } => (None, Some(NewAccount::prepare(name, &invited.email, password).await?)),
    };
    let found = sqlx::query!(
        r#"SELECT account_id AS "account_id!", name AS "name!", email AS "email!", role AS "role!",
                  tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.accept_invitation($1, $2, $3, $4, $5, $6)"#,
        &token::hash(link)[..],
        known,
        new.as_ref().map(|account| account.id.as_str()),
        new.as_ref().map(|account| account.name.as_str()),
        new.as_ref().map(|account| account.password.as_str()),
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await
    .map_err(StoreError::from)?;
    let found = found.ok_or(PeopleError::NoInvitation)?;
    let tenant = tenant_id(&found.tenant_id)?;
    Ok(member(
        found.account_id,
        found.name,
        found.email,
        &found.role,
        tenant,
        found.tenant_name,
    )?)
}

/// A new password for the person whose session it is. Other sessions are ended by
/// [`super::sessions::end_beside`].
pub async fn set_password(db: &Database, session: &str, new: &Secret) -> Result<(), IdentityError> {
    password::check(new)?;
    let hash = password::hash(new).await?;
    let is_set = sqlx::query_scalar!(
        r#"SELECT identity.set_password($1, $2) AS "is_set!""#,
        &token::hash(session)[..],
        hash
    )
    .fetch_one(db.without_tenant())
    .await
    .map_err(StoreError::from)?;
    match is_set {
        true => Ok(()),
        false => Err(IdentityError::InvalidToken),
    }
}
