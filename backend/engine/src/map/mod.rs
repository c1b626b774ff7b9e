//! The threat map's memory: who reached for whom in the last half hour, and how much of it there was in the last day.
//!
//! Invariants: what a board holds is bounded whatever comes; the counts of its hits sum up to the events that it took; one
//! event counts once, however many rules found it. Time comes in with each call.

mod board;
mod counts;
mod history;
mod sighting;

#[cfg(test)]
mod board_test;

pub use board::{Board, Cursor};
pub use sighting::{Drawn, OWN_MODULE, Sighting};
