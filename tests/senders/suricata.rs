//! Suricata on a capture that the test makes.

use super::{
    is_there,
    network::{Capture, Side},
};
use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddrV4},
    path::{Path, PathBuf},
    process::Command,
};

const SETTINGS: &str = "/etc/suricata/suricata.yaml";
const RULE: &str = r#"alert ssh any any -> any any (msg:"SSH"; sid:1000001; rev:1;)"#;
/// Each with a name asked for, a page fetched; every fifth has a session of SSH too.
const CLIENTS: u16 = 400;

pub fn is_installed() -> bool {
    is_there("suricata", &["-V"], "Suricata") && is_there("test", &["-r", SETTINGS], SETTINGS)
}

/// Makes the capture and has it read. Returns `eve.json`.
pub fn eve(folder: &Path) -> PathBuf {
    let logs = folder.join("suricata");
    std::fs::create_dir(&logs).unwrap();
    let (capture, rules) = (logs.join("traffic.pcap"), logs.join("own.rules"));
    std::fs::write(&capture, traffic()).unwrap();
    std::fs::write(&rules, RULE).unwrap();
    let mut suricata = Command::new("suricata");
    suricata.args(["-c", SETTINGS, "-k", "none", "-S"]).arg(&rules);
    let output = suricata.arg("-r").arg(&capture).arg("-l").arg(&logs).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    logs.join("eve.json")
}

fn traffic() -> Vec<u8> {
    let mut capture = Capture::new();
    let resolver = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 253), 53);
    for n in 0..CLIENTS {
        let last = u8::try_from(n % 200 + 1).unwrap();
        let client = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, last), 20_000 + n);
        let server = Ipv4Addr::new(198, 51, 100, last % 20 + 1);
        let name = format!("host-{n}.example.net");
        let request = format!("GET /page-{n} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: browser\r\n\r\n");
        let response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
        capture.dns(client, resolver, &name, server);
        capture.session(
            client,
            SocketAddrV4::new(server, 80),
            &[(Side::Client, request.as_bytes()), (Side::Server, response.as_bytes())],
        );
        if n % 5 == 0 {
            capture.session(
                client,
                SocketAddrV4::new(server, 22),
                &[
                    (Side::Server, b"SSH-2.0-OpenSSH_9.2\r\n"),
                    (Side::Client, b"SSH-2.0-Go\r\n"),
                ],
            );
        }
    }
    capture.into_bytes()
}

/// How many lines there are of each type, and that there are those which the capture must give.
pub fn types(eve: &Path) -> BTreeMap<String, usize> {
    let mut types = BTreeMap::new();
    for line in std::fs::read_to_string(eve).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        *types
            .entry(line["event_type"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let least = [
        ("dns", CLIENTS),
        ("http", CLIENTS),
        ("flow", CLIENTS),
        ("ssh", CLIENTS / 5),
        ("alert", CLIENTS / 5),
    ];
    for (name, least) in least {
        let count = types.get(name).copied().unwrap_or(0);
        assert!(count >= usize::from(least), "{count} × {name}: {types:?}");
    }
    types
}
