//! `GET` and `PUT /api/v1/inventory/people`.

use super::{Columns, describe_replacing, refused, rows, taken};
use crate::{
    api::{context::CallContext, describe::Describe, problem::Answer},
    store::inventory,
};
use axum::{Json, body::Bytes, http::HeaderMap};
use watchfloor_engine::enrich::check_people;
use watchfloor_shared::inventory::{InventoryTaken, Person};

const COLUMNS: [&str; 7] = [
    "name",
    "full_name",
    "email",
    "department",
    "title",
    "criticality",
    "privileged",
];

pub fn describe() -> Describe {
    Describe::new("inventory", "Accounts and who is behind them").answers_many::<Person>("All rows, by name")
}

pub async fn handle(mut call: CallContext) -> Answer<Json<Vec<Person>>> {
    let people = inventory::people(&mut call.tx).await?;
    call.commit().await?;
    Ok(Json(people))
}

pub fn describe_replace() -> Describe {
    describe_replacing(
        "Replace the table of accounts",
        "Columns: name (DOMAIN\\name, name, or what user.id has), full_name, email, department, title, criticality, \
         privileged (true or false). An event that names a listed account gets user.full_name, user.email and user.asset.",
    )
}

pub async fn replace(mut call: CallContext, headers: HeaderMap, body: Bytes) -> Answer<Json<InventoryTaken>> {
    let people = rows(&headers, &body, &COLUMNS, of_columns)?;
    check_people(&people).map_err(|row| refused(&row))?;
    let count = inventory::replace_people(&mut call.tx, &people).await?;
    taken(call, "people", count).await
}

fn of_columns(mut columns: Columns) -> Result<Person, String> {
    Ok(Person {
        name: columns.take("name").unwrap_or_default(),
        full_name: columns.take("full_name"),
        email: columns.take("email"),
        department: columns.take("department"),
        title: columns.take("title"),
        criticality: columns.criticality()?,
        privileged: columns.flag("privileged")?,
    })
}
