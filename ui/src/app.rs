//! What every page finds in its context, and which page it is.

use crate::{
    components::{Empty, shortcuts::provide_shortcuts, toast::provide_toasts},
    live::provide_live,
    pages::later::{self, fetch_ahead, later, later_for_ever},
    shell::Shell,
    state::{clock::provide_clock, preferences::provide_preferences, range::provide_range, session::provide_session},
    url::{Place, provide_address},
};
use leptos::prelude::*;

#[component]
pub fn App() -> impl IntoView {
    let place = provide_address().place;
    provide_preferences();
    provide_session();
    provide_live(provide_clock());
    provide_toasts();
    provide_range();
    provide_shortcuts();
    // A wall shows one page for months.
    if place.get_untracked() != Place::Wall {
        fetch_ahead();
    }
    Effect::new(move |_| document().set_title(&format!("{} · Watchfloor", place.get().title())));
    // The frame stays while one goes from page to page.
    let apart = |place: &Place| matches!(place, Place::SignIn | Place::Setup | Place::Invitation | Place::Wall);
    let gate = Memo::new(move |_| Some(place.get()).filter(apart));
    move || match gate.get() {
        Some(Place::Setup) => later(later::setup),
        Some(Place::Invitation) => later(later::invitation),
        Some(Place::Wall) => later_for_ever(later::wall),
        Some(_) => later(later::sign_in),
        None => view! { <Shell page=move || page(place.get())/> }.into_any(),
    }
}

fn page(place: Place) -> AnyView {
    match place {
        Place::SignIn | Place::Setup | Place::Invitation | Place::Wall => ().into_any(),
        Place::Overview => later(later::overview),
        Place::Alerts => later(later::alerts),
        Place::Alert => later(later::alert),
        Place::Hunt => later(later::hunt),
        Place::Endpoints => later(later::endpoints),
        Place::Endpoint => later(later::endpoint),
        Place::Map => later(later::map),
        Place::Pipeline => later(later::pipeline),
        Place::Rules => later(later::rules),
        Place::Sensors => later(later::sensors),
        Place::Inventory => later(later::inventory),
        Place::Settings => later(later::settings),
        Place::Nowhere => view! {
            <Empty title="There is no such page" why="The address leads nowhere in this console.">
                <a class="btn small" href="/">"To the overview"</a>
            </Empty>
        }
        .into_any(),
    }
}
