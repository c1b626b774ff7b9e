//! The HTTP surface over TCP, on a real database, bus and index.

mod audit;
mod authorization;
mod dashboards;
mod doors;
mod fleet;
mod ingest;
mod inventory;
mod live;
mod map;
mod models;
mod otlp;
mod people;
mod pictures;
mod sensor_service;
mod session;
mod sse;
mod state;
mod surface;
mod wall;

use reqwest::{Client, Response};
use serde_json::Value;

pub fn client() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

/// Status and JSON of an answer; null where there is none.
pub async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (
        status,
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default(),
    )
}
