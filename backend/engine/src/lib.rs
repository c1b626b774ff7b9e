//! The pure half of Watchfloor: bytes in, decisions out.
//!
//! Invariant: no IO, no clock, no async runtime, no global state. Time comes in as an argument, so the same input gives the
//! same output at any speed and replay equals live. `tests/tidy.rs` refuses a dependency that would break this.

pub mod alert;
pub mod attack;
pub mod enrich;
pub mod event;
pub mod graph;
pub mod inference;
pub mod json;
pub mod map;
pub mod normalize;
pub mod presence;
pub mod query;
pub mod share;
pub mod sigma;
pub mod simulate;
pub mod timeline;
pub mod tree;
pub mod verdict;
pub mod wall;
pub mod window;

pub use event::Event;
pub use verdict::Verdict;
