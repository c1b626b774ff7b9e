//! Newer versions: a manifest as Tauri's updater reads it, and a package that is believed when the signature of the key in the
//! settings fits. Nothing is installed here: that is the package manager's, and asks its owner.
//!
//! Invariant: what does not fit the signature is not kept.

use crate::{profile::Profile, settings::Update};
use anyhow::{Context, Result, anyhow, bail};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures::StreamExt;
use minisign_verify::{PublicKey, Signature};
use semver::Version;
use serde::Deserialize;
use std::{collections::HashMap, path::PathBuf, time::Duration};
use url::Url;

const MANIFEST_BYTES_MAX: usize = 1 << 20;
const PACKAGE_BYTES_MAX: usize = 512 << 20;
const MANIFEST_WAIT_MAX: Duration = Duration::from_secs(30);
const PACKAGE_WAIT_MAX: Duration = Duration::from_secs(1_800);

#[derive(Debug, Deserialize)]
struct Manifest {
    version: String,
    /// By operating system and processor, `linux-x86_64`.
    platforms: HashMap<String, Package>,
}

#[derive(Debug, Clone, Deserialize)]
struct Package {
    #[serde(with = "crate::address")]
    url: Url,
    /// minisign's signature file, in base64.
    signature: String,
}

/// A newer version whose signature fits, on this machine's disk.
#[derive(Debug, PartialEq, Eq)]
pub struct Fetched {
    pub version: String,
    pub path: PathBuf,
}

/// Looks for a newer version and fetches it. None when there is none.
pub async fn fetch(update: &Update, profile: &Profile, here: &str) -> Result<Option<Fetched>> {
    let http = reqwest::Client::builder()
        .https_only(true)
        .connect_timeout(MANIFEST_WAIT_MAX)
        .build()?;
    let text = take(&http, &update.manifest, MANIFEST_BYTES_MAX, MANIFEST_WAIT_MAX).await?;
    let Some((version, package)) = newer(&text, here)? else {
        return Ok(None);
    };
    let folder = profile.folder().join("updates");
    let path = folder.join(format!("watchfloor-desktop-{version}.deb"));
    if path.is_file() {
        return Ok(None);
    }
    let bytes = take(&http, &package.url, PACKAGE_BYTES_MAX, PACKAGE_WAIT_MAX).await?;
    verify(&bytes, &package.signature, &update.public_key)?;
    std::fs::create_dir_all(&folder)?;
    crate::settings::write(&path, &bytes)?;
    Ok(Some(Fetched { version, path }))
}

async fn take(http: &reqwest::Client, url: &Url, bytes_max: usize, wait_max: Duration) -> Result<Vec<u8>> {
    let answer = http
        .get(url.clone())
        .timeout(wait_max)
        .send()
        .await?
        .error_for_status()?;
    let (mut body, mut bytes) = (answer.bytes_stream(), Vec::new());
    while let Some(piece) = body.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > bytes_max {
            bail!("{url} is longer than {bytes_max} bytes");
        }
    }
    Ok(bytes)
}

/// Version and package for this machine, where the manifest has a newer one.
fn newer(manifest: &[u8], here: &str) -> Result<Option<(String, Package)>> {
    let manifest: Manifest = serde_json::from_slice(manifest).context("the manifest of versions")?;
    let offered = version(manifest.version.trim_start_matches('v')).context("the manifest's version")?;
    if offered <= version(here)? {
        return Ok(None);
    }
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let package = manifest.platforms.get(&platform).cloned();
    Ok(package.map(|package| (offered.to_string(), package)))
}

/// Their error is none of the standard library's: other crates want this one without it.
fn version(text: &str) -> Result<Version> {
    Version::parse(text).map_err(|error| anyhow!("{text:?}: {error}"))
}

fn verify(bytes: &[u8], signature: &str, public_key: &str) -> Result<()> {
    let text = String::from_utf8(BASE64_STANDARD.decode(signature.trim())?)?;
    let signature = Signature::decode(&text).context("the package's signature")?;
    let key = PublicKey::from_base64(public_key.trim()).context("update.public_key")?;
    key.verify(bytes, &signature, false)
        .context("the package is not what was signed by the key in the settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of minisign's own documentation: key, and signature of `test`.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1633700835\tfile:test\tprehashed
wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";

    #[test]
    fn only_what_the_key_signed_is_believed() {
        let signature = BASE64_STANDARD.encode(SIGNATURE);
        verify(b"test", &signature, KEY).unwrap();
        let refused = verify(b"tesT", &signature, KEY).unwrap_err().to_string();
        assert!(refused.contains("not what was signed"), "{refused}");
        let other = KEY.replace("Gpp", "Hpp").replace("Wuc", "Xuc");
        assert!(verify(b"test", &signature, &other).is_err());
        assert!(verify(b"test", "no signature", KEY).is_err());
    }

    #[test]
    fn only_a_newer_version_for_this_machine_is_fetched() {
        let manifest = |version: &str, platform: &str| {
            serde_json::json!({"version": version, "notes": "", "platforms": {platform: {"url": "https://x.example/a.deb", "signature": "s"}}})
                .to_string()
        };
        let ours = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
        let found = |version: &str, platform: &str| {
            newer(manifest(version, platform).as_bytes(), "1.2.3")
                .unwrap()
                .map(|(v, _)| v)
        };
        assert_eq!(found("v1.10.0", &ours), Some("1.10.0".to_owned()));
        assert_eq!(found("1.2.3", &ours), None);
        assert_eq!(found("1.2.3-rc.1", &ours), None);
        assert_eq!(found("2.0.0", "plan9-mips"), None);
        assert!(newer(b"<html>", "1.2.3").is_err());
    }
}
