//! PNG from SVG.
//!
//! Invariant: memory is bounded by the widths that are allowed; nothing is fetched, not from the disk either.

use super::{NotBuilt, SHEET, asset};
use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};
use std::sync::{Arc, OnceLock};

/// Pixels.
pub const PNG_WIDTH_MIN: u32 = 320;
pub const PNG_WIDTH_MAX: u32 = 3_840;

const FACES: [&str; 3] = [
    "fonts/ibm-plex-sans-latin-400-normal.woff2",
    "fonts/ibm-plex-sans-latin-600-normal.woff2",
    "fonts/ibm-plex-mono-latin-400-normal.woff2",
];

#[derive(Debug, thiserror::Error)]
pub enum RasterError {
    #[error(transparent)]
    NotBuilt(#[from] NotBuilt),
    #[error("the picture cannot be drawn")]
    Drawing(#[source] resvg::usvg::Error),
    #[error("the picture has no size")]
    NoSize,
    #[error("the picture cannot be written: {0}")]
    Writing(String),
}

/// `svg` is one of ours. Takes a tenth of a second or more: not for a thread that others wait for.
pub fn png(svg: &str, width: u32) -> Result<Vec<u8>, RasterError> {
    let options = Options {
        fontdb: faces()?,
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(RasterError::Drawing)?;
    let width = width.clamp(PNG_WIDTH_MIN, PNG_WIDTH_MAX);
    #[allow(clippy::cast_possible_truncation, reason = "a scale")]
    let scale = (f64::from(width) / SHEET) as f32;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most a few thousand pixels"
    )]
    let height = (tree.size().height() * scale).ceil() as u32;
    let mut pixels = Pixmap::new(width, height).ok_or(RasterError::NoSize)?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| RasterError::Writing(error.to_string()))
}

/// The console's faces, unpacked once.
fn faces() -> Result<Arc<Database>, NotBuilt> {
    static FOUND: OnceLock<Option<Arc<Database>>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let mut faces = Database::new();
        for face in FACES {
            let packed = asset(face).ok()?;
            faces.load_font_data(wuff::decompress_woff2(&packed).ok()?);
        }
        Some(Arc::new(faces))
    });
    found.clone().ok_or(NotBuilt)
}
