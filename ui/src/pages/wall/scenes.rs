//! The scenes. Each says what it shows, and why when it shows nothing.

use super::{frame::Mark, state::WallView, words};
use crate::{
    components::number,
    pages::map::{
        canvas,
        model::{FlowSum, text},
    },
    words::capital,
};
use leptos::{html, prelude::*};
use watchfloor_shared::{
    alert::Severity,
    wall::{WallEndpoint, WallNumbers, WallScene, WallStage, WallTechnique},
};

const ROWS_MAX: usize = 6;
const STAGES_MAX: usize = 9;
const FLOWS_MAX: usize = 3;
/// A stage that is later than this is worth a look.
const LATE_MS: i64 = 5_000;
/// Lines and marks at eight metres against those on a desk, on a screen of 1920 pixels.
const LARGER: f64 = 2.2;
const WIDTH_PX: f64 = 1_920.0;

/// Stays while other scenes are shown: months of opening and closing are more than a graphics driver should be asked for.
#[component]
pub fn MapLayer(view: WallView) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let width_px = window()
        .inner_width()
        .ok()
        .and_then(|width| width.as_f64())
        .unwrap_or(WIDTH_PX);
    #[expect(clippy::cast_possible_truncation, reason = "a factor")]
    let size = (LARGER * width_px / WIDTH_PX).max(1.0) as f32;
    canvas::mount(view.map, node, size);
    let refit = window_event_listener(leptos::ev::resize, move |_| {
        let map = view.map;
        // The base map has to see its new box first.
        set_timeout(
            move || map.with_renderer(|renderer| renderer.zoom(0.0)),
            std::time::Duration::from_millis(400),
        );
    });
    on_cleanup(move || refit.remove());
    view! {
        <div class="wall-map" class:away=move || view.scene.get() != WallScene::Map>
            <div class="mapcanvas" node_ref=node role="img" aria-label="Attacks of the last 60 seconds on a map of the world"></div>
        </div>
    }
}

#[component]
pub fn Scene(view: WallView) -> impl IntoView {
    move || match view.scene.get() {
        WallScene::Map => view! { <OnMap view/> }.into_any(),
        WallScene::Techniques => view! { <Techniques view/> }.into_any(),
        WallScene::Endpoints => view! { <Endpoints view/> }.into_any(),
        WallScene::Pipeline => view! { <Pipeline view/> }.into_any(),
    }
}

/// The worst and latest flows, in words.
fn worst(sums: &[FlowSum]) -> Vec<FlowSum> {
    let mut worst: Vec<&FlowSum> = sums.iter().collect();
    worst.sort_by_key(|sum| std::cmp::Reverse((sum.flow.severity, sum.last, sum.flow.id)));
    worst.into_iter().take(FLOWS_MAX).cloned().collect()
}

#[component]
fn OnMap(view: WallView) -> impl IntoView {
    let map = view.map;
    let flows = move || map.shown.with(|shown| worst(&shown.sums));
    let flow = |sum: FlowSum| {
        view! {
            <li>
                <Mark severity=sum.flow.severity/>
                <span class="t">{sum.flow.rule.clone()}</span>
                <span class="w">{text::way(&sum.flow)}</span>
            </li>
        }
    };
    let quiet = move || map.is_known.get() && map.shown.with(|shown| shown.sums.is_empty());
    let plain = move || map.plain.get().is_some();
    let simulated = move || map.shown.with(|shown| shown.sums.iter().any(|sum| sum.flow.simulated));
    view! {
        <ul class="wall-flows" class:none=move || map.shown.with(|shown| shown.sums.is_empty())>{move || flows().into_iter().map(flow).collect_view()}</ul>
        {move || quiet().then(|| view! { <p class="wall-quiet">"Nothing on the map in the last 60 seconds"</p> })}
        <p class="wall-notes">
            {move || simulated().then(|| view! { <span class="sim">"with simulated events"</span> })}
            {move || plain().then_some("drawn flat and still: this browser has no WebGL2")}
        </p>
    }
}

#[component]
fn Heading(title: &'static str, #[prop(into)] aside: Signal<String>) -> impl IntoView {
    view! { <h2 class="wall-title">{title}<small>{aside}</small></h2> }
}

/// Rows of a list of the numbers, or why there are none.
fn rows<T: Clone + PartialEq + Send + Sync + 'static, V: IntoView + 'static>(
    view: WallView,
    of: fn(&WallNumbers) -> &Vec<T>,
    most: usize,
    none: &'static str,
    row: impl Fn(T) -> V + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        view.numbers.with(|numbers| {
            numbers
                .as_ref()
                .map(|numbers| of(numbers).iter().take(most).cloned().collect::<Vec<T>>())
        })
    });
    move || match shown.get() {
        None => view! { <p class="wall-quiet">"Waiting for the server's first figures"</p> }.into_any(),
        Some(list) if list.is_empty() => view! { <p class="wall-quiet">{none}</p> }.into_any(),
        Some(list) => view! { <ul class="wall-rows">{list.into_iter().map(row).collect_view()}</ul> }.into_any(),
    }
}

/// A share of the widest, from 0 to 1.
#[component]
fn Share(of: f64) -> impl IntoView {
    view! {
        <svg class="share" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect class="all" width="100" height="1"></rect>
            <rect class="part" width=(100.0 * of.clamp(0.0, 1.0)).to_string() height="1"></rect>
        </svg>
    }
}

#[component]
fn Techniques(view: WallView) -> impl IntoView {
    let most = Memo::new(move |_| {
        view.numbers.with(|numbers| {
            let techniques = numbers.iter().flat_map(|numbers| &numbers.techniques);
            techniques.map(|technique| technique.alerts).max().unwrap_or(1).max(1)
        })
    });
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let row = move |technique: WallTechnique| {
        let share = technique.alerts as f64 / most.get_untracked() as f64;
        view! {
            <li class="technique">
                <span class="id">{technique.id}</span>
                <span class="wall-name">{technique.name}</span>
                <Share of=share/>
                <span class="n">{words::short(technique.alerts)}</span>
            </li>
        }
    };
    view! {
        <section class="wall-list">
            <Heading title="Top techniques" aside="open alerts that name them".to_owned()/>
            {rows(view, |numbers| &numbers.techniques, ROWS_MAX, "No open alert names a technique", row)}
        </section>
    }
}

#[component]
fn Endpoints(view: WallView) -> impl IntoView {
    let aside = Signal::derive(move || {
        let shows = view.told.with(|told| told.settings.shows);
        match (shows.hosts, shows.users) {
            (false, false) => "names of hosts and users are not shown here".to_owned(),
            (false, true) => "names of hosts are not shown here".to_owned(),
            _ => "risk from 0 to 100".to_owned(),
        }
    });
    let row = |endpoint: WallEndpoint| {
        let open = [
            (Severity::Critical, endpoint.open.critical),
            (Severity::High, endpoint.open.high),
        ];
        let open = open.into_iter().filter(|(_, count)| *count > 0);
        let open = open.map(|(severity, count)| view! { <span><Mark severity/>{words::short(count)}</span> });
        view! {
            <li class="endpoint">
                <span class="risk">{endpoint.risk}</span>
                <span class="wall-name">{endpoint.label}{endpoint.simulated.then(|| view! { <em class="sim">"simulated"</em> })}
                    <small>{endpoint.user}</small></span>
                <span class="wall-why">{endpoint.worst}</span>
                <span class="open">{open.collect_view()}</span>
            </li>
        }
    };
    view! {
        <section class="wall-list">
            <Heading title="Endpoints at risk" aside/>
            {rows(view, |numbers| &numbers.endpoints, ROWS_MAX, "No endpoint has an open alert", row)}
        </section>
    }
}

#[component]
fn Pipeline(view: WallView) -> impl IntoView {
    let row = |stage: WallStage| {
        let (figure, unit) = words::span(stage.lag_ms);
        let is_late = stage.is_faulty || stage.lag_ms >= LATE_MS;
        let behind = if stage.is_faulty {
            "stands still".to_owned()
        } else {
            format!("{figure} {unit} behind")
        };
        let dead = match stage.dead {
            0 => "none dead".to_owned(),
            dead => format!("{} dead", words::short(dead)),
        };
        view! {
            <li class="stage" class:impaired=is_late>
                <span class="wall-name">{capital(&stage.name)}</span>
                <span class="n">{words::rate(stage.events_per_second)}<small>" events/s"</small></span>
                <span class="n behind">{behind}</span>
                <span class="n quiet">{dead}</span>
            </li>
        }
    };
    let aside = Signal::derive(move || {
        view.numbers.with(
            |numbers| match numbers.as_ref().map(|numbers| (numbers.faults, numbers.lost)) {
                None => String::new(),
                Some((0, 0)) => "every event is accounted for".to_owned(),
                Some((0, lost)) => format!("{} unaccounted", number::counted(lost, "event", "events")),
                Some((faults, _)) => format!("{} still", number::counted(faults, "stage stands", "stages stand")),
            },
        )
    });
    view! {
        <section class="wall-list">
            <Heading title="Pipeline" aside/>
            {rows(view, |numbers| &numbers.stages, STAGES_MAX, "The pipeline says nothing of its stages", row)}
        </section>
    }
}
