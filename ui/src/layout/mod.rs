//! Where things go on a drawing: trees, lanes, stages, brushes. Pure arithmetic without a browser, so that it is tested
//! natively and drawn by whoever wants to.

pub mod brush;
pub mod stages;
pub mod timeline;
pub mod tree;
