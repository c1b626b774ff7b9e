//! How the other commands find the running server: it leaves its address and a key for them in its data directory, readable by
//! its own user alone.

use crate::{
    ingest::RawLine,
    roles::Role,
    startup::Running,
    store::{Secret, identity::api_keys},
};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::{
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor_shared::{TenantId, problem::Problem};

const KEY_NAME: &str = "command line";
const REQUEST_WAIT_MAX: Duration = Duration::from_secs(60);
const RETRY_PAUSE: Duration = Duration::from_secs(1);
const RETRIES: usize = 5;

#[derive(Serialize, Deserialize)]
struct Address {
    url: String,
    tenant: TenantId,
    key: String,
    #[serde(default)]
    key_id: String,
}

fn address_file(data_dir: &Path) -> PathBuf {
    data_dir.join("server.json")
}

/// Writes the address file with a fresh key; the key of an earlier run on this data directory stops working. A process without
/// doors leaves none.
pub async fn leave_address(running: &Running) -> Result<()> {
    if !running.config.roles.has(Role::Ingest) {
        return Ok(());
    }
    let left = left(running);
    // In a database that other processes work with, those of the same name are theirs.
    let is_own = running.config.database.url.is_none();
    for key in api_keys::list(&running.db, &running.tenant).await? {
        if key.name == KEY_NAME && (is_own || left.as_ref() == Some(&key.id)) {
            api_keys::revoke(&running.db, &running.tenant, &key.id).await?;
        }
    }
    let issued = api_keys::issue(&running.db, &running.tenant, api_keys::Label::name(KEY_NAME), None).await?;
    let address = Address {
        url: running.url(),
        tenant: running.tenant.clone(),
        key: issued.secret,
        key_id: issued.id,
    };
    let path = address_file(&running.config.data_dir);
    let _ = std::fs::remove_file(&path);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(&serde_json::to_vec(&address)?)?;
    Ok(())
}

/// The id of the key that the address file holds.
fn left(running: &Running) -> Option<String> {
    let text = std::fs::read(address_file(&running.config.data_dir)).ok()?;
    let address: Address = serde_json::from_slice(&text).ok()?;
    Some(address.key_id)
}

/// Takes the file away, and its key.
pub async fn remove_address(running: &Running) {
    if let Some(id) = left(running)
        && let Err(error) = api_keys::revoke(&running.db, &running.tenant, &id).await
    {
        tracing::debug!(%error, "the command line's key could not be taken back");
    }
    let _ = std::fs::remove_file(address_file(&running.config.data_dir));
}

/// Which server to send to.
#[derive(clap::Args, Clone, Default)]
pub struct ServerArguments {
    /// The server's address; the one that runs on this data directory when absent
    #[arg(long, value_name = "URL", requires = "api_key")]
    server: Option<String>,
    /// Key of a sender, for --server
    #[arg(long, value_name = "KEY", env = "WATCHFLOOR_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// The tenant that the events must belong to; refused when the key is another's
    #[arg(long, value_name = "TENANT")]
    tenant: Option<TenantId>,
    /// PEM file of the authority that signed an https server's certificate, beside those that this machine trusts
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// Sends lines to a server's NDJSON door.
pub struct Client {
    http: reqwest::Client,
    url: String,
    key: Secret,
}

impl Client {
    pub fn new(arguments: &ServerArguments, data_dir: &Path) -> Result<Self> {
        let (url, key) = match (&arguments.server, &arguments.api_key) {
            (Some(url), Some(key)) => {
                if arguments.tenant.is_some() {
                    bail!("--tenant goes with the local server; with --server the key decides the tenant");
                }
                (url.trim_end_matches('/').to_owned(), key.clone())
            }
            _ => local(arguments, data_dir)?,
        };
        let mut http = reqwest::Client::builder().timeout(REQUEST_WAIT_MAX);
        if let Some(file) = &arguments.ca_file {
            for certificate in authorities(file)? {
                http = http.add_root_certificate(certificate);
            }
        }
        let http = http.build()?;
        Ok(Self {
            http,
            url,
            key: Secret::new(key),
        })
    }

    /// Sends lines whose positions follow one another. A server that has no room is asked again: sending twice doubles
    /// nothing.
    pub async fn send(&self, lines: &[RawLine]) -> Result<()> {
        let position = lines.first().map_or(0, |line| line.position);
        let mut body = Vec::with_capacity(lines.iter().map(|line| line.bytes.len() + 1).sum());
        for line in lines {
            body.extend_from_slice(&line.bytes);
            body.push(b'\n');
        }
        let body = Bytes::from(body);
        let mut tries = 0;
        loop {
            match self.post(body.clone(), position).await {
                Ok(None) => return Ok(()),
                Ok(Some(problem)) if problem.status < 500 && problem.status != 429 => {
                    bail!("the server refused: {}: {}", problem.title, problem.detail)
                }
                Ok(Some(problem)) if tries >= RETRIES => bail!("the server: {}: {}", problem.title, problem.detail),
                Err(error) if tries >= RETRIES => return Err(error),
                _ => tries += 1,
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn post(&self, body: Bytes, position: u64) -> Result<Option<Problem>> {
        let response = self
            .http
            .post(format!("{}/ingest/v1/sysmon", self.url))
            .bearer_auth(self.key.reveal())
            .header("content-type", "application/x-ndjson")
            .header("watchfloor-position", position.to_string())
            .body(body)
            .send()
            .await
            .with_context(|| format!("cannot reach {}", self.url))?;
        let status = response.status();
        if status.is_success() {
            return Ok(None);
        }
        let text = response.text().await?;
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|_| anyhow::anyhow!("{} answered {status}", self.url))
    }
}

fn authorities(file: &Path) -> Result<Vec<reqwest::Certificate>> {
    let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let certificates = reqwest::Certificate::from_pem_bundle(&pem);
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => bail!("{} holds no certificate in PEM", file.display()),
    }
}

fn local(arguments: &ServerArguments, data_dir: &Path) -> Result<(String, String)> {
    let path = address_file(data_dir);
    let text = std::fs::read(&path).with_context(|| {
        format!(
            "no server runs on {} (start one with `watchfloor serve`, name its --data-dir, or give --server and --api-key)",
            data_dir.display()
        )
    })?;
    let address: Address = serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
    if let Some(tenant) = arguments.tenant.as_ref().filter(|tenant| **tenant != address.tenant) {
        bail!(
            "the local key belongs to tenant {}, not {tenant}; give --server and --api-key",
            address.tenant
        );
    }
    Ok((address.url, address.key))
}

#[cfg(test)]
mod tests;
