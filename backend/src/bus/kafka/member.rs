//! One member of a group. Its task alone talks to the client: it takes records in, serves rebalances, commits and seeks one after the
//! other, so that a commit is either done before a partition goes to another member, or refused. While more waits than may, it asks
//! for nothing, and a rebalance waits too.

use super::{
    client::{self, ANSWER_WAIT_MAX, number, partitions, refused},
    feed::{Feed, View},
    record::{from_kafka, pack},
};
use crate::bus::{BusError, Committed, Consumer, Message, TopicPartition};
use async_trait::async_trait;
use futures::FutureExt;
use rdkafka::{
    ClientContext, Message as _, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, CommitMode, Consumer as _, ConsumerContext, Rebalance, StreamConsumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::BorrowedMessage,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Records taken in at once before requests get their turn.
const TURN_RECORDS_MAX: usize = 500;
/// Between attempts that a rebalance in progress turned away.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

pub type Client = StreamConsumer<Rebalances>;

/// Keeps the feed to what the group gives and takes.
pub struct Rebalances {
    pub feed: Arc<Feed>,
    pub topics: HashMap<String, Arc<str>>,
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client::log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "Kafka");
    }
}

impl ConsumerContext for Rebalances {
    /// Before anything of them comes.
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(list) => self.feed.assign(partitions(list, &self.topics)),
            Rebalance::Revoke(list) => self.feed.revoke(&partitions(list, &self.topics)),
            Rebalance::Error(error) => tracing::warn!(%error, "Kafka: a rebalance went wrong"),
        }
    }
}

pub struct Member {
    feed: Arc<Feed>,
    view: View,
    /// Which partition is asked first: each poll another one.
    first: usize,
    requests: mpsc::Sender<Request>,
    closed: CancellationToken,
}

struct Request {
    wanted: Wanted,
    answer: oneshot::Sender<Answer>,
}

#[derive(Clone)]
enum Wanted {
    Commit(Vec<(Held, Committed)>),
    Seek(Held, u64),
}

/// A partition, and since which assignment the caller knows to hold it.
#[derive(Clone)]
struct Held {
    partition: TopicPartition,
    since: u64,
}

enum Answer {
    Done(Result<(), BusError>),
    /// A rebalance is going on, which the task has to serve first.
    Later(String),
}

impl Member {
    /// Starts the task. Dropping the member ends it, and it leaves the group.
    pub fn start(consumer: Client, feed: Arc<Feed>, closed: CancellationToken) -> (Self, impl Future<Output = ()>) {
        let (requests, inbox) = mpsc::channel(1);
        let task = Task {
            topics: consumer.context().topics.clone(),
            consumer: Arc::new(consumer),
            feed: feed.clone(),
            closed: closed.clone(),
        };
        let member = Self {
            feed,
            view: View::default(),
            first: 0,
            requests,
            closed,
        };
        (member, task.run(inbox))
    }

    fn held(&self, partition: TopicPartition) -> Result<Held, BusError> {
        match self.view.held.get(&partition) {
            Some(since) => Ok(Held {
                since: *since,
                partition,
            }),
            None => Err(not_assigned(&partition)),
        }
    }

    async fn ask(&self, wanted: Wanted) -> Result<(), BusError> {
        let deadline = Instant::now() + ANSWER_WAIT_MAX;
        loop {
            let (answer, answered) = oneshot::channel();
            let request = Request {
                wanted: wanted.clone(),
                answer,
            };
            self.requests.send(request).await.map_err(|_| BusError::Closed)?;
            match answered.await.map_err(|_| BusError::Closed)? {
                Answer::Done(result) => return result,
                Answer::Later(why) if Instant::now() > deadline => return Err(BusError::Broker(why)),
                Answer::Later(_) => tokio::time::sleep(RETRY_PAUSE).await,
            }
        }
    }
}

#[async_trait]
impl Consumer for Member {
    async fn poll(&mut self, records_max: usize, bytes_max: usize, wait: Duration) -> Result<Vec<Message>, BusError> {
        let deadline = Instant::now() + wait;
        self.first = self.first.wrapping_add(1);
        loop {
            if self.closed.is_cancelled() {
                return Err(BusError::Closed);
            }
            let messages = self.feed.take(&mut self.view, self.first, records_max, bytes_max);
            if !messages.is_empty() || records_max == 0 {
                return Ok(messages);
            }
            // A wake-up that came since the look above is kept by the `Notify`.
            tokio::select! {
                () = self.closed.cancelled() => {}
                () = self.feed.arrived.notified() => {}
                () = tokio::time::sleep_until(deadline) => {
                    return Ok(self.feed.take(&mut self.view, self.first, records_max, bytes_max));
                }
            }
        }
    }

    async fn commit(&mut self, offsets: Vec<(TopicPartition, Committed)>) -> Result<(), BusError> {
        if offsets.is_empty() {
            return Ok(());
        }
        let held = |(partition, committed)| Ok((self.held(partition)?, committed));
        let offsets = offsets.into_iter().map(held).collect::<Result<_, BusError>>()?;
        self.ask(Wanted::Commit(offsets)).await
    }

    async fn seek(&mut self, partition: &TopicPartition, offset: u64) -> Result<(), BusError> {
        let held = self.held(partition.clone())?;
        self.ask(Wanted::Seek(held, offset)).await
    }

    fn assignment(&self) -> Vec<TopicPartition> {
        self.view.held.keys().cloned().collect()
    }

    fn generation(&self) -> u64 {
        self.view.generation
    }
}

struct Task {
    consumer: Arc<Client>,
    topics: HashMap<String, Arc<str>>,
    feed: Arc<Feed>,
    closed: CancellationToken,
}

impl Task {
    async fn run(self, mut inbox: mpsc::Receiver<Request>) {
        loop {
            let has_room = self.feed.has_room();
            tokio::select! {
                biased;
                () = self.closed.cancelled() => break,
                request = inbox.recv() => match request {
                    None => break,
                    Some(request) => {
                        let answer = self.serve(request.wanted).await;
                        let _ = request.answer.send(answer);
                    }
                },
                () = self.feed.taken.notified(), if !has_room => {}
                first = self.consumer.recv(), if has_room => self.take_in(first),
            }
        }
        // Leaving the group waits for its coordinator.
        let consumer = self.consumer;
        let _ = tokio::task::spawn_blocking(move || drop(consumer)).await;
    }

    /// What came, and what else is there at once.
    fn take_in(&self, first: Result<BorrowedMessage<'_>, KafkaError>) {
        let (mut next, mut turns) = (Some(first), 0);
        while let Some(received) = next {
            match received {
                // One by one: a rebalance may be served between them.
                Ok(message) => self
                    .ours(&message)
                    .into_iter()
                    .for_each(|message| self.feed.push(message)),
                Err(error) => tracing::warn!(%error, "Kafka: reading goes on when it can"),
            }
            turns += 1;
            let goes_on = turns < TURN_RECORDS_MAX;
            next = goes_on.then(|| self.consumer.recv().now_or_never()).flatten();
        }
    }

    fn ours(&self, message: &BorrowedMessage<'_>) -> Option<Message> {
        Some(Message {
            topic: self.topics.get(message.topic())?.clone(),
            partition: u32::try_from(message.partition()).ok()?,
            offset: u64::try_from(message.offset()).ok()?,
            record: from_kafka(message),
        })
    }

    async fn serve(&self, wanted: Wanted) -> Answer {
        match wanted {
            Wanted::Commit(offsets) => self.commit(offsets).await,
            Wanted::Seek(held, offset) => self.seek(&held, offset).await,
        }
    }

    fn lost<'a>(&self, mut held: impl Iterator<Item = &'a Held>) -> Option<Answer> {
        let lost = held.find(|held| !self.feed.is_held(&held.partition, held.since))?;
        Some(Answer::Done(Err(not_assigned(&lost.partition))))
    }

    fn name(&self, topic: &str) -> String {
        let is_it = |(_, ours): &(&String, &Arc<str>)| ***ours == *topic;
        self.topics
            .iter()
            .find(is_it)
            .map_or_else(|| topic.to_owned(), |(name, _)| name.clone())
    }

    async fn commit(&self, offsets: Vec<(Held, Committed)>) -> Answer {
        if let Some(lost) = self.lost(offsets.iter().map(|(held, _)| held)) {
            return lost;
        }
        let mut list = TopicPartitionList::new();
        for (Held { partition, .. }, committed) in &offsets {
            let mut element = list.add_partition(&self.name(&partition.topic), number(partition.partition));
            let offset = i64::try_from(committed.offset).unwrap_or(i64::MAX);
            if let Err(error) = element.set_offset(Offset::Offset(offset)) {
                return Answer::Done(Err(BusError::Broker(error.to_string())));
            }
            element.set_metadata(pack(&committed.metadata));
        }
        let consumer = self.consumer.clone();
        let committing = tokio::task::spawn_blocking(move || consumer.commit(&list, CommitMode::Sync));
        match committing.await {
            Ok(Err(error)) if is_rebalancing(&error) => Answer::Later(error.to_string()),
            Ok(result) => Answer::Done(result.map_err(|error| BusError::Broker(error.to_string()))),
            Err(_) => Answer::Done(Err(BusError::Broker("a commit broke off".to_owned()))),
        }
    }

    async fn seek(&self, held: &Held, offset: u64) -> Answer {
        if let Some(lost) = self.lost(std::iter::once(held)) {
            return lost;
        }
        let (consumer, topic) = (self.consumer.clone(), self.name(&held.partition.topic));
        let (name, partition) = (topic.clone(), number(held.partition.partition));
        let to = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        let seeking = tokio::task::spawn_blocking(move || consumer.seek(&name, partition, to, ANSWER_WAIT_MAX));
        match seeking.await {
            Ok(Ok(())) => {
                self.feed.forget(&held.partition);
                Answer::Done(Ok(()))
            }
            // It was given to us a moment ago, and is not being read yet.
            Ok(Err(error)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::State) => {
                Answer::Later(error.to_string())
            }
            Ok(Err(error)) => Answer::Done(Err(refused(&error, &topic))),
            Err(_) => Answer::Done(Err(BusError::Broker("a seek broke off".to_owned()))),
        }
    }
}

fn is_rebalancing(error: &KafkaError) -> bool {
    use RDKafkaErrorCode::{IllegalGeneration, RebalanceInProgress, UnknownMemberId};
    matches!(
        error.rdkafka_error_code(),
        Some(IllegalGeneration | RebalanceInProgress | UnknownMemberId)
    )
}

fn not_assigned(partition: &TopicPartition) -> BusError {
    BusError::NotAssigned {
        topic: partition.topic.to_string(),
        partition: partition.partition,
    }
}
