//! Where in the world an event's addresses are: ECS `source.geo`, `source.as` and the same of the destination.
//!
//! Databases come in as bytes (MaxMind DB, of any maker). Invariant: an address that is nobody's on the public Internet has no
//! place, whatever a database says; what a sender filled in itself stays.

mod range;
mod row;

pub use range::is_public;

use crate::Event;
use bytes::Bytes;
use maxminddb::Reader;
use row::{AsRow, PlaceRow};
use serde_json::{Map, Value};
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// Rows of the databases kept decoded; beyond that the memory starts anew.
const KEPT_ROWS_MAX: usize = 50_000;

/// Why bytes are no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no MaxMind database: {0}")]
pub struct InvalidDatabase(String);

/// The databases in force. Of several of one sort (IPv4 and IPv6 apart, say) the first that knows an address counts.
#[derive(Default)]
pub struct Tables {
    city: Vec<Reader<Bytes>>,
    asn: Vec<Reader<Bytes>>,
}

impl Tables {
    pub fn new(city: Vec<Bytes>, asn: Vec<Bytes>) -> Result<Self, InvalidDatabase> {
        let readers = |list: Vec<Bytes>| list.into_iter().map(open).collect::<Result<Vec<_>, _>>();
        Ok(Self {
            city: readers(city)?,
            asn: readers(asn)?,
        })
    }

    pub fn is_empty(&self) -> bool {
        self.city.is_empty() && self.asn.is_empty()
    }
}

fn open(bytes: Bytes) -> Result<Reader<Bytes>, InvalidDatabase> {
    Reader::from_source(bytes).map_err(|error| InvalidDatabase(error.to_string()))
}

/// Fills events in; remembers what it decoded.
#[derive(Default)]
pub struct Enricher {
    tables: Arc<Tables>,
    kept: HashMap<(Sort, usize, usize), Option<Map<String, Value>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    City,
    As,
}

impl Enricher {
    /// Takes other databases; the same ones again cost nothing.
    pub fn follow(&mut self, tables: &Arc<Tables>) {
        if !Arc::ptr_eq(&self.tables, tables) {
            self.tables = Arc::clone(tables);
            self.kept.clear();
        }
    }

    /// Places the event's source and destination. Returns whether either has coordinates now.
    pub fn enrich(&mut self, event: &mut Event) -> bool {
        if self.tables.is_empty() {
            return false;
        }
        let mut is_located = false;
        for side in ["source", "destination"] {
            let Some(Value::Object(fields)) = event.doc.get_mut(side) else {
                continue;
            };
            let ip = fields
                .get("ip")
                .and_then(Value::as_str)
                .and_then(|text| text.parse().ok());
            let Some(ip) = ip.filter(|ip| is_public(*ip)) else {
                continue;
            };
            for (name, sort) in [("geo", Sort::City), ("as", Sort::As)] {
                if !fields.contains_key(name)
                    && let Some(row) = self.row(sort, ip)
                {
                    fields.insert(name.to_owned(), Value::Object(row));
                }
            }
            is_located |= fields.get("geo").is_some_and(|geo| geo.get("location").is_some());
        }
        is_located
    }

    fn row(&mut self, sort: Sort, ip: IpAddr) -> Option<Map<String, Value>> {
        let readers = match sort {
            Sort::City => &self.tables.city,
            Sort::As => &self.tables.asn,
        };
        for (at, reader) in readers.iter().enumerate() {
            // A database for IPv4 alone says that it cannot look the other up; so does a damaged one.
            let Ok(found) = reader.lookup(ip) else { continue };
            let Some(offset) = found.offset() else { continue };
            if let Some(row) = self.kept.get(&(sort, at, offset)) {
                return row.clone();
            }
            let row = match sort {
                Sort::City => found.decode::<PlaceRow<'_>>().ok().flatten().map(PlaceRow::into_ecs),
                Sort::As => found.decode::<AsRow<'_>>().ok().flatten().map(AsRow::into_ecs),
            };
            let row = row.filter(|row| !row.is_empty());
            if self.kept.len() >= KEPT_ROWS_MAX {
                self.kept.clear();
            }
            self.kept.insert((sort, at, offset), row.clone());
            return row;
        }
        None
    }
}

#[cfg(test)]
mod enrich_test;
