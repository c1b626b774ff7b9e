//! A stretch of time chosen with the pointer or the keyboard, on whatever axis it lies.

use super::timeline::Span;

/// What the pointer took hold of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grip {
    /// A new stretch, begun here.
    New(i64),
    /// Its beginning or its end, the other staying.
    Edge(i64),
    /// All of it: where the pointer was, and the stretch as it was then.
    Whole(i64, Span),
}

/// Pixels around an edge that take hold of the edge.
const EDGE: f64 = 5.0;

/// What a press at `x` takes hold of.
pub fn grip(brush: Option<Span>, axis: Span, x: f64, width: f64) -> Grip {
    let at = axis.at(x, width);
    let Some(brush) = brush else { return Grip::New(at) };
    let (left, right) = (axis.x(brush.from, width), axis.x(brush.to, width));
    if (x - left).abs() <= EDGE {
        Grip::Edge(brush.to)
    } else if (x - right).abs() <= EDGE {
        Grip::Edge(brush.from)
    } else if x > left && x < right {
        Grip::Whole(at, brush)
    } else {
        Grip::New(at)
    }
}

/// The stretch when the pointer is at `x`; none while it is shorter than three pixels, so that a click clears it.
pub fn drag(grip: Grip, axis: Span, x: f64, width: f64) -> Option<Span> {
    let at = axis.at(x.clamp(0.0, width), width);
    let between = |a: i64, b: i64| Span {
        from: a.min(b),
        to: a.max(b),
    };
    let span = match grip {
        Grip::New(from) | Grip::Edge(from) => between(from, at),
        Grip::Whole(from, was) => was.pan(at.saturating_sub(from), axis),
    };
    let pixels = span.length() as f64 / axis.length() as f64 * width;
    (pixels >= 3.0).then_some(span)
}

/// Outward to whole steps: a brush over a histogram takes whole bars.
pub fn snap(span: Span, step: i64, origin: i64) -> Span {
    let down = |at: i64| (at - origin).div_euclid(step) * step + origin;
    let up = |at: i64| down(at.saturating_add(step - 1));
    Span {
        from: down(span.from),
        to: up(span.to).max(down(span.from) + step),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AXIS: Span = Span {
        from: 0,
        to: 100_000_000_000,
    };

    #[test]
    fn a_press_takes_the_edge_the_whole_or_begins_anew() {
        let brush = Some(Span {
            from: 20_000_000_000,
            to: 60_000_000_000,
        });
        assert_eq!(grip(brush, AXIS, 203.0, 1_000.0), Grip::Edge(60_000_000_000));
        assert_eq!(grip(brush, AXIS, 598.0, 1_000.0), Grip::Edge(20_000_000_000));
        assert!(matches!(grip(brush, AXIS, 400.0, 1_000.0), Grip::Whole(..)));
        assert!(matches!(grip(brush, AXIS, 700.0, 1_000.0), Grip::New(_)));
    }

    #[test]
    fn a_click_clears_and_a_backward_drag_is_still_forward_in_time() {
        assert_eq!(drag(Grip::New(50_000_000_000), AXIS, 501.0, 1_000.0), None);
        let span = drag(Grip::New(50_000_000_000), AXIS, 300.0, 1_000.0);
        assert_eq!(
            span,
            Some(Span {
                from: 30_000_000_000,
                to: 50_000_000_000
            })
        );
    }

    #[test]
    fn moved_against_the_end_it_keeps_its_length() {
        let was = Span {
            from: 80_000_000_000,
            to: 95_000_000_000,
        };
        let moved = drag(Grip::Whole(90_000_000_000, was), AXIS, 1_000.0, 1_000.0);
        assert_eq!(
            moved,
            Some(Span {
                from: 85_000_000_000,
                to: 100_000_000_000
            })
        );
    }

    #[test]
    fn whole_bars_are_taken() {
        assert_eq!(snap(Span { from: 12, to: 18 }, 10, 0), Span { from: 10, to: 20 });
        assert_eq!(snap(Span { from: 10, to: 20 }, 10, 0), Span { from: 10, to: 20 });
        assert_eq!(snap(Span { from: 13, to: 14 }, 10, 3), Span { from: 13, to: 23 });
    }
}
