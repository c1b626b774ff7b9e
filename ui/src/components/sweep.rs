//! A stretch drawn with the pointer over a drawing of time.

use leptos::{ev, html, prelude::*};

/// What moves less than this was a click.
const CLICK_PX: f64 = 4.0;

/// Distance of the pointer from the left edge of the element.
pub fn x_in(node: NodeRef<html::Div>, event: &ev::MouseEvent) -> f64 {
    let left = node
        .get_untracked()
        .map_or(0.0, |n| n.get_bounding_client_rect().left());
    f64::from(event.client_x()) - left
}

/// The element hears the pointer until it is let go, wherever it moves.
pub fn hold(node: NodeRef<html::Div>, event: &ev::PointerEvent) {
    if let Some(node) = node.get_untracked() {
        let _ = node.set_pointer_capture(event.pointer_id());
    }
}

#[derive(Clone, Copy)]
pub struct Sweep {
    node: NodeRef<html::Div>,
    /// Where it began and where the pointer is.
    ends: RwSignal<Option<(f64, f64)>>,
}

impl Sweep {
    pub fn over(node: NodeRef<html::Div>) -> Self {
        Self {
            node,
            ends: RwSignal::new(None),
        }
    }

    pub fn begin(self, event: &ev::PointerEvent) {
        hold(self.node, event);
        let x = x_in(self.node, event);
        self.ends.set(Some((x, x)));
    }

    pub fn go_on(self, event: &ev::PointerEvent) {
        self.ends.update(|ends| {
            if let Some((_, end)) = ends {
                *end = x_in(self.node, event);
            }
        });
    }

    /// Left and right end; `None` for a click.
    pub fn end(self) -> Option<(f64, f64)> {
        let (a, b) = self.ends.get_untracked()?;
        self.ends.set(None);
        ((a - b).abs() > CLICK_PX).then(|| (a.min(b), a.max(b)))
    }

    pub fn mark(self, height: f64) -> impl IntoView {
        self.ends
            .get()
            .map(|(a, b)| view! { <rect class="brush" x=a.min(b) y="0" width=(a - b).abs() height=height></rect> })
    }
}
