//! The time scale on every page: how much telemetry, which alerts, where nothing came, the chosen range, the live edge.
//! Dragging over it chooses a range.

use crate::{
    api,
    components::{
        histogram::gaps,
        measure::use_size,
        scale::{TimeScale, step_ms},
        severity::shape,
        sweep::Sweep,
    },
    state::{TimeRange, use_clock, use_preferences, use_range},
};
use leptos::{ev, html, prelude::*};
use std::{fmt::Write, time::Duration};
use watchfloor_shared::{
    Timestamp,
    alert::{AlertBucket, AlertFilter, Severity},
    search::TimeBucket,
};

const COLUMNS_MAX: i64 = 300;
const MARKS_MAX: usize = 70;
const REFRESH: Duration = Duration::from_secs(15);
const VOLUME_BASE: f64 = 20.0;
const VOLUME_TALL: f64 = 14.0;
const HEIGHT_PX: f64 = 35.0;

type Drawn = (Vec<TimeBucket>, Vec<AlertBucket>, i64);

/// What the strip spans: the range and half as much before it.
fn span(range: TimeRange, now: Timestamp, all: Option<(Timestamp, Timestamp)>) -> (Timestamp, Timestamp) {
    let whole = all.unwrap_or((now.saturating_sub(Duration::from_secs(86_400)), now));
    match range {
        TimeRange::LastMinutes(minutes) => {
            let shown = Duration::from_secs(u64::from(minutes) * 90);
            (now.saturating_sub(shown), now)
        }
        TimeRange::Between(from, to) => {
            let rim = to.since(from) / 3;
            (from.saturating_sub(rim), to.saturating_add(rim).min(now.max(to)))
        }
        TimeRange::All => whole,
    }
}

/// First and last event there is.
fn extent(volume: &[TimeBucket], step: i64) -> Option<(Timestamp, Timestamp)> {
    let mut filled = volume.iter().filter(|b| b.count > 0);
    let first = filled.next()?;
    let last = filled.next_back().unwrap_or(first);
    Some((first.start, Timestamp::from_millis(last.start.millis() + step)))
}

#[component]
pub fn TimeStrip() -> impl IntoView {
    let (range, clock, preferences) = (use_range(), use_clock(), use_preferences());
    let node = NodeRef::<html::Div>::new();
    let size = use_size(node);
    let beat = RwSignal::new(0_u32);
    if let Ok(handle) = set_interval_with_handle(move || beat.update(|n| *n = n.wrapping_add(1)), REFRESH) {
        on_cleanup(move || handle.clear());
    }
    let drawn = api::fetch(
        move || {
            beat.track();
            Some(range.get())
        },
        move |range| load(range, clock.now_untracked()),
    );
    let scale = Memo::new(move |_| {
        // Moves with the data, not with every second.
        beat.track();
        let all = drawn
            .value
            .with(|d| d.as_ref().and_then(|(volume, _, step)| extent(volume, *step)));
        let (from, to) = span(range.get(), clock.now_untracked(), all);
        TimeScale {
            from,
            to,
            width: (size.get().0 - 24.0).max(1.0),
        }
    });
    let sweep = Sweep::over(node);
    let up = move |_: ev::PointerEvent| {
        if let Some((left, right)) = sweep.end() {
            let scale = scale.get_untracked();
            range.choose(TimeRange::Between(scale.at(left), scale.at(right)));
        }
    };
    let label = move || {
        format!(
            "Telemetry and alerts over time; the chosen range is {}",
            range.get().words().unwrap_or_else(|| "marked".to_owned())
        )
    };
    view! {
        <div class="rule" node_ref=node on:pointerdown=move |event| sweep.begin(&event) on:pointermove=move |event| sweep.go_on(&event)
            on:pointerup=up on:dblclick=move |_| range.choose(TimeRange::DEFAULT)>
            <svg role="img" aria-label=label>
                {move || drawn.value.with(|d| d.as_ref().map(|d| marks(d, scale.get())))}
                {move || ticks(scale.get(), preferences.zone.get())}
                {move || bracket(range.get(), clock.now(), scale.get())}
                {move || sweep.mark(HEIGHT_PX)}
            </svg>
        </div>
    }
}

async fn load(range: TimeRange, now: Timestamp) -> Result<Drawn, api::Fault> {
    let (from, to) = match range {
        // Years of nothing cost nothing: empty steps are not sent.
        TimeRange::All => (None, None),
        _ => {
            let (from, to) = span(range, now, None);
            (Some(from), Some(to))
        }
    };
    let step = match (from, to) {
        (Some(from), Some(to)) => step_ms(to.millis() - from.millis(), COLUMNS_MAX),
        _ => 86_400_000,
    };
    let volume = api::events::volume(from, to, step).await?;
    let filter = AlertFilter {
        from,
        to,
        ..AlertFilter::default()
    };
    let alerts = api::alerts::histogram(&filter, step).await?;
    Ok((volume, alerts.buckets, step))
}

#[expect(clippy::cast_precision_loss, reason = "pixels")]
fn marks((volume, alerts, step): &Drawn, scale: TimeScale) -> impl IntoView + use<> {
    let most = volume.iter().map(|b| b.count).max().unwrap_or(1).max(1) as f64;
    let width = (scale.x(Timestamp::from_millis(scale.from.millis() + step)) - 1.0).max(1.0);
    let mut columns = String::new();
    for bucket in volume.iter().filter(|b| b.count > 0) {
        let tall = (bucket.count as f64 / most).sqrt() * VOLUME_TALL;
        let _ = write!(
            columns,
            "M{:.1} {VOLUME_BASE}v-{tall:.1}h{width:.1}v{tall:.1}Z",
            scale.x(bucket.start)
        );
    }
    let holes = gaps(volume, *step).into_iter().map(|(a, b)| {
        let x = scale.x(a);
        view! { <rect class="gap" x=x y="4" width=(scale.x(b) - x).max(1.0) height="16"><title>"No telemetry"</title></rect> }
    });
    let least = least_drawn(alerts);
    let shapes = alerts.iter().filter_map(|bucket| {
        let (severity, y) = worst(bucket).filter(|(severity, _)| *severity >= least)?;
        let x = scale.x(bucket.start) + width / 2.0 - 3.0;
        let class = format!("fill-{}", severity.as_str());
        Some(view! { <path class=class fill-rule="evenodd" transform=format!("translate({x:.1} {y}) scale(.5)") d=shape(severity)></path> })
    });
    view! { <path class="vol" d=columns></path> {holes.collect_view()} {shapes.collect_view()} }
}

/// The strip stays readable: when marks would crowd, only the worst severities get one.
fn least_drawn(alerts: &[AlertBucket]) -> Severity {
    let mut drawn = 0;
    for severity in Severity::ALL.into_iter().rev() {
        drawn += alerts
            .iter()
            .filter(|b| worst(b).is_some_and(|(s, _)| s == severity))
            .count();
        if drawn > MARKS_MAX {
            return Severity::ALL
                .into_iter()
                .find(|s| *s > severity)
                .unwrap_or(Severity::Critical);
        }
    }
    Severity::Low
}

/// The worst severity of a step, and how high its mark stands.
fn worst(bucket: &AlertBucket) -> Option<(Severity, f64)> {
    match bucket {
        b if b.critical > 0 => Some((Severity::Critical, 3.0)),
        b if b.high > 0 => Some((Severity::High, 4.0)),
        b if b.medium > 0 => Some((Severity::Medium, 6.0)),
        b if b.low > 0 => Some((Severity::Low, 8.0)),
        _ => None,
    }
}

fn ticks(scale: TimeScale, zone: crate::state::Zone) -> impl IntoView {
    let ticks = scale.ticks(zone).into_iter().map(|(x, text)| {
        view! { <path class="tick-major" d=format!("M{x:.1} 20v4")></path><text class="t-mid-a" x=format!("{x:.1}") y="33">{text}</text> }
    });
    view! { <path class="tick" d=format!("M0 20.5H{:.0}", scale.width + 24.0)></path> {ticks.collect_view()} }
}

fn bracket(range: TimeRange, now: Timestamp, scale: TimeScale) -> impl IntoView {
    let (from, to) = range.bounds(now);
    let begin = from.map_or(0.0, |t| scale.x(t)).max(0.0);
    let end = to.map_or(scale.width, |t| scale.x(t)).min(scale.width);
    let live = to
        .is_none()
        .then(|| view! { <path class="now" d=format!("M{end:.1} 1V24")></path> });
    view! { <path class="range" d=format!("M{begin:.1} 7V1.500H{end:.1}V7")></path> {live} }
}
