//! Databases made by the test, in both layouts.

use super::{Enricher, Tables, is_located};
use crate::Event;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::{net::Ipv4Addr, sync::Arc};

/// An unsigned integer of a kind and its length in bytes; readers take no other kind for it.
fn integer(kind: u8, length: u8, number: u64, out: &mut Vec<u8>) {
    match kind {
        0..=7 => out.push(kind << 5 | length),
        _ => out.extend([length, kind - 7]),
    }
    out.extend(&number.to_be_bytes()[8 - usize::from(length)..]);
}

/// One value in the database's own form.
fn encode(value: &Value, out: &mut Vec<u8>) {
    let mut head = |kind: u8, size: usize| {
        let (kind, extended) = if kind > 7 { (0, Some(kind - 7)) } else { (kind, None) };
        let small = u8::try_from(size.min(29)).unwrap();
        out.push(kind << 5 | small);
        out.extend(extended);
        if size >= 29 {
            out.push(u8::try_from(size - 29).unwrap());
        }
    };
    match value {
        Value::String(text) => {
            head(2, text.len());
            out.extend(text.as_bytes());
        }
        Value::Number(number) if number.is_f64() => {
            head(3, 8);
            out.extend(number.as_f64().unwrap().to_be_bytes());
        }
        Value::Number(number) => integer(6, 4, number.as_u64().unwrap(), out),
        Value::Object(map) => {
            head(7, map.len());
            for (key, value) in map {
                encode(&Value::from(key.as_str()), out);
                match (key.as_str(), value.as_u64()) {
                    ("build_epoch", Some(number)) => integer(9, 8, number, out),
                    (key, Some(number)) if key.contains("version") || key == "record_size" => {
                        integer(5, 2, number, out)
                    }
                    _ => encode(value, out),
                }
            }
        }
        Value::Array(list) => {
            head(11, list.len());
            list.iter().for_each(|value| encode(value, out));
        }
        _ => panic!("{value}"),
    }
}

/// A database of IPv4 blocks of 24 bits.
fn database(blocks: &[(Ipv4Addr, Value)]) -> Bytes {
    let mut data = Vec::new();
    let mut nodes: Vec<[Option<usize>; 2]> = vec![[None; 2]];
    let mut leaves: Vec<(usize, usize, usize)> = Vec::new();
    for (address, row) in blocks {
        let offset = data.len();
        encode(row, &mut data);
        let bit = |at: u32| (u32::from(*address) >> (31 - at) & 1) as usize;
        let mut node = 0;
        for at in 0..23 {
            node = match nodes[node][bit(at)] {
                Some(next) => next,
                None => {
                    nodes.push([None; 2]);
                    let next = nodes.len() - 1;
                    nodes[node][bit(at)] = Some(next);
                    next
                }
            };
        }
        leaves.push((node, bit(23), offset));
    }
    let count = nodes.len();
    let mut records: Vec<[usize; 2]> = nodes
        .iter()
        .map(|pair| pair.map(|next| next.unwrap_or(count)))
        .collect();
    for (node, side, offset) in leaves {
        records[node][side] = count + 16 + offset;
    }
    let mut out: Vec<u8> = records
        .iter()
        .flatten()
        .flat_map(|record| u32::try_from(*record).unwrap().to_be_bytes()[1..].to_vec())
        .collect();
    out.extend([0; 16]);
    out.extend(&data);
    out.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = json!({"node_count": count, "record_size": 24, "ip_version": 4, "database_type": "test", "languages": [],
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "description": {}});
    encode(&metadata, &mut out);
    Bytes::from(out)
}

fn place() -> Value {
    json!({"city": {"names": {"en": "Surabaya", "de": "Surabaya"}}, "continent": {"code": "AS"},
        "country": {"iso_code": "ID", "names": {"en": "Indonesia"}}, "location": {"latitude": -7.25, "longitude": 112.75, "time_zone": "Asia/Jakarta"},
        "subdivisions": [{"iso_code": "JI", "names": {"en": "East Java"}}]})
}

fn tables() -> Arc<Tables> {
    let nested = database(&[
        (Ipv4Addr::new(8, 8, 8, 0), place()),
        (Ipv4Addr::new(10, 0, 0, 0), place()),
    ]);
    let flat = json!({"city": "Oslo", "country_code": "NO", "latitude": 59.5, "longitude": 10.5, "state1": "", "timezone": "Europe/Oslo"});
    let flat = database(&[(Ipv4Addr::new(9, 9, 9, 0), flat)]);
    let system = json!({"autonomous_system_number": 64500, "autonomous_system_organization": "Example"});
    let asn = database(&[(Ipv4Addr::new(8, 8, 8, 0), system)]);
    Arc::new(Tables::new(vec![nested, flat], vec![asn]).unwrap())
}

fn enriched(source: Value, destination: Value) -> (Map<String, Value>, bool) {
    let doc = json!({"@timestamp": "2024-05-14T09:12:01Z", "event": {"id": "1"}, "host": {"id": "a"}, "source": source, "destination": destination});
    let mut event = Event::from_doc(doc.as_object().unwrap().clone()).unwrap();
    let mut enricher = Enricher::default();
    let plain = event.clone();
    enricher.enrich(&mut event);
    assert_eq!(event, plain, "without databases nothing is placed");
    enricher.follow(&tables());
    enricher.enrich(&mut event);
    // What was decoded once comes out the same.
    let mut again = event.clone();
    again.doc.insert("source".to_owned(), doc["source"].clone());
    again.doc.insert("destination".to_owned(), doc["destination"].clone());
    enricher.enrich(&mut again);
    assert_eq!(again, event);
    let located = is_located(&event);
    (event.doc.into(), located)
}

#[test]
fn an_address_gets_its_place_and_its_network_in_either_layout() {
    let (doc, located) = enriched(json!({"ip": "8.8.8.8", "port": 1}), json!({"ip": "9.9.9.9"}));
    assert!(located);
    assert_eq!(
        doc["source"],
        json!({"ip": "8.8.8.8", "port": 1,
            "geo": {"city_name": "Surabaya", "continent_code": "AS", "country_iso_code": "ID", "country_name": "Indonesia",
                "region_iso_code": "JI", "region_name": "East Java", "timezone": "Asia/Jakarta", "location": {"lat": -7.25, "lon": 112.75}},
            "as": {"number": 64500, "organization": {"name": "Example"}}})
    );
    let geo = json!({"city_name": "Oslo", "country_iso_code": "NO", "country_name": "Norway", "timezone": "Europe/Oslo", "location": {"lat": 59.5, "lon": 10.5}});
    assert_eq!(doc["destination"], json!({"ip": "9.9.9.9", "geo": geo}));
}

#[test]
fn private_and_unknown_addresses_and_what_the_sender_knew_are_left_alone() {
    let own = json!({"ip": "8.8.8.8", "geo": {"country_iso_code": "US"}, "as": {"number": 1}});
    let (doc, located) = enriched(own.clone(), json!({"ip": "10.0.0.1"}));
    assert!(!located);
    assert_eq!(
        (&doc["source"], &doc["destination"]),
        (&own, &json!({"ip": "10.0.0.1"}))
    );
    let (doc, located) = enriched(json!({"ip": "2606:4700::1111"}), json!({"ip": "nonsense"}));
    assert!(!located);
    assert_eq!(doc["source"], json!({"ip": "2606:4700::1111"}));
}

#[test]
fn what_is_no_database_is_refused() {
    assert!(Tables::new(vec![Bytes::from_static(b"hello")], Vec::new()).is_err());
}
