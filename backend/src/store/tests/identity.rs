//! Who may come in.

use super::database;
use crate::{
    clock::Clock,
    store::{
        Secret,
        identity::{
            self, IdentityError, Verified, api_keys, one_time_links,
            sessions::{self, Origin},
        },
        testing::{database_at, tenant_id},
    },
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use watchfloor_shared::{
    Timestamp,
    identity::{Role, Setup},
};

/// A clock that tests move on, in minutes.
fn moving() -> (Clock, Arc<AtomicI64>) {
    let minutes = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&minutes);
    let clock =
        Clock::from_fn(move || Timestamp::from_millis(read.load(Ordering::SeqCst) * 60_000 + 1_700_000_000_000));
    (clock, minutes)
}

fn password() -> Secret {
    Secret::new("correct horse battery")
}

#[tokio::test]
async fn setup_works_once_and_only_with_the_latest_token_in_its_time() {
    let (clock, minutes) = moving();
    let Some(db) = database_at(&clock).await else { return };
    assert!(identity::setup_needed(&db).await.unwrap());
    let first = identity::issue_setup_token(&db, &tenant_id("acme"))
        .await
        .unwrap()
        .unwrap();
    let second = identity::issue_setup_token(&db, &tenant_id("acme"))
        .await
        .unwrap()
        .unwrap();
    let setup = |token: &Secret, password: &str| Setup {
        token: token.reveal().to_owned(),
        name: "Ada".to_owned(),
        email: "Ada@Example.org".to_owned(),
        password: password.to_owned(),
    };
    let right = password();
    let short = identity::redeem_setup(&db, &setup(&second, "short"), &Origin::default()).await;
    assert!(
        matches!(short, Err(IdentityError::Password(_))),
        "and the token is not used up"
    );
    let old = identity::redeem_setup(&db, &setup(&first, right.reveal()), &Origin::default()).await;
    assert!(matches!(old, Err(IdentityError::InvalidToken)));
    minutes.store(24 * 60 + 1, Ordering::SeqCst);
    let late = identity::redeem_setup(&db, &setup(&second, right.reveal()), &Origin::default()).await;
    assert!(matches!(late, Err(IdentityError::InvalidToken)));
    let third = identity::issue_setup_token(&db, &tenant_id("acme"))
        .await
        .unwrap()
        .unwrap();
    let owner = identity::redeem_setup(&db, &setup(&third, right.reveal()), &Origin::default())
        .await
        .unwrap();
    assert_eq!(
        (owner.member.role, owner.member.email.as_str()),
        (Role::Owner, "ada@example.org")
    );
    assert_eq!(
        sessions::lookup(&db, owner.token.reveal())
            .await
            .unwrap()
            .unwrap()
            .member,
        owner.member
    );
    let again = identity::redeem_setup(&db, &setup(&third, right.reveal()), &Origin::default()).await;
    assert!(matches!(again, Err(IdentityError::InvalidToken)));
    assert!(!identity::setup_needed(&db).await.unwrap());
    assert!(
        identity::issue_setup_token(&db, &tenant_id("acme"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn passwords_open_their_own_account() {
    let db = database!();
    let acme = tenant_id("acme");
    let ada = identity::create_account(&db, &acme, "Ada", " ADA@x.org", &password(), Role::Analyst)
        .await
        .unwrap();
    let taken = identity::create_account(&db, &acme, "Bo", "ada@X.org", &password(), Role::Viewer).await;
    assert!(matches!(taken, Err(IdentityError::EmailTaken)));
    assert_eq!(
        identity::verify_password(&db, "Ada@x.ORG", &password()).await.unwrap(),
        Verified::Right(ada.clone())
    );
    let wrong = Secret::new("wrong horse battery");
    let refused = identity::verify_password(&db, "ada@x.org", &wrong).await.unwrap();
    assert_eq!(refused, Verified::Wrong(Some(ada)));
    for nobody in ["bo@x.org", "' OR true --", "", "a\0@b"] {
        let refused = identity::verify_password(&db, nobody, &password()).await.unwrap();
        assert_eq!(refused, Verified::Wrong(None));
    }
}

#[tokio::test]
async fn sessions_rotate_idle_out_and_end() {
    let (clock, minutes) = moving();
    let Some(db) = database_at(&clock).await else { return };
    let ada = identity::create_account(&db, &tenant_id("acme"), "Ada", "a@x.org", &password(), Role::Admin)
        .await
        .unwrap();
    let token = sessions::create(&db, &ada, &Origin::default()).await.unwrap();
    assert!(
        !sessions::lookup(&db, token.reveal())
            .await
            .unwrap()
            .unwrap()
            .rotation_due
    );
    minutes.store(16, Ordering::SeqCst);
    assert!(
        sessions::lookup(&db, token.reveal())
            .await
            .unwrap()
            .unwrap()
            .rotation_due
    );
    let next = sessions::rotate(&db, token.reveal()).await.unwrap().unwrap();
    let old = sessions::lookup(&db, token.reveal())
        .await
        .unwrap()
        .expect("works for requests under way");
    assert!(!old.rotation_due);
    assert!(
        sessions::rotate(&db, token.reveal()).await.unwrap().is_none(),
        "the old token makes no second session"
    );
    minutes.store(17, Ordering::SeqCst);
    assert_eq!(sessions::lookup(&db, token.reveal()).await.unwrap(), None);
    minutes.store(17 + 11 * 60, Ordering::SeqCst);
    assert!(
        sessions::lookup(&db, next.reveal()).await.unwrap().is_some(),
        "used within 12 hours"
    );
    minutes.store(17 + 22 * 60, Ordering::SeqCst);
    assert!(
        sessions::lookup(&db, next.reveal()).await.unwrap().is_some(),
        "use moved the limit"
    );
    minutes.store(17 + 35 * 60, Ordering::SeqCst);
    assert_eq!(
        sessions::lookup(&db, next.reveal()).await.unwrap(),
        None,
        "idle for 13 hours"
    );
    let token = sessions::create(&db, &ada, &Origin::default()).await.unwrap();
    sessions::revoke(&db, token.reveal()).await.unwrap();
    assert_eq!(sessions::lookup(&db, token.reveal()).await.unwrap(), None);
}

#[tokio::test]
async fn api_keys_belong_to_one_tenant_and_are_shown_once() {
    let db = database!();
    let (acme, beta) = (tenant_id("acme"), tenant_id("beta"));
    let key = api_keys::issue(&db, &acme, api_keys::Label::name(" collector "), None)
        .await
        .unwrap();
    let holder = api_keys::lookup(&db, &key.secret).await.unwrap().unwrap();
    assert_eq!(
        (holder.tenant.clone(), holder.name.as_str()),
        (acme.clone(), "collector")
    );
    let listed = api_keys::list(&db, &acme).await.unwrap();
    assert_eq!(
        (listed[0].id.as_str(), listed[0].last_used.is_some()),
        (key.id.as_str(), true)
    );
    assert_eq!(api_keys::list(&db, &beta).await.unwrap(), []);
    for wrong in [
        "",
        "wf_",
        "wf_x_y",
        "wf_\0_y",
        &key.secret[..key.secret.len() - 1],
        &format!("{}x", key.secret),
    ] {
        assert_eq!(api_keys::lookup(&db, wrong).await.unwrap(), None, "{wrong:?}");
    }
    assert!(
        !api_keys::revoke(&db, &beta, &key.id).await.unwrap(),
        "another tenant's key"
    );
    assert!(api_keys::revoke(&db, &acme, &key.id).await.unwrap());
    assert_eq!(api_keys::lookup(&db, &key.secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_sign_in_link_works_once() {
    let (clock, minutes) = moving();
    let Some(db) = database_at(&clock).await else { return };
    let ada = identity::create_account(&db, &tenant_id("acme"), "Ada", "a@x.org", &password(), Role::Owner)
        .await
        .unwrap();
    let hour = Duration::from_secs(3_600);
    let link = one_time_links::issue(&db, &ada, hour).await.unwrap();
    let first = one_time_links::redeem(&db, link.reveal(), &Origin::default())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.member, ada);
    assert!(
        one_time_links::redeem(&db, link.reveal(), &Origin::default())
            .await
            .unwrap()
            .is_none()
    );
    let link = one_time_links::issue(&db, &ada, hour).await.unwrap();
    minutes.store(61, Ordering::SeqCst);
    assert!(
        one_time_links::redeem(&db, link.reveal(), &Origin::default())
            .await
            .unwrap()
            .is_none()
    );
}
