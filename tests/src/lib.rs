//! What the integration tests share: recordings, a running product, a child process of it.

pub mod bench;
pub mod fixtures;
pub mod product;
