//! A stream of server-sent events, as a browser reads it.

use bytes::Bytes;
use futures::{Stream, StreamExt};
use reqwest::Response;
use serde::de::DeserializeOwned;
use std::{pin::Pin, time::Duration};
use tokio::time::timeout;

const WAIT: Duration = Duration::from_secs(10);

pub struct Sse {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>>>>,
    text: String,
}

impl Sse {
    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            body: Box::pin(response.bytes_stream()),
            text: String::new(),
        }
    }

    /// The next event with its id and name; none at the end of the stream.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Option<(Option<i64>, String, T)> {
        loop {
            if let Some((frame, rest)) = self.text.split_once("\n\n") {
                let event = parse(frame);
                self.text = rest.to_owned();
                return Some(event);
            }
            let bytes = timeout(WAIT, self.body.next())
                .await
                .expect("the stream is silent")?
                .ok()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

fn parse<T: DeserializeOwned>(frame: &str) -> (Option<i64>, String, T) {
    let field = |name: &str| {
        frame
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let data = serde_json::from_str(field("data").unwrap()).unwrap();
    let id = field("id").map(|id| id.parse().unwrap());
    (id, field("event").unwrap_or_default().to_owned(), data)
}
