//! Who may be connected at once: so many in all, and so many from one peer.

use crate::ingest::{Refusal, allowance::Rates};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Connections that one listener holds at once.
    pub connections_max: usize,
    /// Of these, from one address (IPv6: from one /64).
    pub connections_per_peer_max: usize,
    /// Records that one credential may send, on average; where there is none, one address.
    pub records_per_second_max: u64,
    /// Their bytes.
    pub bytes_per_second_max: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_peer_max: 1_000,
            records_per_second_max: 200_000,
            bytes_per_second_max: 256 << 20,
        }
    }
}

impl LimitsConfig {
    pub fn rates(&self) -> Rates {
        Rates {
            records_per_second_max: self.records_per_second_max,
            bytes_per_second_max: self.bytes_per_second_max,
        }
    }
}

/// The places of one listener.
pub struct Places {
    connections_max: usize,
    per_peer_max: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// Given back when dropped.
pub struct Place {
    places: Arc<Places>,
    peer: IpAddr,
}

impl Places {
    pub fn new(limits: &LimitsConfig) -> Arc<Self> {
        Arc::new(Self {
            connections_max: limits.connections_max,
            per_peer_max: limits.connections_per_peer_max,
            taken: Mutex::default(),
        })
    }

    pub fn take(self: &Arc<Self>, peer: IpAddr) -> Result<Place, Refusal> {
        let peer = network(peer);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= self.connections_max {
            return Err(Refusal::TooManyConnections);
        }
        let of_peer = taken.by_peer.entry(peer).or_insert(0);
        if *of_peer >= self.per_peer_max {
            return Err(Refusal::TooManyFromPeer);
        }
        *of_peer += 1;
        taken.all += 1;
        Ok(Place {
            places: Arc::clone(self),
            peer,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all -= 1;
        if let Some(count) = taken.by_peer.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                taken.by_peer.remove(&self.peer);
            }
        }
    }
}

/// One customer of an IPv6 provider has a /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_all_and_by_peer_and_given_back() {
        let limits = LimitsConfig {
            connections_max: 3,
            connections_per_peer_max: 2,
            ..LimitsConfig::default()
        };
        let places = Places::new(&limits);
        let peer = |last: u16| IpAddr::V6([0x2001, 0xdb8, 0, last, 0, 0, 0, last].into());
        let (first, second) = (places.take(peer(1)).unwrap(), places.take(peer(1)).unwrap());
        assert!(matches!(places.take(peer(1)), Err(Refusal::TooManyFromPeer)));
        let third = places.take(peer(2)).unwrap();
        assert!(matches!(places.take(peer(3)), Err(Refusal::TooManyConnections)));
        drop((first, second, third));
        assert!(places.taken.lock().unwrap().by_peer.is_empty());
        assert!(places.take(peer(1)).is_ok());
    }
}
