//! Normalized events of one endpoint → the heterogeneous graph of a window, as tensors for the model.
//!
//! An event becomes [`Facts`]: which things it mentions, what it says about each ([`Traits`]) and what linked them. Facts are
//! gathered (see [`crate::window`]) and built into a [`Graph`].
//!
//! Invariants: a feature is a class, a shape or a count, never a name, number, address, host or account, so that a model keeps its
//! worth at a site that it has not seen; all tables are facts about operating systems. The same events in any order make the
//! same tensors. A graph has at most [`NODES_MAX`] nodes: beyond that they are merged by class, and it is marked.

mod batch;
mod build;
mod describe;
mod explain;
mod facts;
mod lineage;
mod merge;
mod place;
mod program;
mod schema;
mod shape;
mod tell;
mod traits;

#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use build::{Edge, Entity, Graph, Link, build};
pub use explain::{Explanation, explain};
pub use facts::{FactLink, Facts, Mention, Platform, facts};
pub use schema::{
    EDGE_FEATURES, EDGE_WIDTH, NODE_KINDS, NodeKind, RELATIONS, Relation, feature_names, schema_version, width,
};
pub use tell::{sentence, techniques};
pub use traits::Traits;

/// A window's nodes at most.
pub const NODES_MAX: usize = 10_000;
