//! The seam between the page and what draws it. The page says what stands on the map and what flies; a [`Renderer`] draws it.
//!
//! [`world`] draws with MapLibre below and our own arcs above, [`plain`] with lines on a canvas where there is no WebGL2.

mod base;
mod looks;
mod overlay;
mod plain;
mod style;
mod world;

use super::model::{Scene, Shot, geo::Point};
use std::rc::Rc;
use web_sys::HtmlElement;

pub trait Renderer {
    /// What stands on the map until the next one.
    fn show(&self, scene: &Rc<Scene>);
    /// What sets out now. What is under way goes on.
    fn fly(&self, shots: &[Shot]);
    /// What is under way stands still, or goes on.
    fn hold(&self, held: bool);
    /// Nothing is under way any more: another moment is shown.
    fn clear(&self);
    /// The theme changed.
    fn dress(&self);
    fn globe(&self, on: bool);
    /// Nearer for above one, farther for below; 0 shows everything again.
    fn zoom(&self, by: f64);
    /// Pixels from the left and the top of the box; `None` behind the globe.
    fn locate(&self, at: Point) -> Option<(f64, f64)>;
    /// Called once, at the end.
    fn close(&self);
}

/// Why the map is drawn with lines alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plainness {
    NoWebGl2,
    NotLoaded,
}

/// Draws into `node`, everything `size` times as large as on a desk, and calls `moved` when the same place lies elsewhere.
pub async fn open(
    node: HtmlElement,
    globe: bool,
    size: f32,
    moved: Rc<dyn Fn()>,
) -> (Rc<dyn Renderer>, Option<Plainness>) {
    let why = match overlay::Overlay::over(&node, size) {
        None => Plainness::NoWebGl2,
        Some(overlay) => match base::constructor().await.and_then(|map| {
            let world = world::World::open(&map, &node, overlay, (globe, size), Rc::clone(&moved));
            world.ok()
        }) {
            Some(world) => return (world, None),
            None => Plainness::NotLoaded,
        },
    };
    node.set_inner_html("");
    (plain::Plain::open(&node, size, moved), Some(why))
}

pub fn now_seconds() -> f64 {
    leptos::prelude::window()
        .performance()
        .map_or(0.0, |clock| clock.now() / 1_000.0)
}
