//! The demo's own machine as an endpoint: the sensor that lies beside this binary, told where the demo listens.

use crate::{
    cli::terminal,
    startup::Running,
    store::{
        identity::api_keys::{self, Label},
        managed_binaries,
    },
};
use anyhow::{Context, Result};
use std::{fs::File, path::PathBuf, process::Stdio, time::Duration};
use tokio::process::{Child, Command};

const BINARY: &str = "watchfloor-sensor";
const END_WAIT_MAX: Duration = Duration::from_secs(5);
/// How the sensor's report begins the line of a way that works.
const WORKS: &str = "  yes  ";

/// The running sensor; it ends with this.
pub struct HostSensor(Child);

/// Starts the sensor, or says plainly why this machine stays off the screen.
pub async fn watch(running: &Running) -> Option<HostSensor> {
    match start(running).await {
        Ok(sensor) => sensor,
        Err(error) => {
            terminal::say(format!("This machine itself is not watched: {error:#}.\n"));
            None
        }
    }
}

async fn start(running: &Running) -> Result<Option<HostSensor>> {
    let address = running.senders.grpc.context("the door for sensors is shut")?;
    let label = Label::name("The demo's own machine");
    let key = api_keys::issue(&running.db, &running.tenant, label, None).await?;
    let folder = running.config.data_dir.join("host-sensor");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let sensor = |command: &str| -> Result<Command> {
        let mut sensor = Command::new(binary()?);
        sensor
            .arg("--set")
            .arg(format!("server.address=http://{address}"))
            .arg("--set")
            .arg(format!("data_dir={}", folder.display()))
            .arg("--set")
            .arg(format!("capture.quiet={}", quiet(running)?))
            .arg(command)
            .env("WATCHFLOOR_SENSOR_KEY", &key.secret)
            .env("WATCHFLOOR_SENSOR_LOG", "warn")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        Ok(sensor)
    };
    let checked = sensor("check")?.output().await.context(BINARY)?;
    let report = String::from_utf8_lossy(&checked.stdout).into_owned();
    let works = report.lines().find_map(|line| line.strip_prefix(WORKS));
    let Some(works) = works.filter(|_| checked.status.success()) else {
        terminal::say("This machine itself is not watched; its kernel or your rights do not allow it:");
        terminal::say(indented(&report));
        return Ok(None);
    };
    let said = File::create(folder.join("said.log"))?;
    let child = sensor("run")?
        .stdout(Stdio::null())
        .stderr(said)
        .spawn()
        .context(BINARY)?;
    terminal::say(format!(
        "This machine itself is an endpoint too, watched by {works}: start a program and look under Endpoints.\n"
    ));
    Ok(Some(HostSensor(child)))
}

/// The demo's own programs, as a list in TOML: what they write would be events, which would be written.
fn quiet(running: &Running) -> Result<String> {
    let mut programs = vec![std::env::current_exe()?];
    let postgres = managed_binaries(running.config.database.binaries.as_deref());
    programs.extend(postgres.map(|prefix| prefix.join("bin/postgres")));
    let quoted = programs.iter().map(|path| format!("{:?}", path.display().to_string()));
    Ok(format!("[{}]", quoted.collect::<Vec<_>>().join(", ")))
}

fn binary() -> Result<PathBuf> {
    let binary = std::env::current_exe()?.with_file_name(BINARY);
    anyhow::ensure!(binary.exists(), "{BINARY} does not lie beside this program");
    Ok(binary)
}

fn indented(report: &str) -> String {
    report.lines().fold(String::new(), |all, line| all + "  " + line + "\n")
}

impl HostSensor {
    pub async fn stop(mut self) {
        let ended = async {
            self.0.start_kill()?;
            self.0.wait().await
        };
        match tokio::time::timeout(END_WAIT_MAX, ended).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => terminal::say(format!("the sensor could not be ended: {error}")),
            Err(_) => terminal::say("the sensor has not ended yet"),
        }
    }
}
