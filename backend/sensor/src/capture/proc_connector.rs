//! The process connector: the kernel tells numbers, `/proc` tells the rest. For kernels without BTF, or without the right to
//! load programs.

use super::{
    Activity, Capture, Observed, Started,
    ebpf::exit,
    fanotify::Written,
    netlink::{KIND_DONE, Netlink, Received},
    sockets::Connections,
};
use crate::{
    clock,
    config::CaptureConfig,
    lost::Reason,
    process::{self, Status},
};
use rustc_hash::FxHashMap;
use rustix::net::netlink;
use std::{fs, io};
use watchfloor_shared::sensor::SensorAction;

/// `CN_IDX_PROC`: also its group.
const INDEX: u32 = 1;
const LISTEN: u32 = 1;
/// The connector's own header, before the event.
const CONNECTOR_BYTES: usize = 20;
const DATAGRAMS_MAX: usize = 16_384;
const PROCESSES_MAX: usize = 65_536;

pub fn start(config: &CaptureConfig) -> Result<Started, String> {
    let missing = |error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => "the right CAP_NET_ADMIN is missing".to_owned(),
        _ => format!("the kernel has no process connector ({error})"),
    };
    let socket = Netlink::open(netlink::CONNECTOR, INDEX).map_err(missing)?;
    socket.send(KIND_DONE, &listen()).map_err(missing)?;
    let mut blind = vec![
        "Not seen: who a process was that ended before /proc was read; connections that last less than a second."
            .to_owned(),
    ];
    let written = match Written::start(&config.mounts) {
        Ok(written) => Some(written),
        Err(error) => {
            blind.push(format!(
                "Not seen: written files: fanotify needs CAP_SYS_ADMIN ({error})."
            ));
            None
        }
    };
    let mut capture = ConnectorCapture {
        socket,
        known: FxHashMap::default(),
        written,
        connections: Connections::default(),
    };
    capture.look_round();
    Ok(Started {
        capture: Box::new(capture),
        blind,
    })
}

fn listen() -> Vec<u8> {
    let mut message = Vec::with_capacity(CONNECTOR_BYTES + 4);
    for number in [INDEX, 1, 0, 0] {
        message.extend(number.to_ne_bytes());
    }
    message.extend(4u16.to_ne_bytes());
    message.extend(0u16.to_ne_bytes());
    message.extend(LISTEN.to_ne_bytes());
    message
}

#[derive(Debug, PartialEq, Eq)]
pub enum Told {
    Fork { parent: u32, child: u32 },
    Exec { pid: u32 },
    Exit { pid: u32, code: u32 },
}

/// The event in a connector message. Threads are none.
pub fn told(message: &[u8]) -> Option<Told> {
    let event = message.get(CONNECTOR_BYTES..)?;
    let number = |at: usize| -> Option<u32> { Some(u32::from_ne_bytes(event.get(at..at + 4)?.try_into().ok()?)) };
    // Kind, processor, time; then pairs of thread and process.
    match number(0)? {
        1 if number(24)? == number(28)? => Some(Told::Fork {
            parent: number(20)?,
            child: number(28)?,
        }),
        2 => Some(Told::Exec { pid: number(20)? }),
        0x8000_0000 if number(16)? == number(20)? => Some(Told::Exit {
            pid: number(20)?,
            code: number(24)?,
        }),
        _ => None,
    }
}

struct ConnectorCapture {
    socket: Netlink,
    /// Who is who: a process that ends cannot be asked any more.
    known: FxHashMap<u32, Status>,
    written: Option<Written>,
    connections: Connections,
}

impl ConnectorCapture {
    fn look_round(&mut self) {
        let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
        for pid in numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
            self.ask(pid);
        }
    }

    fn ask(&mut self, pid: u32) -> Option<Status> {
        let status = process::status(pid)?;
        if self.known.len() >= PROCESSES_MAX {
            self.known.clear();
        }
        self.known.insert(pid, status.clone());
        Some(status)
    }

    fn who(&mut self, pid: u32) -> Option<Status> {
        self.known.get(&pid).cloned().or_else(|| self.ask(pid))
    }

    fn event(&mut self, told: &Told) -> Option<Observed> {
        let (pid, action) = match *told {
            Told::Fork { parent, child } => (parent, SensorAction::ProcessFork { child_pid: child }),
            Told::Exec { pid } => (pid, SensorAction::ProcessExec),
            Told::Exit { pid, code } => (pid, exit(code)),
        };
        if pid == std::process::id() {
            return None;
        }
        let status = match told {
            // Another program, perhaps another user.
            Told::Exec { .. } => self.ask(pid).or_else(|| self.who(pid)),
            _ => self.who(pid),
        };
        let Some(status) = status else {
            return Some(Observed::Lost {
                count: 1,
                reason: Reason::ProcessGone,
            });
        };
        let mut child_start_ns = None;
        match told {
            Told::Fork { child, .. } => {
                let mut like = self.ask(*child);
                if like.is_none() {
                    let status = Status {
                        ppid: pid,
                        ..status.clone()
                    };
                    self.known.insert(*child, status.clone());
                    like = Some(status);
                }
                child_start_ns = like.map(|status| status.start_ns);
            }
            Told::Exit { .. } => {
                self.known.remove(&pid);
            }
            Told::Exec { .. } => {}
        }
        let image = matches!(told, Told::Exec { .. }).then(|| process::image(pid));
        let mut activity = self.activity(pid, status, action);
        (activity.image, activity.child_start_ns) = (image, child_start_ns);
        Some(Observed::Activity(Box::new(activity)))
    }

    fn activity(&mut self, pid: u32, status: Status, action: SensorAction) -> Activity {
        let parent = self.who(status.ppid).unwrap_or_default();
        Activity {
            time: clock::now(),
            pid,
            ppid: status.ppid,
            uid: status.uid,
            gid: status.gid,
            login_uid: status.login_uid,
            comm: status.comm,
            start_ns: Some(status.start_ns),
            parent_comm: parent.comm,
            parent_start_ns: (parent.start_ns > 0).then_some(parent.start_ns),
            cgroup: None,
            image: None,
            child_start_ns: None,
            action,
        }
    }

    /// What another source of this method saw a process do.
    fn acted(&mut self, pid: u32, action: SensorAction) -> Option<Observed> {
        if pid == std::process::id() {
            return None;
        }
        Some(match self.who(pid) {
            Some(status) => Observed::Activity(Box::new(self.activity(pid, status, action))),
            None => Observed::Lost {
                count: 1,
                reason: Reason::ProcessGone,
            },
        })
    }
}

impl Capture for ConnectorCapture {
    fn poll(&mut self, into: &mut Vec<Observed>) -> io::Result<()> {
        for _ in 0..DATAGRAMS_MAX {
            let told: Vec<Told> = match self.socket.receive()? {
                Received::Nothing => break,
                Received::Overrun => {
                    into.push(Observed::Lost {
                        count: 1,
                        reason: Reason::KernelBufferFull,
                    });
                    continue;
                }
                Received::Messages(messages) => messages.filter_map(|(_, payload)| told(payload)).collect(),
            };
            into.extend(told.iter().filter_map(|told| self.event(told)));
        }
        if let Some(written) = &mut self.written {
            let (files, overrun) = written.poll()?;
            if overrun {
                into.push(Observed::Lost {
                    count: 1,
                    reason: Reason::KernelBufferFull,
                });
            }
            for (pid, path) in files {
                let action = SensorAction::FileOpen {
                    path,
                    created: false,
                    truncated: false,
                };
                into.extend(self.acted(pid, action));
            }
        }
        for (pid, action) in self.connections.poll() {
            into.extend(self.acted(pid, action));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(numbers: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; CONNECTOR_BYTES];
        for number in numbers {
            bytes.extend(number.to_ne_bytes());
        }
        bytes
    }

    #[test]
    fn processes_are_told_and_threads_are_not() {
        let time = [0, 5, 5];
        let of = |kind: u32, rest: &[u32]| told(&message(&[[kind].as_slice(), &time, rest].concat()));
        assert_eq!(of(1, &[7, 7, 9, 9]), Some(Told::Fork { parent: 7, child: 9 }));
        assert_eq!(of(1, &[8, 7, 9, 7]), None);
        assert_eq!(of(2, &[9, 9]), Some(Told::Exec { pid: 9 }));
        assert_eq!(
            of(0x8000_0000, &[9, 9, 256, 17]),
            Some(Told::Exit { pid: 9, code: 256 })
        );
        assert_eq!(of(0x8000_0000, &[10, 9, 0, 17]), None);
        assert_eq!(of(4, &[9, 9]), None);
        for length in 0..CONNECTOR_BYTES + 24 {
            assert_eq!(told(&message(&[1, 0, 5, 5, 7, 7, 9, 9])[..length]), None);
        }
    }
}
