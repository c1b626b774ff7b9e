//! Parts of an alert that several pages show.

pub mod evidence;
pub mod technique;
pub mod way;
