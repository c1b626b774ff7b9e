//! The OpenTelemetry Collector, which follows a file and sends over OTLP: over HTTP, and over gRPC.

use super::{Process, installed, is_there, server::Server};
use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

const LINES: usize = 2_000;

fn start(server: &Server, exporter: &str) -> Process {
    let settings = format!(
        r#"
receivers: {{filelog: {{include: ["{}"], start_at: beginning, poll_interval: 50ms, operators: [{{type: json_parser}}]}}}}
exporters:
  {exporter}
service:
  telemetry: {{metrics: {{level: none}}}}
  pipelines: {{logs: {{receivers: [filelog], exporters: [{}]}}}}
"#,
        server.path("lines.ndjson").display(),
        exporter.split_once(':').unwrap().0
    );
    let file = server.path("collector.yaml");
    std::fs::write(&file, settings).unwrap();
    let said = std::fs::File::create(server.path("collector.log")).unwrap();
    let mut collector = Command::new(installed("bin/otelcol"));
    collector.arg("--config").arg(&file).stdout(Stdio::null()).stderr(said);
    Process(collector.spawn().unwrap())
}

async fn exported(exporter: impl FnOnce(&Server) -> String) {
    if !is_there(installed("bin/otelcol"), &["--version"], "the OpenTelemetry Collector") {
        return;
    }
    let mut server = Server::start();
    let mut log = std::fs::File::create(server.path("lines.ndjson")).unwrap();
    let mut write = |numbers: std::ops::Range<usize>| {
        for n in numbers {
            let line = format!(
                r#"{{"host.name":"ws-1","user":{{"name":"user-{}"}},"message":"line {n}"}}"#,
                n % 7
            );
            writeln!(log, "{line}").unwrap();
        }
    };
    let mut collector = start(&server, &exporter(&server));
    write(0..LINES / 2);
    server.wait_taken(LINES as u64 / 4).await;
    server.restart();
    write(LINES / 2..LINES * 3 / 4);
    server.kill();
    write(LINES * 3 / 4..LINES);
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.restart();
    server.wait_taken(1).await;
    server.wait_quiet().await;
    let said = || std::fs::read_to_string(server.path("collector.log")).unwrap_or_default();
    assert!(collector.is_running(), "{}", said());
    drop(collector);
    server.has_all(LINES).await;
}

/// Small batches and short waits, so that the server's end meets one under way.
const PATIENCE: &str = "retry_on_failure: {initial_interval: 200ms, max_interval: 1s}, sending_queue: {batch: {min_size: 50, max_size: 50, flush_timeout: 50ms}}";

#[tokio::test(flavor = "multi_thread")]
async fn lines_exported_over_http_are_found_once_when_the_server_is_killed_meanwhile() {
    exported(|server| {
        format!(
            r#"otlphttp: {{endpoint: "http://127.0.0.1:{}", headers: {{Authorization: "ApiKey {}"}}, {PATIENCE}}}"#,
            server.ports.http,
            server.key()
        )
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_exported_over_grpc_are_found_once_when_the_server_is_killed_meanwhile() {
    exported(|server| {
        format!(
            r#"otlp: {{endpoint: "127.0.0.1:{}", tls: {{insecure: true}}, headers: {{Authorization: "ApiKey {}"}}, {PATIENCE}}}"#,
            server.ports.grpc,
            server.key()
        )
    })
    .await;
}
