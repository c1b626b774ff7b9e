//! The whole server in this process: on loopback, for this user, with an account whose password nobody has to know.

use crate::{profile::Profile, settings};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};
use url::Url;
use watchfloor::{
    cli::client,
    clock::Clock,
    config::{self, Config, Flags},
    doors::config::{DoorConfig, StreamDoorConfig},
    identity::token,
    startup::{self, Doors, Running},
    store::{
        Secret,
        identity::{Member, Verified, accounts, one_time_links, verify_password},
    },
    tls::TlsFiles,
};
use watchfloor_shared::identity::Role;

/// The window follows the link at once.
const LINK_LIFETIME: Duration = Duration::from_secs(120);

pub struct StandAlone {
    pub running: Running,
    pub member: Member,
    pub base: Url,
}

/// The key to the account in this profile's server. It opens nothing else.
#[derive(Serialize, Deserialize)]
struct Key {
    email: String,
    password: String,
}

impl StandAlone {
    /// `resources` is where the bundle's PostgreSQL and ONNX Runtime lie, if this is one.
    pub async fn start(profile: &Profile, resources: Option<&Path>) -> Result<Self> {
        let config = config(profile, resources)?;
        let running = startup::start(config, Clock::system(), Doors::Open).await?;
        match Self::signed(profile, &running).await {
            Ok((member, base)) => Ok(Self { running, member, base }),
            Err(error) => {
                running.stop().await;
                Err(error)
            }
        }
    }

    async fn signed(profile: &Profile, running: &Running) -> Result<(Member, Url)> {
        client::leave_address(running).await?;
        let base = Url::parse(&running.url()).context("the server's own address")?;
        Ok((account(profile, running).await?, base))
    }

    /// Signs the window in, once, and leads to a page of the console.
    pub async fn link(&self, page: &str) -> Result<Url> {
        let token = one_time_links::issue(&self.running.db, &self.member, LINK_LIFETIME).await?;
        let mut url = self.base.join("sign-in")?;
        url.query_pairs_mut()
            .append_pair("token", token.reveal())
            .append_pair("next", page);
        Ok(url)
    }

    pub async fn stop(self) {
        client::remove_address(&self.running).await;
        self.running.stop().await;
    }
}

/// What a person wrote in `server.toml`, with every listener closed but the console's, and that one on loopback.
fn config(profile: &Profile, resources: Option<&Path>) -> Result<Config> {
    let mut config = config::load(&Flags {
        file: profile.server_settings(),
        set: Vec::new(),
        data_dir: Some(profile.data_dir()),
    })?;
    config.http.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.http.public_url = None;
    config.http.tls = TlsFiles::default();
    config.syslog = DoorConfig::default();
    config.gelf = DoorConfig::default();
    config.lumberjack = StreamDoorConfig::default();
    config.grpc.listen = None;
    if let Some(resources) = resources {
        let postgres = resources.join("postgres");
        if config.database.binaries.is_none() && postgres.is_dir() {
            config.database.binaries = Some(postgres);
        }
        let onnxruntime = resources.join("libonnxruntime.so");
        if config.infer.library.is_none() && onnxruntime.is_file() {
            config.infer.library = Some(onnxruntime);
        }
    }
    Ok(config)
}

/// The owner of this profile's server, made at the first start.
async fn account(profile: &Profile, running: &Running) -> Result<Member> {
    let path = profile.folder().join("account.json");
    if let Some(key) = std::fs::read(&path)
        .ok()
        .and_then(|text| serde_json::from_slice::<Key>(&text).ok())
        && let Verified::Right(member) = verify_password(&running.db, &key.email, &Secret::new(key.password)).await?
    {
        return Ok(member);
    }
    let password = token::generate();
    let key = Key {
        email: format!("desktop-{}@watchfloor.invalid", token::random_id()),
        password: password.reveal().to_owned(),
    };
    let name = person();
    let made = accounts::create_account(&running.db, &running.tenant, &name, &key.email, &password, Role::Owner);
    let member = made.await?;
    settings::write(&path, &serde_json::to_vec(&key)?).with_context(|| format!("{}", path.display()))?;
    Ok(member)
}

/// As the machine calls its user.
fn person() -> String {
    let name = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok());
    name.map(|name| name.chars().filter(|c| !c.is_control()).take(60).collect::<String>())
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| "Desktop".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_can_reach_the_server_whatever_its_settings_say() {
        let dir = tempfile::tempdir().unwrap();
        let profile = Profile::open(Some(dir.path())).unwrap();
        let text = "[http]\nlisten = \"0.0.0.0:7700\"\n[grpc]\nlisten = \"0.0.0.0:50051\"\n[syslog]\ntcp = \"0.0.0.0:514\"\n\
                    [alerts]\ndedup_window_seconds = 60\n";
        std::fs::write(dir.path().join("server.toml"), text).unwrap();
        let config = config(&profile, None).unwrap();
        assert!(config.http.listen.ip().is_loopback());
        assert_eq!(config.http.listen.port(), 0);
        assert_eq!((config.grpc.listen, config.syslog.tcp), (None, None));
        assert_eq!(config.alerts.dedup_window_seconds, 60, "the rest is kept");
        assert!(config.data_dir.starts_with(dir.path()));
    }
}
