//! How the base map is looked at, and where a place of the plane falls on the screen.

use crate::pages::map::model::geo::Point;
use std::f32::consts::{PI, TAU};

/// By columns.
pub type Matrix = [f32; 16];

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// From the plane to clip space.
    pub flat: Matrix,
    /// From the unit sphere to clip space.
    pub sphere: Matrix,
    /// What lies before this plane is not behind the globe.
    pub horizon: [f32; 4],
    /// 0 is flat, 1 is a globe.
    pub roundness: f32,
    /// CSS pixels.
    pub size: (f64, f64),
}

impl View {
    /// CSS pixels from the left and the top; `None` behind the globe.
    pub fn locate(&self, at: Point) -> Option<(f64, f64)> {
        let clip = if self.roundness > 0.5 {
            let [x, y, z] = on_sphere(at);
            let horizon = self.horizon;
            let seen = x * horizon[0] + y * horizon[1] + z * horizon[2] + horizon[3];
            (seen >= 0.0).then(|| times(&self.sphere, [x, y, z, 1.0]))?
        } else {
            times(&self.flat, [at[0], at[1], 0.0, 1.0])
        };
        (clip[3] > 0.0).then(|| {
            let x = f64::from(clip[0] / clip[3]);
            let y = f64::from(clip[1] / clip[3]);
            ((x + 1.0) / 2.0 * self.size.0, (1.0 - y) / 2.0 * self.size.1)
        })
    }
}

/// The same in `world.glsl`.
fn on_sphere(at: Point) -> [f32; 3] {
    let longitude = (at[0] - 0.5) * TAU;
    let t = (PI - at[1] * TAU).exp();
    let (sin, cos) = ((t * t - 1.0) / (t * t + 1.0), 2.0 * t / (t * t + 1.0));
    [longitude.sin() * cos, sin, longitude.cos() * cos]
}

fn times(matrix: &Matrix, vector: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|row| (0..4).map(|column| matrix[column * 4 + row] * vector[column]).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAME: Matrix = [1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1., 0., 0., 0., 0., 1.];

    fn view(roundness: f32) -> View {
        View {
            flat: SAME,
            sphere: SAME,
            horizon: [0.0, 0.0, 1.0, 0.0],
            roundness,
            size: (200.0, 100.0),
        }
    }

    #[test]
    fn flat_is_a_matrix() {
        assert_eq!(view(0.0).locate([0.5, 0.0]), Some((150.0, 50.0)));
    }

    #[test]
    fn what_is_behind_the_globe_is_nowhere() {
        let (x, y) = view(1.0).locate([0.5, 0.5]).unwrap();
        assert!((x - 100.0).abs() < 1e-3 && (y - 50.0).abs() < 1e-3, "{x} {y}");
        assert_eq!(view(1.0).locate([0.0, 0.5]), None);
    }
}
