//! The wall's stream: connected for months, tried again for ever, and the end of the wall when the server says that it is none.

use super::{
    model::Backoff,
    state::{Phase, WallView},
};
use crate::api::{
    Fault, messages,
    walls::{self, LIVE},
    wire::{self, Malformed},
};
use futures::future::abortable;
use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use std::time::Duration;
use watchfloor_shared::{
    map::{MapFrame, MapSnapshot},
    problem::ErrorCode,
    wall::WallNumbers,
};

/// The server speaks every two seconds. A connection that is silent for so long is given up.
const SILENCE_MS_MAX: u32 = 12_000;
/// A browser forgets the screen's cookie a year after it was last given; each answer gives it again.
const RENEW_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

const WALL: &str = "wall";
const SNAPSHOT: &str = "snapshot";
const FRAME: &str = "frame";
const NUMBERS: &str = "numbers";

/// Listens for the life of the calling component.
pub fn listen(view: WallView) {
    let (task, handle) = abortable(keep_listening(view));
    spawn_local(async move {
        let _ = task.await;
    });
    on_cleanup(move || handle.abort());
    let renew = || {
        spawn_local(async {
            // What is wrong with it shows in the stream.
            drop(walls::told().await);
        });
    };
    if let Ok(renewing) = set_interval_with_handle(renew, RENEW_EVERY) {
        on_cleanup(move || renewing.clear());
    }
}

pub fn is_no_wall(fault: &Fault) -> bool {
    fault.code() == Some(ErrorCode::Unauthenticated)
}

async fn keep_listening(view: WallView) {
    let mut backoff = Backoff::default();
    loop {
        let before = view.heard_untracked();
        once(view).await;
        if view.heard_untracked() != before {
            backoff = Backoff::default();
        }
        loop {
            view.pause(&mut backoff).await;
            match walls::told().await {
                Ok(told) => {
                    view.tell(told);
                    break;
                }
                Err(fault) if is_no_wall(&fault) => {
                    view.phase.set(Phase::Code);
                    return;
                }
                Err(_) => {}
            }
        }
    }
}

/// Until the connection is lost.
async fn once(view: WallView) -> Option<()> {
    let names = [WALL, SNAPSHOT, FRAME, NUMBERS];
    messages(LIVE, &names, SILENCE_MS_MAX, |name, data| receive(view, name, data)).await
}

fn receive(view: WallView, name: &str, data: Value) -> Result<(), Malformed> {
    match name {
        SNAPSHOT => {
            let snapshot: MapSnapshot = wire::read_value(data)?;
            view.hear(snapshot.now);
            view.map.begin(snapshot);
        }
        FRAME => {
            let frame: MapFrame = wire::read_value(data)?;
            view.hear(frame.now);
            view.map.go_on(frame);
        }
        NUMBERS => {
            let numbers: WallNumbers = wire::read_value(data)?;
            view.hear(numbers.now);
            view.numbers.set(Some(numbers));
        }
        _ => view.tell(wire::read_value(data)?),
    }
    Ok(())
}
