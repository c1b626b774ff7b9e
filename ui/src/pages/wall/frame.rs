//! What stands around every scene: whose wall it is, the time, five numbers, and how old it all is.

use super::{model::Freshness, sound::SoundSwitch, state::WallView, words};
use crate::{
    components::{number, severity::shape, time},
    state::Zone,
};
use leptos::prelude::*;
use watchfloor_shared::{
    Timestamp,
    alert::Severity,
    wall::{WallElsewhere, WallNumbers},
};

/// A machine whose clock is this far from the server's is told so.
const DRIFT_MS_MIN: i64 = 10_000;

fn minute(at: Timestamp) -> String {
    time::hour_minute(at, Zone::Local)
}

#[component]
pub fn Top(view: WallView) -> impl IntoView {
    let organization = move || view.told.with(|told| told.organization.clone());
    let name = move || view.told.with(|told| told.settings.name.clone());
    let elsewhere = move || {
        let elsewhere = view
            .numbers
            .with(|numbers| numbers.as_ref().map(|n| n.elsewhere.clone()));
        let elsewhere = elsewhere.filter(|all| !all.is_empty() && !view.is_stale())?;
        let one = |one: WallElsewhere| {
            let is_hot = one.critical > 0;
            view! { <span class:hot=is_hot>{one.organization}" "<b>{words::short(one.critical)}</b></span> }
        };
        Some(
            view! { <span class="elsewhere" aria-label="Critical elsewhere">{elsewhere.into_iter().map(one).collect_view()}</span> },
        )
    };
    let clock = Memo::new(move |_| view.now().map_or_else(|| "??:??".to_owned(), minute));
    let zone = Memo::new(move |_| {
        view.now()
            .map(|now| time::zone_name(now, Zone::Local))
            .unwrap_or_default()
    });
    let drift = Memo::new(move |_| {
        let drift_ms = view.drift_ms();
        (drift_ms.abs() >= DRIFT_MS_MIN).then(|| {
            let way = if drift_ms > 0 { "ahead" } else { "behind" };
            format!(
                "this screen's own clock is {} {way}",
                number::long_seconds(drift_ms.abs() / 1_000)
            )
        })
    });
    let state = move || match view.freshness.get() {
        Freshness::Live => view! { <span class="state"><i class="dot"></i>"Live"</span> }.into_any(),
        Freshness::Broken => view! { <span class="state is-lost"><Lost/>"Reconnecting"</span> }.into_any(),
        Freshness::Stale { .. } => view! { <span class="state is-lost"><Lost/>"Stale"</span> }.into_any(),
    };
    view! {
        <header class="wall-top">
            <span class="whose"><b>{organization}</b><span>{name}</span>{elsewhere}</span>
            <span class="clock"><span>{clock}</span><small>{zone}</small>{move || drift.get().map(|drift| view! { <em>{drift}</em> })}</span>
            <span class="wall-end"><SoundSwitch view/><span role="status">{state}</span></span>
        </header>
    }
}

#[component]
fn Lost() -> impl IntoView {
    view! { <svg viewBox="0 0 10 10" aria-hidden="true"><path class="lost" d="M0 10 10 0M0 4.5 4.5 0M5.5 10 10 5.5"/></svg> }
}

/// One figure as it is read from afar.
#[derive(Clone, PartialEq)]
struct Cell {
    mark: Option<Severity>,
    figure: String,
    unit: &'static str,
    label: String,
    /// The world is in danger.
    is_hot: bool,
    /// The instrument is impaired.
    is_impaired: bool,
}

impl Cell {
    fn of(figure: String, label: impl Into<String>) -> Self {
        Self {
            mark: None,
            figure,
            unit: "",
            label: label.into(),
            is_hot: false,
            is_impaired: false,
        }
    }

    fn unknown(label: &'static str) -> Self {
        Self::of("?".to_owned(), label)
    }
}

/// As they are, or as they were; what has no meaning when it is old is not said.
fn cells(numbers: Option<&WallNumbers>, now: Option<Timestamp>, stale: bool) -> [Cell; 5] {
    let labels = [
        "critical",
        "high",
        "endpoints at risk",
        "events per second",
        "how far behind",
    ];
    let Some(numbers) = numbers else {
        return labels.map(Cell::unknown);
    };
    let at = |label: &str| match stale {
        true => format!("{label} at {}", minute(numbers.now)),
        false => label.to_owned(),
    };
    let oldest = numbers
        .critical_since
        .filter(|_| numbers.critical > 0 && !stale)
        .zip(now);
    let critical = match oldest {
        Some((since, now)) => {
            let (figure, unit) = words::span(now.millis() - since.millis());
            format!("critical, {figure} {unit} old")
        }
        None => at("critical"),
    };
    let marked = |severity, count: i64, label: String| Cell {
        mark: Some(severity),
        is_hot: severity == Severity::Critical && count > 0 && !stale,
        ..Cell::of(words::short(count), label)
    };
    let plant = match stale {
        true => [Cell::unknown(labels[3]), Cell::unknown(labels[4])],
        false => [
            Cell::of(words::rate(numbers.events_per_second), labels[3]),
            behind(numbers),
        ],
    };
    let [events, behind] = plant;
    [
        marked(Severity::Critical, numbers.critical, critical),
        marked(Severity::High, numbers.high, at("high")),
        Cell::of(
            words::short(numbers.endpoints_at_risk),
            at(if stale { "at risk" } else { labels[2] }),
        ),
        events,
        behind,
    ]
}

fn behind(numbers: &WallNumbers) -> Cell {
    if numbers.faults > 0 {
        let stages = if numbers.faults == 1 {
            "stage stands still"
        } else {
            "stages stand still"
        };
        return Cell {
            is_impaired: true,
            ..Cell::of(words::short(numbers.faults), stages)
        };
    }
    let (figure, unit) = words::span(numbers.behind_ms);
    Cell {
        unit,
        is_impaired: numbers.lost != 0,
        ..Cell::of(figure, words::lost(numbers.lost))
    }
}

#[component]
pub fn Five(view: WallView) -> impl IntoView {
    let cells = Memo::new(move |_| {
        let (now, stale) = (view.now(), view.is_stale());
        view.numbers.with(|numbers| cells(numbers.as_ref(), now, stale))
    });
    let cell = move |at: usize| {
        let cell = Memo::new(move |_| cells.with(|cells| cells.get(at).cloned()));
        let read = move |read: fn(&Cell) -> String| cell.with(|cell| cell.as_ref().map(read).unwrap_or_default());
        let is = move |is: fn(&Cell) -> bool| cell.with(|cell| cell.as_ref().is_some_and(is));
        let mark = Memo::new(move |_| cell.with(|cell| cell.as_ref().and_then(|cell| cell.mark)));
        view! {
            <div class="num-cell" class:hot=move || is(|cell| cell.is_hot) class:impaired=move || is(|cell| cell.is_impaired)>
                <dd>{move || mark.get().map(|severity| view! { <Mark severity/> })}{move || read(|cell| cell.figure.clone())}<small>{move || read(|cell| cell.unit.to_owned())}</small></dd>
                <dt>{move || read(|cell| cell.label.clone())}</dt>
            </div>
        }
    };
    view! { <dl class="five" aria-label="Five numbers">{(0..5).map(cell).collect_view()}</dl> }
}

/// The severity's shape, as large as the figure beside it.
#[component]
pub fn Mark(severity: Severity) -> impl IntoView {
    let class = match severity {
        Severity::Low => "mark sev-low",
        Severity::Medium => "mark sev-medium",
        Severity::High => "mark sev-high",
        Severity::Critical => "mark sev-critical",
    };
    view! { <svg class=class viewBox="0 0 12 12" aria-hidden="true"><path fill-rule="evenodd" d=shape(severity)></path></svg> }
}

/// Over the scene, when it is old.
#[component]
pub fn Band(view: WallView) -> impl IntoView {
    let age = move || match view.freshness.get() {
        Freshness::Stale { seconds } => Some(seconds),
        _ => None,
    };
    let as_of = move || {
        view.as_of()
            .map(|at| time::clock_time(at, Zone::Local))
            .unwrap_or_default()
    };
    let trying = move || {
        let now = view.tick.get().steady;
        match view.trying.get() {
            Some(trying) if trying.next > now => {
                let seconds = (trying.next - now).div_euclid(1_000) + 1;
                format!("Reconnecting, try {}, next in {seconds} s.", trying.tries)
            }
            Some(trying) => format!("Reconnecting, try {}.", trying.tries),
            None => "Waiting for the server to speak.".to_owned(),
        }
    };
    let is_shown = Memo::new(move |_| age().is_some());
    move || {
        is_shown.get().then(|| {
            view! {
                <div class="wall-hatch" aria-hidden="true"></div>
                <div class="stale-band" role="alert">
                    <b>"No data for "{move || number::long_seconds(age().unwrap_or(0))}</b>
                    <span>"Everything shown is as of "{as_of}"."<br/>{trying}</span>
                </div>
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> WallNumbers {
        WallNumbers {
            critical: 3,
            high: 28,
            endpoints_at_risk: 17,
            events_per_second: 4_812.0,
            behind_ms: 412,
            ..WallNumbers::default()
        }
    }

    #[test]
    fn before_the_first_word_nothing_is_claimed() {
        assert!(
            cells(None, None, false)
                .iter()
                .all(|cell| cell.figure == "?" && !cell.is_hot)
        );
    }

    #[test]
    fn what_is_live_is_said_and_what_is_wrong_stands_out() {
        let shown = cells(Some(&numbers()), None, false).map(|cell| (cell.figure, cell.label));
        let expected = [
            ("3", "critical"),
            ("28", "high"),
            ("17", "endpoints at risk"),
            ("4,812", "events per second"),
            ("0.4", "behind, none lost"),
        ];
        assert_eq!(
            shown,
            expected.map(|(figure, label)| (figure.to_owned(), label.to_owned()))
        );
        let mut faulty = numbers();
        faulty.faults = 1;
        let [.., behind] = cells(Some(&faulty), None, false);
        assert_eq!(
            (behind.label.as_str(), behind.is_impaired),
            ("stage stands still", true)
        );
        faulty.critical = 0;
        assert!(
            !cells(Some(&faulty), None, false)[0].is_hot,
            "nothing is hot without a critical alert"
        );
    }
}
