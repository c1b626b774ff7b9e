//! The plane of the flat map (web Mercator, 0 to 1 from west to east and from north to south) and the arcs on it.

use std::f64::consts::PI;

/// A point of the plane. `x` beyond 0 and 1 is the same place one turn of the earth away.
pub type Point = [f32; 2];

const LATITUDE_MAX: f64 = 85.051_129;
/// How far an arc bends from the straight way, as a share of its length.
const BEND: f32 = 0.22;

#[expect(
    clippy::cast_possible_truncation,
    reason = "a screen has fewer pixels than f32 has steps"
)]
pub fn mercator(longitude: f64, latitude: f64) -> Point {
    let y = latitude.clamp(-LATITUDE_MAX, LATITUDE_MAX).to_radians();
    let north = (y.tan() + 1.0 / y.cos()).ln();
    [((longitude + 180.0) / 360.0) as f32, ((1.0 - north / PI) / 2.0) as f32]
}

/// Where to go from `from` for the shorter way to `to`, maybe over the edge of the plane.
pub fn shorter(from: Point, to: Point) -> Point {
    [to[0] - (to[0] - from[0]).round(), to[1]]
}

/// By how much an arc is drawn a second time, because it leaves the plane at one edge and comes back at the other.
pub fn second_turn(to: Point) -> Option<f32> {
    match to[0] {
        x if x > 1.0 => Some(-1.0),
        x if x < 0.0 => Some(1.0),
        _ => None,
    }
}

/// The point that pulls the arc; it bends to the north. The same in `world.glsl`.
pub fn control(from: Point, to: Point) -> Point {
    let along = [to[0] - from[0], to[1] - from[1]];
    let up = if along[0] > 0.0 { BEND } else { -BEND };
    [
        f32::midpoint(from[0], to[0]) + along[1] * up,
        f32::midpoint(from[1], to[1]) - along[0] * up,
    ]
}

/// A point of the arc: 0 is its source, 1 its destination.
#[cfg(test)]
fn along(from: Point, to: Point, share: f32) -> Point {
    let pull = control(from, to);
    let mix = |a: f32, b: f32| a + (b - a) * share;
    [0, 1].map(|axis| mix(mix(from[axis], pull[axis]), mix(pull[axis], to[axis])))
}

/// Places within a tenth of a degree are one.
#[expect(clippy::cast_possible_truncation, reason = "degrees")]
pub fn spot(longitude: f64, latitude: f64) -> (i32, i32) {
    ((longitude * 10.0).round() as i32, (latitude * 10.0).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKYO: (f64, f64) = (139.7, 35.7);
    const LOS_ANGELES: (f64, f64) = (-118.2, 34.1);

    #[test]
    fn the_shorter_way_crosses_the_antimeridian() {
        let (tokyo, la) = (mercator(TOKYO.0, TOKYO.1), mercator(LOS_ANGELES.0, LOS_ANGELES.1));
        let east = shorter(tokyo, la);
        assert!(east[0] > 1.0 && east[0] - tokyo[0] < 0.5, "{east:?}");
        assert_eq!(second_turn(east), Some(-1.0));
        let west = shorter(la, tokyo);
        assert!(west[0] < 0.0 && la[0] - west[0] < 0.5, "{west:?}");
        assert_eq!(second_turn(west), Some(1.0));
        let hamburg = mercator(10.0, 53.5);
        assert_eq!(shorter(hamburg, la), la);
        assert_eq!(second_turn(la), None);
    }

    #[test]
    fn an_arc_begins_and_ends_at_its_places_and_bends_north() {
        for (from, to) in [
            (mercator(-58.4, -34.6), mercator(10.0, 53.5)),
            (mercator(10.0, 53.5), mercator(-58.4, -34.6)),
            (mercator(-122.0, 37.0), mercator(-77.0, 39.0)),
        ] {
            assert_eq!(along(from, to, 0.0), from);
            assert_eq!(along(from, to, 1.0), to);
            let middle = f32::midpoint(from[1], to[1]);
            assert!(along(from, to, 0.5)[1] < middle, "{from:?} {to:?}");
        }
        let straight = [mercator(10.0, 0.0), mercator(10.0, 50.0)];
        assert!(
            (along(straight[0], straight[1], 0.5)[0] - straight[0][0]).abs() > 0.01,
            "not a straight line"
        );
    }

    #[test]
    fn the_plane_is_a_square() {
        assert_eq!(mercator(-180.0, 0.0), [0.0, 0.5]);
        let corner = mercator(180.0, -90.0);
        assert!(
            (corner[0] - 1.0).abs() < 1e-6 && (corner[1] - 1.0).abs() < 1e-4,
            "{corner:?}"
        );
    }
}
