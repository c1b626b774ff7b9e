//! One app per profile: a second start hands what it was asked for to the first, and ends.
//!
//! Invariant: the lock is the kernel's, so an app that was killed holds nobody up. Only the profile's owner reaches the socket.

use crate::links::Wanted;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::{OpenOptionsExt, PermissionsExt},
        net::{UnixListener, UnixStream},
    },
    path::Path,
    time::{Duration, Instant},
};

const SOCKET: &str = "instance.sock";
const MESSAGE_BYTES_MAX: u64 = 256 << 10;
/// The first may still be starting.
const FIRST_WAIT_MAX: Duration = Duration::from_secs(10);
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);

/// What a second start says to the first.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    pub wanted: Vec<Wanted>,
}

/// Which start this is.
pub enum Claim {
    First(First),
    /// The first has taken over what was wanted.
    Second,
}

pub struct First {
    listener: UnixListener,
    _lock: File,
}

/// Claims the profile, or hands over.
pub fn claim(profile: &Path, handed: &Handed) -> Result<Claim> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(profile.join("instance.lock"))
        .with_context(|| format!("{} cannot be written", profile.display()))?;
    let socket = profile.join(SOCKET);
    match lock.try_lock() {
        Ok(()) => {
            let _ = std::fs::remove_file(&socket);
            let listener = UnixListener::bind(&socket).with_context(|| format!("{}", socket.display()))?;
            std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600))?;
            Ok(Claim::First(First { listener, _lock: lock }))
        }
        Err(TryLockError::WouldBlock) => {
            hand_over(&socket, handed)?;
            Ok(Claim::Second)
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn hand_over(socket: &Path, handed: &Handed) -> Result<()> {
    let until = Instant::now() + FIRST_WAIT_MAX;
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) if Instant::now() >= until => {
                bail!("Watchfloor runs already on this profile, but does not answer: {error}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
    stream.set_write_timeout(Some(ANSWER_WAIT_MAX))?;
    let mut line = serde_json::to_vec(handed)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).take(16).read_line(&mut answer)?;
    match answer.trim() {
        "ok" => Ok(()),
        _ => bail!("the Watchfloor that runs on this profile did not understand"),
    }
}

impl First {
    /// Calls `take` with what later starts hand over, for as long as the process lives.
    pub fn listen(self, mut take: impl FnMut(Handed) + Send + 'static) -> Result<()> {
        let First { listener, _lock } = self;
        std::thread::Builder::new().name("instance".to_owned()).spawn(move || {
            let _lock = _lock;
            for stream in listener.incoming().flatten() {
                match receive(stream) {
                    Ok(handed) => take(handed),
                    Err(error) => tracing::warn!(%error, "a second start said nothing that could be understood"),
                }
            }
        })?;
        Ok(())
    }
}

fn receive(stream: UnixStream) -> Result<Handed> {
    stream.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
    stream.set_write_timeout(Some(ANSWER_WAIT_MAX))?;
    let mut line = String::new();
    BufReader::new(&stream).take(MESSAGE_BYTES_MAX).read_line(&mut line)?;
    let handed = serde_json::from_str(&line)?;
    (&stream).write_all(b"ok\n")?;
    Ok(handed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_second_start_hands_over_and_garbage_harms_nobody() {
        let dir = tempfile::tempdir().unwrap();
        // What an app that was killed leaves behind.
        std::fs::write(dir.path().join(SOCKET), "").unwrap();
        let Claim::First(first) = claim(dir.path(), &Handed::default()).unwrap() else {
            panic!("nobody else is here")
        };
        let (sender, taken) = mpsc::channel();
        first.listen(move |handed| sender.send(handed).unwrap()).unwrap();
        let mut stranger = UnixStream::connect(dir.path().join(SOCKET)).unwrap();
        stranger.write_all(b"{\"wanted\":[{\"format\":\"c:\"}]}\n").unwrap();
        let handed = Handed {
            wanted: vec![Wanted::Show("/alerts".to_owned()), Wanted::Import("/tmp/x.evtx".into())],
        };
        assert!(matches!(claim(dir.path(), &handed).unwrap(), Claim::Second));
        assert_eq!(taken.recv_timeout(Duration::from_secs(10)).unwrap(), handed);
    }
}
