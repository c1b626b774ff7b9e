//! `GET /api/v1/wall/live`: the wall as it happens.
//!
//! Invariant: what is sent of the map went through the wall's [`Redaction`]; that is the only way to [`Stream::send`] for it.

use super::{WallScreen, numbers, on_turn, told};
use crate::{
    api::{
        describe::Describe,
        live::{Ended, SEND_WAIT_MAX, store_failed, streamed, ticks},
        problem::{Answer, ApiError},
        state::AppState,
    },
    store::identity::walls::PairedWall,
};
use axum::{
    extract::State,
    http::header,
    response::{Response, sse::Event},
};
use std::{convert::Infallible, time::Duration};
use tokio::{sync::mpsc, time::Instant};
use watchfloor_engine::{map::Cursor, wall::Redaction};
use watchfloor_shared::{
    TenantId,
    wall::{WallScene, WallUpdate},
};

/// Updates on their way to one screen beyond what its connection holds.
const QUEUE: usize = 1;
const FRAME_EVERY: Duration = Duration::from_millis(100);
const COUNTS_EVERY_MS: u64 = 1_000;
const NUMBERS_EVERY_MS: u64 = 2_000;
/// A screen that is revoked in another process too goes dark within a second.
const CHECK_EVERY_MS: u64 = 500;

pub fn describe() -> Describe {
    Describe::new("wall", "The wall as it happens")
        .detail(
            "Server-sent events `wall`, `numbers`, and with the map among its scenes `snapshot` and `frame`; the data of each is a \
             WallUpdate and carries the server's clock. Something comes every two seconds at least. Ends when the wall is revoked.",
        )
        .answers_text("text/event-stream", "The stream")
        .answers_schema::<WallUpdate>()
}

pub async fn handle(State(state): State<AppState>, screen: WallScreen) -> Answer<Response> {
    // Its place among the listeners, given back with the stream.
    let place = state
        .live
        .subscribe(&screen.wall.tenant)
        .map_err(|refusal| ApiError::unavailable(refusal.to_string()))?;
    let cookie = screen.renewed(&state)?;
    let (out, events) = mpsc::channel(QUEUE);
    let stream = Stream {
        redaction: Redaction::new(screen.wall.settings.shows),
        shown: screen.wall.tenant.clone(),
        state,
        screen,
        out,
    };
    tokio::spawn(async move {
        stream.run().await;
        drop(place);
    });
    let mut response = streamed(events);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

struct Stream {
    state: AppState,
    screen: WallScreen,
    /// Whose turn it is.
    shown: TenantId,
    redaction: Redaction,
    out: mpsc::Sender<Result<Event, Infallible>>,
}

impl Stream {
    async fn run(mut self) {
        let (hub, out) = (self.state.live.clone(), self.out.clone());
        tokio::select! {
            _ = self.follow() => {}
            () = hub.closed() => {}
            () = out.closed() => {}
        }
    }

    async fn follow(&mut self) -> Result<(), Ended> {
        let mut changes = self.state.map.changes();
        let mut cursor = self.begin().await?;
        let mut counts = ticks(COUNTS_EVERY_MS);
        let mut numbers = ticks(NUMBERS_EVERY_MS);
        let mut check = ticks(CHECK_EVERY_MS);
        check.reset();
        let mut sent = Instant::now();
        loop {
            let with_counts = tokio::select! {
                changed = changes.changed(), if cursor.is_some() => {
                    changed.map_err(|_| Ended)?;
                    tokio::time::sleep_until(sent + FRAME_EVERY).await;
                    false
                }
                _ = counts.tick(), if cursor.is_some() => true,
                _ = numbers.tick() => {
                    self.numbers().await?;
                    continue;
                }
                _ = check.tick() => {
                    if self.has_changed().await? || self.is_over() {
                        cursor = self.begin().await?;
                        numbers.reset_immediately();
                    }
                    continue;
                }
            };
            self.give(&mut cursor, with_counts).await?;
            sent = Instant::now();
        }
    }

    /// What the wall is, and the map if it shows one.
    async fn begin(&mut self) -> Result<Option<Cursor>, Ended> {
        let wall = &self.screen.wall;
        self.redaction = Redaction::new(wall.settings.shows);
        self.shown = on_turn(wall, self.state.clock.now()).0.clone();
        self.send(&WallUpdate::Wall(Box::new(told(&self.state, wall)))).await?;
        if !wall.settings.scenes.contains(&WallScene::Map) {
            return Ok(None);
        }
        let (snapshot, cursor) = self.state.map.snapshot(&self.shown);
        let snapshot = self.redaction.snapshot(snapshot);
        self.send(&WallUpdate::Snapshot(Box::new(snapshot))).await?;
        Ok(Some(cursor))
    }

    async fn give(&mut self, cursor: &mut Option<Cursor>, with_counts: bool) -> Result<(), Ended> {
        let Some(at) = cursor else { return Ok(()) };
        let tenant = &self.shown;
        let Some(mut frame) = self.state.map.frame(tenant, at) else {
            *cursor = self.begin().await?;
            return Ok(());
        };
        if with_counts {
            frame.counts = Some(self.state.map.counts(tenant));
        } else if frame.hits.is_empty() && frame.flows.is_empty() {
            return Ok(());
        }
        let frame = self.redaction.frame(frame);
        self.send(&WallUpdate::Frame(Box::new(frame))).await
    }

    async fn numbers(&self) -> Result<(), Ended> {
        let numbers = numbers::of(&self.state, &self.screen.wall, &self.shown, self.redaction).await;
        let numbers = numbers.map_err(store_failed)?;
        self.send(&WallUpdate::Numbers(Box::new(numbers))).await
    }

    /// Whether it is another organization's turn.
    fn is_over(&self) -> bool {
        *on_turn(&self.screen.wall, self.state.clock.now()).0 != self.shown
    }

    /// Whether an administrator changed it since. Ends the stream of a wall that was revoked.
    async fn has_changed(&mut self) -> Result<bool, Ended> {
        let present: Option<PairedWall> = self.screen.present(&self.state).await.map_err(store_failed)?;
        let present = present.ok_or(Ended)?;
        let changed = present != self.screen.wall;
        self.screen.wall = present;
        Ok(changed)
    }

    async fn send(&self, update: &WallUpdate) -> Result<(), Ended> {
        let event = Event::default()
            .event(update.name())
            .json_data(update)
            .map_err(|_| Ended)?;
        self.out.send_timeout(Ok(event), SEND_WAIT_MAX).await.map_err(|_| Ended)
    }
}
