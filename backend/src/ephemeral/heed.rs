//! What follows here from what other processes tell, and what this one tells them of its senders.

use super::{Ephemeral, News};
use crate::{ingest::Ingestor, live::LiveHub};
use std::{sync::Arc, time::Duration};
use tokio::{sync::broadcast::error::RecvError, time::interval};
use tokio_util::sync::CancellationToken;

/// A sender that changes its door each time gains at most what it sends in this time.
const SPENT_TOLD_EVERY: Duration = Duration::from_millis(250);

pub struct Heeding {
    pub ephemeral: Arc<dyn Ephemeral>,
    pub live: LiveHub,
    pub ingest: Ingestor,
    pub stop: CancellationToken,
}

impl Heeding {
    pub async fn run(self) {
        let mut news = self.ephemeral.news();
        let mut tell = interval(SPENT_TOLD_EVERY);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                heard = news.recv() => match heard {
                    Ok(news) => self.heed(news),
                    Err(RecvError::Lagged(_)) => self.heed(News::Missed),
                    Err(RecvError::Closed) => return,
                },
                _ = tell.tick() => {
                    let spent = self.ingest.allowances().untold();
                    if !spent.is_empty() {
                        self.ephemeral.tell(News::Spent(spent));
                    }
                }
            }
        }
    }

    fn heed(&self, news: News) {
        match news {
            News::Changed(_) => self.live.ask(),
            News::SessionEnded(tenant) => self.live.check_sessions(Some(tenant)),
            News::Spent(spent) => self.ingest.allowances().spent_elsewhere(&spent),
            News::Missed => {
                self.live.ask();
                self.live.check_sessions(None);
            }
        }
    }
}
