//! What a paired wall holds: bounded, and gone with the pairing.

use super::model::{self, Backoff, Freshness, Heard, Local};
use crate::{
    components::time::offset_ms,
    pages::map::state::MapView,
    state::{
        Zone,
        preferences::{Theme, store, stored},
        use_preferences,
    },
};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::time::Duration;
use watchfloor_shared::{
    Timestamp,
    wall::{WallNumbers, WallScene, WallState, WallTheme},
};

const TICK: Duration = Duration::from_secs(1);
/// Controls stay so long after the pointer moved.
const POINTED_MS: i64 = 5_000;
/// The page was loaded anew for this version of the server.
const RELOADED_FOR: &str = "wall.reloaded_for";

#[derive(Debug, Clone, PartialEq)]
pub enum Phase {
    /// Nobody has said yet what this screen is.
    Starting,
    /// It is no wall, and shows a code.
    Code,
    Showing(Box<WallState>),
}

/// The connection is gone; so many tries, and when the next one is by the steady clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trying {
    pub tries: u32,
    pub next: i64,
}

#[derive(Clone, Copy)]
pub struct WallView {
    pub phase: RwSignal<Phase>,
    pub told: RwSignal<WallState>,
    pub numbers: RwSignal<Option<WallNumbers>>,
    pub trying: RwSignal<Option<Trying>>,
    /// Changes once a second.
    pub tick: RwSignal<Local>,
    pub pointed: RwSignal<Option<i64>>,
    pub map: MapView,
    heard: RwSignal<Option<Heard>>,
    pub freshness: Memo<Freshness>,
    pub scene: Memo<WallScene>,
    pub is_dim: Memo<bool>,
}

impl WallView {
    pub fn open(told: WallState, phase: RwSignal<Phase>) -> Self {
        let tick = RwSignal::new(local());
        let heard = RwSignal::new(Some(Heard {
            server: told.now,
            at: local(),
        }));
        let trying = RwSignal::new(None);
        let told = RwSignal::new(told);
        if let Ok(beat) = set_interval_with_handle(move || tick.set(local()), TICK) {
            on_cleanup(move || beat.clear());
        }
        let server_now = move || {
            let now = tick.get();
            heard.get_untracked().and_then(|heard| heard.server_now(now))
        };
        Self {
            phase,
            told,
            numbers: RwSignal::new(None),
            trying,
            tick,
            pointed: RwSignal::new(None),
            map: MapView::open(),
            heard,
            freshness: Memo::new(move |_| model::freshness(heard.get(), trying.get().is_some(), tick.get())),
            scene: Memo::new(move |before: Option<&WallScene>| {
                let now = server_now();
                told.with(|told| match (now, before) {
                    (Some(now), _) => model::scene_at(now, &told.settings.scenes),
                    (None, Some(before)) => *before,
                    (None, None) => model::scene_at(Timestamp::EPOCH, &told.settings.scenes),
                })
            }),
            is_dim: Memo::new(move |before: Option<&bool>| {
                let dimming = told.with(|told| told.settings.dimming);
                match server_now() {
                    Some(now) => model::is_dim(now, offset_ms(now, Zone::Local), dimming),
                    None => before.copied().unwrap_or(false),
                }
            }),
        }
    }

    /// At night it is dark, whatever it is by day.
    pub fn dress(self) {
        let theme = use_preferences().theme;
        Effect::new(move |_| {
            let is_light = self.told.with(|told| told.settings.theme == WallTheme::Light) && !self.is_dim.get();
            let wanted = if is_light { Theme::Light } else { Theme::Dark };
            if theme.get_untracked() != wanted {
                theme.set(wanted);
            }
        });
    }

    pub fn hear(self, server: Timestamp) {
        self.trying.set(None);
        self.heard.set(Some(Heard { server, at: local() }));
    }

    pub fn tell(self, told: WallState) {
        load_anew_for(&told.server_version);
        self.hear(told.now);
        // Another organization's turn: nothing of the last one stands under its name.
        if self
            .told
            .with_untracked(|before| before.organization != told.organization)
        {
            self.numbers.set(None);
        }
        self.told.set(told);
    }

    pub fn heard_untracked(self) -> Option<Heard> {
        self.heard.get_untracked()
    }

    pub fn is_stale(self) -> bool {
        matches!(self.freshness.get(), Freshness::Stale { .. })
    }

    /// The server's time; none while nobody can know it.
    pub fn now(self) -> Option<Timestamp> {
        let now = self.tick.get();
        self.heard.get_untracked().and_then(|heard| heard.server_now(now))
    }

    /// When the last word came, by the server's clock.
    pub fn as_of(self) -> Option<Timestamp> {
        self.heard.get().map(|heard| heard.server)
    }

    pub fn drift_ms(self) -> i64 {
        self.tick.track();
        self.heard.get_untracked().map_or(0, Heard::drift_ms)
    }

    pub fn is_pointing(self) -> bool {
        let now = self.tick.get().steady;
        self.pointed.get().is_some_and(|at| now - at < POINTED_MS)
    }

    /// Waits for the next try, and says so.
    pub async fn pause(self, backoff: &mut Backoff) {
        let wait_ms = backoff.next_ms(js_sys::Math::random());
        self.trying.set(Some(Trying {
            tries: backoff.tries(),
            next: local().steady + i64::from(wait_ms),
        }));
        TimeoutFuture::new(wait_ms).await;
    }
}

/// A server of another version has other pages. Once for each version, so that a cache in between makes no ring of it.
fn load_anew_for(version: &str) {
    if version == env!("CARGO_PKG_VERSION") || stored(RELOADED_FOR).as_deref() == Some(version) {
        return;
    }
    store(RELOADED_FOR, version);
    if window().location().reload().is_err() {
        leptos::logging::warn!("the page of version {version} could not be loaded");
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds fit")]
pub fn local() -> Local {
    let steady = window()
        .performance()
        .map_or_else(js_sys::Date::now, |clock| clock.now());
    Local {
        steady: steady as i64,
        calendar: js_sys::Date::now() as i64,
    }
}
