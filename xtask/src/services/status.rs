//! What runs, as a table or as JSON.

use super::{Server, home::Home, running};
use anyhow::Result;
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    name: &'static str,
    version: String,
    address: &'static str,
    /// Absent when it does not run.
    pid: Option<u32>,
    memory_bytes: Option<u64>,
    ready: bool,
    /// The file with its password.
    secret: Option<String>,
}

pub fn print(servers: &[&'static Server], json: bool) -> Result<()> {
    let rows: Vec<Row> = servers.iter().map(|server| row(server)).collect();
    match json {
        true => println!("{}", serde_json::to_string_pretty(&rows)?),
        false => print_table(&rows),
    }
    Ok(())
}

fn row(server: &'static Server) -> Row {
    let home = Home::of(server);
    let process = running::find(&home);
    let secret = server.secret.map(|name| home.path(name)).filter(|path| path.exists());
    Row {
        name: server.name,
        version: (server.version)(),
        address: server.address,
        pid: process.as_ref().map(|process| process.pid),
        memory_bytes: process.as_ref().map(running::Process::memory_bytes),
        ready: process.is_some() && (server.ready)(&home).is_ok(),
        secret: secret.map(|path| path.display().to_string()),
    }
}

fn print_table(rows: &[Row]) {
    let line = |name: &str, version: &str, address: &str, pid: &str, memory: &str, ready: &str| {
        println!("{name:<11} {version:<9} {address:<44} {pid:>8} {memory:>8}  {ready}");
    };
    line("name", "version", "address", "pid", "memory", "ready");
    for row in rows {
        let pid = row.pid.map_or_else(|| "–".to_owned(), |pid| pid.to_string());
        let memory = row
            .memory_bytes
            .map_or_else(|| "–".to_owned(), |bytes| format!("{} MiB", bytes >> 20));
        let ready = match (row.pid, row.ready) {
            (None, _) => "stopped",
            (_, true) => "yes",
            (_, false) => "not yet",
        };
        line(row.name, &row.version, row.address, &pid, &memory, ready);
    }
}
