//! `watchfloor sensor`: the sensor is a small binary of its own, which lies beside this one.

use super::SettingsArguments;
use anyhow::Context;
use clap::Args;
use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

#[derive(Args)]
pub struct SensorArguments {
    /// What it is told: check, settings …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// The sensor takes this process' place, with the settings that were given here.
pub fn run(settings: &SettingsArguments, sensor: &SensorArguments) -> anyhow::Result<ExitCode> {
    let binary = std::env::current_exe()?.with_file_name("watchfloor-sensor");
    let mut command = Command::new(&binary);
    if let Some(file) = &settings.config {
        command.arg("--config").arg(file);
    }
    for (key, value) in &settings.set {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    let error = command.args(&sensor.arguments).exec();
    Err(error).with_context(|| format!("{} cannot be started", binary.display()))
}
