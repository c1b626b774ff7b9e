//! The real Redis that `cargo xtask test --services` starts, for tests that need one.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};
use watchfloor::{ephemeral::RedisConfig, store::Secret};

pub const ADDRESS: &str = "127.0.0.1:16379";

/// The server's password, where there is a server for tests.
pub fn password() -> Option<String> {
    let Some(folder) = std::env::var_os("WATCHFLOOR_TEST_SERVICES") else {
        assert!(std::env::var_os("CI").is_none(), "there is no Redis for tests");
        println!("skipped: no Redis for tests; cargo xtask test --services starts one");
        return None;
    };
    let file = PathBuf::from(folder).join("state/redis/password");
    let password = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Some(password.trim().to_owned())
}

/// Keys and a channel of this test alone; the keys expire by themselves.
pub struct Redis {
    prefix: String,
}

impl Redis {
    pub fn apart() -> Self {
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let test = TESTS.fetch_add(1, Ordering::Relaxed);
        let begun = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
        Self {
            prefix: format!("test-{begun}-{test}:"),
        }
    }

    pub fn config(&self, address: &str) -> RedisConfig {
        RedisConfig {
            url: Some(format!("redis://{address}")),
            password: password().map(Secret::new),
            prefix: self.prefix.clone(),
            ..RedisConfig::default()
        }
    }
}
