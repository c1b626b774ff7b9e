//! Kafka behind the bus' seam, on a real broker: the contract, and what only Kafka has.
//!
//! `cargo xtask test --services` starts the broker and says where it is. Without it each test says that it was skipped; with `CI` set
//! it fails.

use watchfloor::{
    bus::{
        BusError, EventBus,
        kafka::{KafkaBus, KafkaConfig, KafkaOptions, KafkaSasl, KafkaTls, SaslMechanism},
    },
    store::Secret,
};
use watchfloor_tests::{
    bus_contract::{Backend, keyed, put, take, topic},
    kafka::{Kafka, PLAINTEXT, TLS, small, state},
};

mod contract {
    use watchfloor_tests::kafka::Kafka;
    watchfloor_tests::bus_contract!(Kafka::apart(), retention by its own clock);
}

fn secured(kafka: &Kafka, state: &std::path::Path, password: &str) -> KafkaConfig {
    KafkaConfig {
        tls: KafkaTls {
            enabled: true,
            ca: Some(state.join("ca.pem")),
            ..KafkaTls::default()
        },
        sasl: KafkaSasl {
            mechanism: Some(SaslMechanism::ScramSha512),
            username: "watchfloor".to_owned(),
            password: Some(Secret::new(password)),
        },
        ..kafka.config(TLS)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tls_with_an_account_records_come_and_go() {
    let Some(state) = state() else { return };
    let kafka = Kafka::apart();
    let password = std::fs::read_to_string(state.join("password")).expect("the account's password");
    let bus = KafkaBus::open(&secured(&kafka, &state, password.trim()), small())
        .await
        .expect("signs in");
    bus.create_topic(&topic("events", 2)).await.expect("topic");
    put(&*bus, "events", vec![keyed("a", "hello")]).await;
    let mut consumer = bus.subscribe("g", &["events"]).await.expect("subscribe");
    assert_eq!(take(&mut *consumer, 1).await.len(), 1);
    bus.close().await.expect("close");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_an_unknown_authority_and_nobody_there_are_refused() {
    let Some(state) = state() else { return };
    let kafka = Kafka::apart();
    let wrong = secured(&kafka, &state, "hunter2");
    let mut stranger = secured(&kafka, &state, "hunter2");
    stranger.tls.ca = None;
    for config in [wrong, stranger, kafka.config("127.0.0.1:1")] {
        let refused = KafkaBus::open(&config, small()).await.err();
        let Some(BusError::Broker(why)) = refused else {
            panic!("{refused:?}")
        };
        assert!(why.contains(&config.brokers[0]) && !why.contains("hunter2"), "{why}");
    }
}

/// A topic that someone else made with less room than our largest record.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_cannot_take_our_largest_record_is_refused_with_the_setting() {
    if state().is_none() {
        return;
    }
    let kafka = Kafka::apart();
    let bus = kafka.open().await;
    bus.create_topic(&topic("events", 1)).await.expect("topic");
    let larger = KafkaOptions {
        record_bytes_max: 9 << 20,
        ..small()
    };
    let bus = KafkaBus::open(&kafka.config(PLAINTEXT), larger).await.expect("opens");
    let refused = bus
        .create_topic(&topic("events", 1))
        .await
        .expect_err("too small")
        .to_string();
    assert!(refused.contains("max.message.bytes"), "{refused}");
}
