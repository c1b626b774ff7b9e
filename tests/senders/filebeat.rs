//! Filebeat on the `eve.json` that Suricata makes of a capture: over `_bulk`, and over Lumberjack.

use super::{
    Process, installed, is_there,
    server::{Server, WAIT_MAX},
    suricata,
};
use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use watchfloor_shared::search::EventHit;

/// A Filebeat that follows a file.
struct Filebeat(Process);

impl Filebeat {
    fn start(server: &Server, log: &Path, output: &str) -> Self {
        let home = server.path("filebeat");
        std::fs::create_dir(&home).unwrap();
        let settings = format!(
            r#"
filebeat.inputs: [{{type: log, paths: ["{}"], json.keys_under_root: true, json.add_error_key: true, scan_frequency: 1s}}]
{output}
queue.mem: {{events: 512, flush.min_events: 64, flush.timeout: 0.1s}}
setup.ilm.enabled: false
setup.template.enabled: false
"#,
            log.display()
        );
        let file = home.join("filebeat.yml");
        std::fs::write(&file, settings).unwrap();
        let mut filebeat = Command::new(installed("bin/filebeat"));
        filebeat.arg("-e").arg("-c").arg(&file);
        for (flag, folder) in [("--path.home", ""), ("--path.data", "data"), ("--path.logs", "logs")] {
            filebeat.arg(flag).arg(home.join(folder));
        }
        let said = std::fs::File::create(server.path("filebeat.log")).unwrap();
        let child = filebeat.current_dir(&home).stdout(Stdio::null()).stderr(said).spawn();
        Self(Process(child.unwrap()))
    }
}

fn is_installed() -> bool {
    is_there(installed("bin/filebeat"), &["version"], "Filebeat") && suricata::is_installed()
}

/// Events by what Suricata calls them.
fn types(found: &[EventHit]) -> BTreeMap<String, usize> {
    let mut types = BTreeMap::new();
    for hit in found {
        assert_eq!(hit.source["event"]["module"], "suricata", "{}", hit.source);
        let name = hit.source["suricata"]["eve"]["event_type"].as_str().unwrap_or("?");
        *types.entry(name.to_owned()).or_default() += 1;
    }
    types
}

/// The log grows while Filebeat follows it and the server is killed: once between Filebeat's requests and, as likely as not, in
/// the middle of one.
async fn followed(output: impl FnOnce(&Server) -> String) {
    let mut server = Server::start();
    let eve = suricata::eve(&server.path(""));
    let wanted = suricata::types(&eve);
    let lines = std::fs::read_to_string(&eve).unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let followed = server.path("eve.json");
    let mut log = std::fs::File::create(&followed).unwrap();
    let mut filebeat = Filebeat::start(&server, &followed, &output(&server));
    let (first, rest) = lines.split_at(lines.len() / 2);
    write(&mut log, first);
    server.wait_taken(first.len() as u64 / 2).await;
    server.restart();
    write(&mut log, rest);
    server.wait_taken(rest.len() as u64 / 2).await;
    server.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.restart();
    until_read(&server, &followed).await;
    assert!(filebeat.0.is_running());
    drop(filebeat);
    let found = server.found().await;
    assert_eq!(types(&found), wanted);
    assert_eq!(found.len(), lines.len());
}

fn write(log: &mut std::fs::File, lines: &[&str]) {
    for line in lines {
        writeln!(log, "{line}").unwrap();
    }
}

/// Waits until Filebeat's registry says that the end of the file was acknowledged.
async fn until_read(server: &Server, log: &Path) {
    let length = std::fs::metadata(log).unwrap().len();
    let registry = server.path("filebeat/data/registry/filebeat/log.json");
    let until = Instant::now() + WAIT_MAX;
    let wanted = format!("\"offset\":{length}");
    while !std::fs::read_to_string(&registry).is_ok_and(|text| text.contains(&wanted)) {
        let said = || std::fs::read_to_string(server.path("filebeat.log")).unwrap_or_default();
        assert!(Instant::now() < until, "Filebeat does not come to the end: {}", said());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn suricatas_events_sent_in_bulk_are_found_once_when_the_server_is_killed_meanwhile() {
    if !is_installed() {
        return;
    }
    let output = |server: &Server| {
        format!(
            r#"output.elasticsearch: {{hosts: ["http://127.0.0.1:{}"], username: sensor, password: "{}", bulk_max_size: 50,
  backoff: {{init: 0.2s, max: 1s}}}}"#,
            server.ports.http,
            server.key()
        )
    };
    followed(output).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suricatas_events_sent_over_lumberjack_are_found_once_when_the_server_is_killed_meanwhile() {
    if !is_installed() {
        return;
    }
    let output = |server: &Server| {
        format!(
            r#"output.logstash: {{hosts: ["127.0.0.1:{}"], bulk_max_size: 50, backoff: {{init: 0.2s, max: 1s}}}}"#,
            server.ports.lumberjack
        )
    };
    followed(output).await;
}
