//! All organizations of the signed-in person: what is open in each, and the way to another.

use crate::{
    api::{self, fetch},
    components::{Button, FaultNotice, Look, pending, use_toasts},
    state::session::reload,
};
use leptos::{prelude::*, task::spawn_local};
use watchfloor_shared::{alert::Severity, identity::OrganizationSummary};

const SHOWN: [(Severity, &str); 4] = [
    (Severity::Critical, "Critical"),
    (Severity::High, "High"),
    (Severity::Medium, "Medium"),
    (Severity::Low, "Low"),
];

#[component]
pub fn Organizations() -> impl IntoView {
    let all = fetch(|| Some(()), |()| api::identity::organizations());
    let rows = move || all.value.get().unwrap_or_default();
    view! {
        <FaultNotice fault=all.fault again=move || all.again()/>
        <div class="list" role="table" aria-label="Your organizations">
            <div role="rowgroup">
                <div class="thead cols-organizations" role="row">
                    <span role="columnheader">"Organization"</span>
                    <span role="columnheader">"You are"</span>
                    {SHOWN.map(|(_, name)| view! { <span role="columnheader" class="count" title="Alerts that are not closed">{name}</span> }).into_iter().collect_view()}
                    <span role="columnheader" class="count" title="Alerts that are not closed and nobody's">"Nobody's"</span>
                    <span role="columnheader">"Sensors"</span>
                    <span role="columnheader"><span class="visually-hidden">"What to do"</span></span>
                </div>
            </div>
            {pending(all)}
            <div class="scroll-rows" role="rowgroup">
                {move || rows().into_iter().map(|of| view! { <Row of/> }).collect_view()}
            </div>
        </div>
    }
}

#[component]
fn Row(of: OrganizationSummary) -> impl IntoView {
    let toasts = use_toasts();
    let id = of.organization.id.clone();
    let switch = move |_| {
        let id = id.clone();
        spawn_local(async move {
            match api::identity::switch(id.as_str()).await {
                // Nothing of the other organization stays on the screen.
                Ok(()) => reload("/"),
                Err(fault) => toasts.fault(fault.sentence()),
            }
        });
    };
    let act = match of.is_this {
        true => view! { <span class="quiet">"You are here"</span> }.into_any(),
        false => view! { <Button look=Look::SmallGhost press=switch>"Go there"</Button> }.into_any(),
    };
    let open = SHOWN.map(|(severity, _)| {
        let open = of.open.as_ref();
        let count = open.map(|open| open.iter().find(|of| of.severity == severity).map_or(0, |of| of.count));
        view! { <Count count/> }
    });
    let sensors = match (of.sensors, of.silent) {
        (Some(0), _) => "None".to_owned(),
        (Some(all), Some(0)) => all.to_string(),
        (Some(all), Some(silent)) => format!("{all}, {silent} silent"),
        _ => "–".to_owned(),
    };
    view! {
        <div class="tr cols-organizations" role="row">
            <span role="cell" class="title" title=of.organization.id.to_string()>{of.organization.name}</span>
            <span role="cell" class="cut">{of.organization.role.as_str()}</span>
            {open.into_iter().collect_view()}
            <Count count=of.unassigned/>
            <span role="cell" class="cut">{sensors}</span>
            <span role="cell" class="acts">{act}</span>
        </div>
    }
}

/// A zero is quiet; a dash says that nobody counted.
#[component]
fn Count(count: Option<i64>) -> impl IntoView {
    let text = count.map_or_else(|| "–".to_owned(), |count| count.to_string());
    view! { <span role="cell" class="count mono" class:quiet=matches!(count, None | Some(0))>{text}</span> }
}
