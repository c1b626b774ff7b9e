//! Redis, the distribution's. It keeps nothing on the disk: losing it must lose no data.

use super::{Server, home::Home, http};
use crate::{
    process::{command, output},
    setup::{install as by_apt, there},
};
use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

const PORT: u16 = 16379;
const SECRET: &str = "password";
/// Debian's tools hold the server under this name, without the system service that its own package would start.
const IN_TOOLS: &str = "/usr/bin/redis-check-rdb";
const PLACES: [&str; 2] = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"];

pub static SERVER: Server = Server {
    name: "redis",
    version,
    address: "redis://127.0.0.1:16379",
    ports: &[PORT],
    secret: Some(SECRET),
    ready_seconds_max: 20,
    end_signal: "TERM",
    install,
    launch,
    ready,
    complete: |_| Ok(()),
};

fn server() -> Option<PathBuf> {
    PLACES
        .into_iter()
        .chain([IN_TOOLS])
        .map(PathBuf::from)
        .find(|path| path.exists())
}

/// As it says itself: `Redis server v=7.0.15 …`.
fn version() -> String {
    let says = |program: &Path| {
        // The tool is the server when it is called so.
        let mut ask = command("bash", &["-c", "exec -a redis-server \"$0\" --version"]);
        ask.arg(program);
        output(ask).ok()
    };
    let text = server().as_deref().and_then(says).unwrap_or_default();
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v="));
    version.unwrap_or("Debian's").to_owned()
}

fn install() -> Result<()> {
    match server() {
        Some(_) => Ok(()),
        None => by_apt("Redis", &["redis-cli", "--version"], &["redis-tools"]),
    }
}

fn launch(home: &Home) -> Result<Command> {
    let server = server().context("its program is not where Debian puts it")?;
    let program = home.path("redis-server");
    if !there(&["test", "-e", &program.display().to_string()]) {
        symlink(server, &program)?;
    }
    let settings = format!(
        "bind 127.0.0.1\nport {PORT}\ndir {}\nrequirepass {}\nsave \"\"\nappendonly no\nmaxmemory 256mb\nmaxmemory-policy allkeys-lru\n",
        home.path("").display(),
        home.secret(SECRET)?
    );
    let mut command = Command::new(program);
    command.arg(home.write_private("redis.conf", &settings)?);
    Ok(command)
}

fn ready(home: &Home) -> Result<()> {
    let mut stream = http::connect(PORT)?;
    write!(stream, "AUTH {}\r\nPING\r\n", home.secret(SECRET)?)?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).context("it does not answer yet")?;
    match &answer {
        b"+OK\r\n+PONG\r\n" => Ok(()),
        other => bail!("it answers {}", String::from_utf8_lossy(other).trim()),
    }
}
