//! InfluxDB 2, built from its Go module, because no package registry carries the program: no web page, no telemetry.

use super::{Server, home, home::Home, http};
use crate::{
    process::{cargo, output, step},
    senders::golang,
    setup::{install as by_apt, there},
};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const VERSION: &str = "v2.7.12";
const MODULE: &str = "github.com/influxdata/influxdb/v2";
/// What Go calls the sum of a module's files.
const MODULE_SUM: &str = "h1:m25dUSO7h6nm3zFC4v/aCNeFFmnN/mlN/uPo1T63bmk=";
const FLUX: &str = "github.com/influxdata/flux";
const FLUX_VERSION: &str = "v0.196.1";
const FLUX_SUM: &str = "h1:RZypfrrAZeIixD/2As+qoyrwfs6Gx7VcnTRNGNjBfUA=";
const PORT: u16 = 18086;
const SECRET: &str = "token";
pub const ORGANIZATION: &str = "watchfloor";
pub const BUCKET: &str = "sensors";

pub static SERVER: Server = Server {
    name: "influxdb",
    version: || VERSION.trim_start_matches('v').to_owned(),
    address: "http://127.0.0.1:18086",
    ports: &[PORT],
    secret: Some(SECRET),
    ready_seconds_max: 60,
    end_signal: "TERM",
    install,
    launch,
    ready: |_| http::get(PORT, "/health", None).map(drop),
    complete: make_accounts,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Module {
    dir: PathBuf,
    sum: String,
}

fn install() -> Result<()> {
    let made_of = format!("{MODULE}@{VERSION} {MODULE_SUM}\n{FLUX}@{FLUX_VERSION} {FLUX_SUM}\n");
    home::install("influxdb", &made_of, |folder| {
        golang()?;
        if !there(&["pkg-config", "--version"]) {
            by_apt("pkg-config", &["pkg-config", "--version"], &["pkgconf"])?;
        }
        let source = module(MODULE, VERSION, MODULE_SUM)?;
        let flux = module(FLUX, FLUX_VERSION, FLUX_SUM)?;
        let work = folder.join("work");
        fs::create_dir_all(&work)?;
        build_flux(&flux, &work)?;
        let mut build = go(&["build", "-trimpath", "-tags", "sqlite_foreign_keys,sqlite_json", "-o"]);
        build
            .arg(folder.join("influxd"))
            .args(["-ldflags", &format!("-s -w -X main.version={VERSION}"), "./cmd/influxd"])
            .current_dir(source)
            .env("PKG_CONFIG_PATH", &work);
        step("InfluxDB (some minutes)", build)?;
        Ok(fs::remove_dir_all(work)?)
    })
}

/// Where the module's files are. Held to the sum above, besides what Go itself checks.
fn module(path: &str, version: &str, wanted: &str) -> Result<PathBuf> {
    println!("── {path} {version}");
    let told = output(go(&["mod", "download", "-json", &format!("{path}@{version}")]))?;
    let module: Module = serde_json::from_str(&told).with_context(|| format!("go mod download {path}"))?;
    if module.sum != wanted {
        bail!(
            "{path} {version} is not what is written down (its sum is {})",
            module.sum
        );
    }
    Ok(module.dir)
}

/// Flux, the query language, is a Rust library that the server finds by pkg-config. Built from `work`, because in its own folder
/// rustup would obey its old toolchain; its lints are capped, because it denies warnings and newer compilers have new ones.
fn build_flux(flux: &Path, work: &Path) -> Result<()> {
    let mut build = cargo(&[
        "rustc",
        "--quiet",
        "--locked",
        "--release",
        "--package",
        "flux",
        "--lib",
    ]);
    build
        .args(["--crate-type", "staticlib", "--manifest-path"])
        .arg(flux.join("libflux/Cargo.toml"))
        .arg("--target-dir")
        .arg(work.join("target"))
        .env("RUSTFLAGS", "--cap-lints=allow")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .current_dir(work);
    step("InfluxDB's query language", build)?;
    let description = format!(
        "Name: flux\nDescription: Flux\nVersion: {}\nCflags: -I{}\nLibs: -L{} -lflux -ldl -lm\n",
        FLUX_VERSION.trim_start_matches('v'),
        flux.join("libflux/include").display(),
        work.join("target/release").display()
    );
    Ok(fs::write(work.join("flux.pc"), description)?)
}

/// Go's caches lie with our programs, and can be deleted like any other.
fn go(arguments: &[&str]) -> Command {
    let mut command = crate::senders::in_gos_folders(crate::process::command("go", arguments), &home::folder());
    command.env("CGO_ENABLED", "1");
    command
}

fn launch(home: &Home) -> Result<Command> {
    let mut command = Command::new(home::program("influxdb").join("influxd"));
    command
        .args(["run", "--reporting-disabled", "--ui-disabled", "--http-bind-address"])
        .arg(format!("127.0.0.1:{PORT}"))
        .arg("--bolt-path")
        .arg(home.path("influxd.bolt"))
        .arg("--sqlite-path")
        .arg(home.path("influxd.sqlite"))
        .arg("--engine-path")
        .arg(home.path("engine"));
    Ok(command)
}

/// Organization, bucket and token, at the first start.
fn make_accounts(home: &Home) -> Result<()> {
    let state: serde_json::Value = serde_json::from_str(&http::get(PORT, "/api/v2/setup", None)?)?;
    if state.get("allowed") != Some(&serde_json::Value::Bool(true)) {
        return Ok(());
    }
    let wanted = json!({
        "username": "admin",
        "password": home.secret("password")?,
        "token": home.secret(SECRET)?,
        "org": ORGANIZATION,
        "bucket": BUCKET,
    });
    http::post(PORT, "/api/v2/setup", &wanted.to_string()).map(drop)
}
