//! Pages in chunks of their own: the first screen waits for its chunk alone, the others come while one reads it.
//!
//! What two chunks share becomes a third, so there are few: one for each kind of work.

use super::{
    alert::AlertPage, alerts::AlertsPage, endpoint::EndpointPage, endpoints::EndpointsPage, hunt::HuntPage,
    inventory::InventoryPage, invitation::InvitationPage, map::MapPage, overview::OverviewPage, pipeline::PipelinePage,
    rules::RulesPage, sensors::SensorsPage, settings::SettingsPage, setup::SetupPage, sign_in::SignInPage,
    wall::WallPage,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use std::{future::Future, time::Duration};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// The first page has the network to itself for so long.
const PAUSE_MS: u32 = 1_500;
const AGAIN: Duration = Duration::from_secs(5);

/// A page that is here and makes itself.
pub type Page = fn() -> AnyView;

type Loaded = Result<Page, SplitLoaderError>;

/// A function of each page that fetches its chunk first, and one that only fetches it.
macro_rules! chunks {
    ($($chunk:ident: $name:ident, $ahead:ident, $page:ident;)*) => {
        $(
            #[wasm_split($chunk, fallible, preload($ahead))]
            pub fn $name() -> Loaded {
                Ok(|| view! { <$page/> }.into_any())
            }
        )*

        async fn fetch_all() -> Result<(), SplitLoaderError> {
            $($ahead().await?;)*
            Ok(())
        }
    };
}

chunks! {
    gate: sign_in, sign_in_ahead, SignInPage;
    gate: setup, setup_ahead, SetupPage;
    gate: invitation, invitation_ahead, InvitationPage;
    front: overview, overview_ahead, OverviewPage;
    triage: alerts, alerts_ahead, AlertsPage;
    case: alert, alert_ahead, AlertPage;
    hunting: hunt, hunt_ahead, HuntPage;
    hunting: endpoints, endpoints_ahead, EndpointsPage;
    hunting: endpoint, endpoint_ahead, EndpointPage;
    plant: map, map_ahead, MapPage;
    plant: pipeline, pipeline_ahead, PipelinePage;
    hunting: rules, rules_ahead, RulesPage;
    hunting: inventory, inventory_ahead, InventoryPage;
    admin: sensors, sensors_ahead, SensorsPage;
    admin: settings, settings_ahead, SettingsPage;
    plant: wall, wall_ahead, WallPage;
}

/// The page as soon as its chunk is here. The server being away shows, and one can try again.
pub fn later<Fetch>(fetch: fn() -> Fetch) -> AnyView
where
    Fetch: Future<Output = Loaded> + 'static,
{
    let (page, attempt) = attempted(fetch);
    shown(page, attempt)
}

/// The same where nobody is there to press anything: it tries again by itself.
pub fn later_for_ever<Fetch>(fetch: fn() -> Fetch) -> AnyView
where
    Fetch: Future<Output = Loaded> + 'static,
{
    let (page, attempt) = attempted(fetch);
    Effect::new(move |_| {
        if page.with(|page| page.as_ref().is_some_and(Result::is_err)) {
            let again = move || {
                attempt.try_update(|n| *n = n.wrapping_add(1));
            };
            set_timeout(again, AGAIN);
        }
    });
    shown(page, attempt)
}

/// What was fetched, anew with each attempt.
fn attempted<Fetch>(fetch: fn() -> Fetch) -> (LocalResource<Loaded>, RwSignal<u32>)
where
    Fetch: Future<Output = Loaded> + 'static,
{
    let attempt = RwSignal::new(0_u32);
    let page = LocalResource::new(move || {
        attempt.track();
        fetch()
    });
    (page, attempt)
}

fn shown(page: LocalResource<Loaded>, attempt: RwSignal<u32>) -> AnyView {
    let shown = move || {
        match page.get() {
        None => view! { <p class="pending" role="status">"Loading"</p> }.into_any(),
        Some(Ok(page)) => page(),
        Some(Err(_)) => view! {
            <div class="empty" role="alert">
                <h3>"This page could not be fetched"</h3>
                <p>"The server did not answer, or it is another version by now."</p>
                <div class="row-flex">
                    <button class="btn small" on:click=move |_| attempt.update(|n| *n += 1)>"Try again"</button>
                    <button class="btn small" on:click=move |_| drop(window().location().reload())>"Load the console anew"</button>
                </div>
            </div>
        }
        .into_any(),
    }
    };
    shown.into_any()
}

/// Fetches what is not here yet, so that going there takes no time and a server that goes away takes no page along.
pub fn fetch_ahead() {
    spawn_local(async {
        TimeoutFuture::new(PAUSE_MS).await;
        // A chunk that does not come now is fetched, and its failure shown, when one goes there.
        drop(fetch_all().await);
    });
}
