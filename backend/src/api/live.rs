//! `GET /api/v1/live`: server-sent events of the tenant's changes, with resume.

use super::{
    access::Person,
    context::Signed,
    describe::{Describe, text},
    extract::Asked,
    problem::{Answer, ApiError},
    state::AppState,
};
use crate::{
    live::{Follower, Step},
    store::{StoreError, alerts::Changed, identity::sessions},
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response, Sse, sse::Event},
};
use serde::Deserialize;
use std::{convert::Infallible, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Interval, MissedTickBehavior, interval},
};
use tokio_stream::wrappers::ReceiverStream;
use watchfloor_shared::{identity::Permission, live::LiveEvent, problem::ErrorCode};

/// Events on their way to one listener beyond what its connection holds.
const QUEUE: usize = 16;

/// A listener that takes nothing for this long is gone.
pub(super) const SEND_WAIT_MAX: Duration = Duration::from_secs(30);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LiveQuery {
    last_event_id: Option<String>,
}

pub fn describe() -> Describe {
    Describe::new("live", "Changes as they happen")
        .detail(
            "Server-sent events `alert`, `pipeline`, `heartbeat` and `reset`; the data of each is a LiveEvent. \
             A stream resumed by Last-Event-ID gives each later change once; `reset` says that too much was missed.",
        )
        .header("Last-Event-ID", "The last id that one has", false)
        .query("last_event_id", "The same, for a first connection", text())
        .answers_text("text/event-stream", "The stream")
        .answers_schema::<LiveEvent>()
        .fails(&[ErrorCode::InvalidRequest])
}

pub async fn handle(
    State(state): State<AppState>,
    Signed(person): Signed,
    Asked(query): Asked<LiveQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let position = last_event_id(&headers, query)?;
    let subscription = state
        .live
        .subscribe(&person.tenant)
        .map_err(|refusal| ApiError::unavailable(refusal.to_string()))?;
    let (follower, first) = Follower::start(state.db.clone(), person.tenant.clone(), subscription, position).await?;
    let (out, events) = mpsc::channel(QUEUE);
    let stream = Stream {
        state,
        person,
        follower,
        out,
    };
    tokio::spawn(stream.run(first));
    Ok(streamed(events))
}

/// A response of server-sent events that no proxy holds back.
pub(super) fn streamed(events: mpsc::Receiver<Result<Event, Infallible>>) -> Response {
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    ([unbuffered], Sse::new(ReceiverStream::new(events))).into_response()
}

/// A browser that reconnects sends the header; it knows better than the address that it was given first.
fn last_event_id(headers: &HeaderMap, query: LiveQuery) -> Answer<Option<i64>> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let Some(text) = header
        .map(str::to_owned)
        .or(query.last_event_id)
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    match text.parse() {
        Ok(id) if id >= 0 => Ok(Some(id)),
        _ => Err(ApiError::invalid("Last-Event-ID is not one that this stream gave.")),
    }
}

/// The listener has gone or is to go.
pub(super) struct Ended;

struct Stream {
    state: AppState,
    person: Person,
    follower: Follower,
    out: mpsc::Sender<Result<Event, Infallible>>,
}

impl Stream {
    async fn run(mut self, first: Option<Step>) {
        let hub = self.state.live.clone();
        let out = self.out.clone();
        tokio::select! {
            _ = self.follow(first) => {}
            () = hub.closed() => {}
            () = out.closed() => {}
        }
    }

    async fn follow(&mut self, first: Option<Step>) -> Result<(), Ended> {
        // It has an id, so that a stream which breaks before its first change resumes from here.
        let hello = framed(&LiveEvent::Heartbeat(self.state.clock.now()))?;
        self.send(hello.id(self.follower.position().to_string())).await?;
        if let Some(step) = first {
            self.give(step).await?;
        }
        let limits = self.state.limits.clone();
        let mut heartbeat = ticks(limits.heartbeat_ms);
        let mut snapshot = ticks(limits.snapshot_ms);
        let mut check = ticks(limits.session_check_ms);
        let sees_pipeline = self.person.role.may(Permission::ReadPipeline);
        for ticker in [&mut heartbeat, &mut check] {
            ticker.reset();
        }
        let mut asked = self.state.live.checks();
        loop {
            tokio::select! {
                step = self.follower.next() => self.give(step.map_err(store_failed)?).await?,
                _ = snapshot.tick(), if sees_pipeline => {
                    let json = self.state.snapshots.json().await;
                    self.send(Event::default().event("pipeline").data(&*json)).await?;
                }
                _ = heartbeat.tick() => {
                    let event = framed(&LiveEvent::Heartbeat(self.state.clock.now()))?;
                    self.send(event).await?;
                }
                _ = check.tick() => self.check().await?,
                tenant = asked.recv() => if !matches!(tenant, Ok(Some(tenant)) if tenant != self.person.tenant) {
                    self.check().await?;
                }
            }
        }
    }

    async fn give(&mut self, step: Step) -> Result<(), Ended> {
        match step {
            Step::Changed(changed) => {
                let event = alert_event(&changed)?;
                self.send(event).await?;
                self.state.latency.stream.record_first(&changed, &self.state.clock);
                Ok(())
            }
            Step::Reset(position) => {
                let event = framed(&LiveEvent::Reset(self.state.clock.now()))?;
                self.send(event.id(position.to_string())).await
            }
        }
    }

    /// Also reads what no publication told of.
    async fn check(&mut self) -> Result<(), Ended> {
        may_listen(&self.state, &self.person).await?;
        match self.follower.catch_up().await.map_err(store_failed)? {
            Some(reset) => self.give(reset).await,
            None => Ok(()),
        }
    }

    async fn send(&self, event: Event) -> Result<(), Ended> {
        self.out.send_timeout(Ok(event), SEND_WAIT_MAX).await.map_err(|_| Ended)
    }
}

/// The session still holds and may still read alerts.
pub(super) async fn may_listen(state: &AppState, person: &Person) -> Result<(), Ended> {
    let session = sessions::lookup(&state.db, person.session.reveal()).await;
    match session.map_err(store_failed)? {
        Some(session) if session.member.role.may(Permission::ReadAlerts) => Ok(()),
        _ => Err(Ended),
    }
}

fn alert_event(changed: &Changed) -> Result<Event, Ended> {
    let event = LiveEvent::Alert(Box::new(changed.summary.clone()));
    Ok(framed(&event)?.id(changed.seq.to_string()))
}

fn framed(event: &LiveEvent) -> Result<Event, Ended> {
    Event::default().event(event.name()).json_data(event).map_err(|_| Ended)
}

pub(super) fn ticks(every_ms: u64) -> Interval {
    let mut ticks = interval(Duration::from_millis(every_ms.max(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}

/// The browser connects again and resumes; by then the store may answer.
pub(super) fn store_failed(error: StoreError) -> Ended {
    tracing::warn!(error.cause = %error, "a live stream ends");
    Ended
}
