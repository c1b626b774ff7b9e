//! Settings that the server may change while the sensor runs; they win over the settings file, also after a restart.

use crate::{config::Config, durable};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::watch;
use watchfloor_protocol::v1::Configure;

/// What the parts of the sensor go by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub heartbeat: Duration,
    /// Programs whose writes and connections are left out.
    pub quiet: Vec<String>,
}

impl Live {
    pub fn of(config: &Config) -> Self {
        let quiet = config.capture.quiet.iter();
        Self {
            heartbeat: Duration::from_secs(config.server.heartbeat_seconds),
            quiet: quiet.map(|path| path.to_string_lossy().into_owned()).collect(),
        }
    }
}

/// What the server set.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Set {
    heartbeat_seconds: Option<u32>,
    quiet: Option<Vec<String>>,
}

impl Set {
    fn over(&self, live: &mut Live) {
        if let Some(seconds) = self.heartbeat_seconds {
            live.heartbeat = Duration::from_secs(u64::from(seconds));
        }
        if let Some(quiet) = &self.quiet {
            live.quiet.clone_from(quiet);
        }
    }
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("configured.json")
}

fn read(data_dir: &Path) -> io::Result<Set> {
    match durable::read(&file(data_dir))? {
        Some(bytes) => Ok(serde_json::from_slice(&bytes)?),
        None => Ok(Set::default()),
    }
}

/// Puts what the server set before over what the settings say.
pub fn apply(data_dir: &Path, live: &mut Live) -> io::Result<()> {
    read(data_dir)?.over(live);
    Ok(())
}

/// Sets, for now and for later.
pub fn configure(data_dir: &Path, live: &watch::Sender<Live>, asked: Configure) -> io::Result<()> {
    let mut set = read(data_dir)?;
    set.heartbeat_seconds = asked.heartbeat_seconds.or(set.heartbeat_seconds);
    set.quiet = asked.quiet.map(|quiet| quiet.paths).or(set.quiet);
    durable::write(&file(data_dir), &serde_json::to_vec(&set)?)?;
    live.send_modify(|live| set.over(live));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_protocol::v1::QuietPrograms;

    #[test]
    fn what_was_set_stays_over_a_restart_and_what_was_not_is_the_files() {
        let dir = tempfile::tempdir().unwrap();
        let before = Live::of(&Config::default());
        let (live, watched) = watch::channel(before.clone());
        let set = |seconds: Option<u32>, quiet: Option<&str>| {
            let asked = Configure {
                heartbeat_seconds: seconds,
                quiet: quiet.map(|path| QuietPrograms {
                    paths: vec![path.to_owned()],
                }),
            };
            configure(dir.path(), &live, asked).unwrap();
        };
        set(None, Some("/usr/bin/postgres"));
        assert_eq!(watched.borrow().heartbeat, before.heartbeat);
        set(Some(7), None);
        let mut again = before;
        apply(dir.path(), &mut again).unwrap();
        assert_eq!(*watched.borrow(), again);
        assert_eq!(
            (again.heartbeat.as_secs(), &again.quiet[..]),
            (7, &["/usr/bin/postgres".to_owned()][..])
        );
    }
}
