//! A Schema Registry of Confluent's interface, under `/apis/ccompat/v7`: Apicurio, keeping its schemas in a file.

use super::{Server, fetch, home, home::Home, http, java};
use crate::process::{command, succeeds};
use anyhow::{Result, bail};
use std::{fs, process::Command};

const VERSION: &str = "3.3.3";
const SUM: &str =
    "8bc6751c76d963734224b01d5e7f84ccb3cb61c87d3bd77c36c35f10a5cbed63  apicurio-registry-app-3.3.3-all.tar.gz";
const PORT: u16 = 18081;
const HEALTH_PORT: u16 = 18082;

pub static SERVER: Server = Server {
    name: "registry",
    version: || VERSION.to_owned(),
    address: "http://127.0.0.1:18081/apis/ccompat/v7",
    ports: &[PORT, HEALTH_PORT],
    secret: None,
    ready_seconds_max: 120,
    end_signal: "TERM",
    install,
    launch,
    ready: |_| http::get(HEALTH_PORT, "/health/ready", None).map(drop),
    complete: |_| Ok(()),
};

fn install() -> Result<()> {
    java::install()?;
    home::install("registry", SUM, |folder| {
        let artifact = format!("io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all");
        fetch::archive("Schema Registry", &artifact, SUM, folder)?;
        let archive = folder.join(format!("apicurio-registry-app-{VERSION}-all.tar.gz"));
        let mut unpack = command("tar", &["--extract", "--gzip", "--no-same-owner", "--file"]);
        unpack.arg(&archive).arg("--directory").arg(folder);
        if !succeeds(unpack) {
            bail!("{} cannot be unpacked", archive.display());
        }
        Ok(fs::remove_file(archive)?)
    })
}

fn launch(home: &Home) -> Result<Command> {
    let temporary = home.folder("tmp")?;
    let mut command = Command::new(java::program());
    command
        .args(["-Xms64m", "-Xmx256m", "-XX:+ExitOnOutOfMemoryError"])
        .arg(format!("-Djava.io.tmpdir={}", temporary.display()))
        .args(["-Dquarkus.http.host=127.0.0.1", "-Dquarkus.management.host=127.0.0.1"])
        .arg(format!("-Dquarkus.http.port={PORT}"))
        .arg(format!("-Dquarkus.management.port={HEALTH_PORT}"))
        .arg(format!(
            "-Dapicurio.datasource.url=jdbc:h2:file:{}",
            home.path("schemas").display()
        ))
        .arg("-jar")
        .arg(home::program("registry").join("quarkus-run.jar"))
        .current_dir(home.path(""));
    Ok(command)
}
