//! A screen that is no wall yet shows a code, until an administrator types it.

use super::{
    model::Backoff,
    state::{Phase, local},
    words,
};
use crate::{
    api::walls,
    components::{Mark, number},
};
use futures::future::abortable;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use watchfloor_shared::wall::PairingState;

const ASK_EVERY_MS: u32 = 2_000;

#[derive(Debug, Clone, PartialEq)]
enum Shown {
    Asking,
    /// Until then, by the steady clock.
    Code {
        digits: String,
        until: i64,
    },
    Refused(String),
}

#[component]
pub fn CodeScreen(phase: RwSignal<Phase>) -> impl IntoView {
    let shown = RwSignal::new(Shown::Asking);
    let is_away = RwSignal::new(false);
    let tick = RwSignal::new(local().steady);
    if let Ok(beat) = set_interval_with_handle(move || tick.set(local().steady), Duration::from_secs(1)) {
        on_cleanup(move || beat.clear());
    }
    let (task, handle) = abortable(pair(shown, is_away, phase));
    spawn_local(async move {
        let _ = task.await;
    });
    on_cleanup(move || handle.abort());
    let digits = move || match shown.get() {
        Shown::Code { digits, .. } => {
            let (left, right) = words::code(&digits);
            let label = format!("Code {left} {right}");
            view! { <p class="digits" aria-label=label><span>{left}</span><span>{right}</span></p> }.into_any()
        }
        _ => view! { <p class="digits none" aria-hidden="true"><span>"···"</span><span>"···"</span></p> }.into_any(),
    };
    let life = move || match shown.get() {
        Shown::Code { until, .. } => {
            let seconds = (until - tick.get()).max(0) / 1_000;
            format!(
                "The code works for {}; then this screen shows another.",
                number::long_seconds(seconds)
            )
        }
        Shown::Asking => "Asking for a code.".to_owned(),
        Shown::Refused(why) => why,
    };
    view! {
        <main class="wall wall-code">
            <div class="gate-brand">
                <Mark/>
            </div>
            <h1>"Pair this screen"</h1>
            <div role="status">{digits}</div>
            <p class="how">"An administrator types this code under "<b>"Settings, Walls"</b>" and says what the screen may show."</p>
            <p class="life" class:fault-text=move || matches!(shown.get(), Shown::Refused(_))>{life}</p>
            {move || is_away.get().then(|| view! { <p class="life fault-text">"No answer from the server at the moment; trying again."</p> })}
        </main>
    }
}

/// Until the screen is a wall.
async fn pair(shown: RwSignal<Shown>, is_away: RwSignal<bool>, phase: RwSignal<Phase>) {
    let mut backoff = Backoff::default();
    loop {
        match walls::begin().await {
            Ok(pairing) => {
                let life_ms = pairing.expires_at.millis() - pairing.now.millis();
                shown.set(Shown::Code {
                    digits: pairing.code,
                    until: local().steady + life_ms,
                });
                if typed(shown, is_away).await {
                    phase.set(Phase::Starting);
                    return;
                }
                shown.set(Shown::Asking);
            }
            Err(fault) => shown.set(Shown::Refused(fault.sentence())),
        }
        TimeoutFuture::new(backoff.next_ms(js_sys::Math::random())).await;
    }
}

/// Whether somebody typed it before it grew too old.
async fn typed(shown: RwSignal<Shown>, is_away: RwSignal<bool>) -> bool {
    loop {
        TimeoutFuture::new(ASK_EVERY_MS).await;
        if let Shown::Code { until, .. } = shown.get_untracked()
            && local().steady > until
        {
            return false;
        }
        let answer = walls::pairing().await;
        is_away.set(answer.is_err());
        match answer {
            Ok(PairingState::Paired) => return true,
            Ok(PairingState::Expired) => return false,
            Ok(PairingState::Pending) | Err(_) => {}
        }
    }
}
