//! A wall screen, paired.

use watchfloor::{
    clock::Clock,
    store::{
        Database, Secret,
        identity::{self, walls::Pairing},
        walls,
    },
};
use watchfloor_shared::{
    TenantId, Timestamp,
    wall::{Wall, WallDimming, WallScene, WallSettings, WallShows, WallTheme},
};

/// The id of a new wall of this tenant, which shows every scene and nothing in full.
pub async fn paired(db: &Database, tenant: &TenantId, name: &str) -> String {
    pair(db, tenant, name, Clock::system().now()).await.0.id
}

/// What such a wall proves itself with.
pub async fn credential(db: &Database, tenant: &TenantId, name: &str, now: Timestamp) -> Secret {
    match pair(db, tenant, name, now).await.1 {
        Pairing::Paired(credential) => credential,
        Pairing::Pending | Pairing::Over => unreachable!("its code was typed a moment ago"),
    }
}

async fn pair(db: &Database, tenant: &TenantId, name: &str, now: Timestamp) -> (Wall, Pairing) {
    let begun = identity::walls::begin(db).await.unwrap().unwrap();
    let settings = WallSettings {
        name: name.to_owned(),
        scenes: WallScene::ALL.to_vec(),
        shows: WallShows::default(),
        theme: WallTheme::default(),
        dimming: WallDimming::default(),
    };
    let mut tx = db.tenant(tenant).await.unwrap();
    let wall = walls::pair(&mut tx, &begun.code, &settings, name, now).await.unwrap();
    tx.commit().await.unwrap();
    let collected = identity::walls::collect(db, begun.secret.reveal()).await.unwrap();
    (wall, collected)
}
