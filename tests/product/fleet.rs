//! A host enrols with a code, lives, and is revoked: the real sensor against the real server, over TLS.

use super::sensor::{hits, seconds};
use std::{fs, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, transport::Channel};
use watchfloor_protocol::v1::{RenewRequest, SensorBatch, sensor_service_client::SensorServiceClient};
use watchfloor_sensor::{Agent, enroll};
use watchfloor_shared::fleet::Presence;
use watchfloor_tests::{
    fleet,
    fleet_server::{FleetServer, settings, until},
    product,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_host_enrols_with_one_code_lives_and_is_revoked_within_a_second() {
    let (dir, host) = (product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let log = host.path().join("app.log");
    fs::write(&log, "<38>1 2026-01-01T00:00:00Z - app 1 - - a line of the fleet\n").unwrap();
    let config = settings(host.path(), &log);

    let made = server.code("web-1").await;
    assert!(made.command.contains(&server.address()), "{}", made.command);
    let told = enroll::enroll(&config, &server.asked("web-1", &made.code))
        .await
        .unwrap();
    assert!(told.contains("Enrolled as web-1"), "{told}");
    assert_eq!(server.sensor("web-1").await.unwrap().presence, Presence::Unknown);

    let agent = Agent::new(config.clone()).unwrap().start().await.unwrap();
    let online = until("online", async || {
        server.sensor("web-1").await.unwrap().presence == Presence::Online
    });
    assert!(online.await < Duration::from_secs(5));
    let sensor = server.sensor("web-1").await.unwrap();
    let load = sensor.load.unwrap();
    assert!(load.memory_total_bytes > load.memory_used_bytes && load.disk_total_bytes > Some(0));
    assert_eq!((sensor.location.as_str(), sensor.version.is_some()), ("Rack 4", true));

    // Its records are its organization's, under its name, and nobody else's.
    until("found", async || server.hits("host.name:web-1").await > 0).await;
    assert_eq!(hits(&server.running, "").await, 0, "the first organization has none");

    let id = sensor.id.unwrap();
    let connected = || agent.exposition().contains("\nwatchfloor_sensor_connected 1\n");
    assert!(connected());
    let path = format!("/api/v1/fleet/{id}");
    assert_eq!(server.ask("DELETE", &path).send().await.unwrap().status(), 204);
    let ended = until("revoked", async || !connected()).await;
    assert!(
        ended < Duration::from_millis(1_500),
        "the open call lasted for {ended:?}"
    );
    let batch = send(
        server.channel(&config.data_dir).await,
        SensorBatch {
            sensor: "web-1".to_owned(),
            ..SensorBatch::default()
        },
    );
    assert_eq!(batch.await.unwrap_err().code(), Code::Unauthenticated);
    assert!(server.sensor("web-1").await.is_none());
    // Long enough for it to have called again.
    seconds(2.0).await;
    assert!(!connected() && server.sensor("web-1").await.is_none());
    agent.stop().await;
    // The host comes back with a new code, and what it had kept comes with it.
    let made = server.code("web-1").await;
    let asked = server.asked("web-1", &made.code);
    let refused = enroll::enroll(&config, &asked).await.unwrap_err().to_string();
    assert!(refused.contains("--again"), "{refused}");
    let again = enroll::Asked { again: true, ..asked };
    enroll::enroll(&config, &again).await.unwrap();
    let agent = Agent::new(config).unwrap().start().await.unwrap();
    until("online again", async || {
        server
            .sensor("web-1")
            .await
            .is_some_and(|sensor| sensor.presence == Presence::Online)
    })
    .await;
    agent.stop().await;
    server.running.stop().await;
}

/// One batch on a call of its own.
async fn send(channel: Channel, batch: SensorBatch) -> Result<(), Status> {
    let (batches, outgoing) = mpsc::channel(1);
    batches.send(batch).await.unwrap();
    let mut answers = SensorServiceClient::new(channel)
        .send(Request::new(ReceiverStream::new(outgoing)))
        .await?
        .into_inner();
    answers.message().await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_works_twice_or_for_another_and_no_server_is_taken_for_ours() {
    let (dir, host) = (product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let config = settings(host.path(), &host.path().join("none.log"));
    let refusal = async |asked: &enroll::Asked| enroll::enroll(&config, asked).await.unwrap_err().to_string();
    let made = server.code("web-1").await;

    let (bare, _) = made.code.split_once('.').unwrap();
    assert!(refusal(&server.asked("web-1", bare)).await.contains("--fingerprint"));
    let forged = format!("{bare}.{}", "00".repeat(32));
    assert!(
        refusal(&server.asked("web-1", &forged))
            .await
            .contains("stands between")
    );
    let other = server.asked("web-2", &made.code);
    assert!(refusal(&other).await.contains("called `web-1`"));
    let unknown = made.code.replace(bare, "0000-0000-0000-0000");
    assert!(refusal(&server.asked("web-1", &unknown)).await.contains("not known"));
    let (_, expired) = fleet::claim(&server.running.db, &server.tenant, "late-1", Duration::ZERO).await;
    let expired = made.code.replace(bare, expired.reveal());
    assert!(refusal(&server.asked("late-1", &expired)).await.contains("too old"));
    assert!(
        !config.data_dir.join("identity").exists(),
        "nothing was kept of what failed"
    );

    enroll::enroll(&config, &server.asked("web-1", &made.code))
        .await
        .unwrap();
    let replayed = enroll::Asked {
        again: true,
        ..server.asked("web-1", &made.code)
    };
    assert!(refusal(&replayed).await.contains("used already"));

    // What it may say of itself is what its certificate says.
    let batch = |sensor: &str, tenant: &str| SensorBatch {
        sensor: sensor.to_owned(),
        tenant: tenant.to_owned(),
        ..SensorBatch::default()
    };
    let channel = || server.channel(&config.data_dir);
    send(channel().await, batch("web-1", "acme")).await.unwrap();
    for lie in [batch("web-2", ""), batch("web-1", "default")] {
        let refused = send(channel().await, lie).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    }
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_with_itself_and_the_one_before_the_last_is_over() {
    let (dir, host) = (product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let config = settings(host.path(), &host.path().join("none.log"));
    let made = server.code("web-1").await;
    enroll::enroll(&config, &server.asked("web-1", &made.code))
        .await
        .unwrap();
    let ca = fs::read_to_string(config.data_dir.join("identity/ca.pem")).unwrap();
    let renew = async |channel: Channel, name: &str| -> Result<(String, String), Status> {
        let request = fleet::request(name, None);
        let asked = RenewRequest {
            request_pem: request.pem.clone(),
        };
        let renewed = SensorServiceClient::new(channel).renew(asked).await?.into_inner();
        Ok((renewed.chain_pem, request.key_pem))
    };
    let first = server.channel(&config.data_dir).await;
    let refused = renew(first.clone(), "web-2").await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let (certificate, key) = renew(first.clone(), "web-1").await.unwrap();
    let second = server.channel_with(&ca, &certificate, &key).await;
    let works = async |channel: &Channel| {
        let batch = SensorBatch {
            sensor: "web-1".to_owned(),
            ..SensorBatch::default()
        };
        send(channel.clone(), batch).await.is_ok()
    };
    assert!(
        works(&first).await && works(&second).await,
        "an answer that is lost locks nobody out"
    );
    renew(second.clone(), "web-1").await.unwrap();
    assert!(!works(&first).await && works(&second).await);
    server.running.stop().await;
}
