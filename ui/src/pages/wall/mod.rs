//! The wall: a screen without a keyboard that anyone may walk past. It shows a code until it is paired, and then what it may.
//!
//! Invariant: what a wall holds is bounded, and nothing of an organization stays when its pairing ends.

mod code;
mod frame;
mod model;
mod scenes;
mod sound;
mod state;
mod stream;
mod words;

use crate::api::walls;
use crate::components::Credits;
use futures::future::abortable;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use model::Backoff;
use state::{Phase, WallView};
use watchfloor_shared::wall::{WallScene, WallState};

#[component]
pub fn WallPage() -> impl IntoView {
    let phase = RwSignal::new(Phase::Starting);
    move || match phase.get() {
        Phase::Starting => view! { <Starting phase/> }.into_any(),
        Phase::Code => view! { <code::CodeScreen phase/> }.into_any(),
        Phase::Showing(told) => view! { <Showing told=*told phase/> }.into_any(),
    }
}

#[component]
fn Starting(phase: RwSignal<Phase>) -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    let (task, handle) = abortable(find_out(phase, tries));
    spawn_local(async move {
        let _ = task.await;
    });
    on_cleanup(move || handle.abort());
    let words = move || match tries.get() {
        0 => "Connecting".to_owned(),
        tries => format!("No answer from the server, try {tries}"),
    };
    view! { <main class="wall wall-code"><p class="how" role="status">{words}</p></main> }
}

/// What this screen is, once the server says it.
async fn find_out(phase: RwSignal<Phase>, tries: RwSignal<u32>) {
    let mut backoff = Backoff::default();
    loop {
        match walls::told().await {
            Ok(told) => return phase.set(Phase::Showing(Box::new(told))),
            Err(fault) if stream::is_no_wall(&fault) => return phase.set(Phase::Code),
            Err(_) => {
                let wait_ms = backoff.next_ms(js_sys::Math::random());
                tries.set(backoff.tries());
                TimeoutFuture::new(wait_ms).await;
            }
        }
    }
}

#[component]
fn Showing(told: WallState, phase: RwSignal<Phase>) -> impl IntoView {
    let view = WallView::open(told, phase);
    view.dress();
    stream::listen(view);
    let has_map = Memo::new(move |_| view.told.with(|told| told.settings.scenes.contains(&WallScene::Map)));
    let credits = Signal::derive(move || view.told.with(|told| told.credits.clone()));
    let place = Memo::new(move |_| model::place_at(view.tick.get()).to_string());
    let point = move |_| view.pointed.set(Some(state::local().steady));
    view! {
        <main class="wall" data-place=place class:is-stale=move || view.is_stale() class:dim=move || view.is_dim.get()
            class:pointing=move || view.is_pointing() on:pointermove=point on:keydown=move |_| view.pointed.set(Some(state::local().steady))>
            <div class="wall-picture">
                <h1 class="visually-hidden">"Wall"</h1>
                <frame::Top view/>
                <div class="wall-scene">
                    {move || has_map.get().then(|| view! { <scenes::MapLayer view/> })}
                    <scenes::Scene view/>
                    <p class="wall-credits" class:away=move || view.scene.get() != WallScene::Map>
                        <span>"Natural Earth"</span><span>"MapLibre"</span><Credits credits/>
                    </p>
                    <frame::Band view/>
                </div>
                <frame::Five view/>
            </div>
            <div class="wall-dim" aria-hidden="true"></div>
        </main>
    }
}
