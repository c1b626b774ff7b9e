//! Ribbons and spots as the graphics card takes them: one instance each, all of one layout.

use crate::pages::map::{
    draw::looks,
    model::{
        geo::{self, Point},
        scene::Tone,
    },
};

/// From, to, tone, size, strength, flags, begin, length of the flight.
pub const FLOATS: usize = 10;

/// The same numbers in `ribbon.vert`.
const DASHED: u8 = 1;
const SECOND_TURN: u8 = 2;
const NO_IMPACT: u8 = 4;

/// The same numbers in `spot.frag`: those of `Severity` first.
pub const SITE: u8 = 4;
pub const DISC: u8 = 5;
pub const RING: u8 = 6;

#[derive(Default)]
pub struct Instances(Vec<f32>);

impl Instances {
    pub fn floats(&self) -> &[f32] {
        &self.0
    }

    pub const fn count(&self) -> usize {
        self.0.len() / FLOATS
    }

    /// One arc, twice where it crosses the antimeridian. `time` is its begin and its length in seconds; both 0 stand still.
    pub fn ribbon(&mut self, (from, to): (Point, Point), tone: Tone, width_px: f32, strength: f32, time: [f32; 2]) {
        self.flown((from, to), tone, width_px, (strength, true), time);
    }

    /// As [`Self::ribbon`], maybe without the ring at its destination.
    pub fn flown(&mut self, (from, to): (Point, Point), tone: Tone, width_px: f32, look: (f32, bool), time: [f32; 2]) {
        let (strength, strikes) = look;
        let flags = if tone.simulated { DASHED } else { 0 } | if strikes { 0 } else { NO_IMPACT };
        let look = |flags: u8| [small(looks::tone(tone)), width_px, strength, f32::from(flags)];
        self.push(from, to, look(flags), time);
        if let Some(turn) = geo::second_turn(to) {
            let moved = |at: Point| [at[0] + turn, at[1]];
            self.push(moved(from), moved(to), look(flags | SECOND_TURN), time);
        }
    }

    pub fn spot(&mut self, at: Point, tone: usize, radius_px: f32, strength: f32, shape: u8) {
        self.push(at, at, [small(tone), radius_px, strength, f32::from(shape)], [0.0; 2]);
    }

    fn push(&mut self, from: Point, to: Point, look: [f32; 4], time: [f32; 2]) {
        self.0.extend(from.into_iter().chain(to).chain(look).chain(time));
    }
}

fn small(number: usize) -> f32 {
    u8::try_from(number).map_or(0.0, f32::from)
}
