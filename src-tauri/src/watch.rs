//! What happens on the server, from its live stream: new alerts, how many are open, whether it is there.
//!
//! The same for the server in this process and for one elsewhere: HTTP with a session. A stream that breaks is resumed where it
//! broke.

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use reqwest::{StatusCode, cookie::CookieStore};
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};
use url::Url;
use watchfloor::store::{
    Database,
    identity::{Member, one_time_links},
};
use watchfloor_shared::{
    Timestamp,
    alert::{AlertFacets, AlertSummary},
    identity::LinkSignIn,
    live::LiveEvent,
};

/// A frame is one alert, or a snapshot of the pipeline.
const FRAME_BYTES_MAX: usize = 4 << 20;
/// A heartbeat comes every five seconds.
const SILENCE_MAX: Duration = Duration::from_secs(20);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(15);
const RETRY_AFTER: Duration = Duration::from_secs(1);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// The count follows changes at most this often.
const COUNT_EVERY: Duration = Duration::from_millis(500);
const LINK_LIFETIME: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub enum Seen {
    /// The stream runs; the server's clock.
    Online(Timestamp),
    /// The server does not answer.
    Offline(String),
    /// Nobody is signed in.
    SignedOut,
    Alert(Box<AlertSummary>),
    /// Alerts that wait for somebody.
    Open(i64),
}

/// Whose session it is.
pub enum Session {
    /// Of the server in this process: signs itself in.
    Ours(Database, Member),
    /// Of the person in the window.
    Theirs,
}

pub struct Watch {
    pub http: reqwest::Client,
    pub jar: Arc<reqwest::cookie::Jar>,
    pub base: Url,
    pub session: Session,
    pub seen: mpsc::Sender<Seen>,
}

impl Watch {
    /// Until nobody listens any more.
    pub async fn run(self) {
        let mut position = None;
        let mut pause = RETRY_AFTER;
        while !self.seen.is_closed() {
            if matches!(self.session, Session::Theirs) && self.jar.cookies(&self.base).is_none() {
                self.tell(Seen::SignedOut).await;
                tokio::time::sleep(RETRY_AFTER).await;
                continue;
            }
            match self.follow(&mut position, &mut pause).await {
                Ok(StatusCode::UNAUTHORIZED) => self.sign_in().await,
                Ok(_) => {}
                Err(error) => {
                    tracing::debug!(%error, "the live stream ended");
                    self.tell(Seen::Offline(format!("{error:#}"))).await;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(RETRY_AFTER_MAX);
        }
    }

    async fn tell(&self, seen: Seen) {
        let _ = self.seen.send(seen).await;
    }

    async fn sign_in(&self) {
        let Session::Ours(db, member) = &self.session else {
            return self.tell(Seen::SignedOut).await;
        };
        let signed_in = async {
            let token = one_time_links::issue(db, member, LINK_LIFETIME).await?;
            let link = LinkSignIn {
                token: token.reveal().to_owned(),
            };
            let request = self.http.post(self.base.join("api/v1/session/link")?).json(&link);
            request.timeout(ANSWER_WAIT_MAX).send().await?.error_for_status()?;
            anyhow::Ok(())
        };
        if let Err(error) = signed_in.await {
            tracing::warn!(%error, "the live stream of the server in this process cannot be opened");
        }
    }

    /// One connection. Returns the status that the server answered with when it is not a stream.
    async fn follow(&self, position: &mut Option<String>, pause: &mut Duration) -> Result<StatusCode> {
        let mut request = self.http.get(self.base.join("api/v1/live")?);
        if let Some(position) = position.as_ref() {
            request = request.header("last-event-id", position);
        }
        let response = timeout(ANSWER_WAIT_MAX, request.send()).await??;
        let status = response.status();
        if status != StatusCode::OK {
            if status == StatusCode::UNAUTHORIZED {
                return Ok(status);
            }
            bail!("the server answers {status}");
        }
        let mut frames = Frames::default();
        let mut body = response.bytes_stream();
        let mut count_at = Some(tokio::time::Instant::now());
        loop {
            let due = async {
                match count_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                bytes = timeout(SILENCE_MAX, body.next()) => {
                    let bytes = bytes.context("the server is silent")?.context("the stream ended")??;
                    *pause = RETRY_AFTER;
                    frames.push(&bytes)?;
                    while let Some(frame) = frames.next() {
                        if let Some(id) = frame.id {
                            *position = Some(id);
                        }
                        if self.take(&frame.data).await {
                            count_at.get_or_insert_with(|| tokio::time::Instant::now() + COUNT_EVERY);
                        }
                    }
                }
                () = due => {
                    count_at = None;
                    self.count().await?;
                }
            }
        }
    }

    /// Whether the number of open alerts may have changed.
    async fn take(&self, data: &str) -> bool {
        match serde_json::from_str(data) {
            Ok(LiveEvent::Alert(alert)) => {
                self.tell(Seen::Alert(alert)).await;
                true
            }
            Ok(LiveEvent::Heartbeat(now)) => {
                self.tell(Seen::Online(now)).await;
                false
            }
            Ok(LiveEvent::Reset(_)) => true,
            // A newer server may tell of more.
            Ok(LiveEvent::Pipeline(_)) | Err(_) => false,
        }
    }

    async fn count(&self) -> Result<()> {
        let request = self.http.get(self.base.join("api/v1/alerts/facets")?);
        let answer = request.timeout(ANSWER_WAIT_MAX).send().await?.error_for_status()?;
        let facets: AlertFacets = serde_json::from_slice(&answer.bytes().await?)?;
        self.tell(Seen::Open(facets.open)).await;
        Ok(())
    }
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
struct Frame {
    id: Option<String>,
    data: String,
}

/// Bytes in, whole events out.
#[derive(Debug, Default)]
struct Frames {
    rest: Vec<u8>,
}

impl Frames {
    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if self.rest.len() + bytes.len() > FRAME_BYTES_MAX {
            bail!("the stream holds an event of more than {FRAME_BYTES_MAX} bytes");
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    fn next(&mut self) -> Option<Frame> {
        let end = self.rest.windows(2).position(|pair| pair == b"\n\n")?;
        let whole: Vec<u8> = self.rest.drain(..end + 2).collect();
        let text = String::from_utf8_lossy(&whole);
        let mut frame = Frame::default();
        for line in text.lines() {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match name {
                "id" => frame.id = Some(value.to_owned()),
                "data" => {
                    if !frame.data.is_empty() {
                        frame.data.push('\n');
                    }
                    frame.data.push_str(value);
                }
                _ => {}
            }
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_whole_however_they_are_cut() {
        let stream = b"event: heartbeat\nid: 7\ndata: {\"a\":1}\n\n: comment\n\nevent:alert\ndata:x\ndata:y\n\n";
        let wanted = [
            Frame {
                id: Some("7".to_owned()),
                data: "{\"a\":1}".to_owned(),
            },
            Frame::default(),
            Frame {
                id: None,
                data: "x\ny".to_owned(),
            },
        ];
        for size in 1..stream.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for piece in stream.chunks(size) {
                frames.push(piece).unwrap();
                found.extend(std::iter::from_fn(|| frames.next()));
            }
            assert_eq!(found, wanted, "pieces of {size}");
        }
        assert!(Frames::default().push(&vec![b'x'; FRAME_BYTES_MAX + 1]).is_err());
    }
}
