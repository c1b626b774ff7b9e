//! From a committed change to the screens of its tenant.
//!
//! Invariant: a stream gives each change after its start exactly once as far as the order of change numbers goes: the
//! broadcast is only the fast way; whatever it misses or brings out of order is read from the store ([`follow::Follower`]).

mod follow;
mod hub;
mod latency;
mod shared;
mod snapshot;

pub use follow::{Follower, Step};
pub use hub::{LiveHub, LiveLimits, Refusal, Subscription};
pub use latency::{LatencyRecorder, Percentiles};
pub use snapshot::SnapshotFeed;
