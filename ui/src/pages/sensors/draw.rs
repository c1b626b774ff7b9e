//! Lines of a few figures over time.

use leptos::prelude::*;

const WIDTH: f64 = 100.0;
const HEIGHT: f64 = 24.0;

/// A path through the values, with gaps where there are none; `max` is the height. Empty with fewer than two values.
pub fn path(values: &[Option<f64>], max: f64) -> String {
    let steps = values.len().saturating_sub(1);
    if steps == 0 || max <= 0.0 {
        return String::new();
    }
    let mut text = String::new();
    let mut draws = false;
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            draws = false;
            continue;
        };
        #[expect(clippy::cast_precision_loss, reason = "a few hundred points")]
        let x = at as f64 / steps as f64 * WIDTH;
        let y = HEIGHT - (value / max).clamp(0.0, 1.0) * (HEIGHT - 2.0) - 1.0;
        text += &format!("{}{x:.1} {y:.1}", if draws { "L" } else { "M" });
        draws = true;
    }
    text
}

/// The figure stands beside it, so the drawing says nothing to a screen reader.
#[component]
pub fn Line(values: Vec<Option<f64>>, max: f64, #[prop(optional)] large: bool) -> impl IntoView {
    let class = if large { "load-line large" } else { "load-line" };
    view! {
        <svg class=class viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">
            <path class="base" d="M0 23.5H100"></path>
            <path d=path(&values, max)></path>
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_nothing_was_heard() {
        let values = [Some(0.0), Some(100.0), None, Some(50.0)];
        assert_eq!(path(&values, 100.0), "M0.0 23.0L33.3 1.0M100.0 12.0");
        assert_eq!(path(&values[..1], 100.0), "");
        assert_eq!(path(&values, 0.0), "");
    }
}
