//! What an analyst asks around an alert or an endpoint: fetched from the search index, built by the engine. Every question
//! is a bounded number of bounded searches.

mod ask;
mod endpoint;
mod models;
#[cfg(test)]
mod tests;
mod timeline;
mod tree;

pub use endpoint::{EndpointActivity, Insights, activity, endpoint};
pub use models::{Judged, judged};
pub use timeline::timeline;
pub use tree::tree;

/// Events that one answer is built from.
const EVENTS_MAX: usize = 10_000;
