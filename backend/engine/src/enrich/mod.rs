//! What is known around an event: where in the world its addresses are and whose (ECS `source.geo`, `source.as` and the same
//! of the destination), and what the organization says of its hosts, networks, accounts and sites ([`Inventory`]).
//!
//! Databases come in as bytes: MaxMind DB, of any maker, and for networks also a CSV table of ranges. Invariant: an address that is nobody's on the public Internet has no
//! place, whatever a database says; what a sender filled in itself stays.

mod country;
mod inventory;
mod range;
mod ranges;
mod row;
mod site;

pub use inventory::{InvalidRow, Inventory, check_assets, check_people};
pub use range::{is_private, is_public};
pub use site::check_sites;

use crate::Event;
use crate::json::{Map, Value};
use bytes::Bytes;
use maxminddb::Reader;
use ranges::Ranges;
use row::{AsRow, PlaceRow};
use std::{collections::HashMap, net::IpAddr, sync::Arc};

/// Rows of the databases kept decoded; beyond that the memory starts anew.
const KEPT_ROWS_MAX: usize = 50_000;

/// Why bytes are no database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no database of addresses: {0}")]
pub struct InvalidDatabase(String);

/// Whether either end has coordinates.
pub fn is_located(event: &Event) -> bool {
    ["source", "destination"]
        .into_iter()
        .any(|side| has_place(event.doc.get(side)))
}

pub(crate) fn has_place(side: Option<&Value>) -> bool {
    side.and_then(|fields| fields.get("geo"))
        .is_some_and(|geo| geo.get("location").is_some())
}

/// The databases in force. Of several of one sort (IPv4 and IPv6 apart, say) the first that knows an address counts.
#[derive(Default)]
pub struct Tables {
    city: Vec<Reader<Bytes>>,
    asn: Vec<Networks>,
}

enum Networks {
    MaxMind(Reader<Bytes>),
    Ranges(Ranges),
}

impl Tables {
    pub fn new(city: Vec<Bytes>, asn: Vec<Bytes>) -> Result<Self, InvalidDatabase> {
        Ok(Self {
            city: city.into_iter().map(open).collect::<Result<_, _>>()?,
            asn: asn.into_iter().map(open_networks).collect::<Result<_, _>>()?,
        })
    }

    /// What each MaxMind database says that it is, `GeoLite2-City`.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        let networks = self.asn.iter().filter_map(|networks| match networks {
            Networks::MaxMind(reader) => Some(reader),
            Networks::Ranges(_) => None,
        });
        let readers = self.city.iter().chain(networks);
        readers.map(|reader| reader.metadata().database_type.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.city.is_empty() && self.asn.is_empty()
    }
}

fn open(bytes: Bytes) -> Result<Reader<Bytes>, InvalidDatabase> {
    Reader::from_source(bytes).map_err(|error| InvalidDatabase(error.to_string()))
}

fn open_networks(bytes: Bytes) -> Result<Networks, InvalidDatabase> {
    if ranges::is_table(&bytes) {
        return Ranges::parse(&bytes).map(Networks::Ranges).map_err(InvalidDatabase);
    }
    open(bytes).map(Networks::MaxMind)
}

/// Fills events in; remembers what it decoded.
#[derive(Default)]
pub struct Enricher {
    tables: Arc<Tables>,
    kept: HashMap<(Sort, usize, usize), Option<Map>>,
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

    /// Places the event's source and destination.
    pub fn enrich(&mut self, event: &mut Event) {
        if self.tables.is_empty() {
            return;
        }
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
                    fields.insert(name, row);
                }
            }
        }
    }

    fn row(&mut self, sort: Sort, ip: IpAddr) -> Option<Map> {
        let tables = Arc::clone(&self.tables);
        match sort {
            Sort::City => {
                let mut readers = tables.city.iter().enumerate();
                readers
                    .find_map(|(at, reader)| self.decoded(sort, at, reader, ip))
                    .flatten()
            }
            Sort::As => {
                let mut networks = tables.asn.iter().enumerate();
                let found = networks.find_map(|(at, networks)| match networks {
                    Networks::MaxMind(reader) => self.decoded(sort, at, reader, ip),
                    Networks::Ranges(ranges) => ranges.lookup(ip).map(|system| Some(system.clone())),
                });
                found.flatten()
            }
        }
    }

    /// What the `at`th database says of an address that it knows: nothing, where its row is empty.
    fn decoded(&mut self, sort: Sort, at: usize, reader: &Reader<Bytes>, ip: IpAddr) -> Option<Option<Map>> {
        // A database for IPv4 alone says that it cannot look the other up; so does a damaged one.
        let found = reader.lookup(ip).ok()?;
        let offset = found.offset()?;
        if let Some(row) = self.kept.get(&(sort, at, offset)) {
            return Some(row.clone());
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
        Some(row)
    }
}

#[cfg(test)]
mod enrich_test;
