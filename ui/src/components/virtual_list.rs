//! A list of any length that draws only the rows in sight. Rows have one height; none is ever left out.

use super::measure::use_size;
use leptos::{html, prelude::*};

/// Rows drawn beyond both edges, so that a fast wheel meets drawn rows.
const OVERSCAN: usize = 8;

/// `row` draws row `i` and must follow changes of its data by itself. `seen` is told which rows are in sight.
/// When `current` changes, the list scrolls as little as needed to bring that row into sight.
#[component]
pub fn VirtualList(
    label: &'static str,
    #[prop(into)] rows: Signal<usize>,
    #[prop(into)] row_px: Signal<f64>,
    #[prop(into)] current: Signal<Option<usize>>,
    row: impl Fn(usize) -> AnyView + Clone + Send + Sync + 'static,
    #[prop(optional, into)] seen: Option<Callback<(usize, usize)>>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let top = RwSignal::new(0.0_f64);
    let in_sight = Memo::new(move |_| {
        let height = row_px.get();
        let first = whole(top.get() / height);
        let last = (first + whole(size.get().1 / height) + 2).min(rows.get());
        (first.min(last), last)
    });
    let drawn = move || {
        let (first, last) = in_sight.get();
        first.saturating_sub(OVERSCAN)..(last + OVERSCAN).min(rows.get())
    };
    if let Some(seen) = seen {
        Effect::new(move |_| seen.run(in_sight.get()));
    }
    Effect::new(move |_| {
        let (Some(index), Some(node)) = (current.get(), node.get()) else {
            return;
        };
        let height = row_px.get_untracked();
        let begin = at(index, height);
        let view = f64::from(node.client_height());
        let now = f64::from(node.scroll_top());
        if begin < now {
            node.set_scroll_top(pixels(begin));
        } else if begin + height > now + view {
            node.set_scroll_top(pixels((begin + height - view).ceil()));
        }
    });
    view! {
        <div class="vlist" node_ref=node role="rowgroup" aria-label=label tabindex="-1"
            on:scroll=move |_| if let Some(node) = node.try_get_untracked().flatten() { top.set(f64::from(node.scroll_top())) }>
            <div class="vlist-room" style:height=move || format!("{}px", at(rows.get(), row_px.get()))>
                <For each=drawn key=|i| *i let(i)>
                    {
                        let row = row.clone();
                        view! {
                            <div class="vlist-row" style:transform=move || format!("translateY({}px)", at(i, row_px.get()))>
                                {row(i)}
                            </div>
                        }
                    }
                </For>
            </div>
        </div>
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what a list can hold"
)]
fn whole(value: f64) -> usize {
    value.clamp(0.0, 1e9) as usize
}

#[expect(clippy::cast_precision_loss, reason = "row numbers are far below 2^53")]
fn at(index: usize, row_px: f64) -> f64 {
    index as f64 * row_px
}

#[expect(clippy::cast_possible_truncation, reason = "browsers end below 2^31 pixels")]
fn pixels(value: f64) -> i32 {
    value as i32
}
