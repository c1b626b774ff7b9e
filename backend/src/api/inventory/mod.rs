//! What a tenant owns, who is in it and where it is. A table is sent as a whole, as JSON or CSV, and replaces the one before.

pub mod assets;
pub mod people;
pub mod sites;

use super::{
    context::CallContext,
    describe::Describe,
    problem::{Answer, ApiError},
};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use watchfloor_engine::enrich::InvalidRow;
use watchfloor_shared::{
    inventory::{Criticality, InventoryTaken},
    problem::ErrorCode,
};

/// A table of the most rows, all columns filled in.
pub const BODY_BYTES_MAX: usize = 32 << 20;
const ROWS_MAX: usize = 100_000;
const CSV: &str = "text/csv";

fn describe_replacing(summary: &'static str, columns: &'static str) -> Describe {
    Describe::new("inventory", summary)
        .detail(columns)
        .raw_body(
            &["application/json", CSV],
            "The whole table: a JSON array, or CSV whose first row names the columns.",
        )
        .answers::<InventoryTaken>("The table is in force within two seconds")
        .fails(&[
            ErrorCode::InvalidRequest,
            ErrorCode::PayloadTooLarge,
            ErrorCode::UnsupportedMediaType,
        ])
}

/// The rows of a body. `of_columns` makes a row of what its columns hold, empty ones left out.
fn rows<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: &[u8],
    columns: &[&str],
    of_columns: fn(Columns) -> Result<T, String>,
) -> Answer<Vec<T>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let rows = match kind.to_ascii_lowercase().as_str() {
        "application/json" => serde_json::from_slice(body).map_err(|error| ApiError::invalid(error.to_string()))?,
        CSV => of_csv(body, columns, of_columns)?,
        _ => {
            let detail = "Send application/json or text/csv.";
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, detail));
        }
    };
    if rows.len() > ROWS_MAX {
        return Err(ApiError::invalid(format!("At most {ROWS_MAX} rows.")));
    }
    Ok(rows)
}

fn of_csv<T>(body: &[u8], columns: &[&str], of_columns: fn(Columns) -> Result<T, String>) -> Answer<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(body);
    let headers = reader.headers().map_err(|error| ApiError::invalid(error.to_string()))?;
    let names: Vec<String> = headers
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_lowercase())
        .collect();
    if let Some(unknown) = names.iter().find(|name| !columns.contains(&name.as_str())) {
        let known = columns.join(", ");
        return Err(ApiError::invalid(format!(
            "There is no column {unknown:?}; known are {known}."
        )));
    }
    let mut rows = Vec::new();
    for (at, row) in reader.into_records().enumerate() {
        let row = row.map_err(|error| ApiError::invalid(error.to_string()))?;
        let filled = names.iter().zip(&row).filter(|(_, text)| !text.is_empty());
        let columns = Columns(filled.map(|(name, text)| (name.clone(), text.to_owned())).collect());
        rows.push(of_columns(columns).map_err(|why| refused(&InvalidRow { row: at + 1, why }))?);
    }
    Ok(rows)
}

fn refused(row: &InvalidRow) -> ApiError {
    ApiError::invalid(format!("{row}."))
}

/// One row's filled columns, by name.
struct Columns(HashMap<String, String>);

impl Columns {
    fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    fn degrees(&mut self, name: &str) -> Result<f64, String> {
        let text = self.take(name).ok_or_else(|| format!("it has no {name}"))?;
        text.parse()
            .map_err(|_| format!("{name} is a number of degrees, not {text:?}"))
    }

    fn criticality(&mut self) -> Result<Option<Criticality>, String> {
        let Some(text) = self.take("criticality") else {
            return Ok(None);
        };
        let known = || Criticality::ALL.map(Criticality::as_str).join(", ");
        let parsed = Criticality::parse(&text.to_lowercase());
        parsed
            .map(Some)
            .ok_or_else(|| format!("criticality is one of {}", known()))
    }

    fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.take(name).unwrap_or_default().to_lowercase().as_str() {
            "" | "false" | "no" | "0" => Ok(false),
            "true" | "yes" | "1" => Ok(true),
            _ => Err(format!("{name} is true or false")),
        }
    }
}

async fn taken(call: CallContext, what: &'static str, rows: i64) -> Answer<axum::Json<InventoryTaken>> {
    call.note(serde_json::json!({ "rows": rows }));
    let caller = call.commit().await?;
    tracing::info!(tenant.id = %caller.tenant(), rows, "the table of {what} was replaced");
    Ok(axum::Json(InventoryTaken { rows }))
}
