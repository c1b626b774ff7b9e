//! `GET /api/v1/map` and `GET /api/v1/map/live`: the threat map of the tenant, at once and as it happens.

use super::{
    access::Person,
    context::{CallContext, Signed},
    describe::Describe,
    live::{Ended, SEND_WAIT_MAX, may_listen, streamed, ticks},
    problem::{Answer, ApiError},
    state::AppState,
};
use axum::{
    Json,
    extract::State,
    response::{Response, sse::Event},
};
use std::{convert::Infallible, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use watchfloor_engine::map::Cursor;
use watchfloor_shared::map::{MapSnapshot, MapUpdate};

/// Frames on their way to one listener beyond what its connection holds. A slow one gets fewer and fuller frames.
const QUEUE: usize = 1;
const FRAME_EVERY: Duration = Duration::from_millis(100);
const COUNTS_EVERY_MS: u64 = 1_000;

pub fn describe() -> Describe {
    Describe::new("map", "Who reached for whom in the last half hour, and where both are")
        .detail("Alerts of sensors and alerts found here, where at least one end has a place.")
        .answers::<MapSnapshot>("The map")
}

pub async fn handle(State(state): State<AppState>, call: CallContext) -> Answer<Json<MapSnapshot>> {
    let caller = call.commit().await?;
    Ok(Json(state.map.snapshot(caller.tenant()).0))
}

pub fn describe_live() -> Describe {
    Describe::new("map", "The map as it happens")
        .detail(
            "Server-sent events `snapshot` and then `frame`, at most ten a second while something happens and one a second \
             while nothing does; the data of each is a MapUpdate. A stream that is resumed begins with a snapshot.",
        )
        .answers_text("text/event-stream", "The stream")
        .answers_schema::<MapUpdate>()
}

pub async fn live(State(state): State<AppState>, Signed(person): Signed) -> Answer<Response> {
    // Its place among the listeners, given back with the stream.
    let place = state
        .live
        .subscribe(&person.tenant)
        .map_err(|refusal| ApiError::unavailable(refusal.to_string()))?;
    let (out, events) = mpsc::channel(QUEUE);
    let stream = Stream { state, person, out };
    tokio::spawn(async move {
        stream.run().await;
        drop(place);
    });
    Ok(streamed(events))
}

struct Stream {
    state: AppState,
    person: Person,
    out: mpsc::Sender<Result<Event, Infallible>>,
}

impl Stream {
    async fn run(self) {
        let hub = self.state.live.clone();
        tokio::select! {
            _ = self.follow() => {}
            () = hub.closed() => {}
            () = self.out.closed() => {}
        }
    }

    async fn follow(&self) -> Result<(), Ended> {
        let mut changes = self.state.map.changes();
        let mut cursor = self.begin().await?;
        let mut counts = ticks(COUNTS_EVERY_MS);
        let mut check = ticks(self.state.limits.session_check_ms);
        check.reset();
        let mut sent = Instant::now();
        loop {
            let with_counts = tokio::select! {
                changed = changes.changed() => {
                    changed.map_err(|_| Ended)?;
                    tokio::time::sleep_until(sent + FRAME_EVERY).await;
                    false
                }
                _ = counts.tick() => true,
                _ = check.tick() => {
                    may_listen(&self.state, &self.person).await?;
                    continue;
                }
            };
            self.give(&mut cursor, with_counts).await?;
            sent = Instant::now();
        }
    }

    async fn begin(&self) -> Result<Cursor, Ended> {
        let (snapshot, cursor) = self.state.map.snapshot(&self.person.tenant);
        self.send(&MapUpdate::Snapshot(Box::new(snapshot))).await?;
        Ok(cursor)
    }

    async fn give(&self, cursor: &mut Cursor, with_counts: bool) -> Result<(), Ended> {
        let tenant = &self.person.tenant;
        let Some(mut frame) = self.state.map.frame(tenant, cursor) else {
            *cursor = self.begin().await?;
            return Ok(());
        };
        if with_counts {
            frame.counts = Some(self.state.map.counts(tenant));
        } else if frame.hits.is_empty() && frame.flows.is_empty() {
            return Ok(());
        }
        self.send(&MapUpdate::Frame(Box::new(frame))).await
    }

    async fn send(&self, update: &MapUpdate) -> Result<(), Ended> {
        let event = Event::default()
            .event(update.name())
            .json_data(update)
            .map_err(|_| Ended)?;
        self.out.send_timeout(Ok(event), SEND_WAIT_MAX).await.map_err(|_| Ended)
    }
}
