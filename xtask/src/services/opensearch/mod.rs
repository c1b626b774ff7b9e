//! OpenSearch with accounts, in plain HTTP. Retention policies (ISM) are a plugin that no package registry carries: not here.

mod assemble;

use super::{Server, home, home::Home, http, java, tls, unprivileged};
use anyhow::{Context, Result, bail};
use assemble::VERSION;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const PORT: u16 = 19200;
const TRANSPORT_PORT: u16 = 19300;
const ACCOUNT: &str = "admin";
const SECRET: &str = "password";
const JVM: [&str; 22] = [
    "-Xms256m",
    "-Xmx768m",
    "-Xss1m",
    "-XX:+UseG1GC",
    "-XX:G1ReservePercent=25",
    "-XX:InitiatingHeapOccupancyPercent=30",
    "-XX:-OmitStackTraceInFastThrow",
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Djava.awt.headless=true",
    "-Djava.locale.providers=SPI,COMPAT",
    "-Djava.security.manager=allow",
    "-Djna.nosys=true",
    "-Dio.netty.noUnsafe=true",
    "-Dio.netty.noKeySetOptimization=true",
    "-Dio.netty.recycler.maxCapacityPerThread=0",
    "-Dio.netty.allocator.numDirectArenas=0",
    "-Dlog4j.shutdownHookEnabled=false",
    "-Dlog4j2.disable.jmx=true",
    "-Dopensearch.networkaddress.cache.ttl=60",
    "-Dopensearch.distribution.type=tar",
    "-Dopensearch.bundled_jdk=false",
];
const LOG_SETTINGS: &str = "\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601}{UTC} %-5p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
";

pub static SERVER: Server = Server {
    name: "opensearch",
    version: || VERSION.to_owned(),
    address: "http://127.0.0.1:19200",
    ports: &[PORT, TRANSPORT_PORT],
    secret: Some(SECRET),
    ready_seconds_max: 300,
    end_signal: "TERM",
    install,
    launch,
    ready,
    complete: |_| Ok(()),
};

fn install() -> Result<()> {
    java::install_distributions()?;
    home::install("opensearch", &assemble::made_of(), assemble::assemble)
}

fn program() -> PathBuf {
    home::program("opensearch")
}

fn launch(home: &Home) -> Result<Command> {
    let config = home.folder("config")?;
    for folder in ["data", "logs", "tmp"] {
        home.folder(folder)?;
    }
    tls::certificates(home)?;
    for file in ["ca.pem", "server.pem", "server.key"] {
        fs::copy(home.path(file), config.join(file))?;
    }
    fs::write(config.join("opensearch.yml"), settings(home))?;
    fs::write(config.join("log4j2.properties"), LOG_SETTINGS)?;
    make_account(home, &config)?;
    for folder in ["config", "data", "logs", "tmp"] {
        unprivileged::give(&home.path(folder))?;
    }
    let temporary = home.path("tmp");
    let mut command = unprivileged::command(java::distributions_program()?, &home.path("config"))?;
    command
        .args(JVM)
        .arg(format!("-Djava.io.tmpdir={}", temporary.display()))
        .arg(format!("-Djna.tmpdir={}", temporary.display()))
        .arg(format!("-Dopensearch.path.home={}", program().display()))
        .arg(format!("-Dopensearch.path.conf={}", config.display()))
        .arg("-cp")
        .arg(program().join("lib/*"))
        .arg("org.opensearch.bootstrap.OpenSearch")
        .current_dir(home.path(""));
    Ok(command)
}

/// Between nodes TLS cannot be left out, so there is a certificate though there is one node.
fn settings(home: &Home) -> String {
    let path = |name: &str| home.path(name).display().to_string();
    let transport = "plugins.security.ssl.transport";
    [
        ("cluster.name", "watchfloor".to_owned()),
        ("node.name", "node-1".to_owned()),
        ("discovery.type", "single-node".to_owned()),
        ("network.host", "127.0.0.1".to_owned()),
        ("http.port", PORT.to_string()),
        ("transport.port", TRANSPORT_PORT.to_string()),
        ("path.data", path("data")),
        ("path.logs", path("logs")),
        ("cluster.routing.allocation.disk.threshold_enabled", "false".to_owned()),
        ("plugins.security.allow_default_init_securityindex", "true".to_owned()),
        ("plugins.security.restapi.roles_enabled", "[all_access]".to_owned()),
        ("plugins.security.nodes_dn", "[\"CN=localhost\"]".to_owned()),
        ("plugins.security.ssl.http.enabled", "false".to_owned()),
        (
            &format!("{transport}.enforce_hostname_verification"),
            "false".to_owned(),
        ),
        (&format!("{transport}.pemtrustedcas_filepath"), "ca.pem".to_owned()),
        (&format!("{transport}.pemcert_filepath"), "server.pem".to_owned()),
        (&format!("{transport}.pemkey_filepath"), "server.key".to_owned()),
    ]
    .iter()
    .map(|(key, value)| format!("{key}: {value}\n"))
    .collect()
}

/// What accounts there are at the first start; later changes go through its interface.
fn make_account(home: &Home, config: &Path) -> Result<()> {
    let folder = config.join("opensearch-security");
    if folder.join("internal_users.yml").exists() {
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(program().join("plugins/opensearch-security/config"))? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    let plugin = program().join("plugins/opensearch-security/*");
    let mut hash = Command::new(java::distributions_program()?);
    hash.arg("-cp")
        .arg(format!("{}:{}", plugin.display(), program().join("lib/*").display()))
        .args(["org.opensearch.security.tools.Hasher", "-env", "PASSWORD"])
        .env("PASSWORD", home.secret(SECRET)?);
    let output = hash.output().context("Java cannot be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let Some(hash) = said.lines().rev().find(|line| line.starts_with("$2")) else {
        bail!(
            "the password cannot be hashed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let accounts = format!(
        "_meta: {{type: internalusers, config_version: 2}}\n{ACCOUNT}: {{hash: \"{hash}\", reserved: true, backend_roles: [admin]}}\n"
    );
    Ok(fs::write(folder.join("internal_users.yml"), accounts)?)
}

/// Yellow says that every index there is can be read and written.
fn ready(home: &Home) -> Result<()> {
    let password = home.secret(SECRET)?;
    let path = "/_cluster/health?wait_for_status=yellow&timeout=2s";
    http::get(PORT, path, Some((ACCOUNT, &password))).map(drop)
}
