//! Hunting: events by query, by id, and the fields to ask for.

pub mod fields;
pub mod get;
pub mod search;
