//! The console's bundle.

use anyhow::Result;
use clap::Args;

#[derive(Args)]
pub struct Options {
    /// Quick to build, large to load
    #[arg(long)]
    pub dev: bool,
}

pub fn run(_options: &Options) -> Result<()> {
    Ok(())
}
