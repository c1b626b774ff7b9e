//! Traffic as a capture file: what machines said to each other, in the packets in which they would have said it.

use std::net::{Ipv4Addr, SocketAddrV4};

/// 2026-01-01T00:00:00Z
const BEGIN_US: u64 = 1_767_225_600_000_000;
const PACKET_EVERY_US: u64 = 700;
const PACKET_BYTES_MAX: u32 = 65_535;
const LINK_ETHERNET: u32 = 1;
/// Two machines, and IPv4 in the frame.
const ETHERNET_HEAD: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
const TCP: u8 = 6;
const UDP: u8 = 17;
const FIN: u8 = 1;
const SYN: u8 = 2;
const PUSH: u8 = 8;
const ACK: u8 = 16;

/// Who speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

/// A capture in libpcap's format.
pub struct Capture {
    bytes: Vec<u8>,
    now_us: u64,
}

impl Capture {
    pub fn new() -> Self {
        let mut bytes = 0xa1b2_c3d4_u32.to_le_bytes().to_vec();
        for version in [2_u16, 4] {
            bytes.extend(version.to_le_bytes());
        }
        for field in [0, 0, PACKET_BYTES_MAX, LINK_ETHERNET] {
            bytes.extend(field.to_le_bytes());
        }
        Self {
            bytes,
            now_us: BEGIN_US,
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A name asked for and answered.
    pub fn dns(&mut self, client: SocketAddrV4, server: SocketAddrV4, name: &str, answer: Ipv4Addr) {
        let id = client.port().to_be_bytes();
        let mut question = Vec::new();
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).unwrap());
            question.extend(label.as_bytes());
        }
        // The root; type A, class IN.
        question.extend([0, 0, 1, 0, 1]);
        let head = |flags: [u8; 2], answers: u8| [&id[..], &flags, &[0, 1, 0, answers, 0, 0, 0, 0]].concat();
        self.udp(client, server, &[head([1, 0], 0), question.clone()].concat());
        // The name once more, by where it stands; type A, class IN, 60 seconds, four bytes.
        let record = [&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4][..], &answer.octets()].concat();
        self.udp(server, client, &[head([0x81, 0x80], 1), question, record].concat());
    }

    /// A connection from its handshake to its end.
    pub fn session(&mut self, client: SocketAddrV4, server: SocketAddrV4, said: &[(Side, &[u8])]) {
        let mut ends = [(client, 1_000_u32), (server, 9_000_u32)];
        self.segment(&mut ends, Side::Client, SYN, b"");
        self.segment(&mut ends, Side::Server, SYN | ACK, b"");
        self.segment(&mut ends, Side::Client, ACK, b"");
        for (side, bytes) in said {
            let other = match side {
                Side::Client => Side::Server,
                Side::Server => Side::Client,
            };
            self.segment(&mut ends, *side, PUSH | ACK, bytes);
            self.segment(&mut ends, other, ACK, b"");
        }
        self.segment(&mut ends, Side::Client, FIN | ACK, b"");
        self.segment(&mut ends, Side::Server, FIN | ACK, b"");
        self.segment(&mut ends, Side::Client, ACK, b"");
    }

    fn segment(&mut self, ends: &mut [(SocketAddrV4, u32); 2], side: Side, flags: u8, bytes: &[u8]) {
        let [client, server] = ends;
        let (from, to) = match side {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let mut segment = ports(from.0, to.0);
        segment.extend(from.1.to_be_bytes());
        segment.extend(if flags & ACK == 0 { 0 } else { to.1 }.to_be_bytes());
        // Five words of head, a window, no checksum, nothing urgent.
        segment.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
        segment.extend(bytes);
        from.1 += u32::try_from(bytes.len()).unwrap() + u32::from(flags & (SYN | FIN) != 0);
        self.packet(*from.0.ip(), *to.0.ip(), TCP, &segment);
    }

    /// One of UDP.
    pub fn datagram(&mut self, from: SocketAddrV4, to: SocketAddrV4, bytes: &[u8]) {
        self.udp(from, to, bytes);
    }

    fn udp(&mut self, from: SocketAddrV4, to: SocketAddrV4, bytes: &[u8]) {
        let mut datagram = ports(from, to);
        datagram.extend(u16::try_from(8 + bytes.len()).unwrap().to_be_bytes());
        datagram.extend([0, 0]);
        datagram.extend(bytes);
        self.packet(*from.ip(), *to.ip(), UDP, &datagram);
    }

    fn packet(&mut self, from: Ipv4Addr, to: Ipv4Addr, protocol: u8, bytes: &[u8]) {
        let length = u16::try_from(20 + bytes.len()).unwrap();
        let mut ip = vec![0x45, 0];
        ip.extend(length.to_be_bytes());
        // Not fragmented, 64 hops.
        ip.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
        ip.extend(from.octets());
        ip.extend(to.octets());
        let sum = checksum(&ip);
        ip[10..12].copy_from_slice(&sum.to_be_bytes());
        let length = u32::from(length) + 14;
        self.now_us += PACKET_EVERY_US;
        let (seconds, micros) = (self.now_us / 1_000_000, self.now_us % 1_000_000);
        for field in [
            u32::try_from(seconds).unwrap(),
            u32::try_from(micros).unwrap(),
            length,
            length,
        ] {
            self.bytes.extend(field.to_le_bytes());
        }
        for part in [&ETHERNET_HEAD[..], &ip, bytes] {
            self.bytes.extend(part);
        }
    }
}

fn ports(from: SocketAddrV4, to: SocketAddrV4) -> Vec<u8> {
    [from.port().to_be_bytes(), to.port().to_be_bytes()].concat()
}

/// RFC 1071's, of whole words.
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes
        .chunks_exact(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    !(((folded & 0xffff) + (folded >> 16)) as u16)
}
