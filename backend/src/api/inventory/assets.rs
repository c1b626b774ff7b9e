//! `GET` and `PUT /api/v1/inventory/assets`.

use super::{Columns, describe_replacing, refused, rows, taken};
use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::inventory,
};
use axum::{Json, body::Bytes, http::HeaderMap};
use watchfloor_engine::enrich::check_assets;
use watchfloor_shared::inventory::{Asset, InventoryTaken};

const COLUMNS: [&str; 6] = ["name", "addresses", "criticality", "owner", "role", "site"];

pub fn describe() -> Describe {
    Describe::new("inventory", "Hosts and networks, and what is said of them")
        .answers_many::<Asset>("All rows, by name")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<Vec<Asset>>> {
    let assets = inventory::assets(&mut call.tx).await?;
    call.commit().await?;
    Ok(Json(assets))
}

pub fn describe_replace() -> Describe {
    describe_replacing(
        "Replace the table of hosts and networks",
        "Columns: name, addresses (addresses and networks with spaces between them), criticality (low_impact, medium_impact, \
         high_impact, extreme_impact), owner, role, site. An event of a listed host gets host.asset; an address gets \
         source.asset or destination.asset.",
    )
}

pub async fn replace(mut call: CallContext, headers: HeaderMap, body: Bytes) -> Answer<Json<InventoryTaken>> {
    let assets = rows(&headers, &body, &COLUMNS, of_columns)?;
    check_assets(&assets).map_err(|row| refused(&row))?;
    let count = inventory::replace_assets(&mut call.tx, &assets).await?;
    taken(call, "assets", count).await
}

fn of_columns(mut columns: Columns) -> Result<Asset, String> {
    let addresses = columns.take("addresses").unwrap_or_default();
    Ok(Asset {
        name: columns.take("name").unwrap_or_default(),
        addresses: addresses.split_whitespace().map(str::to_owned).collect(),
        criticality: columns.criticality()?,
        owner: columns.take("owner"),
        role: columns.take("role"),
        site: columns.take("site"),
    })
}
