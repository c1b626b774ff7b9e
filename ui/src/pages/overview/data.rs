//! What the overview asks for, and when it asks again.

use crate::{
    api::{self, Fault, Fetched},
    components::{
        histogram::{Column, Columns, gaps},
        scale::step_ms,
    },
    live::Live,
    pages::alerts::TRIAGE,
    state::{Clock, Range, TimeRange},
};
use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFacets, AlertFilter, AlertSort, AlertSummary},
    endpoint::EndpointSummary,
    page::Page,
    search::TimeBucket,
};

const AGAIN: Duration = Duration::from_secs(2);
const SLOWLY: Duration = Duration::from_secs(30);
const COLUMNS_MAX: i64 = 100;
pub const NEXT_MAX: i64 = 40;
pub const RISK_MAX: i64 = 12;

/// What the history of one range looks like.
pub type Trend = Columns;

#[derive(Clone, Copy)]
pub struct Overview {
    /// Counts of what is still to do, in the range.
    pub open: Fetched<AlertFacets>,
    pub trend: Fetched<Trend>,
    pub next: Fetched<Page<AlertSummary>>,
    pub risk: Fetched<Page<EndpointSummary>>,
}

/// Grows when something changed, at most every two seconds, and twice a minute anyway.
fn beat(live: Live) -> RwSignal<u32> {
    let beat = RwSignal::new(0_u32);
    let planned = StoredValue::new(false);
    let next = move || {
        beat.try_update(|n| *n = n.wrapping_add(1));
    };
    live.on_alert(move |_| {
        if !planned.get_value() {
            planned.set_value(true);
            let fire = move || {
                planned.try_update_value(|p| *p = false);
                next();
            };
            set_timeout(fire, AGAIN);
        }
    });
    if let Ok(handle) = set_interval_with_handle(next, SLOWLY) {
        on_cleanup(move || handle.clear());
    }
    beat
}

pub fn load(range: Range, clock: Clock, live: Live) -> Overview {
    let beat = beat(live);
    let key = move || {
        beat.track();
        live.resets.track();
        Some(range.get())
    };
    let filter = move |range: TimeRange| {
        let (from, to) = range.bounds(clock.now_untracked());
        AlertFilter {
            status: TRIAGE.to_vec(),
            from,
            to,
            ..AlertFilter::default()
        }
    };
    Overview {
        open: api::fetch(
            key,
            move |range| async move { api::alerts::facets(&filter(range)).await },
        ),
        trend: api::fetch(key, move |range| trend(range, clock.now_untracked())),
        next: api::fetch(key, move |range| async move {
            api::alerts::window(&filter(range), AlertSort::Severity, 0, NEXT_MAX).await
        }),
        risk: api::fetch(key, |_| async {
            api::endpoints::list("", api::endpoints::EndpointSort::Risk, None, RISK_MAX).await
        }),
    }
}

/// For all time the range is what there is.
fn extent(alerts: impl Iterator<Item = Timestamp>, step: i64, now: Timestamp) -> (Timestamp, Timestamp) {
    let starts: Vec<Timestamp> = alerts.collect();
    let first = starts
        .iter()
        .min()
        .copied()
        .unwrap_or_else(|| now.saturating_sub(Duration::from_secs(86_400)));
    let last = starts
        .iter()
        .max()
        .map_or(now, |t| Timestamp::from_millis(t.millis() + step));
    (first, last)
}

async fn trend(range: TimeRange, now: Timestamp) -> Result<Trend, Fault> {
    let (from, to) = range.bounds(now);
    let step = match (from, to) {
        (Some(from), to) => step_ms(to.unwrap_or(now).millis() - from.millis(), COLUMNS_MAX),
        _ => 86_400_000,
    };
    let filter = AlertFilter {
        from,
        to,
        ..AlertFilter::default()
    };
    let alerts = api::alerts::histogram(&filter, step).await?;
    // Without the volume the gaps cannot be drawn; the alerts still can.
    let volume: Vec<TimeBucket> = api::events::volume(from, to, step).await.unwrap_or_default();
    let whole = extent(
        alerts
            .buckets
            .iter()
            .map(|b| b.start)
            .chain(volume.iter().map(|b| b.start)),
        step,
        now,
    );
    let columns = alerts.buckets.iter().map(|b| Column {
        start: b.start,
        parts: vec![b.low, b.medium, b.high, b.critical],
    });
    Ok(Columns {
        from: from.unwrap_or(whole.0),
        to: to.unwrap_or(if from.is_some() { now } else { whole.1 }),
        interval_ms: step,
        columns: columns.collect(),
        gaps: gaps(&volume, step),
    })
}
