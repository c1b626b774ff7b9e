//! What the integration tests share: contract suites, recordings, a running product, its benchmark.

pub mod absent;
pub mod app;
pub mod bench;
pub mod browser;
pub mod bus_contract;
pub mod certificates;
pub mod ephemeral_contract;
pub mod fixtures;
pub mod fleet;
pub mod fleet_server;
pub mod idp;
pub mod influxdb;
pub mod kafka;
pub mod onnx;
pub mod opensearch;
pub mod people;
pub mod postgres;
pub mod product;
pub mod proxy;
pub mod redis;
pub mod screen;
pub mod search_contract;
pub mod services;
pub mod small_disk;
pub mod wire;
