//! Alerts: list, counts, one, and what people do to them.

pub mod bulk;
pub mod change;
pub mod facets;
pub mod get;
pub mod histogram;
pub mod list;
pub mod query;
pub mod shown;
pub mod timeline;
pub mod tree;
pub mod undo;

use super::{etag, state::AppState};
use crate::store::alerts::Changed;
use axum::{
    Json,
    http::{HeaderValue, header},
};
use watchfloor_shared::{TenantId, alert::AlertSummary};

/// A changed alert with its new ETag.
type Updated = ([(header::HeaderName, HeaderValue); 1], Json<AlertSummary>);

/// Tells the live streams, after the commit, and answers.
fn updated(state: &AppState, tenant: &TenantId, changed: Changed) -> Updated {
    state.live.publish(tenant, changed.clone());
    let tag = etag::of_version(changed.summary.version);
    ([(header::ETAG, tag)], Json(changed.summary))
}
