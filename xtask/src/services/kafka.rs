//! Apache Kafka in KRaft mode, one broker that is its own controller: plaintext on one port, TLS with SCRAM on another. Topics are not
//! made by using them.

use super::{Server, fetch, home, home::Home, http, java, tls};
use anyhow::{Context, Result, bail};
use std::{
    io::{Read, Write},
    path::PathBuf,
    process::Command,
};

const VERSION: &str = "4.3.1";
/// Kafka logs through slf4j 1.7 and brings log4j 2 without the bridge between them.
const LOG_BRIDGE: &str = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4";
const SUMS: &str = include_str!("kafka.sums");
const PORT: u16 = 19092;
const TLS_PORT: u16 = 19093;
const CONTROLLER_PORT: u16 = 19094;
const ACCOUNT: &str = "watchfloor";
const SECRET: &str = "password";
const HEAP: &str = "384m";
/// Sixteen bytes in base64; any will do.
const CLUSTER_ID: &str = "d2F0Y2hmbG9vci10ZXN0cw";
const LOG_SETTINGS: &str = "\
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %m (%c{1})%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
logger.server.name = kafka.server
logger.server.level = info
";

pub static SERVER: Server = Server {
    name: "kafka",
    version: || VERSION.to_owned(),
    address: "127.0.0.1:19092, TLS and SCRAM 127.0.0.1:19093",
    ports: &[PORT, TLS_PORT, CONTROLLER_PORT],
    secret: Some(SECRET),
    ready_seconds_max: 90,
    end_signal: "TERM",
    install,
    launch,
    ready,
    complete: |_| Ok(()),
};

fn install() -> Result<()> {
    java::install()?;
    let artifacts = [format!("org.apache.kafka:kafka_2.13:{VERSION}"), LOG_BRIDGE.to_owned()];
    home::install("kafka", SUMS, |folder| fetch::jars("Kafka", &artifacts, SUMS, folder))
}

fn launch(home: &Home) -> Result<Command> {
    tls::certificates(home)?;
    let log_settings = home.write("log4j2.properties", LOG_SETTINGS)?;
    let settings = home.write("server.properties", &settings(home))?;
    format_storage(home, &settings)?;
    let mut command = java_on_its_jars(&log_settings);
    command
        .args([
            &format!("-Xms{HEAP}"),
            &format!("-Xmx{HEAP}"),
            "-XX:+ExitOnOutOfMemoryError",
        ])
        .arg("kafka.Kafka")
        .arg(settings);
    Ok(command)
}

fn java_on_its_jars(log_settings: &std::path::Path) -> Command {
    let mut command = Command::new(java::program());
    command
        .arg("-cp")
        .arg(home::program("kafka").join("*"))
        .arg(format!("-Dlog4j2.configurationFile={}", log_settings.display()));
    command
}

fn settings(home: &Home) -> String {
    let path = |name: &str| home.path(name).display().to_string();
    let listeners = format!("PLAINTEXT://127.0.0.1:{PORT},SASL_SSL://127.0.0.1:{TLS_PORT}");
    let lines = [
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", "1".to_owned()),
        ("controller.quorum.voters", format!("1@127.0.0.1:{CONTROLLER_PORT}")),
        ("log.dirs", path("data")),
        (
            "listeners",
            format!("{listeners},CONTROLLER://127.0.0.1:{CONTROLLER_PORT}"),
        ),
        ("advertised.listeners", listeners),
        (
            "listener.security.protocol.map",
            "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT".to_owned(),
        ),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("inter.broker.listener.name", "PLAINTEXT".to_owned()),
        ("ssl.keystore.type", "PEM".to_owned()),
        ("ssl.keystore.location", path("server-chain.pem")),
        ("sasl.enabled.mechanisms", "SCRAM-SHA-512".to_owned()),
        (
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required;".to_owned(),
        ),
        // A broker that was killed is let in again only after this.
        ("broker.session.timeout.ms", "6000".to_owned()),
        ("broker.heartbeat.interval.ms", "1000".to_owned()),
        ("auto.create.topics.enable", "false".to_owned()),
        ("default.replication.factor", "1".to_owned()),
        ("offsets.topic.replication.factor", "1".to_owned()),
        ("offsets.topic.num.partitions", "8".to_owned()),
        ("transaction.state.log.replication.factor", "1".to_owned()),
        ("transaction.state.log.min.isr", "1".to_owned()),
        ("transaction.state.log.num.partitions", "8".to_owned()),
        ("share.coordinator.state.topic.replication.factor", "1".to_owned()),
        ("share.coordinator.state.topic.min.isr", "1".to_owned()),
        ("group.initial.rebalance.delay.ms", "0".to_owned()),
        ("log.retention.check.interval.ms", "1000".to_owned()),
        ("log.initial.task.delay.ms", "1000".to_owned()),
    ];
    lines.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

/// Once, with the account that SCRAM asks for.
fn format_storage(home: &Home, settings: &PathBuf) -> Result<()> {
    if home.path("data/meta.properties").exists() {
        return Ok(());
    }
    let password = home.secret(SECRET)?;
    let mut format = java_on_its_jars(&home.path("log4j2.properties"));
    format
        .args([
            "kafka.tools.StorageTool",
            "format",
            "--cluster-id",
            CLUSTER_ID,
            "--config",
        ])
        .arg(settings)
        .arg("--add-scram")
        .arg(format!("SCRAM-SHA-512=[name={ACCOUNT},password={password}]"));
    let output = format.output().context("Java cannot be started")?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!(
            "its storage cannot be made: {}",
            String::from_utf8_lossy(&said).replace(&password, "…")
        );
    }
    Ok(())
}

/// A broker answers clients only once the controller has let it in: any answer will do, and every version has this request.
fn ready(_: &Home) -> Result<()> {
    const API_VERSIONS: &[u8] = &[0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 255, 255];
    let mut stream = http::connect(PORT)?;
    stream.write_all(API_VERSIONS)?;
    let mut answer = [0; 10];
    stream
        .read_exact(&mut answer)
        .context("it does not answer clients yet")?;
    match answer[4..] {
        [0, 0, 0, 7, 0, 0] => Ok(()),
        _ => bail!("what listens on port {PORT} does not speak Kafka's protocol"),
    }
}
