//! From a code on a screen to a wall, and its end.

use super::{acme, at, database, detection, record};
use crate::{
    clock::Clock,
    store::{
        Database, Secret, endpoints,
        identity::{
            self, Member,
            people::{self, Joining},
            walls::{self as screens, Pairing},
        },
        testing::{database_at, tenant_id},
        walls::{self, WALLS_MAX, WallError},
    },
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use watchfloor_shared::{
    EndpointId, Timestamp,
    identity::Role,
    wall::{Wall, WallDimming, WallScene, WallSettings, WallShows, WallTheme},
};

fn lobby() -> WallSettings {
    WallSettings {
        name: " Lobby ".to_owned(),
        scenes: vec![WallScene::Map, WallScene::Endpoints],
        shows: WallShows {
            hosts: true,
            ..WallShows::default()
        },
        theme: WallTheme::Light,
        dimming: WallDimming {
            from_minute: 1_320,
            to_minute: 360,
        },
    }
}

async fn pair(db: &Database, tenant: &str, code: &str, wall: &WallSettings) -> Result<Wall, WallError> {
    let mut tx = db.tenant(&tenant_id(tenant)).await.unwrap();
    let wall = walls::pair(&mut tx, code, wall, "Ada", db.now()).await?;
    tx.commit().await.unwrap();
    Ok(wall)
}

async fn credential(db: &Database, secret: &str) -> String {
    match screens::collect(db, secret).await.unwrap() {
        Pairing::Paired(credential) => credential.reveal().to_owned(),
        other => panic!("{other:?}"),
    }
}

async fn of(db: &Database, tenant: &str) -> Vec<Wall> {
    let mut tx = db.tenant(&tenant_id(tenant)).await.unwrap();
    walls::list(&mut tx).await.unwrap()
}

#[tokio::test]
async fn a_screen_is_paired_once_and_is_what_was_said_of_it() {
    let db = database!();
    let begun = screens::begin(&db).await.unwrap().unwrap();
    assert!(begun.code.len() == 6 && begun.code.bytes().all(|byte| byte.is_ascii_digit()));
    let secret = begun.secret.reveal();
    assert!(matches!(screens::collect(&db, secret).await.unwrap(), Pairing::Pending));
    let wall = pair(&db, "acme", &begun.code, &lobby()).await.unwrap();
    assert_eq!(
        (wall.settings.name.as_str(), wall.created_by.as_str()),
        ("Lobby", "Ada")
    );
    let again = pair(&db, "beta", &begun.code, &lobby()).await;
    assert!(matches!(again, Err(WallError::UnknownCode)), "a code works once");
    assert_eq!(of(&db, "acme").await[0].last_seen, None, "the screen has not come yet");

    let credential = credential(&db, secret).await;
    assert!(matches!(screens::collect(&db, secret).await.unwrap(), Pairing::Over));
    let found = screens::lookup(&db, &credential).await.unwrap().unwrap();
    assert_eq!((found.tenant, found.organization.as_str()), (tenant_id("acme"), "acme"));
    assert_eq!((found.id, found.settings), (wall.id.clone(), wall.settings));
    for wrong in ["", secret, &credential[1..]] {
        assert_eq!(screens::lookup(&db, wrong).await.unwrap(), None);
    }
    assert!(of(&db, "acme").await[0].last_seen.is_some());
    assert_eq!(of(&db, "beta").await, []);
}

#[tokio::test]
async fn a_wall_is_changed_and_revoked_by_its_own_tenant_alone() {
    let db = database!();
    let begun = screens::begin(&db).await.unwrap().unwrap();
    let wall = pair(&db, "acme", &begun.code, &lobby()).await.unwrap();
    let credential = credential(&db, begun.secret.reveal()).await;
    let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
    assert_eq!(walls::get(&mut tx, &wall.id).await.unwrap(), None);
    assert!(!walls::revoke(&mut tx, &wall.id).await.unwrap());
    drop(tx);

    let mut tx = acme(&db).await;
    let held = walls::get(&mut tx, &wall.id).await.unwrap().unwrap();
    let changed = WallSettings {
        scenes: vec![WallScene::Pipeline],
        shows: WallShows::default(),
        ..held.settings
    };
    walls::change(&mut tx, &wall.id, &changed).await.unwrap();
    let none = WallSettings {
        scenes: vec![WallScene::Map, WallScene::Map],
        ..changed.clone()
    };
    let refused = walls::change(&mut tx, &wall.id, &none).await;
    assert!(matches!(refused, Err(WallError::InvalidScenes)));
    tx.commit().await.unwrap();
    let shown = screens::lookup(&db, &credential).await.unwrap().unwrap();
    assert_eq!(shown.settings, changed);

    let mut tx = acme(&db).await;
    assert!(walls::revoke(&mut tx, &wall.id).await.unwrap());
    assert!(!walls::revoke(&mut tx, &wall.id).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(screens::lookup(&db, &credential).await.unwrap(), None);
    assert_eq!(of(&db, "acme").await, []);
}

/// Somebody of acme, who joins beta too.
async fn of_both(db: &Database) -> (Member, Member) {
    let password = Secret::new("correct horse battery");
    let person = async |tenant: &str, name: &str| {
        let email = format!("{name}@x.org");
        let tenant = tenant_id(tenant);
        let made = identity::create_account(db, &tenant, name, &email, &password, Role::Owner);
        made.await.unwrap()
    };
    let (ada, bo) = (person("acme", "ada").await, person("beta", "bo").await);
    let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
    let invited = people::invite(&mut tx, &ada.email, Role::Admin, &bo, db.now()).await;
    tx.commit().await.unwrap();
    let (_, token) = invited.unwrap();
    people::accept(db, token.reveal(), Joining::Known(&ada.user))
        .await
        .unwrap();
    (ada, bo)
}

async fn show(db: &Database, wall: &str, also: &[&str], by: &Member) -> Result<(), WallError> {
    let mut tx = db.tenant(&tenant_id("acme")).await.unwrap();
    let also: Vec<_> = also.iter().map(|name| tenant_id(name)).collect();
    walls::show_also(&mut tx, wall, &also, &by.user).await?;
    tx.commit().await.unwrap();
    Ok(())
}

#[tokio::test]
async fn a_wall_shows_other_organizations_by_the_right_of_who_administers_them() {
    let db = database!();
    let (ada, bo) = of_both(&db).await;
    let begun = screens::begin(&db).await.unwrap().unwrap();
    let wall = pair(&db, "acme", &begun.code, &lobby()).await.unwrap();
    let credential = credential(&db, begun.secret.reveal()).await;
    let beside = async || {
        let found = screens::lookup(&db, &credential).await.unwrap().unwrap();
        let names = found.also.into_iter().map(|one| one.name);
        names.collect::<Vec<_>>()
    };
    let offered = walls::administered_beside(&mut acme(&db).await, &ada.user)
        .await
        .unwrap();
    assert_eq!(offered.len(), 1);
    assert_eq!(
        walls::administered_beside(&mut acme(&db).await, &bo.user)
            .await
            .unwrap(),
        [],
        "bo is nobody in acme"
    );
    for (also, by) in [(&["beta"][..], &bo), (&["beta", "gamma"][..], &ada)] {
        let refused = show(&db, &wall.id, also, by).await;
        assert!(matches!(refused, Err(WallError::NotTheirs)), "{also:?}: {refused:?}");
    }
    assert!(beside().await.is_empty());
    show(&db, &wall.id, &["beta", "acme"], &ada).await.unwrap();
    assert_eq!(beside().await, ["beta"]);
    assert_eq!(of(&db, "acme").await[0].also, offered);

    // The right is asked for each time: it rests, and it ends.
    let right = async |role: Option<Role>| {
        let mut tx = db.tenant(&tenant_id("beta")).await.unwrap();
        match role {
            Some(role) => people::set_role(&mut tx, &ada.user, role, Role::Owner).await.unwrap(),
            None => people::remove(&mut tx, &ada.user, Role::Owner).await.unwrap(),
        }
        tx.commit().await.unwrap();
    };
    right(Some(Role::Analyst)).await;
    assert!(beside().await.is_empty());
    right(Some(Role::Admin)).await;
    assert_eq!(beside().await, ["beta"]);
    show(&db, &wall.id, &[], &ada).await.unwrap();
    assert!(beside().await.is_empty());
    show(&db, &wall.id, &["beta"], &ada).await.unwrap();
    right(None).await;
    assert!(beside().await.is_empty());
}

#[tokio::test]
async fn codes_are_few_and_grow_old() {
    let minutes = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&minutes);
    let clock =
        Clock::from_fn(move || Timestamp::from_millis(read.load(Ordering::SeqCst) * 60_000 + 1_700_000_000_000));
    let Some(db) = database_at(&clock).await else { return };
    let first = screens::begin(&db).await.unwrap().unwrap();
    for _ in 1..200 {
        assert!(screens::begin(&db).await.unwrap().is_some());
    }
    assert!(screens::begin(&db).await.unwrap().is_none(), "two hundred screens wait");
    minutes.store(10, Ordering::SeqCst);
    let late = pair(&db, "acme", &first.code, &lobby()).await;
    assert!(matches!(late, Err(WallError::UnknownCode)), "{late:?}");
    assert!(matches!(
        screens::collect(&db, first.secret.reveal()).await.unwrap(),
        Pairing::Over
    ));
    let fresh = screens::begin(&db).await.unwrap().expect("the old ones are gone");

    // Typed at the last moment, and the screen still has time to come; a wall that was revoked meanwhile stays dark.
    minutes.store(19, Ordering::SeqCst);
    let wall = pair(&db, "acme", &fresh.code, &lobby()).await.unwrap();
    let mut tx = acme(&db).await;
    walls::revoke(&mut tx, &wall.id).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(
        screens::collect(&db, fresh.secret.reveal()).await.unwrap(),
        Pairing::Over
    ));
}

#[tokio::test]
async fn an_organization_has_no_more_screens_than_it_may() {
    let db = database!();
    for _ in 0..WALLS_MAX {
        let begun = screens::begin(&db).await.unwrap().unwrap();
        pair(&db, "acme", &begun.code, &lobby()).await.unwrap();
    }
    let begun = screens::begin(&db).await.unwrap().unwrap();
    let refused = pair(&db, "acme", &begun.code, &lobby()).await;
    assert!(matches!(refused, Err(WallError::TooMany)), "{refused:?}");
    pair(&db, "beta", &begun.code, &lobby()).await.unwrap();
}

#[tokio::test]
async fn endpoints_at_risk_are_counted_and_numbered_by_when_they_came() {
    let db = database!();
    let detections = [
        detection("r", "h2", 1, 0),
        detection("r2", "h2", 2, 0),
        detection("r", "h1", 3, 0),
    ];
    record(&db, &detections).await;
    let sighting = |id: &str, first: i64| endpoints::EndpointSighting {
        id: EndpointId::new(id),
        name: id.to_owned(),
        platform: "linux".to_owned(),
        addresses: Vec::new(),
        first_seen: at(first),
        last_seen: at(100),
        simulated: false,
    };
    let mut tx = acme(&db).await;
    endpoints::upsert(&mut tx, &[sighting("h1", 9), sighting("h2", 3), sighting("h3", 5)])
        .await
        .unwrap();
    assert_eq!(endpoints::at_risk(&mut tx).await.unwrap(), 2);
    let asked = [EndpointId::new("h1"), EndpointId::new("h2"), EndpointId::new("none")];
    let ordinals = endpoints::ordinals(&mut tx, &asked).await.unwrap();
    assert_eq!((ordinals.len(), ordinals[&asked[0]], ordinals[&asked[1]]), (2, 3, 1));
}
