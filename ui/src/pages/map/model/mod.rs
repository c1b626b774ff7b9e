//! What the map knows and how it is looked at, without a browser: plain data in, plain data out.

pub mod filter;
pub mod held;
pub mod moment;
pub mod text;

pub use filter::Filter;
pub use held::Held;
pub use moment::Moment;
pub use watchfloor_shared::map::{
    plane as geo,
    scene::{self, Mode, Scene, Shot},
    sum::FlowSum,
    top,
};
