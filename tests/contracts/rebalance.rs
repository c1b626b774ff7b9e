//! Workers of one stage that come and go: each has the state of what it holds, and together they miss nothing.

use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use watchfloor::{
    bus::{BusOptions, EmbeddedBus, EventBus, Message, TopicPartition},
    pipeline::{
        backoff::Backoff,
        meter::StageMeter,
        stage::{Runner, Stage, StageError},
        tally::{Fate, Tally},
        topology::StageSpec,
    },
};
use watchfloor_shared::pipeline::StageShape;
use watchfloor_tests::bus_contract::{SOON, at, keyed, put, topic};

const PARTITIONS: u32 = 6;
const SPEC: StageSpec = StageSpec {
    name: "counted",
    shape: StageShape::Fold,
    inputs: &["events"],
    outputs: &[],
};

#[derive(Default)]
struct Book {
    seen: BTreeSet<(u32, u64)>,
    /// What a worker was given without having its state.
    strays: Vec<(u32, u64)>,
    /// By worker: what it has the state of.
    held: BTreeMap<usize, BTreeSet<TopicPartition>>,
}

struct Counted {
    worker: usize,
    book: Arc<Mutex<Book>>,
}

#[async_trait]
impl Stage for Counted {
    async fn process(&mut self, batch: &[Message]) -> Result<Vec<Fate>, StageError> {
        let mut book = self.book.lock().unwrap();
        for message in batch {
            let place = (message.partition, message.offset);
            if !book.held[&self.worker].contains(&at(&message.topic, message.partition)) {
                book.strays.push(place);
            }
            book.seen.insert(place);
        }
        Ok(vec![Fate::Emitted; batch.len()])
    }

    async fn restore(&mut self, _: &dyn EventBus, from: &[(TopicPartition, u64)]) -> Result<(), StageError> {
        let held = from.iter().map(|(partition, _)| partition.clone()).collect();
        self.book.lock().unwrap().held.insert(self.worker, held);
        Ok(())
    }
}

fn work(bus: &Arc<dyn EventBus>, worker: usize, book: &Arc<Mutex<Book>>) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let book = Arc::clone(book);
    let runner = Runner {
        spec: SPEC,
        stage: Box::new(Counted { worker, book }),
        bus: Arc::clone(bus),
        meter: Arc::new(StageMeter::default()),
        backoff: Backoff::default(),
        stop: stop.clone(),
    };
    // On a thread of its own, as in the product: a stage need not be shareable.
    let runtime = tokio::runtime::Handle::current();
    let worker = tokio::task::spawn_blocking(move || runtime.block_on(runner.run()).unwrap());
    (stop, worker)
}

async fn until(what: &str, book: &Mutex<Book>, is_so: impl Fn(&Book) -> bool) {
    let until = tokio::time::Instant::now() + SOON;
    while !is_so(&book.lock().unwrap()) {
        assert!(tokio::time::Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn produce(bus: &dyn EventBus, records: std::ops::Range<usize>) {
    let records = records.map(|n| keyed(&format!("k{n}"), format!("{n}")));
    put(bus, "events", records.collect()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_has_the_state_of_what_it_holds_and_of_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let opened = tokio::task::spawn_blocking(move || EmbeddedBus::open(&path, BusOptions::default())).await;
    let bus: Arc<dyn EventBus> = opened.unwrap().unwrap();
    bus.create_topic(&topic("events", PARTITIONS)).await.unwrap();
    let book = Arc::new(Mutex::new(Book::default()));

    let first = work(&bus, 1, &book);
    produce(bus.as_ref(), 0..300).await;
    until("the first works alone", &book, |book| book.seen.len() == 300).await;
    let second = work(&bus, 2, &book);
    let third = work(&bus, 3, &book);
    let shares = |book: &Book| (1..=3).all(|worker| book.held.get(&worker).is_some_and(|held| held.len() == 2));
    until("three share", &book, shares).await;
    produce(bus.as_ref(), 300..900).await;
    until("three work", &book, |book| book.seen.len() == 900).await;
    for (stop, worker) in [second, third] {
        stop.cancel();
        worker.await.unwrap();
    }
    until("the first has all again", &book, |book| {
        book.held[&1].len() == PARTITIONS as usize
    })
    .await;
    produce(bus.as_ref(), 900..1_000).await;
    until("the first works alone again", &book, |book| book.seen.len() == 1_000).await;
    first.0.cancel();
    first.1.await.unwrap();

    assert_eq!(book.lock().unwrap().strays, []);
    let mut settled = 0;
    for partition in (0..PARTITIONS).map(|partition| at("events", partition)) {
        let high = bus.watermarks(&partition).await.unwrap().high;
        let committed = bus.committed(SPEC.name, &partition).await.unwrap().unwrap();
        assert_eq!(committed.offset, high);
        settled += Tally::from_metadata(&committed.metadata).unwrap().total();
    }
    assert_eq!(settled, 1_000, "each record is counted once");
    bus.close().await.unwrap();
}
