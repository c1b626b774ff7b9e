//! What a wall screen may show of what the product knows.
//!
//! Invariant: whatever a wall is sent was taken apart here, field by field and with none left over, so that a new field of a
//! map or an endpoint is a decision in this file and not a leak.

mod text;

#[cfg(test)]
mod wall_test;

use std::net::IpAddr;
use watchfloor_shared::{
    endpoint::EndpointSummary,
    map::{MapEnd, MapFlow, MapFrame, MapSnapshot},
    wall::{WallEndpoint, WallShows},
};

/// An endpoint that may be on a wall.
#[derive(Debug, Clone, PartialEq)]
pub struct AtRisk {
    pub endpoint: EndpointSummary,
    /// Its place among the tenant's endpoints by when they were first seen, from 1.
    pub ordinal: i64,
    pub worst: Option<WorstAlert>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorstAlert {
    pub title: String,
    pub user: Option<String>,
}

/// Turns what the product knows into what one wall shows. Titles of rules, places, autonomous systems and counts stay; ids of
/// events and alerts never do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redaction {
    shows: WallShows,
}

impl Redaction {
    pub const fn new(shows: WallShows) -> Self {
        Self { shows }
    }

    pub fn snapshot(&self, snapshot: MapSnapshot) -> MapSnapshot {
        let MapSnapshot {
            now,
            since,
            sites,
            flows,
            hits,
            counts,
        } = snapshot;
        MapSnapshot {
            now,
            since,
            sites,
            flows: self.flows(flows),
            hits,
            counts,
        }
    }

    pub fn frame(&self, frame: MapFrame) -> MapFrame {
        let MapFrame {
            now,
            flows,
            hits,
            counts,
            coalesced,
        } = frame;
        MapFrame {
            now,
            flows: self.flows(flows),
            hits,
            counts,
            coalesced,
        }
    }

    pub fn endpoint(&self, at_risk: AtRisk) -> WallEndpoint {
        let AtRisk {
            endpoint,
            ordinal,
            worst,
        } = at_risk;
        let EndpointSummary {
            id: _,
            name,
            platform,
            addresses: _,
            first_seen: _,
            last_seen: _,
            events: _,
            open_alerts,
            risk,
            risk_because: _,
            usual_user: _,
            simulated,
        } = endpoint;
        let (title, user) = worst.map(|worst| (worst.title, worst.user)).unzip();
        WallEndpoint {
            label: self.host(name).unwrap_or_else(|| format!("Endpoint {ordinal}")),
            platform,
            risk,
            open: open_alerts,
            worst: title,
            user: user.flatten().and_then(|user| self.user(&user)),
            simulated,
        }
    }

    fn flows(&self, flows: Vec<MapFlow>) -> Vec<MapFlow> {
        flows.into_iter().map(|flow| self.flow(flow)).collect()
    }

    fn flow(&self, flow: MapFlow) -> MapFlow {
        let MapFlow {
            id,
            source,
            destination,
            severity,
            rule,
            module,
            protocol,
            event_id: _,
            alert_id: _,
            simulated,
            is_group,
        } = flow;
        MapFlow {
            id,
            source: self.end(source),
            destination: self.end(destination),
            severity,
            rule,
            module,
            protocol,
            event_id: None,
            alert_id: None,
            simulated,
            is_group,
        }
    }

    fn end(&self, end: MapEnd) -> MapEnd {
        let MapEnd {
            address,
            name,
            place,
            asn,
            organization,
        } = end;
        MapEnd {
            address: address.and_then(|address| self.address(address)),
            name: name.and_then(|name| self.host(name)),
            place,
            asn,
            organization,
        }
    }

    /// Some sources write a host's name where its address belongs.
    fn address(&self, address: String) -> Option<String> {
        match address.parse::<IpAddr>() {
            Ok(_) if self.shows.addresses => Some(address),
            Ok(parsed) => Some(text::network(parsed)),
            Err(_) => self.host(address),
        }
    }

    /// A host may be named after its address.
    fn host(&self, name: String) -> Option<String> {
        let hides_address = !self.shows.addresses && text::mentions_address(&name);
        (self.shows.hosts && !hides_address).then_some(name)
    }

    /// Without the host or the domain that the account belongs to where hosts are not shown; a host's own account names it.
    fn user(&self, user: &str) -> Option<String> {
        if !self.shows.users || !self.shows.addresses && text::mentions_address(user) {
            return None;
        }
        if self.shows.hosts {
            return Some(user.to_owned());
        }
        let bare = text::account(user);
        (!bare.is_empty() && !bare.ends_with('$')).then(|| bare.to_owned())
    }
}
