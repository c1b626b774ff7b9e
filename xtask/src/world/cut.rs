//! Shapes of a sphere, cut at the antimeridian for a plane from -180 to 180 degrees.
//!
//! Natural Earth's rings in `world-atlas` are stitched together there, and Antarctica's runs around the pole.

pub type Ring = Vec<[f64; 2]>;
/// The outline first, then its holes; each ring ends where it began.
pub type Polygon = Vec<Ring>;

/// Below this the atlas has only the seam along the pole.
const SEAM_LATITUDE: f64 = -85.06;

/// The parts of it that lie within the plane.
pub fn polygon(polygon: &Polygon) -> Vec<Polygon> {
    let is_frame = polygon.len() > 1 && polygon[0].iter().all(|point| point[1] < -89.9);
    let rings = if is_frame { &polygon[1..] } else { &polygon[..] };
    let mut rings: Vec<Ring> = rings.iter().map(|ring| unrolled(&without_seam(ring))).collect();
    let Some(outline) = rings.first_mut() else {
        return Vec::new();
    };
    close_over_the_pole(outline);
    for ring in rings.iter_mut().skip(1) {
        ring.pop();
    }
    let mut parts = Vec::new();
    for turn in [-360.0, 0.0, 360.0] {
        let mut within = rings.iter().map(|ring| {
            let moved: Ring = ring.iter().map(|point| [point[0] + turn, point[1]]).collect();
            closed(clipped(&clipped(&moved, 180.0, Side::West), -180.0, Side::East))
        });
        let outline = within.next().flatten().filter(|ring| !is_upright(ring));
        if let Some(outline) = outline {
            parts.push(std::iter::once(outline).chain(within.flatten()).collect());
        }
    }
    parts
}

/// A line in pieces, each within the plane.
pub fn line(line: &[[f64; 2]]) -> Vec<Vec<[f64; 2]>> {
    let mut pieces: Vec<Vec<[f64; 2]>> = vec![Vec::new()];
    let mut push = |point: [f64; 2], starts: bool| {
        if starts {
            pieces.push(Vec::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(point);
        }
    };
    for (i, point) in line.iter().enumerate() {
        let before = i.checked_sub(1).map(|i| line[i]);
        let crossing = before.filter(|before| (point[0] - before[0]).abs() > 180.0);
        if let Some(before) = crossing {
            let edge = 180_f64.copysign(before[0]);
            let beyond = point[0] + 2.0 * edge;
            let run = beyond - before[0];
            let share = if run == 0.0 { 0.0 } else { (edge - before[0]) / run };
            let y = before[1] + share * (point[1] - before[1]);
            push([edge, y], false);
            push([-edge, y], true);
        }
        // The seam along the pole is no coast.
        let is_seam = |point: &[f64; 2]| point[1] < SEAM_LATITUDE;
        let starts = before.is_some_and(|before| is_seam(&before)) && !is_seam(point);
        if !is_seam(point) {
            push(*point, starts);
        }
    }
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// Begins behind the way down to the pole and back, which is left out.
fn without_seam(ring: &Ring) -> Ring {
    let reaches_pole = ring.iter().any(|point| point[1] < -89.9);
    let is_polar = ring.iter().all(|point| point[1] < -85.0);
    let open = ring.get(..ring.len().saturating_sub(1)).unwrap_or_default();
    match open.iter().position(|point| point[1] < SEAM_LATITUDE) {
        Some(seam) if reaches_pole && !is_polar => {
            let around = open[seam..].iter().chain(&open[..seam]);
            let mut kept: Ring = around.filter(|point| point[1] >= SEAM_LATITUDE).copied().collect();
            kept.extend(kept.first().copied());
            kept
        }
        _ => ring.clone(),
    }
}

/// Longitudes go on beyond 180 instead of jumping.
fn unrolled(ring: &Ring) -> Ring {
    let mut out: Ring = Vec::with_capacity(ring.len());
    for point in ring {
        let mut x = point[0];
        if let Some(before) = out.last() {
            x += 360.0 * ((before[0] - x) / 360.0).round();
        }
        out.push([x, point[1]]);
    }
    out
}

/// A ring that goes once around the earth gets its pole; another loses its last point, which is its first.
fn close_over_the_pole(ring: &mut Ring) {
    let (Some(first), Some(last)) = (ring.first().copied(), ring.last().copied()) else {
        return;
    };
    if (last[0] - first[0]).abs() > 180.0 {
        ring.extend([[last[0], -90.0], [first[0], -90.0]]);
    } else {
        ring.pop();
    }
}

#[derive(Clone, Copy)]
enum Side {
    East,
    West,
}

/// What of an open ring lies on one side of a meridian.
fn clipped(ring: &Ring, meridian: f64, side: Side) -> Ring {
    let is_in = |point: [f64; 2]| match side {
        Side::West => point[0] <= meridian,
        Side::East => point[0] >= meridian,
    };
    let mut out = Vec::new();
    for (i, here) in ring.iter().enumerate() {
        let next = ring[(i + 1) % ring.len()];
        if is_in(*here) {
            out.push(*here);
        }
        if is_in(*here) != is_in(next) {
            let share = (meridian - here[0]) / (next[0] - here[0]);
            out.push([meridian, here[1] + share * (next[1] - here[1])]);
        }
    }
    out
}

fn closed(mut ring: Ring) -> Option<Ring> {
    let first = *ring.first().filter(|_| ring.len() > 2)?;
    ring.push(first);
    Some(ring)
}

/// Only touches the edge of the plane.
fn is_upright(ring: &Ring) -> bool {
    ring.first()
        .is_none_or(|first| ring.iter().all(|point| point[0] == first[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crosses_the_antimeridian_becomes_two() {
        let island = vec![vec![
            [178.0, 0.0],
            [-178.0, 0.0],
            [-178.0, 2.0],
            [178.0, 2.0],
            [178.0, 0.0],
        ]];
        let parts = polygon(&island);
        let mut spans: Vec<(f64, f64)> = parts
            .iter()
            .map(|part| {
                let xs = part[0].iter().map(|point| point[0]);
                (xs.clone().fold(f64::MAX, f64::min), xs.fold(f64::MIN, f64::max))
            })
            .collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(spans, [(-180.0, -178.0), (178.0, 180.0)]);
        assert!(parts.iter().all(|part| part[0].first() == part[0].last()));
    }

    #[test]
    fn what_does_not_cross_stays_whole_and_keeps_its_lake() {
        let land = vec![[0.0, 0.0], [8.0, 0.0], [8.0, 8.0], [0.0, 8.0], [0.0, 0.0]];
        let lake = vec![[2.0, 2.0], [2.0, 4.0], [4.0, 4.0], [4.0, 2.0], [2.0, 2.0]];
        assert_eq!(polygon(&vec![land.clone(), lake.clone()]), [vec![land, lake]]);
    }

    #[test]
    fn a_ring_around_the_pole_reaches_it() {
        let around: Ring = (0..=12).map(|i| [f64::from(i) * 30.0 - 180.0, -70.0]).collect();
        let stitched: Ring = around
            .iter()
            .map(|p| [if p[0] >= 180.0 { p[0] - 360.0 } else { p[0] }, p[1]])
            .collect();
        let parts = polygon(&vec![stitched]);
        assert!(parts.iter().flatten().flatten().any(|point| point[1] == -90.0));
        let area: f64 = parts.iter().map(|part| span(&part[0])).sum();
        assert!((area - 360.0).abs() < 1e-9, "{area}");
    }

    fn span(ring: &Ring) -> f64 {
        let xs = ring.iter().map(|point| point[0]);
        xs.clone().fold(f64::MIN, f64::max) - xs.fold(f64::MAX, f64::min)
    }

    #[test]
    fn a_line_goes_on_at_the_other_edge() {
        let pieces = line(&[[170.0, 0.0], [178.0, 10.0], [-178.0, 14.0], [-170.0, 20.0]]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0].last(), Some(&[180.0, 12.0]));
        assert_eq!(pieces[1].first(), Some(&[-180.0, 12.0]));
    }
}
