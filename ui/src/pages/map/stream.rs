//! The map's own stream. It is tried again when it breaks, and says when it is silent.

use super::state::MapView;
use crate::api::{map::LIVE, messages, wire};
use futures::future::abortable;
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};

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
    messages(LIVE, &[SNAPSHOT, FRAME], SILENCE_MS_MAX, |name, data| {
        if name == SNAPSHOT {
            view.begin(wire::read_value(data)?);
        } else {
            view.go_on(wire::read_value(data)?);
        }
        Ok(())
    })
    .await
}
