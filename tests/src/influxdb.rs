//! The real InfluxDB that `cargo xtask test --services` starts, for tests that need one.

use std::path::PathBuf;
use watchfloor::{sensors::InfluxConfig, store::Secret};

pub const ADDRESS: &str = "127.0.0.1:18086";

/// The token, where there is a server for tests.
pub fn token() -> Option<Secret> {
    let Some(folder) = std::env::var_os("WATCHFLOOR_TEST_SERVICES") else {
        assert!(std::env::var_os("CI").is_none(), "there is no InfluxDB for tests");
        println!("skipped: no InfluxDB for tests; cargo xtask test --services starts one");
        return None;
    };
    let file = PathBuf::from(folder).join("state/influxdb/token");
    let token = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Some(Secret::new(token.trim()))
}

pub fn config(address: &str) -> InfluxConfig {
    InfluxConfig {
        url: Some(format!("http://{address}")),
        token: token(),
        ..InfluxConfig::default()
    }
}
