//! The world that the map draws: Natural Earth from npm `world-atlas`, cut where the plane ends, as GeoJSON.
//!
//! One collection per scale. `kind` of a feature is `country`, `label`, `border`, `coast` or `grid`.

mod codes;
mod cut;
mod topology;

use anyhow::{Context, Result};
use cut::{Polygon, Ring};
use serde_json::{Value, json};
use std::{fs, path::Path};
use topology::Topology;

/// Scale, and digits after the point of a degree: a tenth of a pixel where the scale is used.
pub const SCALES: [(&str, i32); 2] = [("110m", 2), ("50m", 3)];

const GRID_STEP_DEGREES: i32 = 30;

/// `scale` is one of [`SCALES`].
pub fn collection(npm: &Path, (scale, digits): (&str, i32)) -> Result<Vec<u8>> {
    let file = npm.join("world-atlas").join(format!("countries-{scale}.json"));
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let topology: Topology = serde_json::from_slice(&text).with_context(|| format!("{} is odd", file.display()))?;
    let topology = topology.decoded();
    let round = Rounding(10_f64.powi(digits));
    let mut features = Vec::new();
    for country in topology.countries() {
        let polygons: Vec<Polygon> = country.polygons.iter().flat_map(cut::polygon).collect();
        if polygons.is_empty() {
            continue;
        }
        let code = codes::alpha_2(country.id, country.name);
        let outlines: Vec<Value> = polygons
            .iter()
            .map(|polygon| json!(polygon.iter().map(|ring| round.line(ring)).collect::<Vec<_>>()))
            .collect();
        features.push(feature(
            json!({"kind": "country", "name": country.name, "code": code}),
            "MultiPolygon",
            json!(outlines),
        ));
        if let Some((place, area)) = label(&polygons) {
            features.push(feature(
                json!({"kind": "label", "name": country.name, "area": area.round()}),
                "Point",
                json!(round.point(place)),
            ));
        }
    }
    for (kind, shared) in [("border", true), ("coast", false)] {
        let lines = topology.lines(shared);
        let lines: Vec<Vec<[f64; 2]>> = lines
            .iter()
            .flat_map(|line| cut::line(line))
            .map(|l| round.line(&l))
            .collect();
        features.push(feature(json!({"kind": kind}), "MultiLineString", json!(lines)));
    }
    features.push(feature(json!({"kind": "grid"}), "MultiLineString", json!(grid())));
    Ok(serde_json::to_vec(
        &json!({"type": "FeatureCollection", "features": features}),
    )?)
}

fn feature(properties: Value, geometry: &str, coordinates: Value) -> Value {
    json!({"type": "Feature", "properties": properties, "geometry": {"type": geometry, "coordinates": coordinates}})
}

/// Keeps so many digits that neither size nor looks suffer.
struct Rounding(f64);

impl Rounding {
    fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        [(x * self.0).round() / self.0, (y * self.0).round() / self.0]
    }

    /// Points that fall together are one.
    fn line(&self, line: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut points: Vec<[f64; 2]> = line.iter().map(|point| self.point(*point)).collect();
        let enough = points.len() > 8;
        if enough {
            points.dedup();
        }
        points
    }
}

/// Centre of mass of the largest part, and the area of all, both on a plane whose unit is a degree at that latitude.
fn label(polygons: &[Polygon]) -> Option<([f64; 2], f64)> {
    let parts = polygons.iter().filter_map(|polygon| polygon.first()).map(centroid);
    let (mut largest, mut sum) = (None, 0.0);
    for (place, area) in parts {
        sum += area;
        if largest.is_none_or(|(_, most)| area > most) {
            largest = Some((place, area));
        }
    }
    largest.map(|(place, _)| (place, sum))
}

fn centroid(ring: &Ring) -> ([f64; 2], f64) {
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for pair in ring.windows(2) {
        let cross = pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1];
        twice += cross;
        x += (pair[0][0] + pair[1][0]) * cross;
        y += (pair[0][1] + pair[1][1]) * cross;
    }
    if twice == 0.0 {
        return (ring.first().copied().unwrap_or_default(), 0.0);
    }
    let place = [x / (3.0 * twice), y / (3.0 * twice)];
    (place, (twice / 2.0).abs() * place[1].to_radians().cos())
}

fn grid() -> Vec<Vec<[f64; 2]>> {
    let along = |from: i32, to: i32| (from..=to).step_by(10).map(f64::from);
    let mut lines = Vec::new();
    for x in (-180..180).step_by(GRID_STEP_DEGREES.unsigned_abs() as usize) {
        lines.push(along(-80, 80).map(|y| [f64::from(x), y]).collect());
    }
    for y in [-60, -30, 0, 30, 60] {
        lines.push(along(-180, 180).map(|x| [x, f64::from(y)]).collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_stands_in_the_largest_part() {
        let square = |x: f64, y: f64, side: f64| -> Polygon {
            vec![vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]]]
        };
        let (place, area) = label(&[square(50.0, 0.0, 1.0), square(0.0, 0.0, 4.0)]).unwrap();
        assert!(
            (place[0] - 2.0).abs() < 1e-9 && (place[1] - 2.0).abs() < 1e-9,
            "{place:?}"
        );
        assert!(area > 16.0 && area < 17.1, "{area}");
        assert_eq!(label(&[]), None);
    }

    #[test]
    fn the_world_stays_within_the_plane() {
        let npm = crate::process::root().join("node_modules");
        if !npm.join("world-atlas").exists() {
            eprintln!("npm packages are not installed");
            return;
        }
        for scale in SCALES {
            let world: Value = serde_json::from_slice(&collection(&npm, scale).unwrap()).unwrap();
            let features = world["features"].as_array().unwrap();
            let countries: Vec<&Value> = features
                .iter()
                .filter(|f| f["properties"]["kind"] == "country")
                .collect();
            assert!(countries.len() > 170, "{} in {}", countries.len(), scale.0);
            let germany = countries.iter().find(|f| f["properties"]["code"] == "DE").unwrap();
            assert_eq!(germany["properties"]["name"], "Germany");
            for country in &countries {
                for ring in country["geometry"]["coordinates"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .flat_map(|p| p.as_array().unwrap())
                {
                    let points: Vec<(f64, f64)> = ring
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|p| (p[0].as_f64().unwrap(), p[1].as_f64().unwrap()))
                        .collect();
                    assert!(
                        points.len() > 3 && points.first() == points.last(),
                        "{}",
                        country["properties"]
                    );
                    for pair in points.windows(2) {
                        let is_antarctic = pair[0].1 <= -60.0;
                        assert!(
                            is_antarctic || (pair[0].0 - pair[1].0).abs() < 90.0,
                            "{}: {pair:?}",
                            country["properties"]
                        );
                        assert!(pair[0].0.abs() <= 180.0 && pair[0].1.abs() <= 90.0);
                    }
                }
            }
        }
    }
}
