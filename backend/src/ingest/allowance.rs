//! What one credential may send: so many records and bytes a second on average, ten seconds' worth at once. A request is let in
//! while nothing is owed, and owes what the disk took of it.
//!
//! Invariant: memory is bounded by the number of credentials that sent lately.

use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

const BURST_SECONDS: f64 = 10.0;
const KEYS_MAX: usize = 10_000;
/// Credentials that others hear of at once.
const TOLD_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub records_per_second_max: u64,
    pub bytes_per_second_max: u64,
}

/// No limit.
impl Default for Rates {
    fn default() -> Self {
        Self {
            records_per_second_max: u64::MAX,
            bytes_per_second_max: u64::MAX,
        }
    }
}

pub struct Allowances {
    rates: [f64; 2],
    /// By the credential's id, or the address of who has none.
    sent: Mutex<HashMap<String, Sent>>,
    /// Whether other processes are to hear of it.
    is_told: AtomicBool,
    /// Records and bytes that they have not heard of.
    untold: Mutex<HashMap<String, [u64; 2]>>,
}

/// What was sent with one credential in a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    key: String,
    records: u64,
    bytes: u64,
}

/// Records and bytes, less what time has forgiven.
#[derive(Clone, Copy)]
struct Sent {
    amounts: [f64; 2],
    at: Instant,
}

impl Allowances {
    pub fn new(rates: Rates) -> Self {
        Self {
            rates: [rates.records_per_second_max as f64, rates.bytes_per_second_max as f64],
            sent: Mutex::default(),
            is_told: AtomicBool::new(false),
            untold: Mutex::default(),
        }
    }

    /// Other processes have doors for the same senders.
    pub fn tell(&self) {
        self.is_told.store(true, Ordering::Relaxed);
    }

    /// What the others have not heard of, the most part of it where it is much.
    pub fn untold(&self) -> Vec<Spent> {
        let untold = mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        let spent = untold.into_iter();
        let mut spent: Vec<Spent> = spent
            .map(|(key, [records, bytes])| Spent { key, records, bytes })
            .collect();
        spent.sort_by_key(|spent| std::cmp::Reverse((spent.bytes, spent.records)));
        spent.truncate(TOLD_MAX);
        spent
    }

    /// Counts what others let in.
    pub fn spent_elsewhere(&self, spent: &[Spent]) {
        let now = Instant::now();
        for Spent { key, records, bytes } in spent.iter().take(TOLD_MAX) {
            self.spend_at(key, [*records as f64, *bytes as f64], now);
        }
    }

    /// Whether the key may send now, or how long it waits.
    pub fn check(&self, key: &str) -> Result<(), Duration> {
        self.check_at(key, Instant::now())
    }

    /// Waits until the key may send: for senders that are held back rather than told.
    pub async fn wait(&self, key: &str) {
        while let Err(wait) = self.check(key) {
            tokio::time::sleep(wait).await;
        }
    }

    pub fn spend(&self, key: &str, records: usize, bytes: usize) {
        self.spend_at(key, [records as f64, bytes as f64], Instant::now());
        if self.is_told.load(Ordering::Relaxed) {
            let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
            if untold.len() < KEYS_MAX || untold.contains_key(key) {
                let amounts = untold.entry(key.to_owned()).or_default();
                amounts[0] = amounts[0].saturating_add(records as u64);
                amounts[1] = amounts[1].saturating_add(bytes as u64);
            }
        }
    }

    fn check_at(&self, key: &str, now: Instant) -> Result<(), Duration> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sent) = sent.get(key) else { return Ok(()) };
        let over = |(amount, rate): (f64, f64)| amount / rate - BURST_SECONDS;
        let seconds = self
            .left(sent, now)
            .into_iter()
            .zip(self.rates)
            .map(over)
            .fold(0.0, f64::max);
        match seconds > 0.0 {
            true => Err(Duration::from_secs_f64(seconds)),
            false => Ok(()),
        }
    }

    fn spend_at(&self, key: &str, amounts: [f64; 2], now: Instant) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.len() >= KEYS_MAX && !sent.contains_key(key) {
            sent.retain(|_, sent| self.left(sent, now).iter().any(|amount| *amount > 0.0));
        }
        let entry = sent.entry(key.to_owned()).or_insert(Sent {
            amounts: [0.0; 2],
            at: now,
        });
        let left = self.left(entry, now);
        entry.amounts = [left[0] + amounts[0], left[1] + amounts[1]];
        entry.at = now;
    }

    fn left(&self, sent: &Sent, now: Instant) -> [f64; 2] {
        let seconds = now.saturating_duration_since(sent.at).as_secs_f64();
        let left = |index: usize| (sent.amounts[index] - seconds * self.rates[index]).max(0.0);
        [left(0), left(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sent_too_much_waits_until_time_has_made_it_good_and_nobody_else_does() {
        let allowances = Allowances::new(Rates {
            records_per_second_max: 10,
            bytes_per_second_max: 1_000,
        });
        let now = Instant::now();
        allowances.spend_at("a", [100.0, 10.0], now);
        assert_eq!(allowances.check_at("a", now), Ok(()));
        allowances.spend_at("a", [50.0, 10.0], now);
        assert_eq!(allowances.check_at("a", now), Err(Duration::from_secs(5)));
        assert_eq!(allowances.check_at("b", now), Ok(()));
        assert_eq!(allowances.check_at("a", now + Duration::from_secs(5)), Ok(()));
        allowances.spend_at("b", [1.0, 30_000.0], now);
        assert_eq!(allowances.check_at("b", now), Err(Duration::from_secs(20)));
    }

    #[test]
    fn what_is_spent_at_one_process_counts_at_another_once() {
        let make = || {
            let allowances = Allowances::new(Rates {
                records_per_second_max: 10,
                bytes_per_second_max: 1_000_000,
            });
            allowances.tell();
            allowances
        };
        let (here, there) = (make(), make());
        here.spend("a", 100, 10);
        here.spend("a", 50, 10);
        there.spent_elsewhere(&here.untold());
        assert!(there.check("a").is_err() && there.check("b").is_ok());
        assert!(here.untold().is_empty() && there.untold().is_empty());
    }
}
