//! Outlines of the world on the plane, once read.

use super::{NotBuilt, asset};
use serde_json::Value;
use std::sync::OnceLock;
use watchfloor_shared::map::plane::{Point, mercator};

const FILE: &str = "atlas/world-110m.json";

#[derive(Debug, Default)]
pub struct World {
    /// Rings of countries.
    pub land: Vec<Vec<Point>>,
    pub borders: Vec<Vec<Point>>,
    pub coasts: Vec<Vec<Point>>,
}

pub fn world() -> Result<&'static World, NotBuilt> {
    static WORLD: OnceLock<Option<World>> = OnceLock::new();
    let world = WORLD.get_or_init(|| {
        let file = asset(FILE).ok()?;
        Some(read(&serde_json::from_slice(&file).ok()?))
    });
    world.as_ref().ok_or(NotBuilt)
}

fn read(file: &Value) -> World {
    let mut world = World::default();
    for feature in file["features"].as_array().into_iter().flatten() {
        let parts = feature["geometry"]["coordinates"].as_array().into_iter().flatten();
        match feature["properties"]["kind"].as_str() {
            Some("country") => {
                let rings = parts.flat_map(|polygon| polygon.as_array().into_iter().flatten());
                world.land.extend(rings.map(line));
            }
            Some("border") => world.borders.extend(parts.map(line)),
            Some("coast") => world.coasts.extend(parts.map(line)),
            _ => {}
        }
    }
    world
}

fn line(points: &Value) -> Vec<Point> {
    let points = points.as_array().into_iter().flatten();
    points
        .filter_map(|point| Some(mercator(point[0].as_f64()?, point[1].as_f64()?)))
        .collect()
}
