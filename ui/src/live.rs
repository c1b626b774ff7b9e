//! The live stream: one connection for the whole console, resumed where it broke, and honest about its age.

use crate::{
    api::wire::{self, Malformed},
    state::Clock,
};
use futures::{StreamExt, stream};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use std::rc::Rc;
use watchfloor_shared::{Timestamp, alert::AlertSummary, pipeline::PipelineSnapshot};

/// The server speaks at least every five seconds; older than this is stale.
const STALE_AFTER_MS: i64 = 12_000;
const RETRY_MS_FIRST: u32 = 500;
const RETRY_MS_MAX: u32 = 10_000;

/// Names of messages: those of `watchfloor_shared::live::LiveEvent`.
const ALERT: &str = "alert";
const PIPELINE: &str = "pipeline";
const HEARTBEAT: &str = "heartbeat";
const RESET: &str = "reset";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    Connecting,
    Live,
    /// Connected as far as the browser knows, but silent for too long.
    Stale,
    /// The connection broke and is being tried again.
    Offline,
}

#[derive(Clone, Copy)]
pub struct Live {
    /// When the last message came, by the console's clock.
    pub heard: RwSignal<Option<Timestamp>>,
    broken: RwSignal<bool>,
    pub pipeline: RwSignal<Option<PipelineSnapshot>>,
    /// Grows when lists must be fetched again because the stream could not be resumed.
    pub resets: RwSignal<u32>,
    last_id: StoredValue<Option<String>>,
    listeners: StoredValue<Vec<(u32, Listener)>, LocalStorage>,
    next_listener: StoredValue<u32>,
    clock: Clock,
}

type Listener = Rc<dyn Fn(&AlertSummary)>;

impl Live {
    /// Changes at most once a second.
    pub fn state(self) -> LiveState {
        match (self.broken.get(), self.age_ms()) {
            (true, _) => LiveState::Offline,
            (false, None) => LiveState::Connecting,
            (false, Some(age)) if age > STALE_AFTER_MS => LiveState::Stale,
            (false, Some(_)) => LiveState::Live,
        }
    }
    /// Age of the last message.
    pub fn age_ms(self) -> Option<i64> {
        let heard = self.heard.get()?;
        Some((self.clock.now().millis() - heard.millis()).max(0))
    }
    /// Calls `listener` for every new or changed alert until the calling component is gone.
    pub fn on_alert(self, listener: impl Fn(&AlertSummary) + 'static) {
        let number = self.next_listener.get_value();
        self.next_listener.set_value(number.wrapping_add(1));
        self.listeners.update_value(|all| all.push((number, Rc::new(listener))));
        on_cleanup(move || {
            self.listeners.try_update_value(|all| all.retain(|(n, _)| *n != number));
        });
    }
    /// The name of a message says what it holds, so nothing has to be guessed from the document.
    fn receive(self, name: &str, text: &str) -> Result<(), Malformed> {
        let mut event = wire::parse(text)?;
        let data = event.get_mut("data").map(Value::take).unwrap_or_default();
        match name {
            ALERT => {
                let alert: AlertSummary = wire::read_value(data)?;
                let listeners: Vec<Listener> = self
                    .listeners
                    .with_value(|all| all.iter().map(|(_, l)| Rc::clone(l)).collect());
                for listener in listeners {
                    listener(&alert);
                }
            }
            PIPELINE => self.pipeline.set(Some(wire::read_value(data)?)),
            kind => {
                self.clock.set(wire::read_value(data)?);
                if kind == RESET {
                    self.resets.update(|n| *n = n.wrapping_add(1));
                }
            }
        }
        self.broken.set(false);
        self.heard.set(Some(self.clock.now_untracked()));
        Ok(())
    }
    /// Runs until the connection is lost for good.
    async fn listen(self) -> Option<()> {
        let resume = self.last_id.get_value().map(|id| format!("?last_event_id={id}"));
        let mut source = EventSource::new(&format!("/api/v1/live{}", resume.unwrap_or_default())).ok()?;
        let mut kinds = Vec::new();
        for name in [ALERT, PIPELINE, HEARTBEAT, RESET] {
            kinds.push(source.subscribe(name).ok()?);
        }
        let mut messages = stream::select_all(kinds);
        while let Some(Ok((name, message))) = messages.next().await {
            let id = message.last_event_id();
            if !id.is_empty() {
                self.last_id.set_value(Some(id));
            }
            let text = message.data().as_string().unwrap_or_default();
            if let Err(why) = self.receive(&name, &text) {
                leptos::logging::warn!("live message not understood: {why}");
            }
        }
        Some(())
    }
}

/// Starts listening. Call once, when someone is signed in.
pub fn start(live: Live) {
    spawn_local(async move {
        let mut wait_ms = RETRY_MS_FIRST;
        loop {
            let before = live.heard.get_untracked();
            live.listen().await;
            if live.heard.get_untracked() != before {
                wait_ms = RETRY_MS_FIRST;
            }
            live.broken.set(true);
            TimeoutFuture::new(wait_ms).await;
            wait_ms = (wait_ms * 2).min(RETRY_MS_MAX);
        }
    });
}

pub fn provide_live(clock: Clock) -> Live {
    let live = Live {
        heard: RwSignal::new(None),
        broken: RwSignal::new(false),
        pipeline: RwSignal::new(None),
        resets: RwSignal::new(0),
        last_id: StoredValue::new(None),
        listeners: StoredValue::new_local(Vec::new()),
        next_listener: StoredValue::new(0),
        clock,
    };
    provide_context(live);
    live
}

pub fn use_live() -> Live {
    expect_context()
}
