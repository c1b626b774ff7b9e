//! From detections to alerts: what a detection says, dedup into the open alert, severity, correlation.

pub mod detection;
pub mod explain;
pub mod fold;

pub use detection::{Detection, Located};
pub use fold::{AlertSettings, Outcome};
