//! `cargo xtask test`: fast tests first, then those that need a browser or real servers.

use crate::{
    process::{cargo, step},
    senders, services, setup, ui,
};
use anyhow::Result;
use clap::Args;

#[derive(Args, Default)]
pub struct Options {
    /// Also the tests in a real browser
    #[arg(long)]
    pub browser: bool,
    /// Also the tests with real senders (rsyslog, Suricata, Filebeat, auditd, the OpenTelemetry Collector, opensearch-py) and real
    /// servers (Kafka, OpenSearch, PostgreSQL, Redis, InfluxDB, Keycloak)
    #[arg(long)]
    pub services: bool,
    /// Everything above
    #[arg(long)]
    pub all: bool,
    /// Also the desktop app in its window; in `--all` only where WebKitGTK is or can be installed
    #[arg(long)]
    pub desktop: bool,
    /// Build the console for size, as it ships
    #[arg(long)]
    pub release_ui: bool,
}

/// These are test binaries of their own, run only when asked for.
const BROWSER: &str = "browser";
const SENDERS: &str = "senders";
const KAFKA: &str = "kafka";
const KAFKA_PRODUCT: &str = "kafka_product";
const OPENSEARCH: &str = "opensearch";
const OPENSEARCH_PRODUCT: &str = "opensearch_product";
const POSTGRES: &str = "postgres";
const REDIS: &str = "redis";
const ROLES: &str = "roles";
const INFLUXDB: &str = "influxdb";
const KEYCLOAK: &str = "keycloak";
const ASKED_FOR: [&str; 10] = [
    BROWSER,
    SENDERS,
    KAFKA,
    KAFKA_PRODUCT,
    OPENSEARCH,
    OPENSEARCH_PRODUCT,
    REDIS,
    INFLUXDB,
    KEYCLOAK,
    ROLES,
];

pub fn run(options: &Options) -> Result<()> {
    let browser = options.browser || options.all;
    setup::run(&setup::Options {
        browser,
        desktop: options.desktop,
        ..setup::Options::default()
    })?;
    let desktop = options.desktop || (options.all && crate::desktop::can_be_here());
    ui::run(&ui::Options {
        dev: !options.release_ui,
    })?;
    // Always the whole workspace, so that every command shares one set of features and builds each dependency once.
    step("tests", cargo(&["test", "--quiet", "--workspace", "--lib", "--bins"]))?;
    for name in integration_tests()? {
        if !ASKED_FOR.contains(&name.as_str()) {
            step(
                &format!("tests: {name}"),
                cargo(&["test", "--quiet", "--workspace", "--test", &name]),
            )?;
        }
    }
    if browser {
        step(
            "tests in the browser",
            cargo(&[
                "test",
                "--workspace",
                "--test",
                BROWSER,
                "--",
                "--nocapture",
                "--test-threads=1",
            ]),
        )?;
    }
    if options.services || options.all {
        with_servers()?;
        senders::install()?;
        step(
            "tests with real senders",
            cargo(&[
                "test",
                "--workspace",
                "--test",
                SENDERS,
                "--",
                "--nocapture",
                "--test-threads=1",
            ]),
        )?;
    }
    if !(options.services || options.all) {
        println!("skipped: tests with real senders and servers; cargo xtask test --services runs them");
    }
    match desktop {
        true => crate::desktop::test(),
        false => {
            println!("skipped: the desktop app in its window; cargo xtask test --desktop runs it");
            Ok(())
        }
    }
}

/// The servers stay as they are afterwards: they are quick to use again, and `cargo xtask services down` ends them.
fn with_servers() -> Result<()> {
    services::up(&[KAFKA, OPENSEARCH, POSTGRES, REDIS, INFLUXDB, KEYCLOAK])?;
    // What ends the broker comes last, and alone.
    for (name, threads) in [
        (OPENSEARCH, "--test-threads=2"),
        (OPENSEARCH_PRODUCT, "--test-threads=1"),
        (KAFKA, "--test-threads=2"),
        (REDIS, "--test-threads=2"),
        (INFLUXDB, "--test-threads=2"),
        (KEYCLOAK, "--test-threads=1"),
        (ROLES, "--test-threads=1"),
        (KAFKA_PRODUCT, "--test-threads=1"),
    ] {
        let mut tests = cargo(&["test", "--workspace", "--test", name, "--", threads]);
        tests.env("WATCHFLOOR_TEST_SERVICES", services::folder());
        step(&format!("tests with real servers: {name}"), tests)?;
    }
    Ok(())
}

/// The names of the integration tests, as the manifests declare them: fast ones first.
fn integration_tests() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for manifest in ["tests/Cargo.toml", "backend/engine/Cargo.toml", "backend/Cargo.toml"] {
        let mut in_test = false;
        for line in std::fs::read_to_string(crate::process::root().join(manifest))?.lines() {
            if line.starts_with('[') {
                in_test = line == "[[test]]";
            } else if let (true, Some(name)) = (in_test, line.strip_prefix("name = ")) {
                names.push(name.trim_matches('"').to_owned());
            }
        }
    }
    Ok(names)
}
