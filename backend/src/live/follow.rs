//! Follows one tenant's changes from a change number on.

use super::{LatencyRecorder, Subscription};
use crate::{
    clock::Clock,
    store::{Database, StoreError, alerts, alerts::Changed},
};
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::broadcast::error::RecvError;
use watchfloor_shared::TenantId;

/// More changes than this after a pause are not replayed: the listener fetches its lists again.
const REPLAY_MAX: i64 = 1_000;

pub struct Follower {
    db: Database,
    tenant: TenantId,
    subscription: Subscription,
    /// The change number that the listener has.
    position: i64,
    ready: VecDeque<Arc<Changed>>,
    /// The broadcast left a gap that was not read from the store yet.
    behind: bool,
}

/// What the listener gets next.
#[derive(Debug, Clone)]
pub enum Step {
    Changed(Arc<Changed>),
    /// Too much was missed; the listener continues after this change number.
    Reset(i64),
}

impl Follower {
    /// Starts after `position`, or at the present end. The subscription must be older than this call, so that nothing falls
    /// between the two.
    pub async fn start(
        db: Database,
        tenant: TenantId,
        subscription: Subscription,
        position: Option<i64>,
    ) -> Result<(Self, Option<Step>), StoreError> {
        let mut follower = Self {
            db,
            tenant,
            subscription,
            position: 0,
            ready: VecDeque::new(),
            behind: false,
        };
        let end = follower.end().await?;
        // A number beyond the end comes from another life of the database.
        follower.position = position.unwrap_or(end);
        let first = if follower.position > end {
            follower.position = end;
            Some(Step::Reset(end))
        } else {
            follower.catch_up().await?
        };
        Ok((follower, first))
    }

    pub fn position(&self) -> i64 {
        self.position
    }

    /// The next change. Safe to drop while it waits.
    pub async fn next(&mut self) -> Result<Step, StoreError> {
        loop {
            if let Some(changed) = self.ready.pop_front() {
                self.position = changed.seq;
                return Ok(Step::Changed(changed));
            }
            if self.behind {
                if let Some(reset) = self.catch_up().await? {
                    return Ok(reset);
                }
                continue;
            }
            match self.subscription.changes.recv().await {
                Ok(changed) if changed.seq <= self.position => {}
                Ok(changed) if changed.seq == self.position.saturating_add(1) => self.ready.push_back(changed),
                Ok(_) | Err(RecvError::Lagged(_)) => self.behind = true,
                // The hub lives as long as the subscription.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Reads from the store what the broadcast did not bring; also heals a change whose publication never came.
    pub async fn catch_up(&mut self) -> Result<Option<Step>, StoreError> {
        if !self.ready.is_empty() {
            return Ok(None);
        }
        let mut tx = self.db.tenant(&self.tenant).await?;
        let missed = alerts::changed_since(&mut tx, self.position, REPLAY_MAX).await?;
        let too_many = i64::try_from(missed.len()).unwrap_or(i64::MAX) >= REPLAY_MAX;
        let end = if too_many {
            Some(alerts::last_change(&mut tx).await?)
        } else {
            None
        };
        tx.commit().await?;
        // Nothing is awaited from here on: a dropped future must not lose what it read.
        self.behind = false;
        if let Some(end) = end {
            self.position = end;
            return Ok(Some(Step::Reset(end)));
        }
        self.ready.extend(missed.into_iter().map(Arc::new));
        Ok(None)
    }

    async fn end(&self) -> Result<i64, StoreError> {
        let mut tx = self.db.tenant(&self.tenant).await?;
        let end = alerts::last_change(&mut tx).await?;
        tx.commit().await?;
        Ok(end)
    }
}

impl LatencyRecorder {
    /// Records how long after its arrival an alert's first event reached the stream. Later changes of the alert, by people or
    /// by more events, say nothing about that.
    pub fn record_first(&self, changed: &Changed, clock: &Clock) {
        if changed.summary.version == 1 {
            let now = clock.now();
            self.record(now.since(changed.summary.times.received), now);
        }
    }
}
