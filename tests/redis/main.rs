//! Telling and counting through a real Redis: its contract, what two processes have of it, and what is left when it is away.

mod away;
mod together;

use std::time::Duration;
use tokio_util::sync::CancellationToken;
use watchfloor::ephemeral::{self, Ephemeral};
use watchfloor_tests::redis::{ADDRESS, Redis, password};

const WAIT_MAX: Duration = Duration::from_secs(30);

fn open(redis: &Redis, address: &str) -> ephemeral::Redis {
    ephemeral::Redis::open(&redis.config(address), CancellationToken::new()).unwrap()
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let until = tokio::time::Instant::now() + WAIT_MAX;
    while !is_so() {
        assert!(tokio::time::Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn there(redis: &ephemeral::Redis) {
    until("Redis is not there", || redis.is_away() == Some(false)).await;
}

async fn opened() -> Option<ephemeral::Redis> {
    password()?;
    let redis = open(&Redis::apart(), ADDRESS);
    there(&redis).await;
    Some(redis)
}

watchfloor_tests::ephemeral_contract!(opened());
