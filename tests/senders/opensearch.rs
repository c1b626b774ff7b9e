//! opensearch-py's bulk helper, which sends a chunk again until it was answered.

use super::{installed, is_there, server::Server};
use std::process::{Command, Stdio};

const DOCUMENTS: usize = 2_000;

const SCRIPT: &str = r#"
import sys, time
from opensearchpy import OpenSearch, helpers

url, key, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = OpenSearch(url, http_auth=("sensor", key), timeout=10)
documents = [
    {"_index": "logs", "_id": str(n), "@timestamp": "2026-01-01T00:00:00Z", "host": {"name": "ws-1"}, "message": f"document {n}"}
    for n in range(count)
]
for first in range(0, count, 50):
    chunk = documents[first:first + 50]
    while True:
        try:
            taken, _ = helpers.bulk(client, chunk)
            assert taken == len(chunk), taken
            break
        except Exception as error:
            print(error, file=sys.stderr)
            time.sleep(0.2)
    time.sleep(0.02)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn documents_loaded_in_bulk_are_found_when_the_server_is_killed_meanwhile() {
    let python = installed("venv/bin/python");
    if !is_there(&python, &["-c", "import opensearchpy"], "opensearch-py") {
        return;
    }
    let mut server = Server::start();
    let script = server.path("load.py");
    std::fs::write(&script, SCRIPT).unwrap();
    let mut loader = Command::new(python)
        .arg(&script)
        .arg(format!("http://127.0.0.1:{}", server.ports.http))
        .arg(server.key())
        .arg(DOCUMENTS.to_string())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    server.wait_taken(500).await;
    server.restart();
    let ended = tokio::task::spawn_blocking(move || loader.wait())
        .await
        .unwrap()
        .unwrap();
    assert!(ended.success());
    server.has_all(DOCUMENTS).await;
}
