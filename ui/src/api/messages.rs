//! Named messages of a stream of the server's, each with its content under `data`.

use super::wire::{self, Malformed};
use futures::{
    StreamExt,
    future::{Either, select},
    stream,
};
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::TimeoutFuture;
use serde_json::Value;

/// Gives each message with one of the names to `take`, until the connection is lost or silent for too long.
pub async fn messages(
    path: &str,
    names: &[&str],
    silence_ms_max: u32,
    mut take: impl FnMut(&str, Value) -> Result<(), Malformed>,
) -> Option<()> {
    let mut source = EventSource::new(path).ok()?;
    let mut kinds = Vec::new();
    for name in names {
        kinds.push(source.subscribe(*name).ok()?);
    }
    let mut messages = stream::select_all(kinds);
    loop {
        let Either::Left((message, _)) = select(messages.next(), TimeoutFuture::new(silence_ms_max)).await else {
            return None;
        };
        let (name, message) = message?.ok()?;
        let text = message.data().as_string().unwrap_or_default();
        let taken = wire::parse(&text).and_then(|mut update| {
            let data = update.get_mut("data").map(Value::take).unwrap_or_default();
            take(&name, data)
        });
        if let Err(why) = taken {
            leptos::logging::warn!("{name} of {path} not understood: {why}");
        }
    }
}
