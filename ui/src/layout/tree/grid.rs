//! Columns and rows in pixels. Boxes and gaps grow with the space, so that a large screen shows more of each process; a tree
//! that is larger than its space is panned and zoomed, and only what is in sight is drawn.

use super::{Placed, shown::Item};
use std::fmt::Write;

pub const MARGIN: f64 = 16.0;
const BOX_WIDTH_MIN: f64 = 134.0;
const BOX_WIDTH_MAX: f64 = 248.0;
const GAP_MIN: f64 = 24.0;
const GAP_MAX: f64 = 64.0;
const PITCH_MIN: f64 = 50.0;
const PITCH_MAX: f64 = 76.0;
/// Three lines of words.
const CAPTION: f64 = 52.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub box_width: f64,
    pub box_height: f64,
    pub gap: f64,
    pub pitch: f64,
    /// Room for a third line in each box.
    pub roomy: bool,
    pub width: f64,
    pub height: f64,
}

/// Scale and offset of the drawing: `screen = world * scale + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub scale: f64,
    pub x: f64,
    pub y: f64,
}

impl Grid {
    pub fn of(placed: &Placed, width: f64, height: f64) -> Self {
        let columns = placed.columns.max(1) as f64;
        let usable = (width - 2.0 * MARGIN).max(0.0);
        let box_width = ((usable - (columns - 1.0) * GAP_MIN) / columns)
            .clamp(BOX_WIDTH_MIN, BOX_WIDTH_MAX)
            .floor();
        let gap = match columns {
            c if c > 1.0 => ((usable - c * box_width) / (c - 1.0)).clamp(GAP_MIN, GAP_MAX).floor(),
            _ => GAP_MIN,
        };
        let pitch = ((height - 2.0 * MARGIN + 14.0) / placed.rows.max(1.0))
            .clamp(PITCH_MIN, PITCH_MAX)
            .floor();
        let roomy = pitch >= 64.0;
        let box_height = if roomy { 52.0 } else { 38.0 };
        Self {
            box_width,
            box_height,
            gap,
            pitch,
            roomy,
            width: 2.0 * MARGIN + columns * box_width + (columns - 1.0) * gap,
            height: 2.0 * MARGIN + (placed.rows - 1.0).max(0.0) * pitch + box_height,
        }
    }

    /// With room for the words below a box of that row.
    pub fn with_caption(self, row: f64) -> Self {
        let bottom = self.y(row) + self.box_height + CAPTION + MARGIN;
        Self {
            height: self.height.max(bottom),
            ..self
        }
    }

    pub fn x(&self, depth: usize) -> f64 {
        MARGIN + depth as f64 * (self.box_width + self.gap)
    }

    pub fn y(&self, row: f64) -> f64 {
        MARGIN + row * self.pitch
    }
}

impl View {
    pub const SCALE_MIN: f64 = 0.16;
    pub const SCALE_MAX: f64 = 2.0;
    /// Below this scale letters cannot be read and boxes are drawn bare.
    pub const SCALE_OF_TEXT: f64 = 0.5;

    /// All of it when it stays readable, otherwise at full size with `focus` (a point of the drawing) in sight.
    pub fn fit(grid: &Grid, width: f64, height: f64, focus: (f64, f64)) -> Self {
        let scale = (width / grid.width).min(height / grid.height).min(1.0);
        if scale >= 0.72 {
            return Self {
                scale,
                x: ((width - grid.width * scale) / 2.0).clamp(0.0, 24.0),
                y: (height - grid.height * scale) / 2.0,
            };
        }
        let along = |size: f64, room: f64, at: f64| {
            if size <= room {
                (room - size) / 2.0
            } else {
                (room * 0.62 - at).clamp(room - size, 0.0)
            }
        };
        Self {
            scale: 1.0,
            x: along(grid.width, width, focus.0).min(24.0),
            y: along(grid.height, height, focus.1),
        }
    }

    /// The whole drawing, however small it gets.
    pub fn whole(grid: &Grid, width: f64, height: f64) -> Self {
        let scale = (width / grid.width)
            .min(height / grid.height)
            .clamp(Self::SCALE_MIN, 1.0);
        Self {
            scale,
            x: ((width - grid.width * scale) / 2.0).max(0.0),
            y: ((height - grid.height * scale) / 2.0).max(0.0),
        }
    }

    /// Zooms so that the point of the screen stays where it is.
    pub fn zoom(self, factor: f64, at: (f64, f64)) -> Self {
        let scale = (self.scale * factor).clamp(Self::SCALE_MIN, Self::SCALE_MAX);
        let by = scale / self.scale;
        Self {
            scale,
            x: at.0 - (at.0 - self.x) * by,
            y: at.1 - (at.1 - self.y) * by,
        }
    }

    /// Moves the drawing, always leaving some of it in sight.
    pub fn pan(self, dx: f64, dy: f64, grid: &Grid, width: f64, height: f64) -> Self {
        let hold = 60.0;
        let keep = |at: f64, size: f64, room: f64| at.clamp(hold - size * self.scale, (room - hold).max(hold));
        Self {
            scale: self.scale,
            x: keep(self.x + dx, grid.width, width),
            y: keep(self.y + dy, grid.height, height),
        }
    }

    /// The least move that brings a box wholly into sight.
    pub fn reveal(self, grid: &Grid, at: (f64, f64), width: f64, height: f64) -> Self {
        let shift = |low: f64, size: f64, room: f64| (MARGIN - low).max(0.0) + (room - MARGIN - low - size).min(0.0);
        let (left, top) = (at.0 * self.scale + self.x, at.1 * self.scale + self.y);
        Self {
            scale: self.scale,
            x: self.x + shift(left, grid.box_width * self.scale, width),
            y: self.y + shift(top, grid.box_height * self.scale, height),
        }
    }

    /// The part of the drawing in sight: left, top, right, bottom.
    fn sight(&self, width: f64, height: f64) -> (f64, f64, f64, f64) {
        let world = |screen: f64, offset: f64| (screen - offset) / self.scale;
        (
            world(0.0, self.x),
            world(0.0, self.y),
            world(width, self.x),
            world(height, self.y),
        )
    }
}

/// Positions of the items in sight, one box around it included so that a small move finds them ready.
pub fn visible(items: &[Item], placed: &Placed, grid: &Grid, view: &View, width: f64, height: f64) -> Vec<usize> {
    let (left, top, right, bottom) = view.sight(width, height);
    let (left, right) = (left - 2.0 * grid.box_width, right + grid.box_width);
    let (top, bottom) = (top - 2.0 * grid.pitch, bottom + grid.pitch);
    let in_sight = |at: &usize| {
        let (x, y) = (grid.x(items[*at].depth), grid.y(placed.row[*at]));
        x >= left && x <= right && y >= top && y <= bottom
    };
    (0..items.len()).filter(in_sight).collect()
}

/// Path data of the edges in sight: plain ones, then lit ones, then those to artifacts.
pub fn edges(items: &[Item], placed: &Placed, grid: &Grid, view: &View, width: f64, height: f64) -> [String; 3] {
    let (left, top, right, bottom) = view.sight(width, height);
    let mut paths = [String::new(), String::new(), String::new()];
    for (at, item) in items.iter().enumerate() {
        let Some(parent) = item.parent else { continue };
        let x0 = grid.x(items[parent].depth) + grid.box_width;
        let x1 = grid.x(item.depth);
        let middle = grid.box_height / 2.0;
        let (y0, y1) = (grid.y(placed.row[parent]) + middle, grid.y(placed.row[at]) + middle);
        if x1 < left || x0 > right || y0.max(y1) < top || y0.min(y1) > bottom {
            continue;
        }
        let class = match (&item.kind, item.on_path && items[parent].on_path) {
            (super::Kind::Artifact(_), _) => 2,
            (_, true) => 1,
            _ => 0,
        };
        write_edge(&mut paths[class], x0, y0, x1, y1);
    }
    paths
}

fn write_edge(path: &mut String, x0: f64, y0: f64, x1: f64, y1: f64) {
    // Writing to a String cannot fail.
    let _ = if (y1 - y0).abs() < 0.5 {
        write!(path, "M{x0:.0} {y0:.1}H{x1:.0}")
    } else {
        let bend = x1 - 11.0;
        let r = if y1 > y0 { 4.0 } else { -4.0 };
        write!(
            path,
            "M{x0:.0} {y0:.1}H{:.0}q4 0 4 {r}V{:.1}q0 {r} 4 {r}H{x1:.0}",
            bend - 4.0,
            y1 - r
        )
    };
}

#[cfg(test)]
mod tests {
    use super::super::{Forest, Scope, TreeState, place, sample, shown};
    use super::*;

    fn drawing(count: usize) -> (Vec<Item>, Placed) {
        let tree = sample::large(count);
        let state = TreeState {
            scope: Scope::All,
            ..TreeState::default()
        };
        let items = shown(&tree, &Forest::of(&tree), &state);
        let placed = place(&items);
        (items, placed)
    }

    #[test]
    fn a_wider_screen_is_filled() {
        let placed = Placed {
            row: vec![0.0; 6],
            rows: 5.0,
            columns: 6,
        };
        for (width, height) in [(970.0, 306.0), (1_450.0, 480.0)] {
            let grid = Grid::of(&placed, width, height);
            assert!(grid.width <= width && grid.width > 0.93 * width, "{grid:?} in {width}");
            assert!(grid.height <= height, "{grid:?} in {height}");
        }
        assert!(Grid::of(&placed, 1_450.0, 480.0).roomy);
    }

    #[test]
    fn words_below_the_last_row_have_room_in_a_low_panel() {
        let placed = Placed {
            row: vec![0.0, 1.0],
            rows: 2.0,
            columns: 3,
        };
        let grid = Grid::of(&placed, 970.0, 180.0);
        let view = View::fit(&grid.with_caption(1.0), 970.0, 180.0, (0.0, 0.0));
        let bottom = (grid.y(1.0) + grid.box_height + CAPTION) * view.scale + view.y;
        assert!(bottom <= 180.0, "{bottom}");
        assert_eq!(grid.with_caption(-2.0), grid);
    }

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let view = View {
            scale: 0.8,
            x: 40.0,
            y: -30.0,
        };
        let world = |v: View| ((300.0 - v.x) / v.scale, (200.0 - v.y) / v.scale);
        let (before, after) = (world(view), world(view.zoom(1.7, (300.0, 200.0))));
        assert!((before.0 - after.0).abs() < 1e-9 && (before.1 - after.1).abs() < 1e-9);
    }

    #[test]
    fn only_what_is_in_sight_is_drawn_even_of_ten_thousand() {
        let (items, placed) = drawing(10_000);
        let grid = Grid::of(&placed, 972.0, 310.0);
        let view = View {
            scale: 1.0,
            x: 0.0,
            y: -grid.height / 2.0,
        };
        let seen = visible(&items, &placed, &grid, &view, 972.0, 310.0);
        assert!(!seen.is_empty() && seen.len() < 150, "{}", seen.len());
    }

    #[test]
    fn a_box_outside_is_brought_in_and_one_inside_stays() {
        let (_, placed) = drawing(2_000);
        let grid = Grid::of(&placed, 900.0, 300.0);
        let view = View {
            scale: 1.0,
            x: 0.0,
            y: 0.0,
        };
        assert_eq!(view.reveal(&grid, (100.0, 100.0), 900.0, 300.0), view);
        let moved = view.reveal(&grid, (100.0, 4_000.0), 900.0, 300.0);
        assert_eq!(4_000.0 + moved.y + grid.box_height, 300.0 - MARGIN);
    }
}
