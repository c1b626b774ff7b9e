//! TLS at the doors: who has a registered certificate sends for its tenant, anyone else is turned away.

use hyper_util::rt::TokioIo;
use std::{io, path::Path, time::Duration};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::{
    Code, Request, Status,
    transport::{Channel, Endpoint},
};
use watchfloor::{
    clock::Clock,
    identity::certificate::fingerprint_of_pem,
    ingest::Refusal,
    search::SearchSpec,
    startup::{self, Doors, Running},
    store::identity::{self, api_keys},
};
use watchfloor_protocol::otlp::logs_service_client::LogsServiceClient;
use watchfloor_shared::{TenantId, search::Order};
use watchfloor_tests::{
    certificates::{Made, connect},
    product, wire,
};

const MESSAGES: usize = 500;

/// A product whose console and syslog door have this certificate.
async fn running(dir: &Path, server: &Made, change: impl FnOnce(&mut watchfloor::config::Config)) -> Running {
    let mut config = product::config(dir);
    config.http.tls = server.files(dir, "server");
    config.syslog.tls.listen = Some(([127, 0, 0, 1], 0).into());
    change(&mut config);
    startup::start(config, Clock::system(), Doors::Open).await.unwrap()
}

/// Registers the certificate for a new tenant.
async fn register(running: &Running, made: &Made, tenant: &str) -> (TenantId, String) {
    let tenant: TenantId = tenant.parse().unwrap();
    identity::create_tenant(&running.db, &tenant, "A tenant").await.unwrap();
    let label = api_keys::Label {
        sensor: Some("probe-7"),
        ..api_keys::Label::name("probe")
    };
    let fingerprint = fingerprint_of_pem(&made.certificate).unwrap();
    let issued = api_keys::register(&running.db, &tenant, label, fingerprint, None)
        .await
        .unwrap();
    (tenant, issued.id)
}

/// How many events of the tenant a query finds, once there are as many as wanted.
async fn found(running: &Running, tenant: &TenantId, query: &str, wanted: usize) -> usize {
    let mut found = 0;
    for _ in 0..300 {
        assert!(running.drained(Duration::from_secs(60)).await);
        let spec = SearchSpec {
            query: watchfloor_engine::query::parse(query, None).unwrap(),
            from: None,
            to: None,
            limit: 1,
            order: Order::OldestFirst,
            search_after: None,
            aggregations: Vec::new(),
        };
        found = usize::try_from(running.search.search(tenant, spec).await.unwrap().total).unwrap();
        if found >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    found
}

fn message(n: usize) -> String {
    let message = format!("<38>1 2026-01-01T00:00:00Z - sshd {n} - - Failed password for root");
    format!("{} {message}", message.len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_certificate_decides_tenant_and_sensor_and_others_are_turned_away() {
    let dir = product::folder();
    let (server, sender, stranger) = (Made::new("server"), Made::new("probe-7"), Made::new("stranger"));
    let running = running(dir.path(), &server, |_| ()).await;
    let (tenant, _) = register(&running, &sender, "acme").await;
    let address = running.doors.syslog.tls.unwrap();
    let refused = |refusal| running.ingest.refusals().count("syslog", refusal);

    let mut stream = connect(address, &server, Some(&sender)).await.unwrap();
    for n in 0..MESSAGES {
        stream.write_all(message(n).as_bytes()).await.unwrap();
    }
    stream.shutdown().await.unwrap();
    assert_eq!(found(&running, &tenant, "", MESSAGES).await, MESSAGES);
    assert_eq!(found(&running, &tenant, "host.name:probe-7", MESSAGES).await, MESSAGES);

    // With TLS 1.3 a client learns of it with the first byte that it reads.
    let mut stream = connect(address, &server, Some(&stranger)).await.unwrap();
    let _ = stream.write_all(message(0).as_bytes()).await;
    assert!(matches!(stream.read(&mut [0; 1]).await, Ok(0) | Err(_)));
    assert_eq!(refused(Refusal::Credential), 1);
    if let Ok(mut stream) = connect(address, &server, None).await {
        let _ = stream.write_all(message(0).as_bytes()).await;
        assert!(stream.read(&mut [0; 1]).await.is_err(), "the handshake fails");
    }
    for _ in 0..100 {
        if refused(Refusal::Handshake) > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(refused(Refusal::Handshake), 1);
    assert!(
        product::event_ids(&running).await.is_empty(),
        "nothing became the first tenant's"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_over_tls_and_a_certificate_in_an_api_keys_place() {
    let dir = product::folder();
    let (server, sender) = (Made::new("server"), Made::new("probe-7"));
    // A certificate that signs itself is its own authority.
    let authority = sender.files(dir.path(), "sender").certificate;
    let running = running(dir.path(), &server, |config| config.http.tls.client_ca = authority).await;
    let (tenant, _) = register(&running, &sender, "acme").await;
    let url = running.url();
    assert!(url.starts_with("https://"), "{url}");

    let client = |identity: Option<&Made>| {
        let root = reqwest::Certificate::from_pem(server.certificate.as_bytes()).unwrap();
        let builder = reqwest::Client::builder().add_root_certificate(root);
        match identity {
            None => builder,
            Some(made) => {
                let pem = format!("{}{}", made.certificate, made.key);
                builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap())
            }
        }
        .build()
        .unwrap()
    };
    let live = client(None).get(format!("{url}/healthz")).send().await.unwrap();
    assert!(live.headers().contains_key("strict-transport-security"));
    let post = |client: reqwest::Client| {
        let request = client.post(format!("{url}/ingest/v1/sysmon"));
        request
            .body("{\"host\":{\"name\":\"ws-1\"},\"message\":\"x\"}\n")
            .send()
    };
    assert_eq!(post(client(None)).await.unwrap().status(), 401);
    assert_eq!(post(client(Some(&sender))).await.unwrap().status(), 200);
    assert_eq!(found(&running, &tenant, "", 1).await, 1);
    // The name alone is no certificate: one that the authority did not sign ends the handshake.
    assert!(post(client(Some(&Made::new("probe-7")))).await.is_err());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_may_let_unregistered_senders_in_over_tls() {
    let dir = product::folder();
    let server = Made::new("server");
    let running = running(dir.path(), &server, |config| {
        config.syslog.tls.allow_unregistered = true
    })
    .await;
    let mut stream = connect(running.doors.syslog.tls.unwrap(), &server, None).await.unwrap();
    stream.write_all(message(0).as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(found(&running, &running.tenant.clone(), "", 1).await, 1);
    running.stop().await;
}

/// A connection of gRPC over TLS, by who has this certificate.
async fn channel(running: &Running, server: &Made, client: Option<&Made>) -> Channel {
    let address = running.senders.grpc.unwrap();
    let mut stream = Some(connect(address, server, client).await.unwrap());
    let connector = tower::service_fn(move |_| {
        let stream = stream.take().map(TokioIo::new);
        async { stream.ok_or(io::Error::from(io::ErrorKind::NotConnected)) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    endpoint.connect_with_connector(connector).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_grpc_a_certificate_stands_for_a_key_and_a_stranger_is_told() {
    let dir = product::folder();
    let (server, sender) = (Made::new("server"), Made::new("probe-7"));
    let authority = sender.files(dir.path(), "sender").certificate;
    let running = running(dir.path(), &server, |config| {
        config.http.tls.client_ca = authority;
        config.grpc.listen = Some(([127, 0, 0, 1], 0).into());
    })
    .await;
    let (tenant, _) = register(&running, &sender, "acme").await;
    let export = |channel: Channel, key: Option<String>| async move {
        let logs = wire::otlp("web-1", 1_767_225_600_000_000_000, (0..20).map(|n| format!("line {n}")));
        let mut request = Request::new(logs);
        if let Some(key) = key {
            let value = format!("Bearer {key}").parse().unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        LogsServiceClient::new(channel).export(request).await
    };
    export(channel(&running, &server, Some(&sender)).await, None)
        .await
        .unwrap();
    assert_eq!(found(&running, &tenant, "", 20).await, 20);
    let told = |outcome: Result<_, Status>| outcome.map(|_| ()).unwrap_err().code();
    let stranger = export(channel(&running, &server, None).await, None).await;
    assert_eq!(told(stranger), Code::Unauthenticated);
    let issued = api_keys::issue(&running.db, &tenant, api_keys::Label::name("key"), None);
    let key = issued.await.unwrap().secret;
    export(channel(&running, &server, None).await, Some(key)).await.unwrap();
    let plain = Endpoint::from_shared(format!("http://{}", running.senders.grpc.unwrap())).unwrap();
    assert!(
        export(plain.connect_lazy(), None).await.is_err(),
        "nothing but TLS is spoken"
    );
    assert!(
        product::event_ids(&running).await.is_empty(),
        "nothing became the first tenant's"
    );
    running.stop().await;
}
