//! The hosts, their people and their running processes, so that GUIDs, pids, parents, users and hashes agree over events.

use super::{
    action::{Action, Who},
    line::{self, Channel, Envelope},
};
use rand::{Rng, rngs::StdRng};
use std::collections::BTreeMap;
use watchfloor_shared::Timestamp;
use xxhash_rust::xxh3::xxh3_128_with_seed;

mod events;
mod security;

pub(super) const FILE_SERVER: usize = 2;
pub(super) const DOMAIN_CONTROLLER: usize = 3;
const ADMIN: &str = "adm.holt";
const DOMAIN: &str = "CORP";

const PEOPLE: [&str; 12] = [
    "a.berg", "m.tanaka", "j.okafor", "l.silva", "p.novak", "s.haddad", "c.dubois", "r.patel", "e.lind", "t.moreau",
    "n.costa", "k.weber",
];

#[derive(Debug)]
pub(super) struct World {
    hosts: Vec<Host>,
    /// Short name and address of each host.
    peers: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Host {
    pub name: String,
    pub short: String,
    pub address: String,
    pub owner: String,
    machine: u32,
    guids: u32,
    pids: u32,
    records: [u64; Channel::COUNT],
    /// By role.
    processes: BTreeMap<&'static str, Process>,
}

#[derive(Debug, Clone)]
pub(super) struct Process {
    pub guid: String,
    pub pid: u32,
    pub image: String,
    pub command: String,
    pub who: Who,
    pub parent: Option<(String, u32, String)>,
}

/// Processes that run before the first event: role, image, account.
const RUNNING: [(&str, &str, Who); 6] = [
    ("system", "System", Who::System),
    ("services", r"C:\Windows\System32\services.exe", Who::System),
    ("lsass", r"C:\Windows\System32\lsass.exe", Who::System),
    ("winlogon", r"C:\Windows\System32\winlogon.exe", Who::System),
    ("userinit", r"C:\Windows\System32\userinit.exe", Who::Owner),
    ("explorer", r"C:\Windows\explorer.exe", Who::Owner),
];

impl World {
    pub fn new(count: usize, random: &mut StdRng) -> Self {
        let hosts: Vec<Host> = (0..count).map(|index| Host::new(index, random)).collect();
        let peers = hosts
            .iter()
            .map(|host| (host.short.clone(), host.address.clone()))
            .collect();
        Self { hosts, peers }
    }

    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    pub fn is_server(&self, host: usize) -> bool {
        host == FILE_SERVER || host == DOMAIN_CONTROLLER
    }

    /// One event on a host as the line that reports it.
    pub fn act(&mut self, host: usize, action: &Action, at: Timestamp, random: &mut StdRng) -> Vec<u8> {
        let Some(host) = self.hosts.get_mut(host) else {
            return Vec::new();
        };
        let event = host.event(action, at, &self.peers, random);
        let record = &mut host.records[event.channel as usize];
        *record += 1;
        let envelope = Envelope {
            computer: &host.name,
            agent: &host.short,
            channel: event.channel,
            provider: event.provider,
            code: event.code,
            record: *record,
            at,
        };
        line::encode(&envelope, event.data)
    }
}

impl Host {
    fn new(index: usize, random: &mut StdRng) -> Self {
        let short = match index {
            FILE_SERVER => "srv-files01".to_owned(),
            DOMAIN_CONTROLLER => "srv-dc01".to_owned(),
            _ => format!("ws-{:04}", 401 + index * 7),
        };
        let mut host = Self {
            name: format!("{short}.corp.example"),
            short: short.to_uppercase(),
            // 192.0.2.0/24 has room for all hosts that a scenario may have.
            address: format!("192.0.2.{}", 20 + index),
            owner: PEOPLE[index % PEOPLE.len()].to_owned(),
            machine: random.random(),
            guids: 0,
            pids: 600,
            records: std::array::from_fn(|_| random.random_range(10_000..4_000_000)),
            processes: BTreeMap::new(),
        };
        for (role, image, who) in RUNNING {
            host.spawn(role, "", image, image, who, random);
        }
        host
    }

    /// A new process in this role. The one that had it before is no longer referred to.
    pub fn spawn(
        &mut self,
        role: &'static str,
        parent: &str,
        image: &str,
        command: &str,
        who: Who,
        random: &mut StdRng,
    ) {
        self.guids += 1;
        self.pids += 4 * random.random_range(1..40_u32);
        let process = Process {
            guid: format!(
                "{{{:08x}-{:04x}-65f0-{:04x}-000000000900}}",
                self.machine,
                random.random::<u16>(),
                self.guids
            ),
            pid: if role == "system" { 4 } else { self.pids },
            image: image.to_owned(),
            command: command.to_owned(),
            who,
            parent: self
                .processes
                .get(parent)
                .map(|parent| (parent.guid.clone(), parent.pid, parent.image.clone())),
        };
        self.processes.insert(role, process);
    }

    /// The process in a role, or the desktop's where the role is not filled.
    pub fn process(&self, role: &str) -> Option<&Process> {
        self.processes.get(role).or_else(|| self.processes.get("explorer"))
    }

    pub fn account(&self, who: Who) -> String {
        match who {
            Who::System => r"NT AUTHORITY\SYSTEM".to_owned(),
            _ => format!("{DOMAIN}\\{}", self.account_name(who)),
        }
    }

    pub fn account_name(&self, who: Who) -> &str {
        match who {
            Who::Owner => &self.owner,
            Who::Admin => ADMIN,
            Who::System => "SYSTEM",
        }
    }

    /// `{user}`: the owner; `{peer}`, `{files}`, `{dc}`: short names of the other hosts in the intrusion; `{n}`: a number.
    pub fn fill(&self, text: &str, peers: &[(String, String)], random: &mut StdRng) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let peer = |index: usize| peers.get(index).map_or("", |(name, _)| name.as_str());
        text.replace("{user}", &self.owner)
            .replace("{peer}", peer(1))
            .replace("{files}", peer(FILE_SERVER))
            .replace("{dc}", peer(DOMAIN_CONTROLLER))
            .replace("{n}", &random.random_range(1000..9999).to_string())
    }
}

/// The hashes of a file are made from its path: the same file has the same ones on every host.
pub(super) fn hashes(path: &str) -> String {
    let name = path.to_lowercase();
    let digits = |seed: u64| format!("{:032X}", xxh3_128_with_seed(name.as_bytes(), seed));
    format!(
        "MD5={},SHA256={}{},IMPHASH={}",
        digits(1),
        digits(2),
        digits(3),
        digits(4)
    )
}
