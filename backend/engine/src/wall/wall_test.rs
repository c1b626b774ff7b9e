//! Nothing that is hidden leaves, however it is spelled and wherever it stands.

use super::{AtRisk, Redaction, WorstAlert};
use proptest::prelude::*;
use watchfloor_shared::{
    AlertId, EndpointId, EventId, Timestamp,
    alert::Severity,
    endpoint::{EndpointSummary, OpenAlerts},
    map::{MapCounts, MapEnd, MapFlow, MapFrame, MapHit, MapPlace, MapSnapshot},
    wall::WallShows,
};

const EVENT: &str = "0123456789abcdef0123456789abcdef";
const ALERT: &str = "fedcba9876543210fedcba9876543210";

fn end(address: &str, name: &str) -> MapEnd {
    MapEnd {
        address: Some(address.to_owned()),
        name: Some(name.to_owned()),
        place: Some(MapPlace {
            name: "Oslo".to_owned(),
            latitude: 59.9,
            longitude: 10.7,
            country: Some("NO".to_owned()),
            is_site: false,
        }),
        asn: Some(64_500),
        organization: Some("Example".to_owned()),
    }
}

fn flow(source: MapEnd, destination: MapEnd) -> MapFlow {
    MapFlow {
        id: 7,
        source,
        destination,
        severity: Severity::High,
        rule: "Scan of many ports".to_owned(),
        module: "suricata".to_owned(),
        protocol: Some("tcp".to_owned()),
        event_id: Some(EventId::new(EVENT)),
        alert_id: Some(AlertId::new(ALERT)),
        simulated: true,
        is_group: false,
    }
}

fn snapshot(flows: Vec<MapFlow>) -> MapSnapshot {
    MapSnapshot {
        now: Timestamp::EPOCH,
        since: Timestamp::EPOCH,
        sites: Vec::new(),
        flows,
        hits: vec![MapHit {
            flow: 7,
            at: Timestamp::EPOCH,
            count: 3,
        }],
        counts: MapCounts::default(),
    }
}

fn at_risk(name: &str, address: &str, user: &str) -> AtRisk {
    AtRisk {
        endpoint: EndpointSummary {
            id: EndpointId::new(name.to_lowercase()),
            name: name.to_owned(),
            platform: "windows".to_owned(),
            addresses: vec![address.to_owned()],
            first_seen: Timestamp::EPOCH,
            last_seen: Timestamp::EPOCH,
            events: 9,
            open_alerts: OpenAlerts {
                critical: 1,
                ..OpenAlerts::default()
            },
            risk: 60,
            risk_because: vec!["1 critical alert".to_owned()],
            usual_user: Some(user.to_owned()),
            simulated: false,
        },
        ordinal: 3,
        worst: Some(WorstAlert {
            title: "Memory of LSASS read".to_owned(),
            user: Some(user.to_owned()),
        }),
    }
}

fn shows() -> impl Strategy<Value = WallShows> {
    (prop::bool::ANY, prop::bool::ANY, prop::bool::ANY).prop_map(|(addresses, hosts, users)| WallShows {
        addresses,
        hosts,
        users,
    })
}

/// An IPv4 or IPv6 address that its network does not spell out.
fn address() -> impl Strategy<Value = String> {
    prop_oneof![
        (1_u8..224, 0_u8.., 0_u8.., 1_u8..255).prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}")),
        (0x2001_u16..0x3fff, 0_u16.., 0_u16.., 0_u16.., 1_u16..)
            .prop_map(|(a, b, c, d, e)| std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 9, e).to_string()),
    ]
}

/// A name that no other text of these tests holds, or an address in a name's place.
fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "zq[a-p]{6}-[0-9]{2}",
        address(),
        address().prop_map(|address| format!("zq-{address}"))
    ]
}

proptest! {
    #[test]
    fn what_is_hidden_is_nowhere_in_what_is_sent(
        shows in shows(), source in address(), target in address(), name in host(), account in "zu[a-p]{6}",
        address_is_a_name in prop::bool::ANY,
    ) {
        let redaction = Redaction::new(shows);
        let user = format!("{name}\\{account}");
        let known = if address_is_a_name { name.clone() } else { source.clone() };
        let flows = vec![flow(end(&known, &name), end(&target, &name))];
        let frame = MapFrame {
            now: Timestamp::EPOCH, flows: flows.clone(), hits: Vec::new(), counts: None, coalesced: 0,
        };
        let sent = [
            serde_json::to_string(&redaction.snapshot(snapshot(flows))).unwrap(),
            serde_json::to_string(&redaction.frame(frame)).unwrap(),
            serde_json::to_string(&redaction.endpoint(at_risk(&name, &source, &user))).unwrap(),
        ];
        for text in &sent {
            prop_assert!(!text.contains(EVENT) && !text.contains(ALERT), "{text}");
            if !shows.addresses {
                prop_assert!(!text.contains(&format!("\"{source}\"")) && !text.contains(&target), "{text}");
            }
            if !shows.hosts {
                prop_assert!(!text.contains("zq"), "{text}");
            }
            if !shows.users {
                prop_assert!(!text.contains("zu"), "{text}");
            }
        }
    }

    #[test]
    fn what_is_allowed_stays_as_it_is(address in address(), name in "zq[a-p]{6}", account in "zu[a-p]{6}") {
        let all = Redaction::new(WallShows { addresses: true, hosts: true, users: true });
        let given = end(&address, &name);
        prop_assert_eq!(all.end(given.clone()), given);
        let shown = all.endpoint(at_risk(&name, &address, &account));
        prop_assert_eq!((shown.label, shown.user), (name, Some(account)));
    }
}

#[test]
fn by_default_a_wall_shows_networks_and_places_and_neither_hosts_nor_users() {
    let redaction = Redaction::new(WallShows::default());
    let shown = redaction.flow(flow(end("203.0.113.77", "web-07"), end("10.1.2.3", "dc01")));
    assert_eq!(shown.source.address.as_deref(), Some("203.0.113.0/24"));
    assert_eq!(shown.destination.address.as_deref(), Some("10.1.2.0/24"));
    assert_eq!((shown.source.name, shown.destination.name), (None, None));
    assert_eq!(shown.source.place.unwrap().country.as_deref(), Some("NO"));
    assert_eq!(shown.rule, "Scan of many ports");
    let endpoint = redaction.endpoint(at_risk("WS-0417", "10.1.2.3", "CORP\\ada"));
    assert_eq!((endpoint.label.as_str(), endpoint.user), ("Endpoint 3", None));
    assert_eq!(endpoint.worst.as_deref(), Some("Memory of LSASS read"));
}

#[test]
fn users_without_hosts_are_shown_without_what_names_the_host() {
    let redaction = Redaction::new(WallShows {
        users: true,
        ..WallShows::default()
    });
    let user = |user| redaction.endpoint(at_risk("WS-0417", "10.1.2.3", user)).user;
    assert_eq!(user("WS-0417\\ada").as_deref(), Some("ada"));
    assert_eq!(user("ada@ws-0417").as_deref(), Some("ada"));
    assert_eq!(user("CORP\\WS-0417$"), None);
    assert_eq!(user(""), None);
}
