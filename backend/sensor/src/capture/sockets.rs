//! TCP connections by looking at `/proc/net` once a second, where the kernel does not tell.

use rustc_hash::{FxHashMap, FxHashSet};
use std::{
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::{Duration, Instant},
};
use watchfloor_shared::sensor::SensorAction;

const LOOK: Duration = Duration::from_secs(1);
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];
const ESTABLISHED: &str = "01";
const LISTENING: &str = "0A";

#[derive(Debug, Default)]
pub struct Connections {
    /// Numbers of the sockets seen last time.
    before: Option<FxHashSet<u64>>,
    looked: Option<Instant>,
}

#[derive(Debug, PartialEq, Eq)]
struct Socket {
    own: (IpAddr, u16),
    other: (IpAddr, u16),
    is_listening: bool,
    inode: u64,
}

impl Connections {
    /// Process and connection of what is new since the last look.
    pub fn poll(&mut self) -> Vec<(u32, SensorAction)> {
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return Vec::new();
        }
        self.looked = Some(Instant::now());
        let tables = TABLES.iter().filter_map(|table| fs::read_to_string(table).ok());
        let sockets: Vec<Socket> = tables.flat_map(|text| sockets(&text)).collect();
        let listening: FxHashSet<u16> = sockets
            .iter()
            .filter(|socket| socket.is_listening)
            .map(|socket| socket.own.1)
            .collect();
        let open: Vec<Socket> = sockets.into_iter().filter(|socket| !socket.is_listening).collect();
        let here = open.iter().map(|socket| socket.inode).collect();
        let Some(before) = self.before.replace(here) else {
            return Vec::new();
        };
        let fresh: FxHashMap<u64, Socket> = open
            .into_iter()
            .filter(|socket| !before.contains(&socket.inode))
            .map(|socket| (socket.inode, socket))
            .collect();
        if fresh.is_empty() {
            return Vec::new();
        }
        owners(fresh, &listening)
    }
}

/// Looks through the open files of all processes.
fn owners(mut fresh: FxHashMap<u64, Socket>, listening: &FxHashSet<u16>) -> Vec<(u32, SensorAction)> {
    let mut found = Vec::new();
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in numbers.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        for file in fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(file.path()) else {
                continue;
            };
            let inode = target
                .to_str()
                .and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
            if let Some(socket) = inode.and_then(|inode: u64| fresh.remove(&inode)) {
                found.push((pid, connection(&socket, listening)));
            }
        }
        if fresh.is_empty() {
            break;
        }
    }
    found
}

fn connection(socket: &Socket, listening: &FxHashSet<u16>) -> SensorAction {
    let (direction, source, destination) = match listening.contains(&socket.own.1) {
        true => ("ingress", socket.other, socket.own),
        false => ("egress", socket.own, socket.other),
    };
    SensorAction::Connection {
        direction: direction.to_owned(),
        transport: "tcp".to_owned(),
        source_ip: source.0,
        source_port: source.1,
        destination_ip: destination.0,
        destination_port: destination.1,
        error: None,
    }
}

/// The lines of a table that are open or listening; others say nothing new.
fn sockets(table: &str) -> Vec<Socket> {
    table.lines().skip(1).filter_map(socket).collect()
}

fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let state = *fields.get(3)?;
    let socket = Socket {
        own: end(fields.get(1)?)?,
        other: end(fields.get(2)?)?,
        is_listening: state == LISTENING,
        inode: fields.get(9)?.parse().ok()?,
    };
    (socket.is_listening || state == ESTABLISHED && socket.inode != 0).then_some(socket)
}

/// Words of 32 bits in the machine's order, in hex.
fn end(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let mut bytes = Vec::with_capacity(16);
    for at in (0..address.len()).step_by(8) {
        let word = u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let address = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => IpAddr::V4(Ipv4Addr::from(bytes)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_slice()).ok()?)).to_canonical(),
    };
    Some((address, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_both_ends_and_the_socket() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
             0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0\n\
             1: 0200000A:C350 0100000A:01BB 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 100 0 0 10 0\n\
             2: 0200000A:C351 0100000A:01BB 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0\n";
        let read = sockets(table);
        assert_eq!(read.len(), 2);
        assert!(read[0].is_listening);
        assert_eq!(read[1].own, ("10.0.0.2".parse().unwrap(), 50_000));
        assert_eq!(read[1].other, ("10.0.0.1".parse().unwrap(), 443));
        let mapped = end("0000000000000000FFFF00000100007F:0050").unwrap();
        assert_eq!(mapped, ("127.0.0.1".parse().unwrap(), 80));
        assert!(end("xyz:1").is_none() && end("01:1").is_none());
    }
}
