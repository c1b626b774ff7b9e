//! Suites and fixtures that the integration tests share.

pub mod bus_contract;
