//! Community id, version 1: one name for a flow in every tool that saw it. See <https://github.com/corelight/community-id-spec>.
//!
//! `1:` and the Base64 of SHA-1 over seed (0), lower end, upper end, protocol, a zero, lower port, upper port, in network byte
//! order; so both directions of a flow have one id.

use super::document::FiveTuple;
use base64::Engine as _;
use sha1::{Digest, Sha1};
use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Icmp6,
}

/// Names and IANA numbers as senders write them.
const NAMES: [(&str, Transport); 12] = [
    ("tcp", Transport::Tcp),
    ("6", Transport::Tcp),
    ("udp", Transport::Udp),
    ("17", Transport::Udp),
    ("icmp", Transport::Icmp),
    ("1", Transport::Icmp),
    ("ipv6-icmp", Transport::Icmp6),
    ("icmp6", Transport::Icmp6),
    ("icmpv6", Transport::Icmp6),
    ("58", Transport::Icmp6),
    ("sctp", Transport::Sctp),
    ("132", Transport::Sctp),
];

impl Transport {
    pub fn named(text: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        known.map(|(_, transport)| *transport)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Icmp => "icmp",
            Self::Icmp6 => "ipv6-icmp",
        }
    }

    fn number(self) -> u8 {
        match self {
            Self::Icmp => 1,
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Icmp6 => 58,
            Self::Sctp => 132,
        }
    }
}

/// The answer's ICMP type for each request type, both ways.
const ICMP_PAIRS: [(u16, u16); 5] = [(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)];
const ICMP6_PAIRS: [(u16, u16); 6] = [(128, 129), (133, 134), (135, 136), (130, 131), (144, 145), (139, 140)];

/// `None` unless addresses, transport and ports are all there. For ICMP the ports are type and code.
pub(super) fn of(flow: &FiveTuple) -> Option<String> {
    let (source, destination, transport) = (flow.source?, flow.destination?, flow.transport?);
    let (source_port, destination_port) = (flow.source_port?, flow.destination_port?);
    let (port, other_port, one_way) = match transport {
        Transport::Icmp => icmp(&ICMP_PAIRS, source_port, destination_port),
        Transport::Icmp6 => icmp(&ICMP6_PAIRS, source_port, destination_port),
        _ => (source_port, destination_port, false),
    };
    let (source, destination) = (octets(source), octets(destination));
    let from = (source.as_slice(), port);
    let to = (destination.as_slice(), other_port);
    let (low, high) = if one_way || from <= to { (from, to) } else { (to, from) };
    let mut hash = Sha1::new();
    hash.update([0, 0]);
    hash.update(low.0);
    hash.update(high.0);
    hash.update([transport.number(), 0]);
    hash.update(low.1.to_be_bytes());
    hash.update(high.1.to_be_bytes());
    let mut text = String::with_capacity(30);
    text.push_str("1:");
    base64::engine::general_purpose::STANDARD.encode_string(hash.finalize(), &mut text);
    Some(text)
}

/// A type that has an answer makes a flow of two ends; any other goes one way, with type and code as they are.
fn icmp(pairs: &[(u16, u16)], kind: u16, code: u16) -> (u16, u16, bool) {
    let answer = pairs.iter().find_map(|(request, answer)| match kind {
        kind if kind == *request => Some(*answer),
        kind if kind == *answer => Some(*request),
        _ => None,
    });
    match answer {
        Some(answer) => (kind, answer, false),
        None => (kind, code, true),
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(transport: &str, source: &str, port: u16, destination: &str, other_port: u16) -> String {
        of(&FiveTuple {
            source: source.parse().ok(),
            source_port: Some(port),
            destination: destination.parse().ok(),
            destination_port: Some(other_port),
            transport: Transport::named(transport),
        })
        .unwrap()
    }

    /// The vectors that the specification publishes for seed 0.
    #[test]
    fn gives_the_published_ids_both_ways() {
        for (transport, source, port, destination, other_port, expected) in [
            (
                "tcp",
                "128.232.110.120",
                34855,
                "66.35.250.204",
                80,
                "1:LQU9qZlK+B5F3KDmev6m5PMibrg=",
            ),
            (
                "udp",
                "192.168.1.52",
                54585,
                "8.8.8.8",
                53,
                "1:d/FP5EW3wiY1vCndhwleRRKHowQ=",
            ),
            (
                "sctp",
                "192.168.170.8",
                7,
                "192.168.170.56",
                80,
                "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ=",
            ),
            (
                "icmp",
                "192.168.0.89",
                8,
                "192.168.0.1",
                0,
                "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=",
            ),
        ] {
            assert_eq!(
                id(transport, source, port, destination, other_port),
                expected,
                "{transport}"
            );
            if transport != "icmp" {
                assert_eq!(
                    id(transport, destination, other_port, source, port),
                    expected,
                    "{transport}"
                );
            }
        }
        assert_eq!(
            id("icmp", "192.168.0.1", 0, "192.168.0.89", 8),
            id("icmp", "192.168.0.89", 8, "192.168.0.1", 0),
            "an answer is in its request's flow"
        );
        assert_eq!(
            id(
                "ipv6-icmp",
                "fe80::200:86ff:fe05:80da",
                135,
                "fe80::260:97ff:fe07:69ea",
                0
            ),
            "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="
        );
    }

    #[test]
    fn a_flow_without_ports_or_transport_has_none() {
        let flow = FiveTuple {
            source: "10.0.0.1".parse().ok(),
            destination: "10.0.0.2".parse().ok(),
            transport: Some(Transport::Tcp),
            ..FiveTuple::default()
        };
        assert_eq!(of(&flow), None);
    }
}
