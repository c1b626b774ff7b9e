//! What can be said on the command line.

use clap::Parser;
use std::{ffi::OsString, path::PathBuf};

#[derive(Debug, Clone, Default, Parser)]
#[command(
    name = "watchfloor-desktop",
    version,
    about = "The Watchfloor console in a window of its own"
)]
pub struct Arguments {
    /// Where settings and data are kept; in the user's data folder when absent
    #[arg(long, value_name = "DIR")]
    pub profile: Option<PathBuf>,
    /// Be the window of this server, instead of starting one here; kept in the settings
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Start in the tray, without a window
    #[arg(long)]
    pub hidden: bool,
    /// watchfloor://alert/ID opens an alert; files are imported
    #[arg(value_name = "LINK|FILE")]
    pub wanted: Vec<OsString>,
}
