//! `GET` and `PUT /api/v1/inventory/sites`.

use super::{Columns, describe_replacing, refused, rows, taken};
use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::inventory,
};
use axum::{Json, body::Bytes, http::HeaderMap};
use watchfloor_engine::enrich::check_sites;
use watchfloor_shared::inventory::{InventoryTaken, Site};

const COLUMNS: [&str; 4] = ["name", "latitude", "longitude", "country"];

pub fn describe() -> Describe {
    Describe::new("inventory", "Where the organization is").answers_many::<Site>("All rows, by name")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<Vec<Site>>> {
    let sites = inventory::sites(&mut call.tx).await?;
    call.commit().await?;
    Ok(Json(sites))
}

pub fn describe_replace() -> Describe {
    describe_replacing(
        "Replace the table of sites",
        "Columns: name (as the site of an asset), latitude and longitude in degrees, country (two letters). An address of an \
         asset is at the asset's site; any other private address is at the site of the host that told of it, or at the only \
         site that there is. It gets source.geo or destination.geo, and a place on the map.",
    )
}

pub async fn replace(mut call: CallContext, headers: HeaderMap, body: Bytes) -> Answer<Json<InventoryTaken>> {
    let sites = rows(&headers, &body, &COLUMNS, of_columns)?;
    check_sites(&sites).map_err(|row| refused(&row))?;
    let count = inventory::replace_sites(&mut call.tx, &sites).await?;
    taken(call, "sites", count).await
}

fn of_columns(mut columns: Columns) -> Result<Site, String> {
    Ok(Site {
        name: columns.take("name").unwrap_or_default(),
        latitude: columns.degrees("latitude")?,
        longitude: columns.degrees("longitude")?,
        country: columns.take("country"),
    })
}
