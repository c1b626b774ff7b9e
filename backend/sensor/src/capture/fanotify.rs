//! Files closed after they were open for writing, on whole file systems.

use rustix::io::{Errno, read};
use std::{
    ffi::CString,
    fs, io,
    os::{
        fd::{AsRawFd, FromRawFd, OwnedFd, RawFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
};

const METADATA_BYTES: usize = 24;
const BUFFER_BYTES: usize = 64 << 10;

#[derive(Debug)]
pub struct Written {
    queue: OwnedFd,
    buffer: Vec<u8>,
}

/// What one event says; the file is open until it is dropped.
#[derive(Debug, PartialEq, Eq)]
struct Event {
    mask: u64,
    file: RawFd,
    pid: u32,
}

impl Written {
    pub fn start(mounts: &[PathBuf]) -> io::Result<Self> {
        let queue = queue()?;
        for mount in mounts {
            mark(&queue, mount)?;
        }
        Ok(Self {
            queue,
            buffer: vec![0; BUFFER_BYTES],
        })
    }

    /// Process and path of what was written since, and whether some did not fit.
    pub fn poll(&mut self) -> io::Result<(Vec<(u32, String)>, bool)> {
        let (mut files, mut overrun) = (Vec::new(), false);
        loop {
            let length = match read(&self.queue, &mut self.buffer[..]) {
                Ok(0) | Err(Errno::AGAIN | Errno::INTR) => return Ok((files, overrun)),
                Ok(length) => length,
                Err(error) => return Err(error.into()),
            };
            for event in events(&self.buffer[..length]) {
                overrun |= event.mask & libc::FAN_Q_OVERFLOW != 0;
                let Some(file) = owned(event.file) else {
                    continue;
                };
                if event.pid == std::process::id() {
                    continue;
                }
                if let Ok(path) = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())) {
                    files.push((event.pid, path.to_string_lossy().into_owned()));
                }
            }
        }
    }
}

fn events(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut rest = bytes;
    while let Some(event) = rest.get(..METADATA_BYTES) {
        let number = |at: usize| {
            event
                .get(at..at + 4)
                .and_then(|bytes| Some(i32::from_ne_bytes(bytes.try_into().ok()?)))
        };
        let mask = event
            .get(8..16)
            .and_then(|bytes| Some(u64::from_ne_bytes(bytes.try_into().ok()?)));
        let (Some(length), Some(mask), Some(file), Some(pid)) = (number(0), mask, number(16), number(20)) else {
            break;
        };
        events.push(Event {
            mask,
            file,
            pid: pid as u32,
        });
        match rest.get(length as usize..) {
            Some(after) if length as usize >= METADATA_BYTES => rest = after,
            _ => break,
        }
    }
    events
}

#[allow(
    unsafe_code,
    reason = "the kernel hands a descriptor as a number; from here on it has an owner"
)]
fn owned(file: RawFd) -> Option<OwnedFd> {
    // SAFETY: the kernel opened it for this event, and nothing else closes it.
    (file >= 0).then(|| unsafe { OwnedFd::from_raw_fd(file) })
}

#[allow(unsafe_code, reason = "fanotify_init(2) has no safe wrapper in libc")]
fn queue() -> io::Result<OwnedFd> {
    let flags = libc::FAN_CLASS_NOTIF | libc::FAN_CLOEXEC | libc::FAN_NONBLOCK;
    let files = (libc::O_RDONLY | libc::O_LARGEFILE | libc::O_CLOEXEC) as u32;
    // SAFETY: takes numbers alone.
    owned(unsafe { libc::fanotify_init(flags, files) }).ok_or_else(io::Error::last_os_error)
}

#[allow(unsafe_code, reason = "fanotify_mark(2) has no safe wrapper in libc")]
fn mark(queue: &OwnedFd, mount: &Path) -> io::Result<()> {
    let path = CString::new(mount.as_os_str().as_bytes())?;
    let flags = libc::FAN_MARK_ADD | libc::FAN_MARK_FILESYSTEM;
    // SAFETY: `path` lives as long as the call.
    let marked = unsafe {
        libc::fanotify_mark(
            queue.as_raw_fd(),
            flags,
            libc::FAN_CLOSE_WRITE,
            libc::AT_FDCWD,
            path.as_ptr(),
        )
    };
    if marked == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_one_behind_the_other() {
        let mut bytes = Vec::new();
        for (file, pid) in [(-1i32, 7i32), (-1, 9)] {
            bytes.extend(24u32.to_ne_bytes());
            bytes.extend([3, 0, 24, 0]);
            bytes.extend(8u64.to_ne_bytes());
            bytes.extend(file.to_ne_bytes());
            bytes.extend(pid.to_ne_bytes());
        }
        let pids: Vec<u32> = events(&bytes).iter().map(|event| event.pid).collect();
        assert_eq!(pids, [7, 9]);
        assert_eq!(events(&bytes[..30]).len(), 1);
        bytes[0] = 0;
        assert_eq!(events(&bytes).len(), 1, "a length of nothing ends the reading");
    }
}
