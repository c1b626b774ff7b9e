//! The process tree of the alert: drawn, walked with keys and pointer, moved through time.

mod boxes;
mod model;
mod panel;
mod scrub;

pub use model::{Loaded, TreeModel};
pub use panel::{TreePanel, TreeTools};
