//! The last thirty minutes as bars: pause, go back, drag to a moment, return to the live edge.

use super::{model::Moment, state::MapView};
use crate::{
    components::{Button, Glyph, Icon, Look, measure::use_size, number, scale::TimeScale, sweep, time},
    state::use_preferences,
};
use leptos::{ev, html, prelude::*};
use std::fmt::Write;
use watchfloor_shared::{
    Timestamp,
    alert::Severity,
    map::{BySeverity, KEPT_MS},
};

pub const BACK_MS: i64 = 30_000;
const BAR_PX: f64 = 5.0;
const TALL_PX: f64 = 30.0;
const BASE_PX: f64 = 34.0;

#[component]
pub fn Rewind(view: MapView) -> impl IntoView {
    let is_running = Memo::new(move |_| view.moment.get().is_running());
    let is_live = Memo::new(move |_| view.moment.get() == Moment::Live);
    let toggle = move |_| view.set_moment(view.moment.get_untracked().toggled(view.now()));
    let back = move |_| view.set_moment(view.moment.get_untracked().back(BACK_MS, view.since(), view.now()));
    let glyph = move || if is_running.get() { Glyph::Pause } else { Glyph::Play };
    let label = move || if is_running.get() { "Pause" } else { "Go on" };
    view! {
        <div class="rewind">
            <button type="button" class="btn icon" aria-label=label title=label on:click=toggle>{move || view! { <Icon glyph=glyph()/> }}</button>
            <Button press=back label="30 s back"><Icon glyph=Glyph::Back/>"30 s"</Button>
            <Bars view/>
            <div class="edge">
                {move || if is_live.get() {
                    view! { <Button look=Look::Small disabled=true press=|_| ()>"At the live edge"</Button> }.into_any()
                } else {
                    view! { <Button look=Look::Small press=move |_| view.set_moment(Moment::Live)>"To the live edge"</Button> }.into_any()
                }}
                <span class="quiet">{move || waiting(view)}</span>
            </div>
        </div>
    }
}

/// Which moment is shown when it is not now, and how much has come since.
fn waiting(view: MapView) -> Option<String> {
    let zone = use_preferences().zone.get();
    let (at, waiting) = view.shown.with(|shown| (shown.at, shown.waiting));
    let state = match view.moment.get() {
        Moment::Live => return None,
        Moment::Behind { .. } => "replay",
        Moment::Paused { .. } => "paused",
    };
    let count = number::count(i64::try_from(waiting).unwrap_or(i64::MAX));
    Some(format!("{state} {}, {count} wait", time::clock_time(at, zone)))
}

#[component]
fn Bars(view: MapView) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let zone = use_preferences().zone;
    let scale = Memo::new(move |_| {
        let now = view.clock.now();
        TimeScale {
            from: Timestamp::from_millis(now.millis() - KEPT_MS),
            to: now,
            width: size.get().0.max(1.0),
        }
    });
    let drags = StoredValue::new(false);
    let go = move |event: &ev::PointerEvent| {
        let at = scale.get_untracked().at(sweep::x_in(node, event)).max(view.since());
        view.set_moment(view.moment.get_untracked().moved(at, view.now()));
    };
    let down = move |event: ev::PointerEvent| {
        drags.set_value(true);
        sweep::hold(node, &event);
        go(&event);
    };
    let over = move |event: ev::PointerEvent| {
        if drags.get_value() {
            go(&event);
        }
    };
    let keydown = move |event: ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => 10_000,
            "ArrowRight" => -10_000,
            "PageUp" => 60_000,
            "PageDown" => -60_000,
            "Home" => KEPT_MS,
            "End" => -KEPT_MS,
            _ => return,
        };
        event.prevent_default();
        event.stop_propagation();
        view.set_moment(view.moment.get_untracked().back(step, view.since(), view.now()));
    };
    let at = move || view.shown.with(|shown| shown.at);
    let spoken = move || time::clock_time(at(), zone.get());
    let behind = move || ((view.clock.now().millis() - at().millis()) / 1_000).clamp(0, KEPT_MS / 1_000);
    view! {
        <div class="scrub" node_ref=node role="slider" tabindex="0" aria-label="Moment of the last 30 minutes" aria-valuetext=spoken
            aria-valuemin=-KEPT_MS / 1_000 aria-valuemax="0" aria-valuenow=move || -behind()
            on:pointerdown=down on:pointermove=over on:pointerup=move |_| drags.set_value(false) on:keydown=keydown>
            <svg aria-hidden="true">{move || drawn(view, scale.get(), zone.get())}</svg>
        </div>
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a screen"
)]
fn drawn(view: MapView, scale: TimeScale, zone: crate::state::Zone) -> impl IntoView + use<> {
    let steps = (scale.width / BAR_PX).clamp(1.0, 400.0) as usize;
    let (bars, since) = view.filter.with(|filter| {
        view.held
            .with_value(|held| (held.bars(scale.from, scale.to, steps, filter), held.since))
    });
    let paths = paths(&bars, scale.width);
    let begin = since
        .map_or(scale.width, |since| scale.x(since))
        .min(scale.width)
        .max(0.0);
    let gap = (begin > 2.0).then(|| {
        view! { <rect class="gap" x="0" y="8" width=begin height=BASE_PX - 8.0><title>"Nothing is held from here"</title></rect> }
    });
    let ticks = scale
        .ticks(zone)
        .into_iter()
        .map(|(x, text)| view! { <text class="t-mid-a" x=format!("{x:.1}") y="52">{text}</text> });
    let moment = view.moment.get();
    let at = view.shown.with(|shown| shown.at);
    let x = scale
        .x(if moment == Moment::Live { scale.to } else { at })
        .min(scale.width - 1.0)
        .max(1.0);
    let later = (moment != Moment::Live).then(|| {
        view! { <rect class="later" x=x y="0" width=(scale.width - x).max(0.0) height=BASE_PX></rect> }
    });
    view! {
        {gap}
        <path class="axis-strong" d=format!("M0 {BASE_PX}H{:.0}", scale.width)></path>
        {Severity::ALL.into_iter().zip(paths).map(|(severity, d)| view! { <path class=format!("fill-{}", severity.as_str()) d=d></path> }).collect_view()}
        {later}
        {ticks.collect_view()}
        <path class="now" d=format!("M{x:.1} 2V{BASE_PX}")></path>
    }
}

/// One path for each severity, stacked. Heights go by the square root, so that a burst does not flatten the rest.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn paths(bars: &[BySeverity], width: f64) -> [String; 4] {
    let most = bars.iter().map(|bar| bar.iter().sum::<u64>()).max().unwrap_or(0).max(1) as f64;
    let step = width / bars.len().max(1) as f64;
    let mut paths: [String; 4] = Default::default();
    for (i, bar) in bars.iter().enumerate() {
        let sum = bar.iter().sum::<u64>() as f64;
        let tall = (sum / most).sqrt() * TALL_PX;
        let mut base = BASE_PX;
        for (path, count) in paths.iter_mut().zip(bar).filter(|(_, count)| **count > 0) {
            let part = tall * *count as f64 / sum;
            let _ = write!(
                path,
                "M{:.1} {base:.1}h{:.1}v-{part:.1}h-{:.1}Z",
                i as f64 * step,
                step - 1.5,
                step - 1.5
            );
            base -= part;
        }
    }
    paths
}
