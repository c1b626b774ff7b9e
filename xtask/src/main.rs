//! Every developer command: `cargo xtask <command>`. One module per command.

mod ui;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of Watchfloor")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the console into ui/dist
    Ui {
        /// Quick build for development instead of the one that ships
        #[arg(long)]
        dev: bool,
    },
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Task::Ui { dev } => ui::build(if dev { ui::Profile::Dev } else { ui::Profile::Release }),
    }
}
