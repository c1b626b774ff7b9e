//! From detections to alerts: dedup into the open alert, severity, correlation.

pub mod detection;
pub mod fold;
pub mod explain;

pub use detection::Detection;
pub use fold::{AlertSettings, Outcome};
