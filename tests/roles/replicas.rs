//! Several processes with the API: what one does, the others' listeners hear, and what one ends, ends at the others.

use super::cluster::{Cluster, WAIT_MAX};
use futures::StreamExt;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use watchfloor::store::{
    Secret, alerts,
    identity::{self, sessions},
};
use watchfloor_engine::alert::AlertSettings;
use watchfloor_shared::identity::Role;
use watchfloor_tests::app;

/// The stream's text as it comes, until it ends.
async fn listen(http: &reqwest::Client, port: u16, cookie: &str) -> mpsc::Receiver<String> {
    let answer = http
        .get(format!("http://127.0.0.1:{port}/api/v1/live"))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    let (out, texts) = mpsc::channel(1_000);
    tokio::spawn(async move {
        let mut chunks = answer.bytes_stream();
        while let Some(Ok(chunk)) = chunks.next().await {
            let _ = out.send(String::from_utf8_lossy(&chunk).into_owned()).await;
        }
    });
    texts
}

async fn heard(texts: &mut mpsc::Receiver<String>, wanted: &str) {
    let hears = async {
        let mut all = String::new();
        while let Some(text) = texts.recv().await {
            all.push_str(&text);
            if all.contains(wanted) {
                return;
            }
        }
        panic!("the stream ended without {wanted}");
    };
    tokio::time::timeout(WAIT_MAX, hears).await.unwrap();
}

async fn changes_and_endings_reach_every_replica(cluster: &Cluster, number: u32) {
    let (db, tenant) = (&cluster.observer.db, &cluster.observer.tenant);
    let address = format!("owner{number}@example.org");
    let password = Secret::new("a long password of the owner");
    let member = identity::create_account(db, tenant, "Owner", &address, &password, Role::Owner).await;
    let token = sessions::create(db, &member.unwrap(), &sessions::Origin::default())
        .await
        .unwrap();
    let cookie = format!("watchfloor_session={}", token.reveal());
    let http = reqwest::Client::new();
    let mut streams = Vec::new();
    for member in &cluster.members {
        streams.push(listen(&http, member.port, &cookie).await);
    }
    for stream in &mut streams {
        heard(stream, "heartbeat").await;
    }
    // As the alert stage of another process does.
    let now = cluster.observer.clock.now();
    let detection = app::detection("elsewhere", number, now);
    let mut tx = db.tenant(tenant).await.unwrap();
    let recorded = alerts::record(&mut tx, &[detection], &AlertSettings::default(), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let changed = recorded.changed.into_iter().next().unwrap();
    let (id, raised) = (changed.summary.id.to_string(), Instant::now());
    cluster.observer.live.publish(tenant, changed);
    for stream in &mut streams {
        heard(stream, &id).await;
    }
    println!(
        "an alert reached two other processes' streams after {:?}",
        raised.elapsed()
    );

    let port = cluster.members[0].port;
    let out = http
        .delete(format!("http://127.0.0.1:{port}/api/v1/session"))
        .header("cookie", &cookie);
    let ended = Instant::now();
    assert!(out.send().await.unwrap().status().is_success());
    for stream in &mut streams {
        let ends = async { while stream.recv().await.is_some() {} };
        // Without being told, a stream looks after a minute.
        tokio::time::timeout(Duration::from_secs(30), ends).await.unwrap();
    }
    println!(
        "a session that was ended at one ended at both after {:?}",
        ended.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_replica_does_the_others_hear() {
    let Some(cluster) = Cluster::start(&["api", "api"]).await else {
        return;
    };
    changes_and_endings_reach_every_replica(&cluster, 0).await;
    let tries = async |port: u16| {
        let body = serde_json::json!({"email": "nobody@example.org", "password": "wrong"});
        let url = format!("http://127.0.0.1:{port}/api/v1/session");
        cluster
            .http
            .post(url)
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let ports: Vec<u16> = cluster.members.iter().map(|member| member.port).collect();
    let mut answers = Vec::new();
    for turn in 0..8 {
        answers.push(tries(ports[turn % 2]).await);
    }
    assert_eq!(
        answers,
        [401, 401, 401, 401, 401, 429, 429, 429],
        "tries are counted together"
    );
    cluster.observer.stop().await;
}
