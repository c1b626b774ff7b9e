//! Routes, and what every page finds in its context.

use crate::{
    components::{Empty, shortcuts::provide_shortcuts, toast::provide_toasts},
    live::provide_live,
    pages::{
        alert::AlertPage, alerts::AlertsPage, endpoint::EndpointPage, endpoints::EndpointsPage, hunt::HuntPage,
        overview::OverviewPage, pipeline::PipelinePage, rules::RulesPage, setup::SetupPage, sign_in::SignInPage,
    },
    shell::Shell,
    state::{clock::provide_clock, preferences::provide_preferences, range::provide_range, session::provide_session},
    url::provide_address,
};
use leptos::prelude::*;
use leptos_router::{
    components::{ParentRoute, Route, Router, Routes},
    path,
};

#[component]
pub fn App() -> impl IntoView {
    provide_preferences();
    provide_session();
    provide_live(provide_clock());
    provide_toasts();
    view! { <Router><Pages/></Router> }
}

#[component]
fn Pages() -> impl IntoView {
    provide_address();
    provide_range();
    provide_shortcuts();
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/sign-in") view=SignInPage/>
            <Route path=path!("/setup") view=SetupPage/>
            <ParentRoute path=path!("") view=Shell>
                <Route path=path!("/") view=OverviewPage/>
                <Route path=path!("/alerts") view=AlertsPage/>
                <Route path=path!("/alerts/:id") view=AlertPage/>
                <Route path=path!("/hunt") view=HuntPage/>
                <Route path=path!("/endpoints") view=EndpointsPage/>
                <Route path=path!("/endpoints/:id") view=EndpointPage/>
                <Route path=path!("/pipeline") view=PipelinePage/>
                <Route path=path!("/rules") view=RulesPage/>
            </ParentRoute>
        </Routes>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    view! {
        <Empty title="There is no such page" why="The address leads nowhere in this console.">
            <a class="btn small" href="/">"To the overview"</a>
        </Empty>
    }
}
