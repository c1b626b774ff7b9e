//! Token buckets in bounded memory, and who may try to sign in how often.

use crate::{doors::places::network, ephemeral::Ephemeral};
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// `burst` at once, then one per `refill`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub refill: Duration,
}

pub struct RateLimiter<K> {
    rate: Rate,
    keys_max: usize,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl<K: Eq + Hash + Clone> RateLimiter<K> {
    pub fn new(rate: Rate, keys_max: usize) -> Self {
        Self {
            rate,
            keys_max: keys_max.max(1),
            buckets: Mutex::default(),
        }
    }

    /// Takes one token, or says how long until there is one.
    pub fn take(&self, key: &K) -> Result<(), Duration> {
        self.take_at(key, Instant::now())
    }

    fn take_at(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(key) {
            self.make_room(&mut buckets, now);
        }
        let full = Bucket {
            tokens: f64::from(self.rate.burst),
            at: now,
        };
        let bucket = buckets.entry(key.clone()).or_insert(full);
        bucket.tokens = self.refilled(bucket, now);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(self.rate.refill.mul_f64(1.0 - bucket.tokens))
    }

    /// Gives back what a successful try took.
    pub fn give_back(&self, key: &K) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(f64::from(self.rate.burst));
        }
    }

    fn refilled(&self, bucket: &Bucket, now: Instant) -> f64 {
        let refill_s = self.rate.refill.as_secs_f64().max(1e-9);
        let gained = now.saturating_duration_since(bucket.at).as_secs_f64() / refill_s;
        (bucket.tokens + gained).min(f64::from(self.rate.burst))
    }

    /// Forgets full buckets first, then the fullest: an exhausted one is what an attacker would like to see forgotten.
    fn make_room(&self, buckets: &mut HashMap<K, Bucket>, now: Instant) {
        if buckets.len() < self.keys_max {
            return;
        }
        let burst = f64::from(self.rate.burst);
        buckets.retain(|_, bucket| self.refilled(bucket, now) < burst);
        while buckets.len() >= self.keys_max {
            let fullest = buckets
                .iter()
                .max_by(|a, b| self.refilled(a.1, now).total_cmp(&self.refilled(b.1, now)))
                .map(|(key, _)| key.clone());
            match fullest {
                Some(key) => buckets.remove(&key),
                None => return,
            };
        }
    }
}

/// Who tries to sign in: the pair is narrow, the address and the account alone are wide, so that neither one address trying
/// many accounts nor many addresses trying one get far, and nobody locks out another by trying. Processes that share a Redis count
/// together.
pub struct SignInLimiter(Arc<dyn Ephemeral>);

const fn every(burst: u32, seconds: u64) -> Rate {
    Rate {
        burst,
        refill: Duration::from_secs(seconds),
    }
}

const ADDRESS: Rate = every(30, 4);
const PAIR: Rate = every(5, 30);
const ACCOUNT: Rate = every(100, 6);

impl SignInLimiter {
    pub fn new(ephemeral: Arc<dyn Ephemeral>) -> Self {
        Self(ephemeral)
    }

    /// One try; `account` in lower case.
    pub async fn take(&self, address: IpAddr, account: &str) -> Result<(), Duration> {
        for (bucket, rate) in buckets(address, account) {
            self.0.take(&bucket, rate).await?;
        }
        Ok(())
    }

    /// The try succeeded: the next one is not held against the person.
    pub async fn give_back(&self, address: IpAddr, account: &str) {
        for (bucket, rate) in buckets(address, account) {
            self.0.give_back(&bucket, rate).await;
        }
    }
}

fn buckets(address: IpAddr, account: &str) -> [(String, Rate); 3] {
    let address = network(address);
    let account: String = account.chars().take(200).collect();
    [
        (format!("sign-in address {address}"), ADDRESS),
        (format!("sign-in pair {address} {account}"), PAIR),
        (format!("sign-in account {account}"), ACCOUNT),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ephemeral::Local;

    #[test]
    fn a_bucket_empties_refills_and_says_how_long() {
        let limiter = RateLimiter::new(
            Rate {
                burst: 2,
                refill: Duration::from_secs(10),
            },
            10,
        );
        let now = Instant::now();
        assert!(limiter.take_at(&"a", now).is_ok() && limiter.take_at(&"a", now).is_ok());
        assert_eq!(limiter.take_at(&"a", now), Err(Duration::from_secs(10)));
        assert!(limiter.take_at(&"b", now).is_ok());
        let later = now + Duration::from_secs(10);
        assert!(limiter.take_at(&"a", later).is_ok() && limiter.take_at(&"a", later).is_err());
    }

    #[test]
    fn a_flood_of_keys_does_not_free_an_exhausted_one() {
        let rate = Rate {
            burst: 3,
            refill: Duration::from_secs(3_600),
        };
        let limiter = RateLimiter::new(rate, 50);
        while limiter.take(&0_u32).is_ok() {}
        for key in 1..1_000 {
            let _ = limiter.take(&key);
        }
        assert!(limiter.take(&0).is_err());
        assert!(limiter.buckets.lock().unwrap().len() <= 50);
    }

    #[tokio::test]
    async fn neighbours_in_one_ipv6_network_share_their_tries() {
        let limiter = SignInLimiter::new(Arc::new(Local::default()));
        let address = |last: u16| IpAddr::V6([0x2001, 0xdb8, 0, 1, 0, 0, 0, last].into());
        for last in 0..5 {
            assert!(limiter.take(address(last), "a@b.example").await.is_ok());
        }
        assert!(limiter.take(address(77), "a@b.example").await.is_err());
        assert!(limiter.take(address(77), "c@b.example").await.is_ok());
    }
}
