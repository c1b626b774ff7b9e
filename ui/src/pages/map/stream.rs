//! The map's own stream. It is tried again when it breaks, and says when it is silent.

use super::state::MapView;
use crate::api::{
    map::LIVE,
    wire::{self, Malformed},
};
use futures::{
    StreamExt,
    future::{Either, abortable, select},
    stream,
};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;

const RETRY_MS_FIRST: u32 = 500;
const RETRY_MS_MAX: u32 = 10_000;
/// The server speaks once a second. A connection that is silent for so long is given up.
const SILENCE_MS_MAX: u32 = 15_000;

const SNAPSHOT: &str = "snapshot";
const FRAME: &str = "frame";

/// Listens for the life of the calling component.
pub fn listen(view: MapView) {
    let (task, handle) = abortable(keep_listening(view));
    spawn_local(async move {
        let _ = task.await;
    });
    on_cleanup(move || handle.abort());
}

async fn keep_listening(view: MapView) {
    let mut wait_ms = RETRY_MS_FIRST;
    loop {
        let before = view.heard.get_untracked();
        once(view).await;
        if view.heard.get_untracked() != before {
            wait_ms = RETRY_MS_FIRST;
        }
        view.broken.set(true);
        TimeoutFuture::new(wait_ms).await;
        wait_ms = (wait_ms * 2).min(RETRY_MS_MAX);
    }
}

/// Until the connection is lost.
async fn once(view: MapView) -> Option<()> {
    let mut source = EventSource::new(LIVE).ok()?;
    let kinds = [source.subscribe(SNAPSHOT).ok()?, source.subscribe(FRAME).ok()?];
    let mut messages = stream::select_all(kinds);
    loop {
        let Either::Left((message, _)) = select(messages.next(), TimeoutFuture::new(SILENCE_MS_MAX)).await else {
            return None;
        };
        let (name, message) = message?.ok()?;
        if let Err(why) = receive(view, &name, &message.data().as_string().unwrap_or_default()) {
            leptos::logging::warn!("map message not understood: {why}");
        }
    }
}

fn receive(view: MapView, name: &str, text: &str) -> Result<(), Malformed> {
    let mut update = wire::parse(text)?;
    let data = update.get_mut("data").map(Value::take).unwrap_or_default();
    if name == SNAPSHOT {
        view.begin(wire::read_value(data)?);
    } else {
        view.go_on(wire::read_value(data)?);
    }
    Ok(())
}
