//! From detections to alerts: dedup into the open alert, severity, correlation.

pub mod detection;
pub mod explain;

pub use detection::Detection;
