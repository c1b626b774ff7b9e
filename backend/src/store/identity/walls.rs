//! Screens before they are a tenant's, and walls known by their credential.

use super::tenant_id;
use crate::{
    identity::token,
    store::{Database, Secret, StoreError},
};
use rand::Rng;
use std::time::Duration;
use watchfloor_shared::{
    TenantId, Timestamp,
    wall::{WallDimming, WallOrganization, WallScene, WallSettings, WallShows, WallTheme},
};

/// How long a code works.
pub const CODE_LIFE: Duration = Duration::from_secs(10 * 60);
/// Screens that wait for somebody to type their code.
const OUTSTANDING_MAX: i64 = 200;
/// Codes that other screens show.
const TRIES_MAX: u32 = 16;

/// A screen that shows a code. The secret is the screen's alone, and known only now.
#[derive(Debug)]
pub struct BegunPairing {
    pub code: String,
    pub secret: Secret,
    pub expires: Timestamp,
}

/// `None`: as many screens as may wait do.
pub async fn begin(db: &Database) -> Result<Option<BegunPairing>, StoreError> {
    let secret = token::generate();
    let now = db.now();
    let expires = now.saturating_add(CODE_LIFE);
    for _ in 0..TRIES_MAX {
        let code = format!("{:06}", rand::rng().random_range(0..1_000_000_u32));
        let outcome = sqlx::query_scalar!(
            r#"SELECT identity.begin_wall_pairing($1, $2, $3, $4, $5) AS "outcome!""#,
            &token::hash(secret.reveal())[..],
            &code,
            now.nanos(),
            expires.nanos(),
            OUTSTANDING_MAX
        )
        .fetch_one(db.writing())
        .await?;
        match outcome.as_str() {
            "begun" => return Ok(Some(BegunPairing { code, secret, expires })),
            "taken" => {}
            _ => return Ok(None),
        }
    }
    Ok(None)
}

#[derive(Debug)]
pub enum Pairing {
    Pending,
    /// The credential is known only now, and the pairing is over.
    Paired(Secret),
    /// Too old, or there is none, or it was paired and collected before.
    Over,
}

/// What became of the screen's code. A screen whose code was typed gets its credential with this answer.
pub async fn collect(db: &Database, secret: &str) -> Result<Pairing, StoreError> {
    let hash = token::hash(secret);
    let paired = sqlx::query_scalar!(
        r#"SELECT identity.wall_pairing($1, $2) AS "paired!""#,
        &hash[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    match paired {
        None => return Ok(Pairing::Over),
        Some(false) => return Ok(Pairing::Pending),
        Some(true) => {}
    }
    let credential = token::generate();
    let collected = sqlx::query_scalar!(
        r#"SELECT identity.collect_wall($1, $2, $3) AS "collected!""#,
        &hash[..],
        &token::hash(credential.reveal())[..],
        db.now().nanos()
    )
    .fetch_one(db.writing())
    .await?;
    Ok(if collected {
        Pairing::Paired(credential)
    } else {
        Pairing::Over
    })
}

/// A wall that its credential proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedWall {
    pub tenant: TenantId,
    pub organization: String,
    /// Those it shows in turn with that one.
    pub also: Vec<WallOrganization>,
    pub id: String,
    pub settings: WallSettings,
}

/// Whose credential it is, unless the wall was revoked. Counts as being seen.
pub async fn lookup(db: &Database, credential: &str) -> Result<Option<PairedWall>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", tenant_name AS "tenant_name!", wall_id AS "wall_id!", name AS "name!",
                  scenes AS "scenes!", shows_addresses AS "shows_addresses!", shows_hosts AS "shows_hosts!",
                  shows_users AS "shows_users!", theme AS "theme!", dim_from_minute AS "dim_from_minute!",
                  dim_to_minute AS "dim_to_minute!"
           FROM identity.use_wall($1, $2)"#,
        &token::hash(credential)[..],
        db.now().nanos()
    )
    .fetch_optional(db.without_tenant())
    .await?;
    let Some(found) = found else { return Ok(None) };
    let also = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", tenant_name AS "tenant_name!" FROM identity.shown_on_wall($1)"#,
        &token::hash(credential)[..]
    )
    .fetch_all(db.without_tenant())
    .await?;
    let also = also
        .into_iter()
        .map(|row| organization(&row.tenant_id, row.tenant_name));
    Ok(Some(PairedWall {
        also: also.collect::<Result<_, _>>()?,
        tenant: tenant_id(&found.tenant_id)?,
        organization: found.tenant_name,
        id: found.wall_id,
        settings: settings(
            found.name,
            &found.scenes,
            [found.shows_addresses, found.shows_hosts, found.shows_users],
            &found.theme,
            [found.dim_from_minute, found.dim_to_minute],
        )?,
    }))
}

pub(in crate::store) fn organization(id: &str, name: String) -> Result<WallOrganization, StoreError> {
    let id = tenant_id(id)?;
    Ok(WallOrganization { id, name })
}

/// What a row says of a wall.
pub(in crate::store) fn settings(
    name: String,
    scenes: &[String],
    [addresses, hosts, users]: [bool; 3],
    theme: &str,
    [from, to]: [i16; 2],
) -> Result<WallSettings, StoreError> {
    let unknown = |what: &str| StoreError::Inconsistent {
        what: format!("{what:?} of a wall"),
    };
    let scenes = scenes
        .iter()
        .map(|scene| WallScene::parse(scene).ok_or_else(|| unknown(scene)))
        .collect::<Result<_, _>>()?;
    Ok(WallSettings {
        name,
        scenes,
        shows: WallShows {
            addresses,
            hosts,
            users,
        },
        theme: WallTheme::parse(theme).ok_or_else(|| unknown(theme))?,
        dimming: WallDimming {
            from_minute: u16::try_from(from).unwrap_or(0),
            to_minute: u16::try_from(to).unwrap_or(0),
        },
    })
}
