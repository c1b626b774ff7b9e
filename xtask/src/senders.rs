//! The senders that the tests let loose on the doors: from the distribution, from PyPI, and built from their Go modules. Each step
//! looks first and does nothing when its thing is there. What cannot be had here is said; its test says so again.
//!
//! All that is not the distribution's lies in one folder beside the build output, Go's caches too.

use crate::{
    process::{command, output, step, succeeds, target_dir},
    setup::{install as by_apt, there},
};
use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

const BACKPORTS: &str = "bookworm-backports";
const DEBIAN_SOURCE: &str = "/etc/apt/sources.list.d/debian.sources";
const BACKPORTS_SOURCE: &str = "/etc/apt/sources.list.d/watchfloor-backports.sources";
/// What modules of today ask for; newer tools are fetched as a module asks.
const GO_MINOR_MIN: u32 = 21;
const FILEBEAT: &str = "github.com/elastic/beats/v7@v7.17.29";
const COLLECTOR: &str = "0.160.0";
const COLLECTOR_PARTS: [(&str, &str); 3] = [
    (
        "receivers",
        "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver",
    ),
    ("exporters", "go.opentelemetry.io/collector/exporter/otlphttpexporter"),
    ("exporters", "go.opentelemetry.io/collector/exporter/otlpexporter"),
];

type Step = (&'static str, fn() -> Result<()>);

pub fn install() -> Result<()> {
    let steps: [Step; 6] = [
        ("rsyslog", rsyslog),
        ("Suricata", suricata),
        ("auditd", auditd),
        ("opensearch-py", opensearch_py),
        ("Filebeat", filebeat),
        ("the OpenTelemetry Collector", collector),
    ];
    std::fs::create_dir_all(folder().join("bin"))?;
    for (what, step) in steps {
        if let Err(error) = step() {
            println!("{what}: {error:#}");
        }
    }
    Ok(())
}

fn folder() -> PathBuf {
    target_dir().join("senders")
}

fn rsyslog() -> Result<()> {
    let packages = ["rsyslog", "rsyslog-elasticsearch", "rsyslog-gnutls"];
    match packages.iter().all(|package| there(&["dpkg", "--status", package])) {
        true => Ok(()),
        false => by_apt("rsyslog", &["rsyslogd", "-v"], &packages),
    }
}

fn suricata() -> Result<()> {
    let works = ["suricata", "-V"];
    if there(&works) {
        return Ok(());
    }
    starts_no_daemon("suricata")?;
    let packages = with_backports(&["suricata"])?;
    by_apt("Suricata", &works, &packages)
}

fn auditd() -> Result<()> {
    let works = ["auditctl", "-v"];
    if there(&works) {
        return Ok(());
    }
    starts_no_daemon("auditd")?;
    by_apt("auditd", &works, &["auditd"])
}

/// These packages start their daemon, and at each start of the machine: that is the owner's to decide.
fn starts_no_daemon(package: &str) -> Result<()> {
    if Path::new("/run/systemd/system").exists() {
        bail!(
            "is missing. Its package would start a daemon here; if that is welcome, type:\n\n    sudo apt-get install {package}\n"
        );
    }
    Ok(())
}

/// On Debian 12 some packages are in its suite of newer ones alone: added as a source beside the machine's own.
fn with_backports<'a>(packages: &[&'a str]) -> Result<Vec<&'a str>> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !release.lines().any(|line| line == "VERSION_CODENAME=bookworm") {
        return Ok(packages.to_vec());
    }
    if !Path::new(BACKPORTS_SOURCE).exists() {
        let own = std::fs::read_to_string(DEBIAN_SOURCE).context(DEBIAN_SOURCE)?;
        std::fs::write(BACKPORTS_SOURCE, backports(&own)).context(BACKPORTS_SOURCE)?;
    }
    Ok([&["--target-release", BACKPORTS], packages].concat())
}

/// The first source of the machine's own, with another suite.
fn backports(own: &str) -> String {
    let first = own.split("\n\n").next().unwrap_or_default();
    let lines = first.lines().map(|line| match line.starts_with("Suites:") {
        true => format!("Suites: {BACKPORTS}\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

fn opensearch_py() -> Result<()> {
    let venv = folder().join("venv");
    let python = venv.join("bin/python");
    if succeeds(command(&python, &["-c", "import opensearchpy"])) {
        return Ok(());
    }
    let mut make = command("python3", &["-m", "venv"]);
    make.arg(&venv);
    step("Python for senders", make)?;
    let arguments = ["-m", "pip", "install", "--quiet", "opensearch-py==3.2.0"];
    step("opensearch-py", command(&python, &arguments))
}

fn filebeat() -> Result<()> {
    let program = folder().join("bin/filebeat");
    let stamp = folder().join("bin/filebeat.module");
    if is_of(&program, &stamp, FILEBEAT) {
        return Ok(());
    }
    golang()?;
    step("Filebeat: its module", go(&["mod", "download", FILEBEAT]))?;
    let (path, version) = FILEBEAT.split_once('@').unwrap_or_default();
    let module = folder().join("go/mod").join(format!("{path}@{version}"));
    let mut build = go(&["build", "-trimpath", "-ldflags", "-s -w", "-o"]);
    build.arg(&program).arg("./filebeat").current_dir(module);
    step("Filebeat", build)?;
    Ok(std::fs::write(stamp, FILEBEAT)?)
}

fn collector() -> Result<()> {
    let program = folder().join("bin/otelcol");
    let made = folder().join("collector");
    let (stamp, settings) = (made.join("made.yaml"), made.join("builder.yaml"));
    let wanted = builder_settings(&made);
    if is_of(&program, &stamp, &wanted) {
        return Ok(());
    }
    golang()?;
    std::fs::create_dir_all(&made)?;
    std::fs::write(&settings, &wanted)?;
    let builder = format!("go.opentelemetry.io/collector/cmd/builder@v{COLLECTOR}");
    step("the Collector's builder", go(&["install", &builder]))?;
    let mut build = in_gos_folders(command(folder().join("go/bin/builder"), &["--config"]), &folder());
    build.arg(&settings);
    step("the OpenTelemetry Collector", build)?;
    std::fs::copy(made.join("otelcol"), &program)?;
    Ok(std::fs::write(stamp, wanted)?)
}

fn builder_settings(made: &Path) -> String {
    let mut text = format!(
        "dist: {{name: otelcol, output_path: {}, version: {COLLECTOR}}}\n",
        made.display()
    );
    for kind in ["receivers", "exporters"] {
        text += &format!("{kind}:\n");
        for (_, module) in COLLECTOR_PARTS.iter().filter(|(of, _)| *of == kind) {
            text += &format!("  - gomod: {module} v{COLLECTOR}\n");
        }
    }
    text
}

/// Whether the program is there, and made of this.
fn is_of(program: &Path, stamp: &Path, wanted: &str) -> bool {
    program.exists() && std::fs::read_to_string(stamp).is_ok_and(|made| made == wanted)
}

/// A Go that fetches a newer one where a module asks for it.
pub fn golang() -> Result<()> {
    let version = output(command("go", &["env", "GOVERSION"])).unwrap_or_default();
    let minor = version
        .strip_prefix("go1.")
        .and_then(|rest| rest.split('.').next()?.parse().ok());
    if minor.is_some_and(|minor: u32| minor >= GO_MINOR_MIN) {
        return Ok(());
    }
    let packages = with_backports(&["golang-go"])?;
    by_apt("Go", &["go", "version"], &packages)
}

fn go(arguments: &[&str]) -> Command {
    in_gos_folders(command("go", arguments), &folder())
}

/// Programs without C, so that nothing but Go is needed; a cache that can be deleted like any other.
pub(crate) fn in_gos_folders(mut command: Command, below: &Path) -> Command {
    let go = below.join("go");
    command
        .env("GOPATH", &go)
        .env("GOMODCACHE", go.join("mod"))
        .env("GOCACHE", go.join("build"))
        .env("GOFLAGS", "-modcacherw")
        .env("CGO_ENABLED", "0")
        .env_remove("GOBIN");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_suite_stands_beside_the_machines_own() {
        let own = "Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nSigned-By: /k.gpg\n\nTypes: deb\n";
        let wanted = "Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nSigned-By: /k.gpg\n";
        assert_eq!(backports(own), wanted);
    }
}
