//! What every page finds in its context, and which page it is.

use crate::{
    components::{Empty, shortcuts::provide_shortcuts, toast::provide_toasts},
    live::provide_live,
    pages::{
        alert::AlertPage, alerts::AlertsPage, endpoint::EndpointPage, endpoints::EndpointsPage, hunt::HuntPage,
        overview::OverviewPage, pipeline::PipelinePage, rules::RulesPage, setup::SetupPage, sign_in::SignInPage,
    },
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
    Effect::new(move |_| document().set_title(&format!("{} · Watchfloor", place.get().title())));
    // The frame stays while one goes from page to page.
    let gate = Memo::new(move |_| Some(place.get()).filter(|place| matches!(place, Place::SignIn | Place::Setup)));
    move || match gate.get() {
        Some(Place::Setup) => view! { <SetupPage/> }.into_any(),
        Some(_) => view! { <SignInPage/> }.into_any(),
        None => view! { <Shell page=move || page(place.get())/> }.into_any(),
    }
}

fn page(place: Place) -> AnyView {
    match place {
        Place::SignIn | Place::Setup => ().into_any(),
        Place::Overview => view! { <OverviewPage/> }.into_any(),
        Place::Alerts => view! { <AlertsPage/> }.into_any(),
        Place::Alert => view! { <AlertPage/> }.into_any(),
        Place::Hunt => view! { <HuntPage/> }.into_any(),
        Place::Endpoints => view! { <EndpointsPage/> }.into_any(),
        Place::Endpoint => view! { <EndpointPage/> }.into_any(),
        Place::Pipeline => view! { <PipelinePage/> }.into_any(),
        Place::Rules => view! { <RulesPage/> }.into_any(),
        Place::Nowhere => view! {
            <Empty title="There is no such page" why="The address leads nowhere in this console.">
                <a class="btn small" href="/">"To the overview"</a>
            </Empty>
        }
        .into_any(),
    }
}
