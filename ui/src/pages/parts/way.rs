//! How long an alert took from the event to the screen, stage by stage.

use crate::components::{At, number};
use leptos::prelude::*;
use watchfloor_shared::{Timestamp, alert::AlertTimes};

#[component]
pub fn Way(times: AlertTimes) -> impl IntoView {
    let steps: [(&str, Option<Timestamp>); 5] = [
        ("Observed", Some(times.observed)),
        ("Received", Some(times.received)),
        ("Detected", Some(times.detected)),
        ("Stored", Some(times.stored)),
        ("Shown", times.shown),
    ];
    let rows = steps.into_iter().enumerate().map(|(i, (name, at))| {
        let before = i.checked_sub(1).and_then(|before| steps[before].1);
        let took = match (before, at) {
            (Some(before), Some(at)) => Some(format!(
                "+{}",
                number::duration_ms(at.since(before).as_secs_f64() * 1_000.0)
            )),
            _ => None,
        };
        let when = match at {
            Some(at) => view! { <At at=at dated=true/> }.into_any(),
            None => view! { <span class="quiet">"not on a screen yet"</span> }.into_any(),
        };
        view! { <li><span class="quiet">{name}</span>{when}<span class="num">{took}</span></li> }
    });
    view! { <ol class="way">{rows.collect_view()}</ol> }
}
