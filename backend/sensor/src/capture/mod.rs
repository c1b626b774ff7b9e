//! What happens on this host, by the best method that kernel and rights allow.
//!
//! Invariant: whatever a method could not keep is reported as [`Observed::Lost`], never silently missing.

pub(crate) mod audit;
pub(crate) mod ebpf;
mod fanotify;
pub(crate) mod netlink;
pub(crate) mod proc_connector;
mod sockets;

use crate::{config::CaptureConfig, lost::Reason};
use serde::{Deserialize, Serialize};
use std::io;
use watchfloor_shared::{Timestamp, sensor::SensorAction};

/// One thing that a method saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    Activity(Box<Activity>),
    /// An event in the words of its source, for the server to normalize.
    Text {
        source: &'static str,
        text: String,
    },
    Lost {
        count: u64,
        reason: Reason,
    },
}

/// What a process did, with what the method itself knows of the process.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    pub time: Timestamp,
    pub pid: u32,
    pub ppid: u32,
    pub uid: u32,
    pub gid: u32,
    pub login_uid: Option<u32>,
    pub comm: String,
    /// Nanoseconds since the boot.
    pub start_ns: Option<u64>,
    pub parent_comm: String,
    pub parent_start_ns: Option<u64>,
    /// The kernel's number of its control group; 1 is the root.
    pub cgroup: Option<u64>,
    /// Of a start: what runs now.
    pub image: Option<Image>,
    /// Of a fork: when the child began.
    pub child_start_ns: Option<u64>,
    pub action: SensorAction,
}

/// What a process runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    pub executable: Option<String>,
    pub args: Vec<String>,
}

/// A way to see what happens.
pub trait Capture: Send {
    /// Takes all that is there now, without waiting.
    fn poll(&mut self, into: &mut Vec<Observed>) -> io::Result<()>;
}

/// The methods, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Ebpf,
    Audit,
    ProcConnector,
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Ebpf, Self::Audit, Self::ProcConnector];

    /// As heartbeats and metrics name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ebpf => "ebpf",
            Self::Audit => "audit",
            Self::ProcConnector => "proc_connector",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Ebpf => "eBPF in the kernel",
            Self::Audit => "the audit system's multicast",
            Self::ProcConnector => "the process connector with fanotify and /proc",
        }
    }

    /// Starts it, or says in plain words why it cannot be. With it come the things that it cannot see here.
    pub fn start(self, config: &CaptureConfig) -> Result<Started, String> {
        match self {
            Self::Ebpf => ebpf::start(),
            Self::Audit => audit::start(),
            Self::ProcConnector => proc_connector::start(config),
        }
    }
}

/// A method that runs.
pub struct Started {
    pub capture: Box<dyn Capture>,
    /// What it does not see on this host, a sentence each.
    pub blind: Vec<String>,
}

/// The method in use and the sentence that says why.
pub struct Chosen {
    pub method: Method,
    pub started: Started,
    pub why: String,
}

/// The first of the allowed methods that starts; the reasons of all when none does.
pub fn choose(config: &CaptureConfig) -> Result<Chosen, String> {
    let mut refused = Vec::new();
    for method in Method::ALL.into_iter().filter(|method| config.methods.contains(method)) {
        match method.start(config) {
            Ok(started) => {
                let because = match refused.is_empty() {
                    true => String::new(),
                    false => format!(", because {}", refused.join("; and ")),
                };
                let why = format!("Capturing by {}{because}.", method.words());
                return Ok(Chosen { method, started, why });
            }
            Err(reason) => refused.push(format!("{} is out of reach: {reason}", method.words())),
        }
    }
    match refused.is_empty() {
        true => Err("No capture method is allowed by the settings.".to_owned()),
        false => Err(format!("Nothing can be captured here: {}.", refused.join("; "))),
    }
}

#[cfg(test)]
mod tests;
