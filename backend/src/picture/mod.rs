//! The map and charts as pictures, for what cannot open the console: reports, tickets, chats. SVG, or PNG rendered from it.
//!
//! Invariant: a picture shows what its reader may see on the page, drawn from the same model, in the same colours and faces. It asks
//! nobody for anything: outlines and faces are the console's own files.

mod chart;
mod look;
mod map;
mod raster;
mod svg;
mod world;

pub use chart::{Trend, trend};
pub use look::{Look, Theme};
pub use map::{Threats, threats};
pub use raster::{PNG_WIDTH_MAX, PNG_WIDTH_MIN, RasterError, png};

use crate::api::assets;
use std::borrow::Cow;

/// All pictures are laid out on a sheet of this width.
const SHEET: f64 = 1_600.0;
const MARGIN: f64 = 32.0;

/// Why there are no pictures: the console's files are not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this server was built without its console, whose outlines and faces pictures are made of")]
pub struct NotBuilt;

fn asset(path: &str) -> Result<Cow<'static, [u8]>, NotBuilt> {
    assets::bytes(path).ok_or(NotBuilt)
}
