//! The socket address that a call was given, as the kernel had it in memory.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SocketAddress {
    Inet {
        address: IpAddr,
        port: u16,
    },
    /// An empty path is an unnamed socket, one that begins with `@` is abstract.
    Unix {
        path: String,
    },
    Netlink {
        port_id: u32,
    },
    Other {
        family: u16,
    },
}

/// From hexadecimal digits; `None` if they are none or too few for what they say.
pub(super) fn decode(digits: &str) -> Option<SocketAddress> {
    let bytes = bytes(digits)?;
    // The family is in the machine's own order; none reaches 256.
    let family = match (bytes.first()?, bytes.get(1)?) {
        (0, high) => u16::from(*high),
        (low, _) => u16::from(*low),
    };
    let port = || Some(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]));
    Some(match family {
        1 => SocketAddress::Unix {
            path: unix_path(bytes.get(2..).unwrap_or_default()),
        },
        2 => {
            let octets: [u8; 4] = bytes.get(4..8)?.try_into().ok()?;
            SocketAddress::Inet {
                address: Ipv4Addr::from(octets).into(),
                port: port()?,
            }
        }
        10 => {
            let octets: [u8; 16] = bytes.get(8..24)?.try_into().ok()?;
            let address = Ipv6Addr::from(octets);
            SocketAddress::Inet {
                address: address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
                port: port()?,
            }
        }
        16 => {
            let octets: [u8; 4] = bytes.get(4..8).unwrap_or(&[0; 4]).try_into().ok()?;
            SocketAddress::Netlink {
                port_id: u32::from_le_bytes(octets),
            }
        }
        family => SocketAddress::Other { family },
    })
}

impl SocketAddress {
    pub fn family(&self) -> String {
        match self {
            Self::Inet { address, .. } if address.is_ipv4() => "ipv4".to_owned(),
            Self::Inet { .. } => "ipv6".to_owned(),
            Self::Unix { .. } => "unix".to_owned(),
            Self::Netlink { .. } => "netlink".to_owned(),
            Self::Other { family } => family.to_string(),
        }
    }
}

fn unix_path(bytes: &[u8]) -> String {
    let (prefix, name) = match bytes {
        [0, name @ ..] if name.iter().any(|byte| *byte != 0) => ("@", name),
        name => ("", name),
    };
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    format!("{prefix}{}", String::from_utf8_lossy(&name[..end]))
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) || digits.len() > 512 {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = digits.chunks_exact(2);
    pairs
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_says_where_it_leads() {
        let inet = |digits: &str, address: &str, port| {
            let expected = SocketAddress::Inet {
                address: address.parse().unwrap(),
                port,
            };
            assert_eq!(decode(digits), Some(expected), "{digits}");
        };
        inet("02002BCB7F0000010000000000000000", "127.0.0.1", 11211);
        inet("0002D903000000000000000000000000", "0.0.0.0", 55555);
        inet("0A002BCB000000000000000000000000000000000000000100000000", "::1", 11211);
        inet(
            "0A0000350000000000000000000000000000FFFFC000020100000000",
            "192.0.2.1",
            53,
        );
        let path = |path: &str| Some(SocketAddress::Unix { path: path.to_owned() });
        assert_eq!(decode("01002F72756E2F7800AABB"), path("/run/x"));
        assert_eq!(decode("0100002F746D70"), path("@/tmp"));
        assert_eq!(
            decode("100000000000000000000000"),
            Some(SocketAddress::Netlink { port_id: 0 })
        );
        for broken in ["", "0", "zz", "0200", "02000050C0"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
