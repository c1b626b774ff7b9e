//! What each door costs: documents into a server without stages behind it, so that a door's figure is the door's.

use super::{measure, sources::Cost};
use crate::{
    app::{self, RAW_TOPIC, Tenant, TestApp},
    wire,
};
use anyhow::{Context, Result};
use bytes::Bytes;
use prost::Message;
use std::{
    collections::BTreeMap,
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};
use watchfloor::{
    clock::Clock,
    doors::{
        admission::{self, Admission, Admitted},
        gelf,
        listener::Connection,
        lumberjack, syslog,
    },
    ingest::{Door, Ingestor},
};
use watchfloor_protocol::{
    otlp::logs_service_client::LogsServiceClient,
    v1::{SensorBatch, sensor_service_client::SensorServiceClient},
};

const REQUESTS: usize = 60;
const REQUEST_DOCUMENTS: usize = 1_000;
const SENDERS: usize = 2;
const NANOS: u64 = 1_767_225_600_000_000_000;
const PROTOBUF: &str = "application/x-protobuf";
const LINES: &str = "application/x-ndjson";

/// By door: documents accepted, on the disk.
pub async fn run() -> Result<BTreeMap<String, Cost>> {
    let app = tokio::task::spawn_blocking(app::shared).await?;
    let app = app.context("the doors need PostgreSQL")?;
    let tenant = app.tenant().await;
    let mut costs = http(app, &tenant).await?;
    costs.extend(grpc(app, &tenant).await?);
    costs.extend(raw(app, &tenant).await?);
    Ok(costs)
}

fn text(number: usize) -> String {
    format!(
        "Accepted publickey for user{number} from 192.0.2.{} port 4{number:04} ssh2",
        number % 250
    )
}

fn documents() -> Vec<String> {
    let document = |number: usize| {
        format!(
            r#"{{"@timestamp":"2026-01-02T03:04:05.{number:06}Z","host":{{"name":"ws-{}"}},"process":{{"name":"sshd","pid":{number}}},"message":"{}","event":{{"dataset":"system.auth"}}}}"#,
            number % 50,
            text(number)
        )
    };
    (0..REQUEST_DOCUMENTS).map(document).collect()
}

/// What all senders together cost, each having sent its share.
async fn cost<F: Future<Output = Result<()>>>(request_bytes: usize, send: impl Fn() -> F) -> Result<Cost> {
    let (cpu, started) = (measure::process_cpu(), Instant::now());
    futures::future::try_join_all((0..SENDERS).map(|_| send())).await?;
    let count = (REQUESTS * REQUEST_DOCUMENTS) as f64;
    Ok(Cost {
        records: count as u64,
        bytes: request_bytes as f64 / REQUEST_DOCUMENTS as f64,
        events_per_second: count / started.elapsed().as_secs_f64(),
        cpu_us_per_event: (measure::process_cpu() - cpu).as_secs_f64() * 1e6 / count,
    })
}

async fn http(app: &TestApp, tenant: &Tenant) -> Result<BTreeMap<String, Cost>> {
    let documents = documents();
    let each = |wrap: &dyn Fn(&String) -> String| Bytes::from(documents.iter().map(wrap).collect::<String>());
    let logs = wire::otlp("web-1", NANOS, (0..REQUEST_DOCUMENTS).map(text));
    let bodies = [
        (
            "_bulk",
            "/_bulk",
            LINES,
            each(&|event| format!("{{\"create\":{{}}}}\n{event}\n")),
        ),
        (
            "ndjson",
            "/ingest/v1/sysmon",
            LINES,
            each(&|event| format!("{event}\n")),
        ),
        (
            "splunk_hec",
            "/services/collector/event",
            LINES,
            each(&|event| format!("{{\"event\":{event}}}")),
        ),
        ("otlp_http", "/v1/logs", PROTOBUF, Bytes::from(logs.encode_to_vec())),
    ];
    let mut costs = BTreeMap::new();
    for (name, path, kind, body) in bodies {
        let url = app.url(path);
        let send = || post(url.clone(), tenant.key.clone(), kind, body.clone());
        costs.insert(name.to_owned(), cost(body.len(), send).await?);
    }
    Ok(costs)
}

async fn post(url: String, key: String, kind: &str, body: Bytes) -> Result<()> {
    let client = reqwest::Client::new();
    for _ in 0..REQUESTS / SENDERS {
        let request = client.post(&url).body(body.clone());
        let request = request
            .header("content-type", kind)
            .header("authorization", format!("ApiKey {key}"));
        let response = request.send().await?.error_for_status()?;
        response.bytes().await?;
    }
    Ok(())
}

async fn grpc(app: &TestApp, tenant: &Tenant) -> Result<BTreeMap<String, Cost>> {
    let logs = wire::otlp("web-1", NANOS, (0..REQUEST_DOCUMENTS).map(text));
    let batch = SensorBatch {
        sensor: "probe-1".to_owned(),
        records: documents().into_iter().map(Bytes::from).collect(),
        ..SensorBatch::default()
    };
    let connect = || async { anyhow::Ok(Endpoint::from_shared(format!("http://{}", app.grpc))?.connect().await?) };
    let export = async |channel: Channel| -> Result<()> {
        let mut client = LogsServiceClient::new(channel);
        for _ in 0..REQUESTS / SENDERS {
            client.export(authorized(tenant, logs.clone())?).await?;
        }
        Ok(())
    };
    let stream = async |channel: Channel| -> Result<()> {
        let (batches, receiver) = mpsc::channel(1);
        let request = authorized(tenant, ReceiverStream::new(receiver))?;
        let mut acks = SensorServiceClient::new(channel).send(request).await?.into_inner();
        for _ in 0..REQUESTS / SENDERS {
            batches.send(batch.clone()).await?;
            acks.message().await?.context("the call ended")?;
        }
        Ok(())
    };
    let exported = cost(logs.encoded_len(), || async { export(connect().await?).await }).await?;
    let streamed = cost(batch.encoded_len(), || async { stream(connect().await?).await }).await?;
    let named = [("otlp_grpc", exported), ("sensor_grpc", streamed)];
    Ok(named.map(|(name, cost)| (name.to_owned(), cost)).into())
}

fn authorized<T>(tenant: &Tenant, message: T) -> Result<Request<T>> {
    let mut request = Request::new(message);
    let value = format!("Bearer {}", tenant.key).parse()?;
    request.metadata_mut().insert("authorization", value);
    Ok(request)
}

async fn raw(app: &TestApp, tenant: &Tenant) -> Result<BTreeMap<String, Cost>> {
    let ingest = Ingestor::new(app.bus.clone(), Clock::system(), |_| RAW_TOPIC);
    let time = "2026-01-02T03:04:05.000Z";
    let lines = |line: &dyn Fn(usize) -> String| Bytes::from((0..REQUEST_DOCUMENTS).map(line).collect::<String>());
    let (syslog_lines, gelf_lines) = (
        lines(&|n| wire::syslog(time, n)),
        lines(&|n| wire::gelf(1_767_225_600, n)),
    );
    let window = Bytes::from(wire::lumberjack_window(&documents()));
    let of = ingest.clone();
    let syslog = open(Door::Syslog, tenant, move |c, a, e| {
        syslog::connection(of.clone(), c, a, e)
    })
    .await?;
    let of = ingest.clone();
    let gelf = open(Door::Gelf, tenant, move |c, a, e| gelf::connection(of.clone(), c, a, e)).await?;
    let of = ingest.clone();
    let beats = open(Door::Lumberjack, tenant, move |c, a, e| {
        lumberjack::connection(of.clone(), c, a, e)
    })
    .await?;
    let unanswered = async |door: Door, address: SocketAddr, much: &Bytes| -> Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        for _ in 0..REQUESTS / SENDERS {
            stream.write_all(much).await?;
        }
        while taken(&ingest, door) < (REQUESTS * REQUEST_DOCUMENTS) as i64 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    let answered = async || -> Result<()> {
        let mut stream = TcpStream::connect(beats).await?;
        for _ in 0..REQUESTS / SENDERS {
            stream.write_all(&window).await?;
            wire::lumberjack_acknowledged(&mut stream).await?;
        }
        Ok(())
    };
    let named = [
        (
            "syslog_tcp",
            cost(syslog_lines.len(), || unanswered(Door::Syslog, syslog, &syslog_lines)).await?,
        ),
        (
            "gelf_tcp",
            cost(gelf_lines.len(), || unanswered(Door::Gelf, gelf, &gelf_lines)).await?,
        ),
        ("lumberjack", cost(window.len(), answered).await?),
    ];
    Ok(named.map(|(name, cost)| (name.to_owned(), cost)).into())
}

fn taken(ingest: &Ingestor, door: Door) -> i64 {
    let sources = ingest.sources();
    let of_door = sources.iter().find(|source| source.name == door.as_str());
    of_door.map_or(0, |source| source.events)
}

/// A door of this tenant's, for as long as the measurement lasts.
async fn open<S, F>(door: Door, tenant: &Tenant, serve: S) -> Result<SocketAddr>
where
    S: Fn(Connection, Admitted, CancellationToken) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let socket = TcpListener::bind("127.0.0.1:0").await?;
    let address = socket.local_addr()?;
    let listener = app::listener(door.as_str(), socket);
    tokio::spawn(admission::serve(listener, Admission::Anyone(tenant.id.clone()), serve));
    Ok(address)
}
