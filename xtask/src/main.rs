//! Every developer command: `cargo xtask <command>`.

#![allow(clippy::print_stdout, reason = "these commands talk to a person")]

mod bench;
mod bpf;
mod bundle;
mod ci;
mod demo;
mod desktop;
mod generated;
mod installed;
mod lint;
mod onnxruntime;
mod process;
mod screenshots;
mod senders;
mod services;
mod setup;
mod test;
mod ui;
mod world;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Watchfloor's developer commands",
    disable_version_flag = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what a fresh machine lacks; does nothing where everything is there
    Setup(setup::Options),
    /// Builds everything and shows an intrusion being caught, in your browser
    Demo(demo::Options),
    /// Runs the tests
    Test(test::Options),
    /// The servers of a distributed installation, for real: Kafka, Schema Registry, OpenSearch, PostgreSQL, Redis, InfluxDB
    Services(services::Options),
    /// Checks format, lints and dependencies
    Lint,
    /// Measures the product
    Bench(bench::Options),
    /// Builds the console into ui/dist
    Ui(ui::Options),
    /// Takes the README's pictures anew, of the demo
    Screenshots(screenshots::Options),
    /// Packs the desktop app for Debian
    Bundle(bundle::Options),
    /// Writes generated files anew: OpenAPI, settings, the sensor's half in the kernel
    Generate(generated::Options),
    /// All that continuous integration checks
    Ci,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Setup(options) => setup::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Services(options) => services::run(&options),
        Command::Lint => lint::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Ui(options) => ui::run(&options),
        Command::Screenshots(options) => screenshots::run(&options),
        Command::Bundle(options) => bundle::run(&options),
        Command::Generate(options) => generated::run(&options),
        Command::Ci => ci::run(),
    }
}
