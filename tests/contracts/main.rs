//! The contract suites, run against every back end that stands behind a seam, and what only one of them promises.

mod bus;
mod ephemeral;
mod rebalance;
