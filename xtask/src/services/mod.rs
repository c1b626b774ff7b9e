//! `cargo xtask services`: the servers that Watchfloor works with when it is spread over machines, for real, on loopback and without
//! a container engine. One file per server; everything lies in one folder beside the build output.
//!
//! Invariant: only processes that were started here are ever ended, each by its id and the moment it began.

mod fetch;
mod home;
mod http;
mod influxdb;
mod java;
mod kafka;
mod keycloak;
mod opensearch;
mod postgres;
mod redis;
mod registry;
mod running;
mod status;
mod tls;
mod unprivileged;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use home::Home;
pub use home::folder;
use std::{
    fs::{File, TryLockError},
    process::Command,
    time::{Duration, Instant},
};

/// Someone else's first `up` builds InfluxDB.
const TURN_WAIT_MAX: Duration = Duration::from_secs(20 * 60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// What an error shows of a server's log.
const LOG_LINES: usize = 15;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Installs and starts servers, all when none is named, and waits until they are ready
    Up { names: Vec<String> },
    /// Ends servers that `up` started, all when none is named; their data stays
    Down { names: Vec<String> },
    /// A table: name, version, address, process, memory, whether it is ready
    Status {
        names: Vec<String>,
        /// One JSON array instead of the table
        #[arg(long)]
        json: bool,
    },
    /// The end of one server's log
    Logs {
        name: String,
        #[arg(long, default_value_t = 40)]
        lines: usize,
    },
}

/// What the commands need to know of a server.
pub struct Server {
    pub name: &'static str,
    /// Of what is installed, or what will be.
    pub version: fn() -> String,
    /// As clients are given it.
    pub address: &'static str,
    /// All that it listens on, on 127.0.0.1.
    pub ports: &'static [u16],
    /// The file with its password, below its home.
    pub secret: Option<&'static str>,
    pub ready_seconds_max: u64,
    /// The signal that ends it in order.
    pub end_signal: &'static str,
    /// Looks first and does nothing when everything is there.
    pub install: fn() -> Result<()>,
    /// Makes what its first start needs, and says how to start it.
    pub launch: fn(&Home) -> Result<Command>,
    /// An error says what is not so yet.
    pub ready: fn(&Home) -> Result<()>,
    /// What only the running server can be told: accounts. May be called again.
    pub complete: fn(&Home) -> Result<()>,
}

/// In the order in which they are started.
static SERVERS: [&Server; 7] = [
    &kafka::SERVER,
    &registry::SERVER,
    &opensearch::SERVER,
    &postgres::SERVER,
    &redis::SERVER,
    &influxdb::SERVER,
    &keycloak::SERVER,
];

pub fn run(options: &Options) -> Result<()> {
    match &options.what {
        What::Up { names } => bring_up(&named(names)?),
        What::Down { names } => down(&named(names)?),
        What::Status { names, json } => status::print(&named(names)?, *json),
        What::Logs { name, lines } => {
            for server in named(std::slice::from_ref(name))? {
                println!("{}", Home::of(server).log_tail(*lines));
            }
            Ok(())
        }
    }
}

/// Installs and starts servers by their names, and waits until they are ready.
pub fn up(names: &[&str]) -> Result<()> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    bring_up(&named(&names)?)
}

/// The servers of these names, in the table's order; all of them for none.
fn named(names: &[String]) -> Result<Vec<&'static Server>> {
    if let Some(unknown) = names.iter().find(|name| SERVERS.iter().all(|s| s.name != *name)) {
        let known: Vec<_> = SERVERS.iter().map(|server| server.name).collect();
        bail!("there is no server {unknown:?}; there are: {}", known.join(", "));
    }
    let is_meant = |server: &&&Server| names.is_empty() || names.iter().any(|name| server.name == name);
    Ok(SERVERS.iter().filter(is_meant).copied().collect())
}

/// Each server on its own: what keeps one from starting does not keep the others. Fails when one is not ready.
fn bring_up(servers: &[&'static Server]) -> Result<()> {
    let _turn = turn()?;
    let mut failures = Vec::new();
    let mut each = |servers: &[&'static Server], does: fn(&Server) -> Result<()>| -> Vec<&'static Server> {
        let mut able = Vec::new();
        for server in servers {
            match does(server) {
                Ok(()) => able.push(*server),
                Err(error) => failures.push(format!("{}: {error:#}", server.name)),
            }
        }
        able
    };
    let installed = each(servers, install);
    let begun = Instant::now();
    let started = each(&installed, start);
    let mut waiting = started;
    while !waiting.is_empty() {
        std::thread::sleep(LOOK_EVERY);
        waiting.retain(|server| match is_ready(server, begun.elapsed()) {
            Ok(is_ready) => !is_ready,
            Err(error) => {
                failures.push(format!("{}: {error:#}", server.name));
                false
            }
        });
    }
    match failures.is_empty() {
        true => Ok(()),
        false => bail!("{}", failures.join("\n")),
    }
}

/// What runs is left as it is.
fn install(server: &Server) -> Result<()> {
    match running::find(&Home::of(server)) {
        Some(_) => Ok(()),
        None => (server.install)().context("cannot be installed"),
    }
}

fn start(server: &Server) -> Result<()> {
    let home = Home::of(server);
    if running::find(&home).is_some() {
        return Ok(());
    }
    if let Some(port) = server.ports.iter().find(|port| http::is_taken(**port)) {
        bail!("port {port} of 127.0.0.1 is taken by a process that was not started here");
    }
    home.make()?;
    running::start(&home, (server.launch)(&home)?)
}

/// Whether it is, and has its accounts. An error says why it never will be.
fn is_ready(server: &Server, waited: Duration) -> Result<bool> {
    let home = Home::of(server);
    let log = || format!("its log, {}, ends:\n{}", home.log().display(), home.log_tail(LOG_LINES));
    let Err(why) = (server.ready)(&home) else {
        (server.complete)(&home).with_context(log)?;
        let (version, seconds) = ((server.version)(), waited.as_secs_f64());
        println!(
            "   {} {version}: ready after {seconds:.1} s at {}",
            server.name, server.address
        );
        return Ok(true);
    };
    if running::find(&home).is_none() {
        bail!("ended while it was starting; {}", log());
    }
    if waited.as_secs() > server.ready_seconds_max {
        bail!("not ready after {} s: {why:#}; {}", waited.as_secs(), log());
    }
    Ok(false)
}

/// All are asked before any is waited for.
fn down(servers: &[&'static Server]) -> Result<()> {
    let _turn = turn()?;
    let ending: Vec<_> = servers
        .iter()
        .filter_map(|server| Some((*server, running::find(&Home::of(server))?)))
        .collect();
    for (server, process) in &ending {
        process.signal(server.end_signal)?;
    }
    if ending.is_empty() {
        println!("   none of them runs");
    }
    for (server, process) in &ending {
        let how = process.end()?;
        println!("   {}: {how}", server.name);
    }
    Ok(())
}

/// One `up` or `down` at a time: held until it is dropped.
fn turn() -> Result<File> {
    std::fs::create_dir_all(folder()).with_context(|| folder().display().to_string())?;
    let path = folder().join("lock");
    let lock = File::create(&path).with_context(|| path.display().to_string())?;
    let begun = Instant::now();
    let mut said = false;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(error).with_context(|| path.display().to_string()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > TURN_WAIT_MAX => {
                bail!(
                    "another `cargo xtask services` has been at work for {} s",
                    TURN_WAIT_MAX.as_secs()
                )
            }
            Err(TryLockError::WouldBlock) if !said => {
                println!("another `cargo xtask services` is at work; waiting for it");
                said = true;
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOOK_EVERY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_those_there_are() {
        let error = named(&["kafka".to_owned(), "kafak".to_owned()])
            .err()
            .unwrap()
            .to_string();
        assert_eq!(
            error,
            "there is no server \"kafak\"; there are: kafka, registry, opensearch, postgres, redis, influxdb, keycloak"
        );
        let both: Vec<_> = named(&["redis".to_owned(), "kafka".to_owned()]).unwrap();
        assert_eq!(
            both.iter().map(|server| server.name).collect::<Vec<_>>(),
            ["kafka", "redis"]
        );
    }

    #[test]
    fn no_two_servers_share_a_port() {
        let mut ports: Vec<u16> = SERVERS.iter().flat_map(|server| server.ports).copied().collect();
        let count = ports.len();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), count);
    }
}
