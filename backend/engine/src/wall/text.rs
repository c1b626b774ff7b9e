//! Addresses and accounts inside of texts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// `203.0.113.0/24`, `2001:db8:1::/48`.
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// Whether an address is written somewhere in it, also in the way of host names: `ip-10-0-0-7`.
pub fn mentions_address(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_hexdigit() || matches!(c, '.' | ':');
    let written = text.split(|c: char| !is_part(c)).any(|part| {
        let part = part.trim_matches('.');
        part.parse::<IpAddr>().is_ok() || dotted(part)
    });
    written || dotted(&text.replace(['-', '_'], "."))
}

/// Four numbers of a byte each in a row.
fn dotted(text: &str) -> bool {
    let numbers: Vec<bool> = text
        .split(|c: char| !c.is_ascii_digit())
        .map(|number| number.parse::<u8>().is_ok())
        .collect();
    numbers.windows(4).any(|four| four.iter().all(|is_byte| *is_byte))
}

/// `ada` of `CORP\ada` and of `ada@corp.example`.
pub fn account(user: &str) -> &str {
    let after_domain = user.rsplit(['\\', '/']).next().unwrap_or_default();
    after_domain.split('@').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_its_network() {
        for (address, expected) in [
            ("203.0.113.77", "203.0.113.0/24"),
            ("::ffff:203.0.113.77", "203.0.113.0/24"),
            ("2001:db8:1:2::7", "2001:db8:1::/48"),
            ("fe80::1", "fe80::/48"),
        ] {
            assert_eq!(network(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn an_address_is_found_where_a_name_hides_it() {
        for name in [
            "10.1.2.3",
            "srv-10.1.2.3",
            "ip-10-1-2-3.internal",
            "host_10_1_2_3",
            "2001:db8::1",
            "[2001:db8::1]:443",
            "10.1.2.3.",
        ] {
            assert!(mentions_address(name), "{name}");
        }
        for name in ["web-07", "WS-0417", "dc01.corp.example", "db-1-2-3", "v1.2.3", ""] {
            assert!(!mentions_address(name), "{name}");
        }
    }

    #[test]
    fn an_account_stands_without_its_domain() {
        for (user, expected) in [
            ("CORP\\ada", "ada"),
            ("ada@corp.example", "ada"),
            ("NT AUTHORITY\\SYSTEM", "SYSTEM"),
            ("ada", "ada"),
            ("", ""),
        ] {
            assert_eq!(account(user), expected);
        }
    }
}
