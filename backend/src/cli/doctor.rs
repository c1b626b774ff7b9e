//! `watchfloor doctor`: what would keep the server from working here, and what to do about it.

use super::{SettingsArguments, terminal};
use crate::{
    config::Config,
    rules::RuleBook,
    store,
    tls::{ClientCertificate, Tls},
};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Args)]
pub struct DoctorArguments {
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    detail: String,
}

pub async fn run(settings: &SettingsArguments, arguments: &DoctorArguments) -> Result<ExitCode> {
    let findings = match settings.load() {
        Ok(config) => examine(&config).await,
        Err(error) => vec![Finding {
            check: "settings",
            ok: false,
            detail: error.to_string(),
        }],
    };
    let healthy = findings.iter().all(|finding| finding.ok);
    if arguments.json {
        terminal::result(serde_json::to_string(&findings)?)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok  " } else { "FAIL" };
            terminal::result(format!("{mark}  {:<16} {}", finding.check, finding.detail))?;
        }
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(config: &Config) -> Vec<Finding> {
    vec![
        finding("settings", Ok("read and valid".to_owned())),
        finding("data directory", writable(config)),
        finding("free space", free_space(config)),
        finding("port", port(config).await),
        finding("TLS", tls(config)),
        finding("PostgreSQL", postgres(config)),
        finding("rules", rules(config)),
    ]
}

fn finding(check: &'static str, outcome: Result<String, String>) -> Finding {
    match outcome {
        Ok(detail) => Finding {
            check,
            ok: true,
            detail,
        },
        Err(detail) => Finding {
            check,
            ok: false,
            detail,
        },
    }
}

fn writable(config: &Config) -> Result<String, String> {
    let dir = &config.data_dir;
    let probe = dir.join(".doctor");
    let written = std::fs::create_dir_all(dir).and_then(|()| std::fs::write(&probe, b"x"));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => Ok(format!("{} can be written", dir.display())),
        Err(error) => Err(format!("{} cannot be written: {error}", dir.display())),
    }
}

/// The bus alone may fill its retention; warn well before.
fn free_space(config: &Config) -> Result<String, String> {
    const NEEDED: u64 = 2 << 30;
    let free = free_bytes(&config.data_dir).ok_or_else(|| "cannot be found out".to_owned())?;
    let text = format!("{:.1} GB free", free as f64 / 1e9);
    if free >= NEEDED {
        Ok(text)
    } else {
        Err(format!("{text}; at least 2 GB are needed"))
    }
}

#[allow(unsafe_code, reason = "statvfs has no safe wrapper in libc")]
fn free_bytes(path: &std::path::Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(path.as_os_str().as_bytes()).ok()?;
    let mut stat = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: `path` is a terminated string and `stat` a buffer of the right type; both outlive the call.
    let status = unsafe { libc::statvfs(path.as_ptr(), stat.as_mut_ptr()) };
    // SAFETY: zeroed is a valid statvfs, and the call succeeded.
    (status == 0)
        .then(|| unsafe { stat.assume_init() })
        .map(|stat| stat.f_bavail * stat.f_frsize)
}

async fn port(config: &Config) -> Result<String, String> {
    let address = config.http.listen;
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) => Err(format!(
            "{address}: {error}; another server? choose with --set http.listen=…"
        )),
    }
}

/// Every file of every listener, as the server would read it.
fn tls(config: &Config) -> Result<String, String> {
    let listeners = config.tls_listeners();
    for (key, files) in &listeners {
        Tls::open(files, ClientCertificate::Welcome, &[]).map_err(|error| format!("{key}: {error}"))?;
    }
    Ok(match listeners.len() {
        0 => "no listener speaks it".to_owned(),
        count => format!("certificates and keys of {count} listeners fit"),
    })
}

fn postgres(config: &Config) -> Result<String, String> {
    if config.database.url.is_some() {
        return Ok("a server of yours, by database.url".to_owned());
    }
    store::managed_binaries(config.database.binaries.as_deref())
        .map(|path| path.display().to_string())
        .map_err(|error| error.to_string())
}

fn rules(config: &Config) -> Result<String, String> {
    let book = RuleBook::open(config.rules.starter_pack, &config.rules.folders).map_err(|error| error.to_string())?;
    let summaries = book.summaries();
    let active = summaries
        .iter()
        .filter(|rule| matches!(rule.state, watchfloor_shared::rule::RuleState::Active))
        .count();
    Ok(format!("{active} active, {} unsupported", summaries.len() - active))
}
