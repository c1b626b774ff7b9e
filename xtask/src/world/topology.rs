//! TopoJSON: lines that neighbours share, stored once, as differences of whole numbers.

use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
pub struct Topology {
    arcs: Vec<Vec<[f64; 2]>>,
    transform: Transform,
    objects: Objects,
}

#[derive(Deserialize)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

#[derive(Deserialize)]
struct Objects {
    countries: Countries,
}

#[derive(Deserialize)]
struct Countries {
    geometries: Vec<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    /// ISO 3166-1, three digits; some have none.
    #[serde(default)]
    id: String,
    properties: Properties,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Deserialize)]
struct Properties {
    name: String,
}

/// Rings as numbers of arcs; below zero is the complement of one that is walked backwards.
#[derive(Deserialize)]
#[serde(tag = "type", content = "arcs")]
enum Shape {
    Polygon(Vec<Vec<i64>>),
    MultiPolygon(Vec<Vec<Vec<i64>>>),
}

impl Shape {
    fn polygons(&self) -> Vec<&Vec<Vec<i64>>> {
        match self {
            Shape::Polygon(rings) => vec![rings],
            Shape::MultiPolygon(polygons) => polygons.iter().collect(),
        }
    }
}

pub struct Country<'a> {
    pub id: &'a str,
    pub name: &'a str,
    /// Rings in degrees; the first is the outline.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
}

pub struct Decoded {
    arcs: Vec<Vec<[f64; 2]>>,
    geometries: Vec<Geometry>,
}

impl Topology {
    pub fn decoded(self) -> Decoded {
        let Transform { scale, translate } = self.transform;
        let decode = |arc: Vec<[f64; 2]>| {
            let mut at = [0.0, 0.0];
            let absolute = arc.into_iter().map(|step| {
                at = [at[0] + step[0], at[1] + step[1]];
                [at[0] * scale[0] + translate[0], at[1] * scale[1] + translate[1]]
            });
            absolute.collect()
        };
        Decoded {
            arcs: self.arcs.into_iter().map(decode).collect(),
            geometries: self.objects.countries.geometries,
        }
    }
}

/// Which arc, and whether it is walked backwards.
fn arc_of(number: i64) -> (usize, bool) {
    let backwards = number < 0;
    let index = if backwards { !number } else { number };
    (usize::try_from(index).unwrap_or(usize::MAX), backwards)
}

impl Decoded {
    pub fn countries(&self) -> impl Iterator<Item = Country<'_>> {
        self.geometries.iter().map(|geometry| Country {
            id: &geometry.id,
            name: &geometry.properties.name,
            polygons: geometry
                .shape
                .polygons()
                .into_iter()
                .map(|rings| rings.iter().map(|ring| self.ring(ring)).collect())
                .collect(),
        })
    }

    /// Where one arc ends the next begins: that point is there once.
    fn ring(&self, numbers: &[i64]) -> Vec<[f64; 2]> {
        let mut points: Vec<[f64; 2]> = Vec::new();
        for number in numbers {
            let (index, backwards) = arc_of(*number);
            let Some(arc) = self.arcs.get(index) else { continue };
            points.pop();
            match backwards {
                true => points.extend(arc.iter().rev()),
                false => points.extend(arc),
            }
        }
        points
    }

    /// Lines between two countries, or those that only one of them has: its coast.
    pub fn lines(&self, shared: bool) -> Vec<&Vec<[f64; 2]>> {
        let mut owners: HashMap<usize, (usize, bool)> = HashMap::new();
        for (country, geometry) in self.geometries.iter().enumerate() {
            let numbers = geometry.shape.polygons().into_iter().flatten().flatten();
            for (arc, _) in numbers.map(|number| arc_of(*number)) {
                let owner = owners.entry(arc).or_insert((country, false));
                owner.1 |= owner.0 != country;
            }
        }
        let mut wanted: Vec<usize> = owners
            .into_iter()
            .filter(|(_, (_, is_shared))| *is_shared == shared)
            .map(|(arc, _)| arc)
            .collect();
        wanted.sort_unstable();
        wanted.into_iter().filter_map(|arc| self.arcs.get(arc)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two squares side by side; the line between them is arc 0.
    fn squares() -> Decoded {
        let text = r#"{"type": "Topology", "transform": {"scale": [2, 1], "translate": [10, 0]},
            "arcs": [[[1, 0], [0, 1]], [[1, 1], [-1, 0], [0, -1], [1, 0]], [[1, 0], [1, 0], [0, 1], [-1, 0]]],
            "objects": {"countries": {"type": "GeometryCollection", "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]], "id": "276", "properties": {"name": "West"}},
                {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"name": "East"}}]}}}"#;
        serde_json::from_str::<Topology>(text).unwrap().decoded()
    }

    #[test]
    fn rings_close_whichever_way_an_arc_is_walked() {
        let decoded = squares();
        let countries: Vec<Country> = decoded.countries().collect();
        let west = vec![[12.0, 0.0], [12.0, 1.0], [10.0, 1.0], [10.0, 0.0], [12.0, 0.0]];
        assert_eq!(countries[0].polygons, [[west]]);
        let east = vec![[12.0, 0.0], [14.0, 0.0], [14.0, 1.0], [12.0, 1.0], [12.0, 0.0]];
        assert_eq!(countries[1].polygons, [[east]]);
        assert_eq!((countries[0].id, countries[1].id), ("276", ""));
    }

    #[test]
    fn a_border_is_what_two_share() {
        let decoded = squares();
        assert_eq!(decoded.lines(true), [&vec![[12.0, 0.0], [12.0, 1.0]]]);
        assert_eq!(decoded.lines(false).len(), 2);
    }
}
