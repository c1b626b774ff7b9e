//! What `/proc` says of a process. Every answer may be missing: the process may be gone, or another's.

use crate::capture::Image;
use std::{fs, io::Read, path::Path};

const ARGS_BYTES_MAX: u64 = 4_096;
const TICKS_PER_SECOND: u64 = 100;
/// Longest prefix of a container's id that is looked for: 256 bits in hex.
const CONTAINER_ID_CHARS: usize = 64;

/// The lines of `/proc/PID/stat` and `status` that a record needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    pub comm: String,
    pub ppid: u32,
    /// Nanoseconds since the boot, as fine as the kernel's tick.
    pub start_ns: u64,
    pub uid: u32,
    pub gid: u32,
    pub login_uid: Option<u32>,
}

pub fn status(pid: u32) -> Option<Status> {
    let mut status = stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let number = |key: &str| -> Option<u32> {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().nth(1)?.parse().ok()
    };
    status.uid = number("Uid:")?;
    status.gid = number("Gid:")?;
    let login = fs::read_to_string(format!("/proc/{pid}/loginuid")).unwrap_or_default();
    status.login_uid = login.trim().parse().ok().filter(|uid| *uid != u32::MAX);
    Some(status)
}

/// The name stands in brackets and may hold brackets and blanks itself.
fn stat(text: &str) -> Option<Status> {
    let (before, after) = text.rsplit_once(')')?;
    let (_, comm) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_whitespace().collect();
    Some(Status {
        comm: comm.to_owned(),
        ppid: fields.get(1)?.parse().ok()?,
        start_ns: fields.get(19)?.parse::<u64>().ok()? * (1_000_000_000 / TICKS_PER_SECOND),
        ..Status::default()
    })
}

pub fn image(pid: u32) -> Image {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(format!("/proc/{pid}/cmdline")) {
        // Gone while it is read: what came is what there is.
        let _ = file.take(ARGS_BYTES_MAX).read_to_end(&mut bytes);
    }
    Image {
        executable: executable(pid),
        args: arguments(&bytes),
    }
}

pub fn executable(pid: u32) -> Option<String> {
    link(format!("/proc/{pid}/exe"))
}

pub fn working_directory(pid: u32) -> Option<String> {
    link(format!("/proc/{pid}/cwd"))
}

fn link(path: impl AsRef<Path>) -> Option<String> {
    let target = fs::read_link(path).ok()?;
    let text = target.to_string_lossy();
    Some(text.strip_suffix(" (deleted)").unwrap_or(&text).to_owned())
}

/// Arguments as the kernel keeps them, each with a zero behind it.
pub fn arguments(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes
        .split(|byte| *byte == 0)
        .map(|arg| String::from_utf8_lossy(arg).into_owned())
        .collect()
}

pub fn container_id(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    container_in(&text).map(str::to_owned)
}

/// Docker, containerd, CRI-O and Podman all put the container's 256-bit number in hex into the group's name.
fn container_in(cgroup: &str) -> Option<&str> {
    cgroup
        .split(|c: char| !c.is_ascii_hexdigit())
        .find(|part| part.len() == CONTAINER_ID_CHARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let text = "42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 12345 1 2";
        let status = stat(text).unwrap();
        assert_eq!(status.comm, "a) b (c)");
        assert_eq!((status.ppid, status.start_ns), (7, 123_450_000_000));
        assert!(stat("42 (a").is_none());
    }

    #[test]
    fn arguments_keep_their_empty_ones() {
        assert_eq!(arguments(b"a\0\0b\0"), ["a", "", "b"]);
        assert!(arguments(b"").is_empty());
    }

    #[test]
    fn containers_are_found_in_every_spelling() {
        let id = "0123456789abcdef".repeat(4);
        for text in [
            format!("0::/docker/{id}\n"),
            format!("0::/system.slice/docker-{id}.scope\n"),
            format!("5:cpu:/kubepods/burstable/pod8/cri-containerd-{id}.scope\n"),
            format!("0::/machine.slice/libpod-{id}.scope/container\n"),
        ] {
            assert_eq!(container_in(&text), Some(id.as_str()), "{text}");
        }
        assert_eq!(container_in("0::/user.slice/user-1000.slice\n"), None);
    }

    #[test]
    fn this_process_is_there() {
        let own = status(std::process::id()).unwrap();
        assert!(own.start_ns > 0);
        assert!(!image(std::process::id()).args.is_empty());
    }
}
