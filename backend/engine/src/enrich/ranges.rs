//! Whose network an address is in, from a table of ranges: CSV rows of first address, last address, AS number, organization.

use crate::json::{Map, Value};
use std::{
    cmp::Reverse,
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Ranges by their first address. Where a table's ranges overlap, the one that begins later counts, of two that begin alike the
/// narrower.
#[derive(Default)]
pub(super) struct Ranges {
    v4: Vec<Range<u32>>,
    v6: Vec<Range<u128>>,
    systems: Vec<Map>,
}

#[derive(Clone, Copy)]
struct Range<A> {
    first: A,
    last: A,
    system: u32,
}

impl Ranges {
    /// Errors say the row and what is wrong with it.
    pub fn parse(csv: &[u8]) -> Result<Self, String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
        let mut ranges = Self::default();
        let mut known: HashMap<(u32, String), u32> = HashMap::new();
        for (at, row) in reader.records().enumerate() {
            let refuse = |what: &str| format!("row {}: {what}", at + 1);
            let row = row.map_err(|_| refuse("not CSV in UTF-8 with four columns"))?;
            let (Some(first), Some(last), Some(number), name) = (row.get(0), row.get(1), row.get(2), row.get(3)) else {
                return Err(refuse("needs first address, last address and AS number"));
            };
            let number = number.parse().map_err(|_| refuse("the third column is no AS number"))?;
            let name = name.unwrap_or_default().to_owned();
            let next = ranges.systems.len() as u32;
            let system = *known.entry((number, name)).or_insert_with_key(|(number, name)| {
                ranges.systems.push(ecs(*number, name));
                next
            });
            match (first.parse(), last.parse()) {
                (Ok(IpAddr::V4(first)), Ok(IpAddr::V4(last))) if first <= last => ranges.v4.push(Range {
                    first: u32::from(first),
                    last: u32::from(last),
                    system,
                }),
                (Ok(IpAddr::V6(first)), Ok(IpAddr::V6(last))) if first <= last => ranges.v6.push(Range {
                    first: u128::from(first),
                    last: u128::from(last),
                    system,
                }),
                _ => return Err(refuse("the first two columns are no range of addresses")),
            }
        }
        Ok(Self {
            v4: part(ranges.v4, |at| at.saturating_sub(1), |at| at.saturating_add(1)),
            v6: part(ranges.v6, |at| at.saturating_sub(1), |at| at.saturating_add(1)),
            systems: ranges.systems,
        })
    }

    /// `source.as` of an address.
    pub fn lookup(&self, ip: IpAddr) -> Option<&Map> {
        let system = match ip {
            IpAddr::V4(ip) => holding(&self.v4, u32::from(ip)),
            IpAddr::V6(ip) => holding(&self.v6, u128::from(ip)),
        };
        self.systems.get(system? as usize)
    }
}

/// Whether bytes look like such a table: an address before the first comma.
pub(super) fn is_table(bytes: &[u8]) -> bool {
    let end = bytes.iter().take(64).position(|byte| *byte == b',');
    let first = end.and_then(|end| std::str::from_utf8(&bytes[..end]).ok());
    first.is_some_and(|text| text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok())
}

/// The same without overlaps, sorted: of all ranges that hold an address, the last to begin has it.
fn part<A: Copy + Ord>(mut ranges: Vec<Range<A>>, before: fn(A) -> A, after: fn(A) -> A) -> Vec<Range<A>> {
    ranges.sort_unstable_by_key(|range| (range.first, Reverse(range.last)));
    let mut parted = Vec::with_capacity(ranges.len());
    // Begun and not ended, the innermost last; all addresses below `from` are dealt with.
    let mut open: Vec<Range<A>> = Vec::new();
    let mut begins = ranges.iter().map(|range| range.first).skip(1);
    for range in &ranges {
        let mut from = range.first;
        open.push(*range);
        let next = begins.next();
        while let Some(inner) = open.pop() {
            let last = next.map_or(inner.last, |next| inner.last.min(before(next)));
            if from <= last && next.is_none_or(|next| from < next) {
                parted.push(Range {
                    first: from,
                    last,
                    system: inner.system,
                });
                from = after(last);
            }
            if next.is_some_and(|next| inner.last >= next) {
                open.push(inner);
                break;
            }
        }
    }
    parted
}

fn holding<A: Copy + Ord>(ranges: &[Range<A>], address: A) -> Option<u32> {
    let after = ranges.partition_point(|range| range.first <= address);
    let range = ranges.get(after.checked_sub(1)?)?;
    (address <= range.last).then_some(range.system)
}

fn ecs(number: u32, name: &str) -> Map {
    let mut system = Map::with_capacity(2);
    system.insert("number", number);
    if !name.is_empty() {
        let organization = Map::from_iter([("name", name.to_owned())]);
        system.insert("organization", Value::Object(organization));
    }
    system
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(ranges: &Ranges, ip: &str) -> Option<u64> {
        let system = ranges.lookup(ip.parse().unwrap())?;
        system["number"].as_u64()
    }

    #[test]
    fn an_address_is_in_the_range_that_holds_it_and_in_no_gap() {
        let table = "5.0.0.0,5.0.0.255,64501,\"Second, Inc.\"\n1.0.0.0,1.0.0.255,64500,First\n\
                     2a00::,2a00::ffff,64501,\"Second, Inc.\"\n9.9.9.9,9.9.9.9,64502,\n";
        assert!(is_table(table.as_bytes()));
        let ranges = Ranges::parse(table.as_bytes()).unwrap();
        for (ip, expected) in [
            ("1.0.0.0", Some(64500)),
            ("1.0.0.255", Some(64500)),
            ("1.0.1.0", None),
            ("0.255.255.255", None),
            ("5.0.0.7", Some(64501)),
            ("9.9.9.9", Some(64502)),
            ("9.9.9.10", None),
            ("2a00::1", Some(64501)),
            ("2a00::1:0", None),
        ] {
            assert_eq!(number(&ranges, ip), expected, "{ip}");
        }
        let second = ranges.lookup("5.0.0.7".parse().unwrap()).unwrap();
        let expected = json!({"number": 64501, "organization": {"name": "Second, Inc."}});
        assert_eq!(Value::Object(second.clone()), expected);
        let nameless = ranges.lookup("9.9.9.9".parse().unwrap()).unwrap();
        assert_eq!(Value::Object(nameless.clone()), json!({"number": 64502}));
    }

    #[test]
    fn where_ranges_overlap_the_innermost_counts() {
        let table = "0.0.0.0,0.0.0.99,1,\n0.0.0.0,0.0.0.9,2,\n0.0.0.20,0.0.0.60,3,\n0.0.0.30,0.0.0.40,4,\n0.0.0.50,0.0.0.70,5,\n";
        let ranges = Ranges::parse(table.as_bytes()).unwrap();
        let spans = [
            (0, 9, 2),
            (10, 19, 1),
            (20, 29, 3),
            (30, 40, 4),
            (41, 49, 3),
            (50, 70, 5),
            (71, 99, 1),
        ];
        for (first, last, expected) in spans {
            for at in first..=last {
                assert_eq!(number(&ranges, &format!("0.0.0.{at}")), Some(expected), "{at}");
            }
        }
        assert_eq!(number(&ranges, "0.0.0.100"), None);
    }

    #[test]
    fn what_is_no_such_table_says_where() {
        for (text, part) in [
            ("1.0.0.0,1.0.0.255,1,a\n1.0.1.0,x,1,a\n", "row 2"),
            ("1.0.0.9,1.0.0.1,1,a\n", "row 1"),
            ("1.0.0.0,1.0.0.255,AS1,a\n", "AS number"),
            ("1.0.0.0,1.0.0.255\n", "row 1"),
            ("1.0.0.0,2a00::,1,a\n", "row 1"),
        ] {
            let refused = Ranges::parse(text.as_bytes()).err().unwrap_or_default();
            assert!(refused.contains(part), "{text}: {refused}");
        }
        assert!(!is_table(b"first,last"));
    }
}
