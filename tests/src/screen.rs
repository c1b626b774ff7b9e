//! A wall screen, paired.

use watchfloor::{
    clock::Clock,
    store::{Database, identity, walls},
};
use watchfloor_shared::{
    TenantId,
    wall::{WallDimming, WallScene, WallSettings, WallShows, WallTheme},
};

/// The id of a new wall of this tenant, which shows every scene and nothing in full.
pub async fn paired(db: &Database, tenant: &TenantId, name: &str) -> String {
    let begun = identity::walls::begin(db).await.unwrap().unwrap();
    let settings = WallSettings {
        name: name.to_owned(),
        scenes: WallScene::ALL.to_vec(),
        shows: WallShows::default(),
        theme: WallTheme::default(),
        dimming: WallDimming::default(),
    };
    let mut tx = db.tenant(tenant).await.unwrap();
    let now = Clock::system().now();
    let wall = walls::pair(&mut tx, &begun.code, &settings, name, now).await.unwrap();
    tx.commit().await.unwrap();
    identity::walls::collect(db, begun.secret.reveal()).await.unwrap();
    wall.id
}
