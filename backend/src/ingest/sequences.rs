//! Numbers that a protocol's messages carry, and what is missing between them, since the server's start.
//!
//! Invariant: memory is bounded for each tenant, whatever names a sender makes up: originators that were silent longest give their
//! places, many at once, so that making room costs little for each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use watchfloor_shared::{TenantId, Timestamp};

/// Of one tenant.
const ORIGINATORS_MAX: usize = 10_000;
/// Numbers below the highest of which it is known whether they came: datagrams overtake one another.
const WINDOW: u64 = u64::BITS as u64;

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sequences(Arc<Mutex<HashMap<TenantId, HashMap<Originator, Numbers>>>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Originator {
    /// As the loss ledger names who sends; one may pass on what others wrote.
    sender: String,
    host: String,
}

#[derive(Debug)]
struct Numbers {
    last_seen: Timestamp,
    /// After the highest that came.
    next: u64,
    /// Which of the last ones came; the lowest bit is the highest number's.
    came: u64,
    missing: u64,
}

impl Sequences {
    /// Notes that `host`'s message with that number came by way of `sender`.
    pub fn note(&self, tenant: &TenantId, sender: &str, host: &str, number: u64, now: Timestamp) {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tenants.entry(tenant.clone()).or_default();
        let originator = Originator {
            sender: sender.to_owned(),
            host: host.to_owned(),
        };
        if let Some(numbers) = known.get_mut(&originator) {
            numbers.take(number);
            numbers.last_seen = now;
            return;
        }
        if known.len() >= ORIGINATORS_MAX {
            make_room(known);
        }
        known.insert(originator, Numbers::beginning_with(number, now));
    }

    /// How many messages by way of `sender` never came, as far as their numbers tell; nothing where they have none.
    pub fn missing(&self, tenant: &TenantId, sender: &str) -> Option<u64> {
        let tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = tenants.get(tenant)?.iter();
        let of_sender = known.filter(|(originator, _)| originator.sender == sender);
        let missing = of_sender.map(|(_, numbers)| numbers.missing);
        missing.reduce(u64::saturating_add)
    }
}

/// A quarter of the places.
fn make_room(known: &mut HashMap<Originator, Numbers>) {
    let mut seen: Vec<Timestamp> = known.values().map(|numbers| numbers.last_seen).collect();
    let (_, last, _) = seen.select_nth_unstable(ORIGINATORS_MAX / 4);
    let last = *last;
    known.retain(|_, numbers| numbers.last_seen > last);
}

impl Numbers {
    /// What was before it is not known here.
    fn beginning_with(number: u64, last_seen: Timestamp) -> Self {
        Self {
            last_seen,
            next: number.saturating_add(1),
            came: u64::MAX,
            missing: 0,
        }
    }

    fn take(&mut self, number: u64) {
        if number >= self.next {
            let skipped = number - self.next;
            self.missing = self.missing.saturating_add(skipped);
            let shift = u32::try_from(skipped.saturating_add(1)).unwrap_or(u32::MAX);
            self.came = self.came.checked_shl(shift).unwrap_or(0) | 1;
            self.next = number.saturating_add(1);
            return;
        }
        let behind = self.next - 1 - number;
        // Where an originator starts anew, it counts from 1 (RFC 5424, 7.3.1), or from wherever it kept.
        if number == 1 || behind >= WINDOW {
            let missing = self.missing;
            *self = Self::beginning_with(number, self.last_seen);
            self.missing = missing;
        } else if self.came & (1 << behind) == 0 {
            self.came |= 1 << behind;
            self.missing = self.missing.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn missing(numbers: &[u64]) -> Option<u64> {
        let (sequences, tenant) = (Sequences::default(), "a".parse().unwrap());
        for number in numbers {
            sequences.note(&tenant, "relay", "host", *number, NOW);
        }
        sequences.missing(&tenant, "relay")
    }

    #[test]
    fn what_is_left_out_is_missing_until_it_comes() {
        assert_eq!(missing(&[]), None);
        assert_eq!(missing(&[7, 8, 9]), Some(0));
        assert_eq!(missing(&[7, 9, 12]), Some(3));
        assert_eq!(missing(&[7, 9, 12, 10, 10, 8]), Some(1));
        assert_eq!(missing(&[1, 2, 500]), Some(497));
    }

    #[test]
    fn an_originator_that_starts_anew_has_lost_nothing_by_that() {
        assert_eq!(missing(&[40, 41, 1, 2, 3]), Some(0));
        assert_eq!(missing(&[2_147_483_646, 2_147_483_647, 1, 2]), Some(0));
        assert_eq!(missing(&[900, 902, 300, 301, 303]), Some(2));
    }

    #[test]
    fn senders_hosts_and_tenants_count_for_themselves_in_bounded_memory() {
        let sequences = Sequences::default();
        let [a, b] = ["a", "b"].map(|id| id.parse::<TenantId>().unwrap());
        sequences.note(&a, "relay", "one", 1, NOW);
        sequences.note(&a, "relay", "two", 10, NOW);
        sequences.note(&a, "relay", "one", 3, NOW);
        sequences.note(&a, "relay", "two", 12, NOW);
        sequences.note(&b, "relay", "one", 5, NOW);
        assert_eq!(
            (sequences.missing(&a, "relay"), sequences.missing(&b, "relay")),
            (Some(2), Some(0))
        );
        assert_eq!(sequences.missing(&a, "other"), None);
        for number in 0..2 * ORIGINATORS_MAX {
            let now = Timestamp::from_millis(i64::try_from(number).unwrap());
            sequences.note(&a, "liar", &number.to_string(), 1, now);
        }
        assert!(sequences.0.lock().unwrap()[&a].len() <= ORIGINATORS_MAX);
        assert_eq!(sequences.missing(&b, "relay"), Some(0));
    }

    proptest! {
        /// However datagrams overtake one another within the window, what never comes is what is missing.
        #[test]
        fn order_within_the_window_does_not_matter(
            lost in proptest::collection::btree_set(101_u64..160, 0..20),
            swaps in proptest::collection::vec((0_usize..60, 0_usize..60), 0..40),
        ) {
            let mut numbers: Vec<u64> = (101..160).filter(|number| !lost.contains(number)).collect();
            for (a, b) in swaps {
                if a < numbers.len() && b < numbers.len() {
                    numbers.swap(a, b);
                }
            }
            // The first and the last are there, so that every loss lies between two numbers.
            numbers.insert(0, 100);
            numbers.push(160);
            prop_assert_eq!(missing(&numbers), Some(lost.len() as u64));
        }
    }
}
