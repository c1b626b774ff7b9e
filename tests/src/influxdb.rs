//! The real InfluxDB that `cargo xtask test --services` starts, for tests that need one.

use crate::services;
use watchfloor::{sensors::InfluxConfig, store::Secret};

pub const ADDRESS: &str = "127.0.0.1:18086";

/// The token, where there is a server for tests.
pub fn token() -> Option<Secret> {
    services::secret("influxdb", "token").map(Secret::new)
}

pub fn config(address: &str) -> InfluxConfig {
    InfluxConfig {
        url: Some(format!("http://{address}")),
        token: token(),
        ..InfluxConfig::default()
    }
}
