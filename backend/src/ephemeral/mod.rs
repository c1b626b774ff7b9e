//! What processes tell one another and count together: behind a seam, in this process alone or through Redis.
//!
//! Invariant: all of it may be lost at any moment. What is told can also be found out from the database, only later; what is
//! counted together is counted by each process for itself meanwhile.

mod config;
mod heed;
mod local;
mod news;
mod redis;

pub use self::redis::Redis;
pub use config::RedisConfig;
pub use heed::Heeding;
pub use local::Local;
pub use news::News;

pub use crate::api::rate_limit::Rate;
use async_trait::async_trait;
use std::time::Duration;
use tokio::sync::broadcast;

#[async_trait]
pub trait Ephemeral: Send + Sync {
    /// Tells the other processes. Never waits.
    fn tell(&self, news: News);

    /// What the others told, from now on. Whoever cannot keep up misses the oldest.
    fn news(&self) -> broadcast::Receiver<News>;

    /// Takes one token out of a bucket that all processes share, or says how long until there is one.
    async fn take(&self, bucket: &str, rate: Rate) -> Result<(), Duration>;

    /// Gives a token back.
    async fn give_back(&self, bucket: &str, rate: Rate);

    /// Whether the others can be reached; absent where there are none to reach.
    fn is_away(&self) -> Option<bool>;
}
