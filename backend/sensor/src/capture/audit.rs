//! The audit system by its multicast: listens beside `auditd` without taking its place. The records of one event are joined
//! and handed on in the audit log's own words.

use super::{
    Capture, Observed, Started,
    netlink::{KIND_DONE, KIND_ERROR, Messages, Netlink, Received},
};
use crate::{clock, lost::Reason};
use rustix::net::netlink;
use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};
use watchfloor_engine::normalize::auditd::Assembler;

/// `AUDIT_NLGRP_READLOG` as a mask.
const GROUP_READLOG: u32 = 1;
const GET: u16 = 1_000;
const LIST_RULES: u16 = 1_013;
const ANSWER_WAIT_MAX: Duration = Duration::from_millis(500);
const EVENT_WAIT: Duration = Duration::from_secs(2);
const EVENTS_MAX: usize = 1_024;
const DATAGRAMS_MAX: usize = 16_384;

pub fn start() -> Result<Started, String> {
    let socket = Netlink::open(netlink::AUDIT, GROUP_READLOG).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => "the right CAP_AUDIT_READ is missing".to_owned(),
        io::ErrorKind::ConnectionRefused => "the audit system does not answer in this container".to_owned(),
        _ if error.raw_os_error() == Some(libc::EPROTONOSUPPORT) => "the kernel has no audit system".to_owned(),
        _ => error.to_string(),
    })?;
    refuse_silence()?;
    Ok(Started {
        capture: Box::new(AuditCapture {
            socket,
            joins: Assembler::new(EVENT_WAIT, EVENTS_MAX),
            own: format!(" pid={} ", std::process::id()),
        }),
        blind: vec!["Seen is what the audit rules of this host name, nothing else.".to_owned()],
    })
}

/// Without rules, or switched off, the audit system says next to nothing: another method sees more.
fn refuse_silence() -> Result<(), String> {
    let Ok(status) = ask(GET) else {
        return match Path::new("/run/auditd.pid").exists() {
            true => Ok(()),
            false => Err("no audit daemon runs here, so nobody has loaded rules".to_owned()),
        };
    };
    let enabled = status
        .first()
        .and_then(|status| Some(u32::from_ne_bytes(status.get(4..8)?.try_into().ok()?)));
    if enabled == Some(0) {
        return Err("the audit system is switched off".to_owned());
    }
    match ask(LIST_RULES) {
        Ok(rules) if rules.is_empty() => Err("no audit rules are loaded".to_owned()),
        _ => Ok(()),
    }
}

/// What the kernel answers: needs CAP_AUDIT_CONTROL.
fn ask(kind: u16) -> io::Result<Vec<Vec<u8>>> {
    let mut socket = Netlink::open(netlink::AUDIT, 0)?;
    socket.send(kind, &[])?;
    let began = Instant::now();
    let mut answers = Vec::new();
    while began.elapsed() < ANSWER_WAIT_MAX {
        match socket.receive()? {
            Received::Messages(messages) => {
                for (answer, payload) in messages {
                    match answer {
                        KIND_DONE => return Ok(answers),
                        KIND_ERROR if payload.first_chunk() != Some(&[0; 4]) => {
                            return Err(io::ErrorKind::PermissionDenied.into());
                        }
                        answer if answer == kind => answers.push(payload.to_vec()),
                        _ => {}
                    }
                }
                if kind == GET && !answers.is_empty() {
                    return Ok(answers);
                }
            }
            _ => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

struct AuditCapture {
    socket: Netlink,
    joins: Assembler,
    /// As it stands in a record of a system call.
    own: String,
}

impl AuditCapture {
    fn whole(&self, events: Vec<String>, into: &mut Vec<Observed>) {
        let foreign = events.into_iter().filter(|text| !text.contains(&self.own));
        into.extend(foreign.map(|text| Observed::Text { source: "auditd", text }));
    }
}

impl Capture for AuditCapture {
    fn poll(&mut self, into: &mut Vec<Observed>) -> io::Result<()> {
        let now = clock::now();
        for _ in 0..DATAGRAMS_MAX {
            let mut whole = Vec::new();
            match self.socket.receive()? {
                Received::Nothing => break,
                Received::Overrun => into.push(Observed::Lost {
                    count: 1,
                    reason: Reason::KernelBufferFull,
                }),
                Received::Messages(messages) => {
                    for line in lines(messages) {
                        whole.extend(self.joins.on_line(now, &line));
                    }
                }
            }
            self.whole(whole, into);
        }
        let late = self.joins.on_deadline(now).into_iter().map(|joined| joined.lines);
        self.whole(late.collect(), into);
        Ok(())
    }
}

/// Messages as the audit daemon would write them.
pub fn lines(messages: Messages<'_>) -> impl Iterator<Item = String> {
    messages.filter_map(|(kind, payload)| {
        let text = String::from_utf8_lossy(payload);
        let text = text.trim_end_matches(['\0', '\n']);
        let name = RECORDS.iter().find(|(number, _)| *number == kind);
        text.starts_with("audit(").then(|| match name {
            Some((_, name)) => format!("type={name} msg={text}"),
            None => format!("type=UNKNOWN[{kind}] msg={text}"),
        })
    })
}

/// Record types by their number in the kernel's interface.
const RECORDS: &[(u16, &str)] = &[
    (1100, "USER_AUTH"),
    (1101, "USER_ACCT"),
    (1102, "USER_MGMT"),
    (1103, "CRED_ACQ"),
    (1104, "CRED_DISP"),
    (1105, "USER_START"),
    (1106, "USER_END"),
    (1107, "USER_AVC"),
    (1108, "USER_CHAUTHTOK"),
    (1109, "USER_ERR"),
    (1110, "CRED_REFR"),
    (1111, "USYS_CONFIG"),
    (1112, "USER_LOGIN"),
    (1113, "USER_LOGOUT"),
    (1114, "ADD_USER"),
    (1115, "DEL_USER"),
    (1116, "ADD_GROUP"),
    (1117, "DEL_GROUP"),
    (1123, "USER_CMD"),
    (1130, "SERVICE_START"),
    (1131, "SERVICE_STOP"),
    (1200, "DAEMON_START"),
    (1201, "DAEMON_END"),
    (1300, "SYSCALL"),
    (1302, "PATH"),
    (1303, "IPC"),
    (1304, "SOCKETCALL"),
    (1305, "CONFIG_CHANGE"),
    (1306, "SOCKADDR"),
    (1307, "CWD"),
    (1309, "EXECVE"),
    (1318, "OBJ_PID"),
    (1319, "TTY"),
    (1320, "EOE"),
    (1321, "BPRM_FCAPS"),
    (1322, "CAPSET"),
    (1323, "MMAP"),
    (1325, "NETFILTER_CFG"),
    (1326, "SECCOMP"),
    (1327, "PROCTITLE"),
    (1330, "KERN_MODULE"),
    (1334, "BPF"),
    (1400, "AVC"),
    (1700, "ANOM_PROMISCUOUS"),
    (1701, "ANOM_ABEND"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::Timestamp;

    fn message(kind: u16, text: &str) -> Vec<u8> {
        let mut bytes = ((16 + text.len()) as u32).to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    #[test]
    fn the_kernels_messages_become_one_event_in_the_logs_words() {
        let mut bytes = message(1300, "audit(1700000000.001:7): arch=c000003e syscall=59 pid=9");
        bytes.extend(message(1309, "audit(1700000000.001:7): argc=1 a0=\"ls\""));
        bytes.extend(message(1320, "audit(1700000000.001:7): "));
        bytes.extend(message(1, "no record"));
        let mut joins = Assembler::new(EVENT_WAIT, EVENTS_MAX);
        let whole: Vec<String> = lines(Messages(&bytes))
            .flat_map(|line| joins.on_line(Timestamp::EPOCH, &line))
            .collect();
        assert_eq!(
            whole,
            [
                "type=SYSCALL msg=audit(1700000000.001:7): arch=c000003e syscall=59 pid=9\n\
              type=EXECVE msg=audit(1700000000.001:7): argc=1 a0=\"ls\""
            ]
        );
    }
}
