//! The line that names the alert, and the way along the list.

use super::{
    case::Case,
    neighbours::{Neighbours, Place},
};
use crate::{
    components::{Glyph, Icon, SeverityBadge, Shortcut, SimulatedBadge, StatusMark, number, use_shortcuts},
    url::use_address,
    words::initials,
};
use leptos::prelude::*;
use watchfloor_shared::AlertId;

#[component]
pub fn Head(case: Case) -> impl IntoView {
    let address = use_address();
    let along = Neighbours::follow();
    // What the list knows is shown until the alert itself is there.
    Effect::new(move |_| {
        let id = case.id.get();
        if case.latest.with(Option::is_none)
            && let Some(summary) = along.summary(&id)
        {
            case.latest.set(Some(summary));
        }
    });
    let place = Memo::new(move |_| along.place(&case.id.get()));
    let go = move |id: Option<AlertId>| {
        if let Some(id) = id {
            address.go(&along.link(&id));
        }
    };
    let back = move |_| {
        if case.inspecting.get_untracked() {
            case.inspecting.set(false);
        } else {
            address.go(&along.back());
        }
    };
    use_shortcuts(
        "Alert",
        vec![
            Shortcut::new(&["j"], "Next alert of the list", move |_| go(next(place))).hinted(),
            Shortcut::new(&["k"], "Previous alert of the list", move |_| go(previous(place))).hinted(),
            Shortcut::new(&["Escape"], "Back to the list", back).hinted(),
        ],
    );
    let title = move || case.with_summary(|alert| alert.title.clone());
    let marks = move || {
        case.with_summary(|alert| {
            view! {
                <SeverityBadge severity=alert.severity />
                <StatusMark status=alert.status worded=true />
                {alert.simulated.then(|| view! { <SimulatedBadge /> })}
            }
        })
    };
    let short = move || case.id.with(AlertId::short);
    let whole = move || case.id.with(AlertId::to_string);
    let assignee = move || case.with_summary(|alert| alert.assignee.clone()).flatten();
    view! {
        <div class="objhead">
            <a class="btn ghost icon small" href=move || along.back() aria-label="Back to the list" title="Back to the list (Esc)">
                <Icon glyph=Glyph::ChevronLeft />
            </a>
            <h1 class="cut">{title}</h1>
            {marks}
            <span class="mono quiet" title=whole>{short}</span>
            <span class="grow"></span>
            {move || assignee().map(|name| view! { <Person name /> })}
            <Along place go />
        </div>
    }
}

fn next(place: Memo<Option<Place>>) -> Option<AlertId> {
    place.with_untracked(|p| p.as_ref().and_then(|p| p.next.clone()))
}

fn previous(place: Memo<Option<Place>>) -> Option<AlertId> {
    place.with_untracked(|p| p.as_ref().and_then(|p| p.previous.clone()))
}

/// The place in the list, and the ways to the alerts beside it.
#[component]
fn Along(place: Memo<Option<Place>>, go: impl Fn(Option<AlertId>) + Copy + 'static) -> impl IntoView {
    let words = |place: Place| {
        let at = i64::try_from(place.at + 1).unwrap_or(0);
        format!("{} of {}", number::count(at), number::count(place.total))
    };
    let is_first = move || place.with(|p| p.as_ref().is_none_or(|p| p.previous.is_none()));
    let is_last = move || place.with(|p| p.as_ref().is_none_or(|p| p.next.is_none()));
    view! {
        {move || place.get().map(|place| view! { <span class="quiet mono">{words(place)}</span> })}
        <span class="row-flex">
            <button type="button" class="btn icon small" aria-label="Previous alert" title="Previous (k)"
                prop:disabled=is_first on:click=move |_| go(previous(place))>
                <Icon glyph=Glyph::Up />
            </button>
            <button type="button" class="btn small" prop:disabled=is_last on:click=move |_| go(next(place))>
                "Next " <kbd>"j"</kbd>
            </button>
        </span>
    }
}

#[component]
pub fn Person(name: String) -> impl IntoView {
    view! {
        <span class="person">
            <span class="avatar" aria-hidden="true">{initials(&name)}</span>
            {name}
        </span>
    }
}
