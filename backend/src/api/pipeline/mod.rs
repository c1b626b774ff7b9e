//! The pipeline and its dead letters.

pub mod dead_letters;
pub mod redrive;
pub mod snapshot;
