//! `watchfloor config …`.

use super::{SettingsArguments, terminal};
use crate::config::reference;
use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Print the settings in force, secrets hidden
    Print {
        #[arg(long)]
        json: bool,
    },
    /// Print the reference of all settings
    Reference,
    /// Print the OpenAPI description of the HTTP interface
    Openapi,
}

pub fn run(settings: &SettingsArguments, command: &ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Print { json } => {
            let config = settings.load()?;
            let text = if *json {
                serde_json::to_string_pretty(&config)?
            } else {
                toml::to_string_pretty(&config)?
            };
            terminal::result(text.trim_end())?;
        }
        ConfigCommand::Reference => terminal::result(reference::markdown()?.trim_end())?,
        ConfigCommand::Openapi => terminal::result(crate::api::openapi::text().trim_end())?,
    }
    Ok(ExitCode::SUCCESS)
}
