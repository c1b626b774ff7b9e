//! Every value of an event as a key: its field's name, its type, and the value in a form that orders and compares as the query
//! language does. A query of a field is one key, a range of keys, or a pattern of keys; nothing of it depends on a mapping.
//!
//! | type | value |
//! |---|---|
//! | `s` | text in lower case |
//! | `i` | a number, also a date's nanoseconds: 16 hexadecimal digits, the least first |
//! | `b` | `true` or `false` |
//! | `a` | an address, beside its text: its family and its bits, as hexadecimal digits |

use crate::search::flatten::cut;
use std::{fmt::Write, net::IpAddr};
use watchfloor_engine::query::lowercase;

/// No name holds it.
pub const END_OF_NAME: char = '\u{1}';
/// A longer name's values are found as words only.
pub const NAME_BYTES_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Address,
    Boolean,
    Long,
    Text,
}

impl ValueType {
    pub const fn mark(self) -> char {
        match self {
            ValueType::Address => 'a',
            ValueType::Boolean => 'b',
            ValueType::Long => 'i',
            ValueType::Text => 's',
        }
    }
}

/// What all keys of a type of a field begin with.
pub fn prefix(name: &str, of: ValueType) -> String {
    format!("{name}{END_OF_NAME}{}", of.mark())
}

/// The first key behind all of a type of a field.
pub fn end(name: &str, of: ValueType) -> String {
    let next = char::from_u32(u32::from(of.mark()) + 1).unwrap_or(char::MAX);
    format!("{name}{END_OF_NAME}{next}")
}

pub fn text(name: &str, value: &str) -> String {
    prefix(name, ValueType::Text) + &lowercase(cut(value))
}

pub fn long(name: &str, value: i64) -> String {
    let mut key = prefix(name, ValueType::Long);
    push_long(&mut key, value);
    key
}

pub fn boolean(name: &str, value: bool) -> String {
    format!("{}{value}", prefix(name, ValueType::Boolean))
}

pub fn address(name: &str, value: IpAddr) -> String {
    let mut key = prefix(name, ValueType::Address);
    push_address(&mut key, value);
    key
}

pub fn push_long(key: &mut String, value: i64) {
    // Writing into a string cannot fail.
    let _ = write!(key, "{:016x}", value.cast_unsigned() ^ (1 << 63));
}

/// IPv4 before IPv6, as [`IpAddr`] orders them; a mapped address counts as IPv4.
pub fn push_address(key: &mut String, value: IpAddr) {
    let _ = match value.to_canonical() {
        IpAddr::V4(address) => write!(key, "4{:08x}", address.to_bits()),
        IpAddr::V6(address) => write!(key, "6{:032x}", address.to_bits()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_as_their_values_do() {
        let longs = [i64::MIN, -70_000, -1, 0, 1, 443, i64::MAX].map(|n| long("n", n));
        assert!(longs.is_sorted());
        let addresses = ["0.0.0.0", "9.0.0.0", "10.0.0.1", "255.255.255.255", "::1", "2001:db8::"];
        let keys = addresses.map(|text| address("n", text.parse().unwrap()));
        assert!(keys.is_sorted());
        assert_eq!(address("n", "::ffff:10.0.0.1".parse().unwrap()), keys[2]);
    }

    #[test]
    fn keys_of_a_type_lie_between_its_prefix_and_its_end() {
        for (key, of) in [
            (text("a", "ÿ\u{10ffff}"), ValueType::Text),
            (long("a", i64::MAX), ValueType::Long),
            (boolean("a", true), ValueType::Boolean),
            (address("a", "ffff::".parse().unwrap()), ValueType::Address),
        ] {
            assert!(prefix("a", of) < key && key < end("a", of), "{key}");
        }
        assert!(!text("a.b", "x").starts_with(&prefix("a", ValueType::Text)));
    }
}
