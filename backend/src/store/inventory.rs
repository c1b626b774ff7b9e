//! What a tenant owns, who is in it and where it is: three tables, each read and replaced as a whole.

use super::{StoreError, TenantTx};
use serde::Serialize;
use watchfloor_shared::inventory::{Asset, Criticality, Person, Site};

struct AssetRow {
    name: String,
    addresses: Vec<String>,
    criticality: Option<i16>,
    owner: Option<String>,
    role: Option<String>,
    site: Option<String>,
}

impl From<AssetRow> for Asset {
    fn from(row: AssetRow) -> Self {
        Self {
            name: row.name,
            addresses: row.addresses,
            criticality: row.criticality.and_then(criticality),
            owner: row.owner,
            role: row.role,
            site: row.site,
        }
    }
}

/// By name.
pub async fn assets(tx: &mut TenantTx) -> Result<Vec<Asset>, StoreError> {
    let rows = sqlx::query_as!(
        AssetRow,
        "SELECT name, addresses, criticality, owner, role, site FROM assets ORDER BY name"
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(rows.into_iter().map(Asset::from).collect())
}

/// The row that events of this host are enriched with: its name in full, else its id, else its short name.
pub async fn asset_of_host(tx: &mut TenantTx, name: &str, id: &str) -> Result<Option<Asset>, StoreError> {
    let name = name.to_lowercase();
    let short = name.split('.').next().unwrap_or_default().to_owned();
    let names = [name.clone(), id.to_lowercase(), short];
    let row = sqlx::query_as!(
        AssetRow,
        "SELECT name, addresses, criticality, owner, role, site FROM assets
         WHERE lower(name) = ANY($1) ORDER BY array_position($1, lower(name)) LIMIT 1",
        &names[..]
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(Asset::from))
}

/// By name.
pub async fn people(tx: &mut TenantTx) -> Result<Vec<Person>, StoreError> {
    let rows = sqlx::query!(
        "SELECT name, full_name, email, department, title, criticality, privileged FROM people ORDER BY name"
    )
    .fetch_all(tx.connection())
    .await?;
    let person = rows.into_iter().map(|row| Person {
        name: row.name,
        full_name: row.full_name,
        email: row.email,
        department: row.department,
        title: row.title,
        criticality: row.criticality.and_then(criticality),
        privileged: row.privileged,
    });
    Ok(person.collect())
}

/// The names must differ: two rows of one name are a conflict.
pub async fn replace_assets(tx: &mut TenantTx, assets: &[Asset]) -> Result<i64, StoreError> {
    let rows = json(assets.iter().map(|asset| {
        serde_json::json!({
            "name": asset.name, "addresses": asset.addresses, "criticality": asset.criticality.map(place),
            "owner": asset.owner, "role": asset.role, "site": asset.site,
        })
    }));
    begin_replacing(tx).await?;
    let tenant = tx.tenant().clone();
    sqlx::query!("DELETE FROM assets").execute(tx.connection()).await?;
    let taken = sqlx::query!(
        "INSERT INTO assets (tenant_id, name, addresses, criticality, owner, role, site)
         SELECT $2, a.name, coalesce(a.addresses, '{}'), a.criticality, a.owner, a.role, a.site
         FROM json_to_recordset($1::text::json) AS a (name text, addresses text[], criticality smallint, owner text,
             role text, site text)",
        rows,
        tenant.as_str()
    )
    .execute(tx.connection())
    .await?;
    Ok(i64::try_from(taken.rows_affected()).unwrap_or(i64::MAX))
}

/// The names must differ: two rows of one name are a conflict.
pub async fn replace_people(tx: &mut TenantTx, people: &[Person]) -> Result<i64, StoreError> {
    let rows = json(people.iter().map(|person| {
        serde_json::json!({
            "name": person.name, "full_name": person.full_name, "email": person.email, "department": person.department,
            "title": person.title, "criticality": person.criticality.map(place), "privileged": person.privileged,
        })
    }));
    begin_replacing(tx).await?;
    let tenant = tx.tenant().clone();
    sqlx::query!("DELETE FROM people").execute(tx.connection()).await?;
    let taken = sqlx::query!(
        "INSERT INTO people (tenant_id, name, full_name, email, department, title, criticality, privileged)
         SELECT $2, p.name, p.full_name, p.email, p.department, p.title, p.criticality, p.privileged
         FROM json_to_recordset($1::text::json) AS p (name text, full_name text, email text, department text,
             title text, criticality smallint, privileged boolean)",
        rows,
        tenant.as_str()
    )
    .execute(tx.connection())
    .await?;
    Ok(i64::try_from(taken.rows_affected()).unwrap_or(i64::MAX))
}

/// By name.
pub async fn sites(tx: &mut TenantTx) -> Result<Vec<Site>, StoreError> {
    let sites = sqlx::query_as!(
        Site,
        "SELECT name, latitude, longitude, country FROM sites ORDER BY name"
    )
    .fetch_all(tx.connection())
    .await?;
    Ok(sites)
}

/// The names must differ: two rows of one name are a conflict.
pub async fn replace_sites(tx: &mut TenantTx, sites: &[Site]) -> Result<i64, StoreError> {
    let rows = json(sites.iter());
    begin_replacing(tx).await?;
    let tenant = tx.tenant().clone();
    sqlx::query!("DELETE FROM sites").execute(tx.connection()).await?;
    let taken = sqlx::query!(
        "INSERT INTO sites (tenant_id, name, latitude, longitude, country)
         SELECT $2, s.name, s.latitude, s.longitude, s.country
         FROM json_to_recordset($1::text::json) AS s (name text, latitude double precision, longitude double precision,
             country text)",
        rows,
        tenant.as_str()
    )
    .execute(tx.connection())
    .await?;
    Ok(i64::try_from(taken.rows_affected()).unwrap_or(i64::MAX))
}

/// Grows with each replacement that was committed.
pub async fn sequence(tx: &mut TenantTx) -> Result<i64, StoreError> {
    let sequence = sqlx::query_scalar!("SELECT inventory_seq FROM tenants")
        .fetch_optional(tx.connection())
        .await?;
    sequence.ok_or(StoreError::UnknownTenant)
}

/// One after the other: whoever replaces a table sees what those before did.
async fn begin_replacing(tx: &mut TenantTx) -> Result<(), StoreError> {
    sqlx::query!("UPDATE tenants SET inventory_seq = inventory_seq + 1")
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn json<T: Serialize>(rows: impl Iterator<Item = T>) -> String {
    let text = serde_json::to_string(&rows.collect::<Vec<_>>()).unwrap_or_default();
    // PostgreSQL's text takes no NUL; its picture stands for it, as everywhere in the store.
    text.replace("\\u0000", "\\u2400")
}

fn place(criticality: Criticality) -> i16 {
    criticality as i16
}

fn criticality(place: i16) -> Option<Criticality> {
    Criticality::ALL
        .into_iter()
        .find(|criticality| *criticality as i16 == place)
}
