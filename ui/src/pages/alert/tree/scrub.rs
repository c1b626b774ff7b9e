//! The line under the tree that goes through time: which processes lived at an instant.

use super::model::TreeModel;
use crate::{
    components::{Glyph, Icon, time},
    state::use_preferences,
};
use leptos::prelude::*;
use std::{fmt::Write, time::Duration};
use watchfloor_shared::Timestamp;

/// Positions of the slider; fine enough for a screen's width.
const STEPS: i64 = 1_000;
const PLAY_STEP_MS: u64 = 40;
const PLAY_STEPS_EACH: i64 = 5;

/// First and last instant that the tree knows.
fn bounds(model: TreeModel) -> Option<(i64, i64)> {
    let loaded = model.loaded.get()?;
    let nodes = &loaded.tree.nodes;
    let times = || nodes.iter().flat_map(|node| [node.started, node.ended]).flatten();
    let from = times().min()?.nanos();
    let to = loaded.tree.to.into_iter().chain(times()).max()?.nanos();
    (to > from).then_some((from, to))
}

/// One tick per start or end, in a box of 1,000 by 20.
fn ticks(model: TreeModel) -> String {
    let (Some((from, to)), Some(loaded)) = (bounds(model), model.loaded.get()) else {
        return String::new();
    };
    let mut columns = vec![false; 501];
    for at in loaded
        .tree
        .nodes
        .iter()
        .flat_map(|node| [node.started, node.ended])
        .flatten()
    {
        let share = (at.nanos() - from) as f64 / (to - from) as f64;
        columns[(share.clamp(0.0, 1.0) * 500.0) as usize] = true;
    }
    let mut path = String::new();
    for (x, _) in columns.iter().enumerate().filter(|(_, on)| **on) {
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} 6v8", x * 2);
    }
    path
}

#[component]
pub fn ScrubLine(model: TreeModel) -> impl IntoView {
    let zone = use_preferences().zone;
    let position = RwSignal::new(STEPS);
    let playing = RwSignal::new(false);
    let ends = Memo::new(move |_| bounds(model));
    let go = move |to: i64| {
        position.set(to);
        let instant = ends.get_untracked().filter(|_| to < STEPS).map(|(from, end)| {
            let share = to as f64 / STEPS as f64;
            Timestamp::from_nanos(from + ((end - from) as f64 * share) as i64)
        });
        model.instant.set(instant);
    };
    let tick = set_interval_with_handle(
        move || {
            if playing.get_untracked() {
                let next = (position.get_untracked() + PLAY_STEPS_EACH).min(STEPS);
                go(next);
                playing.set(next < STEPS);
            }
        },
        Duration::from_millis(PLAY_STEP_MS),
    );
    if let Ok(tick) = tick {
        on_cleanup(move || tick.clear());
    }
    let play = move |_| {
        if !playing.get_untracked() && position.get_untracked() >= STEPS {
            go(0);
        }
        playing.update(|on| *on = !*on);
    };
    let write = move |at: i64| time::clock_time(Timestamp::from_nanos(at), zone.get());
    let first = move || ends.get().map(|(from, _)| write(from));
    let now = move || match (model.instant.get(), ends.get()) {
        (Some(instant), _) => write(instant.nanos()),
        (None, Some((_, to))) => write(to),
        (None, None) => String::new(),
    };
    view! {
        <div class="scrubline" class:empty-line=move || ends.get().is_none()>
            <button class="btn ghost icon small" aria-label="Play through time" on:click=play>
                {move || view! { <Icon glyph=if playing.get() { Glyph::Pause } else { Glyph::Play } small=true /> }}
            </button>
            <span class="mono quiet">{first}</span>
            <span class="scrubtrack">
                <svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">
                    <path class="axis-strong" d="M0 10H1000" />
                    <path class="scrub-ticks" d=move || ticks(model) />
                </svg>
                <input
                    type="range"
                    min="0"
                    max=STEPS.to_string()
                    aria-label="Instant that the tree shows"
                    aria-valuetext=now
                    prop:value=move || position.get().to_string()
                    on:input=move |event| {
                        playing.set(false);
                        go(event_target_value(&event).parse().unwrap_or(STEPS));
                    }
                />
            </span>
            <span class="mono strong scrub-now">{now}</span>
        </div>
    }
}
