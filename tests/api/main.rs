//! The HTTP surface over TCP, on a real database, bus and index.

mod audit;
mod authorization;
mod dashboards;
mod doors;
mod factors;
mod fleet;
mod ingest;
mod inventory;
mod keys;
mod live;
mod map;
mod models;
mod organizations;
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
use std::net::IpAddr;

thread_local! {
    /// Each test comes from an address of its own, because tries at coming in are limited by address.
    static ADDRESS: IpAddr = {
        let [a, b, c]: [u8; 3] = rand::random();
        IpAddr::from([127, a, b, c.clamp(1, 254)])
    };
}

pub fn address() -> IpAddr {
    ADDRESS.with(|address| *address)
}

pub fn client() -> Client {
    Client::builder()
        .local_address(address())
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
