//! What sensors are told: kept while they are away, done in order, once, and by nobody else.

use serde_json::json;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, transport::Channel};
use watchfloor_protocol::v1::{
    CaptureStates, Command, CommandResult, ControlHello, ControlReport, control_report::Report,
    sensor_service_client::SensorServiceClient,
};
use watchfloor_sensor::Agent;
use watchfloor_shared::control::{CommandState, SensorCommand};
use watchfloor_tests::{
    fleet_server::{FleetServer, settings, until},
    product,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_sensor_that_was_away_gets_its_commands_in_order_once() {
    let (dir, host) = (product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let config = settings(host.path(), &host.path().join("none.log"));
    let id = server.enrol("web-1", &config).await;
    let wanted = [
        json!({"kind": "upgrade_check"}),
        json!({"kind": "configure", "heartbeat_seconds": 7}),
        json!({"kind": "capture_start", "capture": {"name": "lan", "interfaces": ["nowhere0"]}}),
        json!({"kind": "diagnostics"}),
        json!({"kind": "capture_stop", "name": "lan"}),
    ];
    for (at, command) in wanted.iter().enumerate() {
        let (status, queued) = server.tell(&id, command.clone()).await;
        assert_eq!(
            (status, queued["number"].as_u64()),
            (200, Some(at as u64 + 1)),
            "{queued}"
        );
        assert_eq!((&queued["state"], &queued["by"]), (&json!("queued"), &json!("Ada")));
    }
    // One that waits can be taken back, and is not given to the sensor.
    let path = format!("/api/v1/fleet/{id}/commands/5");
    assert_eq!(server.ask("DELETE", &path).send().await.unwrap().status(), 204);
    assert_eq!(server.ask("DELETE", &path).send().await.unwrap().status(), 409);

    let agent = Agent::new(config.clone()).unwrap().start().await.unwrap();
    until("all over", async || {
        server.told(&id).await.iter().all(|told| told.state.is_over())
    })
    .await;
    let told = server.told(&id).await;
    let states: Vec<CommandState> = told.iter().map(|told| told.state).collect();
    use CommandState::{Cancelled, Done, Failed};
    assert_eq!(states, [Done, Done, Failed, Done, Cancelled], "{told:#?}");
    assert!(told[0].done < told[1].done && told[1].done < told[2].done && told[2].done < told[3].done);
    assert!(told[0].detail.as_ref().unwrap().contains(env!("CARGO_PKG_VERSION")));
    let why = told[2].reason.as_ref().unwrap();
    assert!(why.contains("nowhere0") || why.contains("not installed"), "{why}");
    let detail = told[3].detail.as_ref().unwrap();
    assert!(
        detail.contains("spool") && detail.contains("interface lo up"),
        "{detail}"
    );
    assert!(!detail.contains("PRIVATE KEY"));
    // The new interval is in force: three of them without a heartbeat are 21 s now.
    until("heard at the new interval", async || {
        let heard = server.running.senders.sensors.heard_of(&server.tenant, &id);
        heard.is_some_and(|heard| heard.interval == Duration::from_secs(7))
    })
    .await;

    // A command for a sensor that is there is done at once.
    let before = std::time::Instant::now();
    assert_eq!(
        server.have_done(&id, json!({"kind": "upgrade_check"})).await.state,
        Done
    );
    assert!(before.elapsed() < Duration::from_secs(5));
    agent.stop().await;

    // After a restart nothing is done again.
    let done = server.told(&id).await;
    let agent = Agent::new(config).unwrap().start().await.unwrap();
    assert_eq!(server.have_done(&id, json!({"kind": "upgrade_check"})).await.number, 7);
    let again = server.told(&id).await;
    assert_eq!(again[..6], done[..]);
    agent.stop().await;
    server.running.stop().await;
}

/// A control call of one's own making.
async fn call(
    channel: Channel,
    hello: ControlHello,
) -> (mpsc::Sender<ControlReport>, Result<tonic::Streaming<Command>, Status>) {
    let (reports, outgoing) = mpsc::channel(4);
    say(&reports, Report::Hello(hello)).await;
    let commands = SensorServiceClient::new(channel)
        .control(Request::new(ReceiverStream::new(outgoing)))
        .await;
    (reports, commands.map(tonic::Response::into_inner))
}

async fn say(reports: &mpsc::Sender<ControlReport>, report: Report) {
    let _ = reports.send(ControlReport { report: Some(report) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_without_a_result_is_given_again_and_to_nobody_else() {
    let (dir, one, two) = (product::folder(), product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let (config, other) = (settings(one.path(), one.path()), settings(two.path(), two.path()));
    let id = server.enrol("web-1", &config).await;
    let others = server.enrol("web-2", &other).await;
    for _ in 0..2 {
        assert_eq!(server.tell(&id, json!({"kind": "upgrade_check"})).await.0, 200);
    }
    let hello = |tenant: &str, id: &str, last_number| ControlHello {
        tenant: tenant.to_owned(),
        sensor_id: id.to_owned(),
        last_number,
    };
    // Who says that he is another is sent away.
    for lie in [hello("acme", &id, 0), hello("default", &others, 0)] {
        let (_reports, commands) = call(server.channel(&other.data_dir).await, lie).await;
        let refused = commands.unwrap().message().await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
    }
    let begin = async || call(server.channel(&config.data_dir).await, hello("acme", &id, 0)).await;
    let (first_reports, first) = begin().await;
    let mut first = first.unwrap();
    let given = first.message().await.unwrap().unwrap();
    assert_eq!((given.number, given.sensor_id.as_str()), (1, id.as_str()));
    // A newer call ends the one before and is given the same command.
    let (reports, second) = begin().await;
    let mut second = second.unwrap();
    assert_eq!(second.message().await.unwrap().unwrap().number, 1);
    assert_eq!(first.message().await.unwrap_err().code(), Code::Aborted);
    drop(first_reports);
    let result = |number| {
        Report::Result(CommandResult {
            number,
            ok: true,
            ..CommandResult::default()
        })
    };
    say(&reports, result(1)).await;
    assert_eq!(second.message().await.unwrap().unwrap().number, 2);
    assert_eq!(server.told(&id).await[0].state, CommandState::Done);
    // A result that nobody asked for ends the call.
    say(&reports, Report::Captures(CaptureStates::default())).await;
    say(&reports, result(9)).await;
    assert_eq!(second.message().await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(server.told(&id).await[1].state, CommandState::Sent);

    // Revoked, it hears of it within a second and is given nothing any more.
    let (_reports, third) = begin().await;
    let mut third = third.unwrap();
    assert_eq!(third.message().await.unwrap().unwrap().number, 2);
    let path = format!("/api/v1/fleet/{id}");
    assert_eq!(server.ask("DELETE", &path).send().await.unwrap().status(), 204);
    let revoked = std::time::Instant::now();
    assert_eq!(third.message().await.unwrap_err().code(), Code::Unauthenticated);
    assert!(revoked.elapsed() < Duration::from_millis(1_500));
    let (_reports, refused) = begin().await;
    assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    assert_eq!(server.tell(&id, json!({"kind": "diagnostics"})).await.0, 404);
    server.running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_command_is_refused_and_the_queue_is_bounded() {
    let (dir, host) = (product::folder(), product::folder());
    let server = FleetServer::start(dir.path()).await;
    let id = server.enrol("web-1", &settings(host.path(), host.path())).await;
    for wrong in [
        json!({"kind": "run", "command": "id"}),
        json!({"kind": "capture_stop", "name": "../etc"}),
        json!({"kind": "capture_start", "capture": {"name": "lan", "interfaces": ["eth0; id"]}}),
        json!({"kind": "configure"}),
        json!({"kind": "configure", "heartbeat_seconds": 0}),
        json!({"kind": "rules", "version": "a b", "text": ""}),
        json!({"kind": "rules", "version": "1", "text": "x".repeat((4 << 20) + 1)}),
    ] {
        let (status, answer) = server.tell(&id, wrong).await;
        assert_eq!(status, 400, "{answer}");
    }
    let rules = json!({"kind": "rules", "version": "1", "text": "#".repeat(4 << 20)});
    for _ in 0..4 {
        assert_eq!(server.tell(&id, rules.clone()).await.0, 200);
    }
    assert_eq!(server.tell(&id, rules).await.0, 409);
    let told = server.told(&id).await;
    assert!(
        told.iter()
            .all(|told| matches!(&told.command, SensorCommand::Rules { text, .. } if text.is_empty()))
    );
    for _ in 4..200 {
        assert_eq!(server.tell(&id, json!({"kind": "upgrade_check"})).await.0, 200);
    }
    let (status, answer) = server.tell(&id, json!({"kind": "upgrade_check"})).await;
    assert_eq!((status, answer["code"].as_str()), (409, Some("conflict")), "{answer}");
    // The numbers of those that were refused are given to nobody.
    assert_eq!(server.told(&id).await.last().unwrap().number, 200);
    server.running.stop().await;
}
