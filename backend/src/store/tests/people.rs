use super::{acme, at, database};
use crate::clock::Clock;
use crate::store::{
    Database, Secret,
    identity::{
        self, Member,
        people::{self, Joining, PeopleError},
        sessions::{self, Origin},
    },
    testing::{database_at, tenant_id},
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use watchfloor_shared::{Timestamp, UserId, identity::Role};

fn password() -> Secret {
    Secret::new("correct horse battery")
}

async fn person(db: &Database, tenant: &str, name: &str, role: Role) -> Member {
    let email = format!("{name}@x.org");
    identity::create_account(db, &tenant_id(tenant), name, &email, &password(), role)
        .await
        .unwrap()
}

async fn change(db: &Database, of: &Member, role: Option<Role>, by: Role) -> Result<(), PeopleError> {
    let mut tx = acme(db).await;
    match role {
        Some(role) => people::set_role(&mut tx, &of.user, role, by).await?,
        None => people::remove(&mut tx, &of.user, by).await?,
    }
    tx.commit().await?;
    Ok(())
}

async fn roles(db: &Database) -> Vec<(String, Role)> {
    let people = people::list(&mut acme(db).await).await.unwrap();
    people.into_iter().map(|person| (person.name, person.role)).collect()
}

#[tokio::test]
async fn one_owner_stays_and_owners_alone_decide_about_owners() {
    let db = database!();
    let ada = person(&db, "acme", "ada", Role::Owner).await;
    let bo = person(&db, "acme", "bo", Role::Analyst).await;
    assert!(matches!(
        change(&db, &ada, Some(Role::Viewer), Role::Owner).await,
        Err(PeopleError::LastOwner)
    ));
    assert!(matches!(
        change(&db, &ada, None, Role::Owner).await,
        Err(PeopleError::LastOwner)
    ));
    assert!(matches!(
        change(&db, &bo, Some(Role::Owner), Role::Admin).await,
        Err(PeopleError::OwnersAlone)
    ));
    assert!(matches!(
        change(&db, &ada, None, Role::Admin).await,
        Err(PeopleError::OwnersAlone)
    ));
    change(&db, &bo, Some(Role::Owner), Role::Owner).await.unwrap();
    // Each takes the other's ownership away at the same moment: one of them is left.
    let (first, second) = tokio::join!(
        change(&db, &ada, Some(Role::Admin), Role::Owner),
        change(&db, &bo, Some(Role::Admin), Role::Owner)
    );
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let owners = roles(&db).await.into_iter().filter(|(_, role)| *role == Role::Owner);
    assert_eq!(owners.count(), 1);
    let of_beta = person(&db, "beta", "cy", Role::Viewer).await;
    assert!(matches!(
        change(&db, &of_beta, None, Role::Owner).await,
        Err(PeopleError::Unknown)
    ));
    let nobody = Member {
        user: UserId::new("' OR true --"),
        ..of_beta
    };
    assert!(matches!(
        change(&db, &nobody, None, Role::Owner).await,
        Err(PeopleError::Unknown)
    ));
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_another_role_counts_at_once() {
    let db = database!();
    person(&db, "acme", "ada", Role::Owner).await;
    let bo = person(&db, "acme", "bo", Role::Analyst).await;
    let token = sessions::create(&db, &bo, &Origin::default()).await.unwrap();
    let role_now = async || {
        sessions::lookup(&db, token.reveal())
            .await
            .unwrap()
            .map(|session| session.member.role)
    };
    assert_eq!(role_now().await, Some(Role::Analyst));
    change(&db, &bo, Some(Role::Viewer), Role::Admin).await.unwrap();
    assert_eq!(role_now().await, Some(Role::Viewer));
    change(&db, &bo, None, Role::Admin).await.unwrap();
    assert_eq!(role_now().await, None);
    assert_eq!(roles(&db).await.len(), 1);
    // The address is free again.
    person(&db, "acme", "bo", Role::Analyst).await;
}

#[tokio::test]
async fn an_invitation_makes_one_person_once() {
    let time = Arc::new(AtomicI64::new(at(0).millis()));
    let clock = {
        let time = Arc::clone(&time);
        Clock::from_fn(move || Timestamp::from_millis(time.load(Ordering::Relaxed)))
    };
    let Some(db) = database_at(&clock).await else { return };
    let ada = person(&db, "acme", "ada", Role::Owner).await;
    let admin = Member {
        role: Role::Admin,
        ..ada.clone()
    };
    let invite = async |email: &str, role: Role, by: &Member| {
        let mut tx = acme(&db).await;
        let invited = people::invite(&mut tx, email, role, by, db.now()).await?;
        tx.commit().await?;
        Ok::<_, PeopleError>(invited)
    };
    assert!(matches!(
        invite("eve@x.org", Role::Owner, &admin).await,
        Err(PeopleError::OwnersAlone)
    ));
    assert!(matches!(
        invite(" ADA@x.org", Role::Viewer, &admin).await,
        Err(PeopleError::MemberAlready)
    ));
    assert!(matches!(
        invite("nonsense", Role::Viewer, &admin).await,
        Err(PeopleError::Identity(_))
    ));

    let (_, first) = invite("Bo@x.org", Role::Analyst, &admin).await.unwrap();
    let (invitation, second) = invite("bo@X.org", Role::Viewer, &admin).await.unwrap();
    let waiting = people::invitations(&mut acme(&db).await, db.now()).await.unwrap();
    assert_eq!(waiting, [invitation], "the second takes the first one's place");
    assert!(people::invited(&db, first.reveal()).await.unwrap().is_none());
    let shown = people::invited(&db, second.reveal()).await.unwrap().unwrap();
    assert_eq!(
        (shown.organization.as_str(), shown.role, shown.has_account),
        ("acme", Role::Viewer, false)
    );

    let accept = async |token: &Secret, secret: &Secret| {
        let joining = Joining::New {
            name: "Bo",
            password: secret,
        };
        people::accept(&db, token.reveal(), joining).await
    };
    assert!(matches!(
        accept(&second, &Secret::new("short")).await,
        Err(PeopleError::Identity(_))
    ));
    let secret = password();
    let (one, other) = tokio::join!(accept(&second, &secret), accept(&second, &secret));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let bo = one.or(other).unwrap();
    assert_eq!(
        (bo.email.as_str(), bo.role, bo.tenant.as_str()),
        ("bo@x.org", Role::Viewer, "acme")
    );

    let (late, token) = invite("cy@x.org", Role::Viewer, &admin).await.unwrap();
    time.store(late.expires.millis() + 1, Ordering::Relaxed);
    assert!(matches!(
        accept(&token, &password()).await,
        Err(PeopleError::NoInvitation)
    ));
    let (cancelled, token) = invite("cy@x.org", Role::Viewer, &admin).await.unwrap();
    assert!(
        !people::cancel(&mut db.tenant(&tenant_id("beta")).await.unwrap(), &cancelled.id)
            .await
            .unwrap()
    );
    let mut tx = acme(&db).await;
    assert!(people::cancel(&mut tx, &cancelled.id).await.unwrap());
    tx.commit().await.unwrap();
    assert!(matches!(
        accept(&token, &password()).await,
        Err(PeopleError::NoInvitation)
    ));
}

#[tokio::test]
async fn who_has_an_account_joins_with_it_and_leaves_one_organization_alone() {
    let db = database!();
    let ada = person(&db, "acme", "ada", Role::Owner).await;
    let bo = person(&db, "beta", "bo", Role::Owner).await;
    let mut tx = acme(&db).await;
    let (_, token) = people::invite(&mut tx, "bo@x.org", Role::Analyst, &ada, db.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let anew = Joining::New {
        name: "Mallory",
        password: &password(),
    };
    for not_theirs in [anew, Joining::Known(&ada.user)] {
        let refused = people::accept(&db, token.reveal(), not_theirs).await;
        assert!(matches!(refused, Err(PeopleError::NoInvitation)));
    }
    let joined = people::accept(&db, token.reveal(), Joining::Known(&bo.user))
        .await
        .unwrap();
    assert_eq!(
        (&joined.user, joined.name.as_str(), joined.role),
        (&bo.user, "bo", Role::Analyst)
    );
    change(&db, &joined, None, Role::Admin).await.unwrap();
    assert!(matches!(
        identity::verify_password(&db, "bo@x.org", &password()).await.unwrap(),
        identity::Verified::Right(still) if still.tenant.as_str() == "beta"
    ));
}

#[tokio::test]
async fn ones_sessions_are_listed_and_ended_and_nobody_elses() {
    let db = database!();
    let ada = person(&db, "acme", "ada", Role::Owner).await;
    let bo = person(&db, "acme", "bo", Role::Owner).await;
    let from = |address: &str| Origin {
        address: address.to_owned(),
        agent: "Firefox".to_owned(),
    };
    let here = sessions::create(&db, &ada, &from("192.0.2.1")).await.unwrap();
    let there = sessions::create(&db, &ada, &from("192.0.2.2")).await.unwrap();
    let other = sessions::create(&db, &bo, &from("192.0.2.3")).await.unwrap();
    let listed = sessions::beside(&db, here.reveal()).await.unwrap();
    let mut addresses: Vec<_> = listed.iter().map(|one| (one.address.as_str(), one.is_this)).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, [("192.0.2.1", true), ("192.0.2.2", false)]);
    let of_bo = sessions::beside(&db, other.reveal()).await.unwrap().remove(0).id;
    assert!(
        sessions::end_beside(&db, here.reveal(), Some(&of_bo))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        sessions::end_beside(&db, here.reveal(), None).await.unwrap(),
        [tenant_id("acme")]
    );
    let lives = async |token: &Secret| sessions::lookup(&db, token.reveal()).await.unwrap().is_some();
    assert!(lives(&here).await && !lives(&there).await && lives(&other).await);

    people::set_password(&db, here.reveal(), &Secret::new("another horse battery"))
        .await
        .unwrap();
    assert!(
        people::set_password(&db, here.reveal(), &Secret::new("short"))
            .await
            .is_err()
    );
    assert!(people::set_password(&db, "nobody", &password()).await.is_err());
    assert!(matches!(
        identity::verify_password(&db, "ada@x.org", &Secret::new("another horse battery"))
            .await
            .unwrap(),
        identity::Verified::Right(_)
    ));
}
