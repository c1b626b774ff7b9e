//! In this process alone: nobody else to tell, and everyone to count.

use super::{Ephemeral, News};
use crate::api::rate_limit::{Rate, RateLimiter};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::broadcast;

/// Buckets of one rate that are remembered.
const BUCKETS_MAX: usize = 10_000;

pub struct Local {
    nobody: broadcast::Sender<News>,
    /// By rate: there are a few.
    limiters: Mutex<Vec<(Rate, Arc<RateLimiter<String>>)>>,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            nobody: broadcast::Sender::new(1),
            limiters: Mutex::default(),
        }
    }
}

impl Local {
    fn limiter(&self, rate: Rate) -> Arc<RateLimiter<String>> {
        let mut limiters = self.limiters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, limiter)) = limiters.iter().find(|(known, _)| *known == rate) {
            return Arc::clone(limiter);
        }
        let limiter = Arc::new(RateLimiter::new(rate, BUCKETS_MAX));
        limiters.push((rate, Arc::clone(&limiter)));
        limiter
    }
}

#[async_trait]
impl Ephemeral for Local {
    fn tell(&self, _: News) {}

    fn news(&self) -> broadcast::Receiver<News> {
        self.nobody.subscribe()
    }

    async fn take(&self, bucket: &str, rate: Rate) -> Result<(), Duration> {
        self.limiter(rate).take(&bucket.to_owned())
    }

    async fn give_back(&self, bucket: &str, rate: Rate) {
        self.limiter(rate).give_back(&bucket.to_owned());
    }

    fn is_away(&self) -> Option<bool> {
        None
    }
}
