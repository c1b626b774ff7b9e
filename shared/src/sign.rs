//! How a severity is written and drawn, on a screen as in a picture.

use crate::alert::Severity;

pub const fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "Low",
        Severity::Medium => "Medium",
        Severity::High => "High",
        Severity::Critical => "Critical",
    }
}

/// An SVG path inside a grid of [`GRID`], to be filled by the even-odd rule.
pub const fn shape(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "M6 .2 11.8 6 6 11.8.2 6ZM5.25 3.2v3.4h1.5V3.2ZM5.25 7.6v1.4h1.5V7.6Z",
        Severity::High => "M6 .8 11.7 11H.3Z",
        Severity::Medium => "M1.5 1.5h9v9h-9Z",
        Severity::Low => "M6 1a5 5 0 1 0 0 10A5 5 0 1 0 6 1ZM6 3a3 3 0 1 1 0 6A3 3 0 1 1 6 3Z",
    }
}

/// Width and height of the grid of a shape.
pub const GRID: u32 = 12;
