//! Which rows of a long table are in sight when one of them is open and taller than the others.

use std::ops::Range;

const OVERSCAN: usize = 8;
/// Rows before the end at which more is asked for.
const AHEAD: usize = 40;

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Window {
    pub rows: usize,
    pub row_px: f64,
    pub open: Option<usize>,
    /// Height of what the open row shows below itself.
    pub panel_px: f64,
    pub top: f64,
    pub height: f64,
}

impl Window {
    pub fn y(&self, at: usize) -> f64 {
        let below = self.open.is_some_and(|open| at > open);
        at as f64 * self.row_px + if below { self.panel_px } else { 0.0 }
    }
    pub fn panel_y(&self) -> f64 {
        self.open.map_or(0.0, |open| (open + 1) as f64 * self.row_px)
    }
    pub fn total(&self) -> f64 {
        self.rows as f64 * self.row_px + if self.open.is_some() { self.panel_px } else { 0.0 }
    }
    fn row_at(&self, y: f64) -> usize {
        let row = |y: f64| (y / self.row_px.max(1.0)).clamp(0.0, 1e9) as usize;
        match self.open {
            Some(open) if y >= self.panel_y() && y < self.panel_y() + self.panel_px => open,
            Some(_) if y >= self.panel_y() => row(y - self.panel_px),
            _ => row(y),
        }
    }
    pub fn drawn(&self) -> Range<usize> {
        let first = self.row_at(self.top).saturating_sub(OVERSCAN);
        let last = self.row_at(self.top + self.height) + OVERSCAN + 1;
        first.min(self.rows)..last.min(self.rows)
    }
    pub fn ends(&self) -> bool {
        self.rows > 0 && self.height > 0.0 && self.row_at(self.top + self.height) + AHEAD >= self.rows
    }
    /// Where to scroll so that the row is in sight; nothing when it is.
    pub fn reveal(&self, at: usize) -> Option<i32> {
        let begin = self.y(at);
        if begin < self.top {
            Some(begin as i32)
        } else if begin + self.row_px > self.top + self.height {
            Some((begin + self.row_px - self.height).ceil() as i32)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_row_pushes_the_others_down_and_none_is_left_out() {
        let window = |top| Window {
            rows: 1_000,
            row_px: 28.0,
            open: Some(10),
            panel_px: 200.0,
            top,
            height: 280.0,
        };
        assert_eq!(window(0.0).y(10), 280.0);
        assert_eq!(window(0.0).y(11), 308.0 + 200.0);
        for top in [0.0, 150.0, 320.0, 400.0, 700.0, 5_000.0] {
            let window = window(top);
            let drawn = window.drawn();
            for at in 0..window.rows {
                let in_sight = window.y(at) + 28.0 > top && window.y(at) < top + 280.0;
                assert!(!in_sight || drawn.contains(&at), "row {at} at scroll {top}");
            }
            assert!(drawn.len() < 40);
        }
    }
}
