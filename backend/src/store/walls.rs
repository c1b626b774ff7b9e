//! A tenant's wall screens, as administrators see them.

use super::{
    StoreError, TenantTx,
    identity::{
        IdentityError,
        walls::{organization, settings},
    },
};
use crate::{identity::token, store::alerts::without_nul};
use watchfloor_shared::{
    TenantId, Timestamp, UserId,
    wall::{ORGANIZATIONS_BESIDE_MAX, Wall, WallOrganization, WallScene, WallSettings},
};

/// Screens of one tenant.
pub const WALLS_MAX: i64 = 100;

/// Why a screen was not paired or changed.
#[derive(Debug, thiserror::Error)]
pub enum WallError {
    #[error("no screen shows this code: it is mistyped, was used already, or is older than ten minutes")]
    UnknownCode,
    #[error("an organization has at most {WALLS_MAX} screens: revoke one that is gone")]
    TooMany,
    #[error(
        "a screen shows at most {ORGANIZATIONS_BESIDE_MAX} organizations beside its own, and those alone that you administer"
    )]
    NotTheirs,
    #[error("choose at least one scene, and each once")]
    InvalidScenes,
    #[error("a time of day has 0 to 1439 minutes")]
    InvalidDimming,
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Makes a wall of the screen that shows `code`.
pub async fn pair(
    tx: &mut TenantTx,
    code: &str,
    wall: &WallSettings,
    by: &str,
    now: Timestamp,
) -> Result<Wall, WallError> {
    let wall = valid(wall)?;
    let tenant = tx.tenant().clone();
    let held = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM walls WHERE NOT revoked"#)
        .fetch_one(tx.connection())
        .await
        .map_err(StoreError::from)?;
    if held >= WALLS_MAX {
        return Err(WallError::TooMany);
    }
    let id = token::random_id();
    let claimed = sqlx::query_scalar!(
        r#"SELECT identity.claim_wall_pairing($1, $2, $3, $4) AS "claimed!""#,
        code,
        tenant.as_str(),
        &id,
        now.nanos()
    )
    .fetch_one(tx.connection())
    .await
    .map_err(StoreError::from)?;
    if !claimed {
        return Err(WallError::UnknownCode);
    }
    sqlx::query!(
        "INSERT INTO walls (tenant_id, wall_id, name, scenes, shows_addresses, shows_hosts, shows_users, theme,
             dim_from_minute, dim_to_minute, created_by, created_ns)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        tenant.as_str(),
        &id,
        &wall.name,
        &scenes(&wall),
        wall.shows.addresses,
        wall.shows.hosts,
        wall.shows.users,
        wall.theme.as_str(),
        minute(wall.dimming.from_minute),
        minute(wall.dimming.to_minute),
        without_nul(by),
        now.nanos()
    )
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)?;
    Ok(Wall {
        id,
        settings: wall,
        also: Vec::new(),
        created: now,
        created_by: by.to_owned(),
        last_seen: None,
    })
}

struct WallRow {
    wall_id: String,
    name: String,
    scenes: Vec<String>,
    shows_addresses: bool,
    shows_hosts: bool,
    shows_users: bool,
    theme: String,
    dim_from_minute: i16,
    dim_to_minute: i16,
    created_by: String,
    created_ns: i64,
    last_seen_ns: Option<i64>,
}

impl WallRow {
    fn into_wall(self) -> Result<Wall, StoreError> {
        let settings = settings(
            self.name,
            &self.scenes,
            [self.shows_addresses, self.shows_hosts, self.shows_users],
            &self.theme,
            [self.dim_from_minute, self.dim_to_minute],
        )?;
        Ok(Wall {
            id: self.wall_id,
            settings,
            also: Vec::new(),
            created: Timestamp::from_nanos(self.created_ns),
            created_by: self.created_by,
            last_seen: self.last_seen_ns.map(Timestamp::from_nanos),
        })
    }
}

/// Those that are not revoked, by name.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Wall>, StoreError> {
    let rows = sqlx::query_as!(
        WallRow,
        "SELECT wall_id, name, scenes, shows_addresses, shows_hosts, shows_users, theme, dim_from_minute, dim_to_minute,
             created_by, created_ns, last_seen_ns
         FROM walls WHERE NOT revoked ORDER BY lower(name), wall_id"
    )
    .fetch_all(tx.connection())
    .await?;
    let mut walls: Vec<Wall> = rows.into_iter().map(WallRow::into_wall).collect::<Result<_, _>>()?;
    let beside = sqlx::query!(
        r#"SELECT wall_id AS "wall_id!", tenant_id AS "tenant_id!", tenant_name AS "tenant_name!"
           FROM identity.shown_on_walls()"#
    )
    .fetch_all(tx.connection())
    .await?;
    for row in beside {
        let one = organization(&row.tenant_id, row.tenant_name)?;
        if let Some(wall) = walls.iter_mut().find(|wall| wall.id == row.wall_id) {
            wall.also.push(one);
        }
    }
    Ok(walls)
}

/// The organizations that a person of this one administers beside it.
pub async fn administered_beside(tx: &mut TenantTx, person: &UserId) -> Result<Vec<WallOrganization>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT tenant_id AS "tenant_id!", tenant_name AS "tenant_name!" FROM identity.administered_beside($1)"#,
        person.as_str()
    )
    .fetch_all(tx.connection())
    .await?;
    let rows = rows.into_iter();
    rows.map(|row| organization(&row.tenant_id, row.tenant_name)).collect()
}

/// The wall shows these in turn with its own organization, by the right of this person. Refused, the transaction must end.
pub async fn show_also(tx: &mut TenantTx, id: &str, also: &[TenantId], by: &UserId) -> Result<(), WallError> {
    let own = tx.tenant().clone();
    let mut ids: Vec<String> = also
        .iter()
        .filter(|one| **one != own)
        .map(ToString::to_string)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() > ORGANIZATIONS_BESIDE_MAX {
        return Err(WallError::NotTheirs);
    }
    let shown = sqlx::query_scalar!(
        r#"SELECT identity.show_on_wall($1, $2, $3) AS "shown!""#,
        id,
        &ids,
        by.as_str()
    )
    .fetch_one(tx.connection())
    .await
    .map_err(StoreError::from)?;
    shown.then_some(()).ok_or(WallError::NotTheirs)
}

/// One that is not revoked, locked until the end of the transaction.
pub async fn get(tx: &mut TenantTx, id: &str) -> Result<Option<Wall>, StoreError> {
    let row = sqlx::query_as!(
        WallRow,
        "SELECT wall_id, name, scenes, shows_addresses, shows_hosts, shows_users, theme, dim_from_minute, dim_to_minute,
             created_by, created_ns, last_seen_ns
         FROM walls WHERE wall_id = $1 AND NOT revoked FOR UPDATE",
        without_nul(id)
    )
    .fetch_optional(tx.connection())
    .await?;
    row.map(WallRow::into_wall).transpose()
}

/// The screen shows it within a second. What was stored.
pub async fn change(tx: &mut TenantTx, id: &str, wall: &WallSettings) -> Result<WallSettings, WallError> {
    let wall = valid(wall)?;
    sqlx::query!(
        "UPDATE walls SET name = $2, scenes = $3, shows_addresses = $4, shows_hosts = $5, shows_users = $6, theme = $7,
             dim_from_minute = $8, dim_to_minute = $9
         WHERE wall_id = $1 AND NOT revoked",
        id,
        &wall.name,
        &scenes(&wall),
        wall.shows.addresses,
        wall.shows.hosts,
        wall.shows.users,
        wall.theme.as_str(),
        minute(wall.dimming.from_minute),
        minute(wall.dimming.to_minute)
    )
    .execute(tx.connection())
    .await
    .map_err(StoreError::from)?;
    Ok(wall)
}

/// Whether there was such a wall. Its credential works no more.
pub async fn revoke(tx: &mut TenantTx, id: &str) -> Result<bool, StoreError> {
    let revoked = sqlx::query!(
        "UPDATE walls SET revoked = true WHERE wall_id = $1 AND NOT revoked",
        without_nul(id)
    )
    .execute(tx.connection())
    .await?;
    Ok(revoked.rows_affected() > 0)
}

fn valid(wall: &WallSettings) -> Result<WallSettings, WallError> {
    let mut distinct = wall.scenes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.is_empty() || distinct.len() != wall.scenes.len() {
        return Err(WallError::InvalidScenes);
    }
    let minutes = [wall.dimming.from_minute, wall.dimming.to_minute];
    if minutes
        .iter()
        .any(|minute| *minute >= watchfloor_shared::wall::WallDimming::MINUTES)
    {
        return Err(WallError::InvalidDimming);
    }
    Ok(WallSettings {
        name: super::identity::accounts::valid_name(&wall.name)?,
        ..wall.clone()
    })
}

fn scenes(wall: &WallSettings) -> Vec<String> {
    let scene = |scene: &WallScene| scene.as_str().to_owned();
    wall.scenes.iter().map(scene).collect()
}

fn minute(of_day: u16) -> i16 {
    i16::try_from(of_day).unwrap_or(0)
}
