//! The events of `bpf/sensor.bpf.c` as bytes → [`Activity`]. Field by field; a short or unknown event is `None`.

use crate::{
    capture::{Activity, Image},
    clock::BootClock,
    process,
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use watchfloor_shared::sensor::SensorAction;

const TEXT_BYTES: usize = 16;
const PATH_BYTES: usize = 1_024;
const ADDRESS_BYTES: usize = 16;
const FMODE_CREATED: u32 = 1 << 20;
const FAMILY_IPV6: u16 = 10;

/// Takes fields off the front, in the machine's byte order.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_ne_bytes(self.bytes(2)?.try_into().ok()?))
    }
    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_ne_bytes(self.bytes(4)?.try_into().ok()?))
    }
    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_ne_bytes(self.bytes(8)?.try_into().ok()?))
    }
    fn text(&mut self, bytes: usize) -> Option<String> {
        let text = self.bytes(bytes)?;
        let end = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
        Some(String::from_utf8_lossy(&text[..end]).into_owned())
    }
    fn address(&mut self, family: u16) -> Option<IpAddr> {
        let bytes: [u8; ADDRESS_BYTES] = self.bytes(ADDRESS_BYTES)?.try_into().ok()?;
        Some(match family {
            FAMILY_IPV6 => IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical(),
            _ => IpAddr::V4(Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3])),
        })
    }
}

/// Kinds as the kernel's side numbers them.
#[derive(Clone, Copy)]
enum Kind {
    Exec,
    Fork,
    Exit,
    Open,
    Connect,
    Accept,
}

const KINDS: [Kind; 6] = [
    Kind::Exec,
    Kind::Fork,
    Kind::Exit,
    Kind::Open,
    Kind::Connect,
    Kind::Accept,
];

pub fn read(event: &[u8], clock: &BootClock) -> Option<Activity> {
    let mut fields = Fields(event);
    let time = clock.at(fields.u64()?);
    let start_ns = fields.u64()?;
    let parent_start_ns = fields.u64()?;
    let cgroup = fields.u64()?;
    let child_start_ns = fields.u64()?;
    let kind = *KINDS.get((fields.u32()? as usize).checked_sub(1)?)?;
    let (pid, ppid, uid, gid) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
    let login_uid = fields.u32()?;
    let (a, b) = (fields.u32()?, fields.u32()?);
    let (comm, parent_comm) = (fields.text(TEXT_BYTES)?, fields.text(TEXT_BYTES)?);
    let mut image = None;
    let action = match kind {
        Kind::Exec => {
            image = Some(run(&mut fields, a)?);
            SensorAction::ProcessExec
        }
        Kind::Fork => SensorAction::ProcessFork { child_pid: a },
        Kind::Exit => exit(a),
        Kind::Open => SensorAction::FileOpen {
            path: fields.text(fields.0.len())?,
            created: b & FMODE_CREATED != 0,
            truncated: a & libc::O_TRUNC as u32 != 0,
        },
        Kind::Connect | Kind::Accept => connection(&mut fields, kind, a, b)?,
    };
    Some(Activity {
        time,
        pid,
        ppid,
        uid,
        gid,
        login_uid: Some(login_uid).filter(|uid| *uid != u32::MAX),
        comm,
        start_ns: Some(start_ns),
        parent_comm,
        parent_start_ns: Some(parent_start_ns),
        cgroup: Some(cgroup),
        image,
        child_start_ns: matches!(kind, Kind::Fork).then_some(child_start_ns),
        action,
    })
}

/// As `wait` gives it.
pub fn exit(code: u32) -> SensorAction {
    let signal = code & 0x7f;
    match signal {
        0 => SensorAction::ProcessExit {
            exit_code: code >> 8 & 0xff,
            signal: None,
        },
        signal => SensorAction::ProcessExit {
            exit_code: 128 + signal,
            signal: Some(signal),
        },
    }
}

fn run(fields: &mut Fields<'_>, args_bytes: u32) -> Option<Image> {
    let executable = fields.text(PATH_BYTES)?;
    let mut args = process::arguments(fields.0);
    // The kernel's side takes the beginning; the last argument shows that more was there.
    if args_bytes as usize > fields.0.len()
        && let Some(last) = args.last_mut()
    {
        last.push('…');
    }
    Some(Image {
        executable: Some(executable).filter(|path| !path.is_empty()),
        args,
    })
}

fn connection(fields: &mut Fields<'_>, kind: Kind, error: u32, protocol: u32) -> Option<SensorAction> {
    let family = fields.u16()?;
    let own_port = fields.u16()?;
    // In the byte order of the network.
    let other_port = u16::from_be(fields.u16()?);
    fields.u16()?;
    let own = (fields.address(family)?, own_port);
    let other = (fields.address(family)?, other_port);
    let (direction, source, destination) = match kind {
        Kind::Accept => ("ingress", other, own),
        _ => ("egress", own, other),
    };
    Some(SensorAction::Connection {
        direction: direction.to_owned(),
        transport: if protocol == 17 { "udp" } else { "tcp" }.to_owned(),
        source_ip: source.0,
        source_port: source.1,
        destination_ip: destination.0,
        destination_port: destination.1,
        error: (error != 0).then(|| error_name(error)),
    })
}

/// What connecting fails with; the number for the rest.
fn error_name(error: u32) -> String {
    let name = match error as i32 {
        libc::ECONNREFUSED => "ECONNREFUSED",
        libc::ETIMEDOUT => "ETIMEDOUT",
        libc::EHOSTUNREACH => "EHOSTUNREACH",
        libc::ENETUNREACH => "ENETUNREACH",
        libc::ECONNRESET => "ECONNRESET",
        libc::EADDRNOTAVAIL => "EADDRNOTAVAIL",
        libc::EACCES => "EACCES",
        libc::EPERM => "EPERM",
        libc::ECANCELED => "ECANCELED",
        other => return other.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that the kernel's side would write.
    fn event(kind: u32, a: u32, b: u32, rest: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for number in [1_000_000_000u64, 5, 1, 42, 9] {
            bytes.extend(number.to_ne_bytes());
        }
        for number in [kind, 70, 7, 1000, 100, u32::MAX, a, b] {
            bytes.extend(number.to_ne_bytes());
        }
        bytes.extend(b"sh\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend(b"a-name-of-15-by\0");
        bytes.extend(rest);
        bytes
    }

    fn path(path: &str) -> Vec<u8> {
        let mut bytes = path.as_bytes().to_vec();
        bytes.resize(PATH_BYTES, 0);
        bytes
    }

    fn action(kind: u32, a: u32, b: u32, rest: &[u8]) -> SensorAction {
        read(&event(kind, a, b, rest), &BootClock::default()).unwrap().action
    }

    #[test]
    fn a_start_has_its_path_and_arguments() {
        let mut rest = path("/usr/bin/dash");
        rest.extend(b"sh\0-c\0echo \xff\0");
        let activity = read(&event(1, 12, 0, &rest), &BootClock::default()).unwrap();
        let image = activity.image.unwrap();
        assert_eq!(image.executable.as_deref(), Some("/usr/bin/dash"));
        assert_eq!(image.args, ["sh", "-c", "echo \u{fffd}"]);
        assert_eq!((activity.pid, activity.ppid, activity.uid), (70, 7, 1000));
        assert_eq!(activity.login_uid, None);
        assert_eq!(
            (activity.comm.as_str(), activity.parent_comm.as_str()),
            ("sh", "a-name-of-15-by")
        );
    }

    #[test]
    fn arguments_that_were_cut_show_it() {
        let mut rest = path("/bin/cat");
        rest.extend(b"cat\0long");
        let activity = read(&event(1, 900, 0, &rest), &BootClock::default()).unwrap();
        assert_eq!(activity.image.unwrap().args, ["cat", "long…"]);
    }

    #[test]
    fn an_end_says_code_or_signal() {
        assert_eq!(
            action(3, 3 << 8, 0, b""),
            SensorAction::ProcessExit {
                exit_code: 3,
                signal: None
            }
        );
        assert_eq!(
            action(3, 9, 0, b""),
            SensorAction::ProcessExit {
                exit_code: 137,
                signal: Some(9)
            }
        );
    }

    #[test]
    fn a_file_says_whether_it_was_made_and_emptied() {
        for (flags, mode, created, truncated) in
            [(libc::O_TRUNC as u32, FMODE_CREATED, true, true), (1, 2, false, false)]
        {
            assert_eq!(
                action(4, flags, mode, b"/etc/passwd\0"),
                SensorAction::FileOpen {
                    path: "/etc/passwd".to_owned(),
                    created,
                    truncated
                }
            );
        }
    }

    #[test]
    fn an_accepted_connection_is_turned_round() {
        let mut rest = Vec::new();
        rest.extend(2u16.to_ne_bytes());
        rest.extend(443u16.to_ne_bytes());
        rest.extend(50_000u16.to_be_bytes());
        rest.extend([0, 0]);
        let mut address = [0u8; 16];
        address[..4].copy_from_slice(&[10, 0, 0, 1]);
        rest.extend(address);
        address[..4].copy_from_slice(&[10, 0, 0, 2]);
        rest.extend(address);
        let ends = |kind| match action(kind, libc::ECONNREFUSED as u32, 6, &rest) {
            SensorAction::Connection {
                direction,
                source_ip,
                source_port,
                destination_port,
                error,
                ..
            } => (direction, source_ip.to_string(), source_port, destination_port, error),
            other => panic!("{other:?}"),
        };
        let refused = Some("ECONNREFUSED".to_owned());
        assert_eq!(
            ends(5),
            ("egress".to_owned(), "10.0.0.1".to_owned(), 443, 50_000, refused.clone())
        );
        assert_eq!(
            ends(6),
            ("ingress".to_owned(), "10.0.0.2".to_owned(), 50_000, 443, refused)
        );
    }

    #[test]
    fn an_event_cut_anywhere_is_no_event_or_has_fewer_arguments() {
        let mut rest = path("/bin/sh");
        rest.extend(b"sh\0");
        let whole = event(1, 3, 0, &rest);
        for length in 0..whole.len() - 3 {
            assert!(read(&whole[..length], &BootClock::default()).is_none(), "{length}");
        }
        assert!(read(&event(7, 0, 0, b""), &BootClock::default()).is_none());
        assert!(read(&event(0, 0, 0, b""), &BootClock::default()).is_none());
    }
}
