//! What the map knows and how it is looked at, without a browser: plain data in, plain data out.

pub mod filter;
pub mod geo;
pub mod held;
pub mod moment;
pub mod scene;
pub mod text;
pub mod top;

pub use filter::Filter;
pub use held::{FlowSum, Held};
pub use moment::Moment;
pub use scene::{Mode, Scene, Shot};
