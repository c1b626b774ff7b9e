//! The real Redis that `cargo xtask test --services` starts, for tests that need one.

use crate::services;
use std::sync::atomic::{AtomicU32, Ordering};
use watchfloor::{ephemeral::RedisConfig, store::Secret};

pub const ADDRESS: &str = "127.0.0.1:16379";

/// The server's password, where there is a server for tests.
pub fn password() -> Option<String> {
    services::secret("redis", "password")
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
