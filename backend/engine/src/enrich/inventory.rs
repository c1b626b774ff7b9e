//! What the organization says of its hosts, networks and accounts, put beside what an event names.
//!
//! Invariant: where the tables know a host, an address or an account, they say what it is; a sender cannot say otherwise.

use super::{range, site::Sites};
use crate::Event;
use crate::json::{Map, Value};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};
use watchfloor_shared::inventory::{Asset, Criticality, Person, Site};

/// The accounts that an event may name.
const ACCOUNTS: [&[&str]; 4] = [
    &["user"],
    &["user", "target"],
    &["source", "user"],
    &["destination", "user"],
];

/// Which row of a table cannot be used, from 1, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("row {row}: {why}")]
pub struct InvalidRow {
    pub row: usize,
    pub why: String,
}

/// One tenant's tables, ready to be asked.
#[derive(Default)]
pub struct Inventory {
    /// ECS `asset` objects.
    assets: Vec<Map>,
    sites: Sites,
    by_host: HashMap<String, usize>,
    by_address: HashMap<IpAddr, usize>,
    /// Narrowest first.
    networks: Vec<(Network, usize)>,
    people: HashMap<String, Account>,
}

/// What an account's objects get.
struct Account {
    full_name: Option<String>,
    email: Option<String>,
    asset: Map,
}

impl Inventory {
    /// Takes what [`check_assets`], [`check_people`] and [`check_sites`](super::check_sites) let through; of two rows with one
    /// name the later counts.
    pub fn new(assets: &[Asset], people: &[Person], sites: &[Site]) -> Self {
        let mut inventory = Self {
            sites: Sites::new(sites),
            ..Self::default()
        };
        for asset in assets {
            let at = inventory.assets.len();
            inventory.assets.push(asset_object(asset));
            inventory.by_host.insert(asset.name.to_lowercase(), at);
            for address in &asset.addresses {
                match Network::parse(address) {
                    Some(network) if network.is_one() => {
                        inventory.by_address.insert(network.first(), at);
                    }
                    Some(network) => inventory.networks.push((network, at)),
                    None => {}
                }
            }
        }
        inventory.networks.sort_by_key(|(network, _)| u32::MAX - network.bits);
        for person in people {
            inventory.people.insert(person.name.to_lowercase(), account(person));
        }
        inventory
    }

    pub fn sites(&self) -> &[Site] {
        self.sites.all()
    }

    pub fn enrich(&self, event: &mut Event) {
        if !self.assets.is_empty() || !self.sites.is_empty() {
            let host = self.host(event);
            if let Some(asset) = host {
                put(&mut event.doc, "host", "asset", asset.clone());
            }
            for (side, path) in [("source", "source.ip"), ("destination", "destination.ip")] {
                if let Some(ip) = event.text(path).and_then(|text| text.parse().ok()) {
                    self.enrich_address(&mut event.doc, side, ip, host);
                }
            }
        }
        if !self.people.is_empty() {
            for path in ACCOUNTS {
                self.enrich_account(&mut event.doc, path);
            }
        }
    }

    /// An address that the tables know is where they say; any other of a private network is with the host that told of it, or
    /// at the only site that there is.
    fn enrich_address(&self, doc: &mut Map, side: &str, ip: IpAddr, host: Option<&Map>) {
        let own = self.address(ip);
        let mut place = own.and_then(|asset| self.sites.of(asset));
        if let Some(asset) = own {
            put(doc, side, "asset", asset.clone());
        }
        if place.is_none() && range::is_private(ip) {
            place = host
                .and_then(|asset| self.sites.of(asset))
                .or_else(|| self.sites.only());
        }
        if let Some(place) = place {
            put(doc, side, "geo", place.clone());
        }
    }

    fn host(&self, event: &Event) -> Option<&Map> {
        let names = ["host.name", "host.id", "host.hostname"].map(|path| event.text(path).map(str::to_lowercase));
        let exact = names.iter().flatten().find_map(|name| self.by_host.get(name));
        let short = |name: &String| self.by_host.get(name.split_once('.')?.0);
        let found = exact.or_else(|| names.iter().flatten().find_map(short))?;
        self.assets.get(*found)
    }

    fn address(&self, ip: IpAddr) -> Option<&Map> {
        let ip = ip.to_canonical();
        let in_network = || {
            self.networks
                .iter()
                .find(|(network, _)| network.holds(ip))
                .map(|(_, at)| at)
        };
        self.assets.get(*self.by_address.get(&ip).or_else(in_network)?)
    }

    fn enrich_account(&self, doc: &mut Map, path: &[&str]) {
        let mut at = Some(doc);
        for name in path {
            at = at.and_then(|map| map.get_mut(name)).and_then(Value::as_object_mut);
        }
        let Some(user) = at else { return };
        let text = |name: &str| user.get(name).and_then(Value::as_str).map(str::to_lowercase);
        let (name, domain, id) = (text("name"), text("domain"), text("id"));
        let qualified = domain
            .zip(name.clone())
            .map(|(domain, name)| format!("{domain}\\{name}"));
        let known = [qualified, id, name].into_iter().flatten();
        let Some(account) = known.filter_map(|key| self.people.get(&key)).next() else {
            return;
        };
        for (name, text) in [("full_name", &account.full_name), ("email", &account.email)] {
            if let Some(text) = text {
                user.insert(name, text.clone());
            }
        }
        if !account.asset.is_empty() {
            user.insert("asset", Value::Object(account.asset.clone()));
        }
    }
}

fn put(doc: &mut Map, side: &str, name: &'static str, object: Map) {
    if let Some(fields) = doc.get_mut(side).and_then(Value::as_object_mut) {
        fields.insert(name, object);
    }
}

fn asset_object(asset: &Asset) -> Map {
    let criticality = asset.criticality.map(Criticality::as_str);
    texts([
        ("name", Some(asset.name.as_str())),
        ("criticality", criticality),
        ("owner", asset.owner.as_deref()),
        ("role", asset.role.as_deref()),
        ("site", asset.site.as_deref()),
    ])
}

fn account(person: &Person) -> Account {
    let criticality = person.criticality.map(Criticality::as_str);
    let mut asset = texts([
        ("criticality", criticality),
        ("department", person.department.as_deref()),
        ("title", person.title.as_deref()),
    ]);
    if person.privileged {
        asset.insert("privileged", true);
    }
    Account {
        full_name: person.full_name.clone(),
        email: person.email.clone(),
        asset,
    }
}

fn texts<const N: usize>(fields: [(&'static str, Option<&str>); N]) -> Map {
    let present = fields.into_iter().filter_map(|(name, text)| Some((name, text?)));
    present.map(|(name, text)| (name, text.to_owned())).collect()
}

/// The first row without a name, with a name that was there before, or with an address that is none.
pub fn check_assets(assets: &[Asset]) -> Result<(), InvalidRow> {
    check_names(assets.iter().map(|asset| asset.name.as_str()))?;
    for (at, asset) in assets.iter().enumerate() {
        if let Some(wrong) = asset.addresses.iter().find(|address| Network::parse(address).is_none()) {
            let why = format!("{wrong:?} is neither an address nor a network such as 10.1.0.0/16");
            return Err(InvalidRow { row: at + 1, why });
        }
    }
    Ok(())
}

/// The first row without a name, or with a name that was there before.
pub fn check_people(people: &[Person]) -> Result<(), InvalidRow> {
    check_names(people.iter().map(|person| person.name.as_str()))
}

pub(super) fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), InvalidRow> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, name) in names.enumerate() {
        let refuse = |why: String| Err(InvalidRow { row: at + 1, why });
        if name.trim().is_empty() {
            return refuse("it has no name".to_owned());
        }
        if let Some(before) = seen.insert(name.to_lowercase(), at + 1) {
            return refuse(format!("{name:?} is in row {before} already"));
        }
    }
    Ok(())
}

/// An address block, IPv4 as its IPv6 form.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Network {
    base: u128,
    /// Of 128.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let (base, whole) = match address.trim().parse().ok()? {
            IpAddr::V4(ip) => (ip.to_ipv6_mapped(), 32),
            IpAddr::V6(ip) => (ip, 128),
        };
        let bits = bits.unwrap_or(whole);
        let bits = (bits <= whole).then_some(bits + 128 - whole)?;
        let network = Self { base: 0, bits };
        Some(Self {
            base: u128::from(base) & network.mask(),
            bits,
        })
    }

    fn mask(&self) -> u128 {
        u128::MAX.checked_shl(128 - self.bits).unwrap_or(0)
    }

    fn is_one(&self) -> bool {
        self.bits == 128
    }

    fn first(&self) -> IpAddr {
        IpAddr::V6(Ipv6Addr::from(self.base)).to_canonical()
    }

    fn holds(&self, ip: IpAddr) -> bool {
        let address = match ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        u128::from(address) & self.mask() == self.base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asset(name: &str, addresses: &[&str], criticality: Criticality) -> Asset {
        Asset {
            name: name.to_owned(),
            addresses: addresses.iter().map(|text| (*text).to_owned()).collect(),
            criticality: Some(criticality),
            ..Asset::default()
        }
    }

    fn person(name: &str) -> Person {
        Person {
            name: name.to_owned(),
            full_name: Some(format!("Person {name}")),
            privileged: true,
            ..Person::default()
        }
    }

    fn enriched(inventory: &Inventory, fields: serde_json::Value) -> Event {
        let mut doc = json!({"@timestamp": "2024-05-14T09:12:01Z", "event": {"id": "1"}, "host": {"id": "none"}});
        doc.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let mut event = Event::from_doc(doc.as_object().unwrap().clone()).unwrap();
        inventory.enrich(&mut event);
        event
    }

    #[test]
    fn a_host_is_known_by_its_name_its_id_or_its_short_name() {
        let assets = [
            asset("DC01", &[], Criticality::ExtremeImpact),
            asset("dc01.lab.example", &[], Criticality::LowImpact),
        ];
        let inventory = Inventory::new(&assets, &[], &[]);
        for (host, expected) in [
            (json!({"id": "a", "name": "dc01"}), Some("extreme_impact")),
            (json!({"id": "dc01"}), Some("extreme_impact")),
            (json!({"id": "a", "name": "DC01.corp.example"}), Some("extreme_impact")),
            (json!({"id": "a", "name": "DC01.LAB.example"}), Some("low_impact")),
            (
                json!({"id": "a", "name": "dc011", "asset": {"criticality": "own"}}),
                Some("own"),
            ),
            (
                json!({"id": "dc01", "asset": {"criticality": "own"}}),
                Some("extreme_impact"),
            ),
            (json!({"id": "a"}), None),
        ] {
            let event = enriched(&inventory, json!({ "host": host }));
            assert_eq!(event.text("host.asset.criticality"), expected, "{host}");
        }
    }

    #[test]
    fn an_address_belongs_to_the_narrowest_network_that_holds_it() {
        let assets = [
            asset("office", &["10.0.0.0/8", "fd00::/8"], Criticality::LowImpact),
            asset("plant", &["10.7.0.0/16"], Criticality::HighImpact),
            asset("plc-1", &["10.7.0.9", "fd00::9"], Criticality::ExtremeImpact),
        ];
        let inventory = Inventory::new(&assets, &[], &[]);
        for (ip, expected) in [
            ("10.1.1.1", Some("office")),
            ("10.7.1.1", Some("plant")),
            ("10.7.0.9", Some("plc-1")),
            ("::ffff:10.7.0.9", Some("plc-1")),
            ("fd00::9", Some("plc-1")),
            ("fd12::1", Some("office")),
            ("11.0.0.1", None),
        ] {
            let event = enriched(&inventory, json!({"source": {"ip": ip}, "destination": {"ip": ip}}));
            assert_eq!(event.text("source.asset.name"), expected, "{ip}");
            assert_eq!(event.text("destination.asset.name"), expected, "{ip}");
        }
    }

    #[test]
    fn an_account_is_known_by_the_most_exact_name_that_is_listed() {
        let people = [person("ada"), person("LAB\\ada"), person("s-1-5-21-7")];
        let inventory = Inventory::new(&[], &people, &[]);
        for (user, expected) in [
            (json!({"name": "ADA"}), Some("Person ada")),
            (json!({"name": "ada", "domain": "lab"}), Some("Person LAB\\ada")),
            (json!({"name": "ada", "domain": "other"}), Some("Person ada")),
            (json!({"name": "x", "id": "S-1-5-21-7"}), Some("Person s-1-5-21-7")),
            (json!({"name": "eve"}), None),
        ] {
            let event = enriched(&inventory, json!({"user": user, "source": {"user": user}}));
            assert_eq!(event.text("user.full_name"), expected, "{user}");
            assert_eq!(event.text("source.user.full_name"), expected, "{user}");
            assert_eq!(event.get("user.asset.privileged").is_some(), expected.is_some());
        }
    }

    #[test]
    fn a_row_that_cannot_be_meant_is_named() {
        let low = Criticality::LowImpact;
        for (assets, expected) in [
            (
                vec![asset("a", &["10.0.0.1"], low), asset("A", &[], low)],
                "row 2: \"A\" is in row 1 already",
            ),
            (vec![asset(" ", &[], low)], "row 1: it has no name"),
            (
                vec![asset("a", &["10.0.0.0/33"], low)],
                "row 1: \"10.0.0.0/33\" is neither",
            ),
            (vec![asset("a", &["10.0.0.999"], low)], "neither"),
        ] {
            let refused = check_assets(&assets).unwrap_err().to_string();
            assert!(refused.contains(expected), "{refused}");
        }
        assert!(check_people(&[person("a"), person("b")]).is_ok());
        assert!(Network::parse("0.0.0.0/0").unwrap().holds("9.9.9.9".parse().unwrap()));
        assert!(!Network::parse("0.0.0.0/0").unwrap().holds("fd00::1".parse().unwrap()));
    }
}
