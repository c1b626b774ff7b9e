//! One recording: in one process with nothing beside it, in three by role, and in three for each stage of which some are killed.

use super::{Said, cluster::Cluster, post, said};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Duration;
use watchfloor::{
    ingest::RawLine,
    startup::Doors,
    store::identity::api_keys::{self, Label},
};
use watchfloor_tests::{fixtures::lines, product};

const LINES: usize = 8_000;
const KILLS: usize = 8;
const BETWEEN_KILLS: Duration = Duration::from_secs(6);
const DRAIN_WAIT_MAX: Duration = Duration::from_secs(300);

/// In one process, embedded.
async fn expected(lines: &[RawLine]) -> Said {
    let dir = product::folder();
    let embedded = product::start(dir.path(), Doors::Open).await;
    let key = api_keys::issue(&embedded.db, &embedded.tenant, Label::name("sender"), None).await;
    let (key, port) = (key.unwrap().secret, embedded.address.unwrap().port());
    for lines in lines.chunks(100) {
        assert!(post(&reqwest::Client::new(), port, &key, lines).await);
    }
    assert!(embedded.drained(DRAIN_WAIT_MAX).await);
    let said = said(&embedded).await;
    embedded.stop().await;
    assert!(said.0.len() > LINES / 2 && said.1.len() > 10, "{} events", said.0.len());
    said
}

fn assert_same(found: &Said, expected: &Said) {
    assert_eq!(found.0.len(), expected.0.len(), "events");
    assert_eq!(found.0, expected.0, "event ids differ");
    assert_eq!(found.1, expected.1, "alerts differ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_by_role_say_what_one_says() {
    let roles = ["ingest,api", "aggregate,normalize,join,index", "detect,infer,alert"];
    let Some(cluster) = Cluster::start(&roles).await else {
        return;
    };
    let lines = lines(LINES);
    let expected = expected(&lines).await;
    Cluster::send(&cluster.http, &cluster.doors(), &cluster.key, &lines, Duration::ZERO).await;
    cluster.drained().await;
    assert_same(&said(&cluster.observer).await, &expected);
    cluster.observer.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_of_each_stage_with_kills_say_what_one_process_says() {
    let one = ["ingest,aggregate,normalize,join", "index", "detect,infer,alert"];
    let Some(mut cluster) = Cluster::start(&[one; 3].concat()).await else {
        return;
    };
    let lines = lines(LINES);
    let expected = expected(&lines).await;
    let (http, doors, key) = (cluster.http.clone(), cluster.doors(), cluster.key.clone());
    let seconds = KILLS as u32 * BETWEEN_KILLS;
    let pause = seconds / (LINES as u32 / 100);
    let sending = tokio::spawn(async move { Cluster::send(&http, &doors, &key, &lines, pause).await });
    let mut random = StdRng::seed_from_u64(11);
    for _ in 0..KILLS {
        tokio::time::sleep(BETWEEN_KILLS.mul_f64(random.random_range(0.5..1.5))).await;
        let victim = random.random_range(0..cluster.members.len());
        let victim = &mut cluster.members[victim];
        victim.kill();
        println!("killed: {}", victim.roles);
        tokio::time::sleep(Duration::from_millis(random.random_range(0..3_000))).await;
        victim.start();
    }
    let refused = sending.await.unwrap();
    cluster.drained().await;
    println!("{refused} batches were refused and sent again");
    assert_same(&said(&cluster.observer).await, &expected);
    for member in &mut cluster.members {
        member.ready(&cluster.http).await;
    }
    cluster.observer.stop().await;
}
