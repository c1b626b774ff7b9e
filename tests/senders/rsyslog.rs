//! rsyslog: omelasticsearch over `_bulk`, omfwd in RFC 5424 over TCP and TLS.

use super::{Process, is_there, server::Server};
use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const MODULES: &str = "/usr/lib/x86_64-linux-gnu/rsyslog";
const MESSAGES: usize = 2_000;

/// A rsyslog that takes lines over TCP and passes them on.
struct Rsyslog {
    _process: Process,
    input: TcpStream,
    sent: usize,
}

impl Rsyslog {
    fn start(server: &Server, head: &str, action: &str) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let configuration = format!(
            r#"{head}
module(load="imtcp")
input(type="imtcp" address="127.0.0.1" port="{port}")
{action}
"#
        );
        let file = server.path("rsyslog.conf");
        std::fs::write(&file, configuration).unwrap();
        let child = Command::new("rsyslogd")
            .arg("-n")
            .arg("-f")
            .arg(&file)
            .arg("-i")
            .arg(server.path("rsyslog.pid"))
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(server.path("rsyslog.log")).unwrap())
            .spawn();
        let mut process = Process(child.unwrap());
        let until = Instant::now() + Duration::from_secs(30);
        let input = loop {
            if let Ok(input) = TcpStream::connect(("127.0.0.1", port)) {
                break input;
            }
            let said = || std::fs::read_to_string(server.path("rsyslog.log")).unwrap_or_default();
            assert!(
                process.is_running() && Instant::now() < until,
                "rsyslog does not start: {}",
                said()
            );
            std::thread::sleep(Duration::from_millis(50));
        };
        Self {
            _process: process,
            input,
            sent: 0,
        }
    }

    fn send(&mut self, count: usize) {
        for _ in 0..count {
            let n = self.sent;
            let line = format!(
                "<38>Jan  1 00:00:{:02} host-1 sshd[{n}]: Failed password for root, try {n}\n",
                n % 60
            );
            self.input.write_all(line.as_bytes()).unwrap();
            self.sent += 1;
        }
    }
}

fn has(module: &str) -> bool {
    is_there("rsyslogd", &["-v"], "rsyslog") && {
        let path = format!("{MODULES}/{module}.so");
        is_there("test", &["-e", &path], &path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn omelasticsearch_loses_nothing_while_the_server_is_away() {
    if !has("omelasticsearch") {
        return;
    }
    let mut server = Server::start();
    let action = format!(
        r#"module(load="omelasticsearch")
template(name="ecs" type="list" option.jsonf="on") {{
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host.name" name="hostname" format="jsonf")
  property(outname="process.name" name="programname" format="jsonf")
  property(outname="message" name="msg" format="jsonf") }}
action(type="omelasticsearch" server="127.0.0.1" serverport="{}" usehttps="off" uid="sensor" pwd="{}" template="ecs"
       searchIndex="syslog" searchType="" bulkmode="on" queue.type="linkedlist" action.resumeretrycount="-1"
       action.resumeinterval="1" queue.dequeuebatchsize="100")"#,
        server.ports.http,
        server.key()
    );
    let mut rsyslog = Rsyslog::start(&server, "", &action);
    forwarded(&mut server, &mut rsyslog).await;
    server.has_all(MESSAGES).await;
}

/// The server is killed between messages; those that come meanwhile wait in rsyslog. Syslog has no acknowledgement, and
/// omelasticsearch 8.2302 itself now and then loses one message of the batch that finds the server gone: the door never had it.
/// What is lost in the middle of a bulk request is `opensearch.rs`'s to ask.
async fn forwarded(server: &mut Server, rsyslog: &mut Rsyslog) {
    let half = MESSAGES / 2;
    rsyslog.send(half);
    server.wait_taken(half as u64).await;
    server.kill();
    rsyslog.send(half);
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.restart();
    server.wait_taken(half as u64).await;
}

fn omfwd(port: u16, more: &str) -> String {
    format!(
        r#"action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format" action.resumeretrycount="-1" action.resumeinterval="1"
       queue.type="linkedlist" {more})"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn omfwd_over_tcp_loses_nothing_while_the_server_is_away() {
    if !has("imtcp") {
        return;
    }
    let mut server = Server::start();
    let mut rsyslog = Rsyslog::start(&server, "", &omfwd(server.ports.syslog_tcp, ""));
    forwarded(&mut server, &mut rsyslog).await;
    server.has_all(MESSAGES).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn omfwd_over_tls_proves_itself_by_its_certificate() {
    if !has("lmnsd_gtls") {
        return;
    }
    let mut server = Server::start();
    let file = |name: &str| -> String { Path::display(&server.path(name)).to_string() };
    let head = format!(
        r#"global(DefaultNetstreamDriverCAFile="{}" DefaultNetstreamDriverCertFile="{}" DefaultNetstreamDriverKeyFile="{}")"#,
        file("server.pem"),
        file("sender.pem"),
        file("sender.key")
    );
    let tls = r#"StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost""#;
    let mut rsyslog = Rsyslog::start(&server, &head, &omfwd(server.ports.syslog_tls, tls));
    forwarded(&mut server, &mut rsyslog).await;
    server.has_all(MESSAGES).await;
}
