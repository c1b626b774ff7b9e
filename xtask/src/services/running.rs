//! A server's process: started in a group of its own, found again by its id and the moment it began, so that an id that was given to
//! another program since is never taken for it.

use super::home::Home;
use crate::process::{command, succeeds};
use anyhow::{Context, Result, bail};
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const END_WAIT_MAX: Duration = Duration::from_secs(30);
const KILL_WAIT_MAX: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    pub pid: u32,
    /// In clock ticks since the machine's start.
    began: u64,
}

/// The last start's log stays beside the new one.
pub fn start(home: &Home, mut command: Command) -> Result<()> {
    let _ = fs::rename(home.log(), home.path("server.log.before"));
    let log = File::create(home.log()).with_context(|| home.log().display().to_string())?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    let child = command
        .spawn()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    let pid = child.id();
    let Some(began) = began(pid) else {
        bail!("ended at once; see {}", home.log().display())
    };
    home.write("server.pid", &format!("{pid} {began}\n"))?;
    // It is to outlive this command, which waits for nothing but its answers.
    std::thread::spawn(move || {
        let mut child = child;
        child.wait()
    });
    Ok(())
}

/// The process that was started here, if it runs.
pub fn find(home: &Home) -> Option<Process> {
    let text = fs::read_to_string(home.path("server.pid")).ok()?;
    let (pid, wanted) = text.trim().split_once(' ')?;
    let process = Process {
        pid: pid.parse().ok()?,
        began: wanted.parse().ok()?,
    };
    process.is_alive().then_some(process)
}

impl Process {
    pub fn is_alive(&self) -> bool {
        began(self.pid) == Some(self.began)
    }

    pub fn signal(&self, signal: &str) -> Result<()> {
        let sent = succeeds(command("kill", &[&format!("-{signal}"), &self.pid.to_string()]));
        if !sent && self.is_alive() {
            bail!("process {} is not ours to end", self.pid);
        }
        Ok(())
    }

    /// Waits for the end of a process that was asked to, and kills it in the end.
    pub fn end(&self) -> Result<&'static str> {
        if self.is_gone_within(END_WAIT_MAX) {
            return Ok("ended");
        }
        self.signal("KILL")?;
        match self.is_gone_within(KILL_WAIT_MAX) {
            true => Ok("killed: it did not end in time"),
            false => bail!("process {} does not end", self.pid),
        }
    }

    fn is_gone_within(&self, wait_max: Duration) -> bool {
        let begun = Instant::now();
        while self.is_alive() {
            if begun.elapsed() > wait_max {
                return false;
            }
            std::thread::sleep(LOOK_EVERY);
        }
        true
    }

    /// Of the process and its children, shared pages counted by their share. Zero where the kernel does not say.
    pub fn memory_bytes(&self) -> u64 {
        let own = children(self.pid).chain([self.pid]);
        own.filter_map(proportional_bytes).sum()
    }
}

/// When the process began; none when there is none, or only its exit status is left.
fn began(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    let state = fields.first()?;
    (state != "Z" && state != "X").then_some(())?;
    fields.get(19)?.parse().ok()
}

/// What /proc says of a process from its state on: its name, before that, may hold spaces and parentheses.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn children(parent: u32) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(move |pid| stat(*pid).is_some_and(|fields| fields.get(1) == Some(&parent.to_string())))
}

fn proportional_bytes(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.trim()
        .trim_end_matches(" kB")
        .parse::<u64>()
        .ok()
        .map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::SERVERS;

    #[test]
    fn a_process_is_known_by_its_beginning_too() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let (ours, other) = (
            Process {
                pid,
                began: began(pid).unwrap(),
            },
            Process { pid, began: 1 },
        );
        assert!(ours.is_alive() && !other.is_alive());
        assert!(ours.memory_bytes() > 0);
        ours.signal("TERM").unwrap();
        assert_eq!(
            ours.end().unwrap(),
            "ended",
            "what only waits to be asked for its status is gone"
        );
        child.wait().unwrap();
        assert!(!ours.is_alive());
        assert!(SERVERS.iter().all(|server| server.end_signal != "KILL"));
    }
}
