//! A process of ours that ends with us, and what it says.

use rustix::{
    process::{Pid, Signal, kill_process, set_parent_process_death_signal},
    thread::{CapabilitySet, configure_capability_in_ambient_set},
};
use std::{
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

const END_WAIT_MAX: Duration = Duration::from_secs(8);
const POLL: Duration = Duration::from_millis(50);
const SAID_BYTES_MAX: u64 = 16 << 10;

/// Starts it in a process group of its own, with no more rights than a capture needs, its words in `log`. It ends with the thread
/// that calls.
pub fn spawn(program: &Path, arguments: &[&str], log: &Path) -> io::Result<Child> {
    let said = File::create(log)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said)
        .process_group(0);
    ends_with_us(&mut command);
    command.spawn()
}

#[allow(
    unsafe_code,
    reason = "prctl between fork and exec, async-signal-safe, touches no memory of ours"
)]
fn ends_with_us(command: &mut Command) {
    let parent = std::process::id();
    let ask = move || {
        set_parent_process_death_signal(Some(Signal::TERM))?;
        let parent_now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
        // The parent may have died before it was asked.
        if parent_now.and_then(|pid| u32::try_from(pid).ok()) != Some(parent) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        // What the sensor may see of other processes is none of a capture's business. Root keeps what root has.
        for capability in [
            CapabilitySet::BPF,
            CapabilitySet::PERFMON,
            CapabilitySet::SYS_PTRACE,
            CapabilitySet::DAC_READ_SEARCH,
            CapabilitySet::AUDIT_READ,
        ] {
            let _ = configure_capability_in_ambient_set(capability, false);
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing and takes no lock.
    unsafe { command.pre_exec(ask) };
}

pub fn signal(child: &Child, signal: Signal) {
    // One that has ended is not reaped yet, so the id is still its own.
    if let Err(error) = kill_process(Pid::from_child(child), signal) {
        tracing::debug!(%error, "a child could not be told");
    }
}

/// Asks it to end, and ends it when it does not.
pub fn end(child: &mut Child) {
    signal(child, Signal::TERM);
    let began = Instant::now();
    while matches!(child.try_wait(), Ok(None)) {
        if began.elapsed() > END_WAIT_MAX {
            signal(child, Signal::KILL);
            let _ = child.wait();
            return;
        }
        std::thread::sleep(POLL);
    }
}

/// How it ended, in words.
pub fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("it ended with code {code}"),
        (None, Some(signal)) => format!("it was ended by signal {signal}"),
        (None, None) => "it ended".to_owned(),
    }
}

/// The last lines of a file, oldest first.
pub fn last_lines(file: &Path, lines_max: usize) -> Vec<String> {
    let read = || -> io::Result<String> {
        let mut file = File::open(file)?;
        let from = file.metadata()?.len().saturating_sub(SAID_BYTES_MAX);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(SAID_BYTES_MAX).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = read().unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(lines_max);
    lines[from..].iter().map(|line| (*line).to_owned()).collect()
}

/// Ends what a sensor that was killed may have left: the process of this id, if it is the one that works with this file.
pub fn end_leftover(pid_file: &Path, of: &Path) {
    let Some(pid) = fs::read_to_string(pid_file)
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok())
    else {
        return;
    };
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_ours = arguments
        .split(|byte| *byte == 0)
        .any(|argument| argument == of.as_os_str().as_encoded_bytes());
    if let (true, Some(pid)) = (is_ours, Pid::from_raw(pid)) {
        tracing::warn!("an engine of a sensor that was killed still runs: it is ended");
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_says_last_is_kept_and_its_end_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let script = "for n in 1 2 3; do echo line $n; done; echo broken >&2; exit 7";
        let mut child = spawn(Path::new("/bin/sh"), &["-c", script], &log).unwrap();
        assert_eq!(ending(child.wait().unwrap()), "it ended with code 7");
        assert_eq!(last_lines(&log, 2), ["line 3", "broken"]);
        let mut child = spawn(Path::new("/bin/sleep"), &["60"], &log).unwrap();
        end(&mut child);
        assert_eq!(ending(child.wait().unwrap()), "it was ended by signal 15");
    }

    #[test]
    fn only_what_works_with_our_file_is_taken_for_a_leftover() {
        let dir = tempfile::tempdir().unwrap();
        let (pid_file, log) = (dir.path().join("pid"), dir.path().join("log"));
        let ours = dir.path().join("ours.yaml");
        let mut child = Command::new("/bin/sh")
            .args(["-c", "sleep 60; true"])
            .arg(&ours)
            .stdout(File::create(log).unwrap())
            .spawn()
            .unwrap();
        fs::write(&pid_file, child.id().to_string()).unwrap();
        end_leftover(&pid_file, Path::new("/etc/another.yaml"));
        assert!(matches!(child.try_wait(), Ok(None)));
        end_leftover(&pid_file, &ours);
        assert_eq!(ending(child.wait().unwrap()), "it was ended by signal 9");
    }
}
