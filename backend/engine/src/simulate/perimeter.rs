//! What an intrusion detection system at three sites sees of the Internet, as Suricata's `eve.json` with the places that a
//! shipper adds: scanning, guessing, and now and then something worse.
//!
//! Invariants: the same seed gives the same bytes; times never go back. That the lines are simulated, the simulator's door says; the attackers' addresses are from the ranges kept for documentation, which no
//! database can place: so each line brings its place along.

use super::{SimulatedLine, arrivals};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use watchfloor_shared::{
    Timestamp,
    inventory::{Asset, Site},
};

/// Attackers at work at the same time.
const CAMPAIGNS: usize = 9;

struct Origin {
    city: &'static str,
    country: &'static str,
    latitude: f64,
    longitude: f64,
    /// From the numbers kept for documentation.
    asn: u32,
}

const fn origin(city: &'static str, country: &'static str, latitude: f64, longitude: f64, asn: u32) -> Origin {
    Origin {
        city,
        country,
        latitude,
        longitude,
        asn,
    }
}

const ORIGINS: [Origin; 24] = [
    origin("Buenos Aires", "AR", -34.6, -58.4, 64_511),
    origin("Lagos", "NG", 6.5, 3.4, 64_496),
    origin("Oslo", "NO", 59.9, 10.7, 64_497),
    origin("Warsaw", "PL", 52.2, 21.0, 64_498),
    origin("Toronto", "CA", 43.7, -79.4, 64_499),
    origin("Denver", "US", 39.7, -105.0, 64_500),
    origin("Miami", "US", 25.8, -80.2, 64_501),
    origin("Mexico City", "MX", 19.4, -99.1, 64_502),
    origin("Lima", "PE", -12.0, -77.0, 64_503),
    origin("Recife", "BR", -8.1, -34.9, 64_504),
    origin("Madrid", "ES", 40.4, -3.7, 64_505),
    origin("Athens", "GR", 38.0, 23.7, 64_506),
    origin("Nairobi", "KE", -1.3, 36.8, 64_507),
    origin("Cape Town", "ZA", -33.9, 18.4, 64_508),
    origin("Dubai", "AE", 25.2, 55.3, 64_509),
    origin("Almaty", "KZ", 43.2, 76.9, 64_510),
    origin("Mumbai", "IN", 19.1, 72.9, 64_496),
    origin("Dhaka", "BD", 23.8, 90.4, 64_497),
    origin("Bangkok", "TH", 13.8, 100.5, 64_498),
    origin("Manila", "PH", 14.6, 121.0, 64_499),
    origin("Osaka", "JP", 34.7, 135.5, 64_500),
    origin("Sydney", "AU", -33.9, 151.2, 64_501),
    origin("Auckland", "NZ", -36.8, 174.8, 64_502),
    origin("Honolulu", "US", 21.3, -157.9, 64_503),
];

struct Target {
    site: &'static str,
    host: &'static str,
    address: &'static str,
}

const fn target(site: &'static str, host: &'static str, address: &'static str) -> Target {
    Target { site, host, address }
}

const TARGETS: [Target; 9] = [
    target("Hamburg", "gw-01", "10.10.0.1"),
    target("Hamburg", "web-07", "10.10.4.7"),
    target("Hamburg", "mail-02", "10.10.4.12"),
    target("Ashburn", "edge-iad", "10.20.0.1"),
    target("Ashburn", "web-21", "10.20.4.21"),
    target("Ashburn", "vpn-01", "10.20.0.9"),
    target("Singapore", "edge-sin", "10.30.0.1"),
    target("Singapore", "web-31", "10.30.4.31"),
    target("Singapore", "db-03", "10.30.8.3"),
];

struct Attack {
    signature: &'static str,
    category: &'static str,
    /// Suricata's: 1 is high.
    severity: u8,
    port: u16,
    /// How common it is among campaigns.
    weight: u32,
    /// Events of one campaign, on average.
    length: u32,
}

const fn attack(
    signature: &'static str,
    category: &'static str,
    (severity, port): (u8, u16),
    (weight, length): (u32, u32),
) -> Attack {
    Attack {
        signature,
        category,
        severity,
        port,
        weight,
        length,
    }
}

const ATTACKS: [Attack; 11] = [
    attack(
        "Port scan, 1 to 1,024",
        "Detection of a Network Scan",
        (3, 443),
        (14, 40),
    ),
    attack("Telnet probe", "Attempted Information Leak", (3, 23), (12, 12)),
    attack(
        "SSH password guessing",
        "Attempted Administrator Privilege Gain",
        (2, 22),
        (14, 90),
    ),
    attack(
        "RDP from a hosting provider",
        "Attempted User Privilege Gain",
        (2, 3_389),
        (8, 25),
    ),
    attack(
        "SMB sign-in guessing",
        "Attempted User Privilege Gain",
        (2, 445),
        (6, 50),
    ),
    attack(
        "DNS tunnel, 61-character labels",
        "Potentially Bad Traffic",
        (2, 53),
        (4, 45),
    ),
    attack(
        "TLS certificate of a phishing kit",
        "Potentially Bad Traffic",
        (2, 443),
        (4, 6),
    ),
    attack(
        "Exploit attempt, path traversal",
        "Web Application Attack",
        (1, 443),
        (5, 6),
    ),
    attack(
        "Exploit attempt, web shell upload",
        "Web Application Attack",
        (1, 443),
        (3, 4),
    ),
    attack(
        "Address of a list of command servers",
        "A Network Trojan was detected",
        (1, 8_443),
        (3, 8),
    ),
    attack(
        "Beacon every 60 s ± 3 %",
        "A Network Trojan was detected",
        (1, 443),
        (2, 20),
    ),
];

/// Lines in order of time. Never ends.
#[derive(Debug)]
pub struct Perimeter {
    random: StdRng,
    campaigns: Vec<Campaign>,
    events_per_second: f64,
    at: Timestamp,
}

/// One attacker at one target.
#[derive(Debug, Clone)]
struct Campaign {
    address: String,
    origin: usize,
    target: usize,
    attack: usize,
    flow: u64,
}

impl Perimeter {
    /// From `start` on, `events_per_second` of event time on average.
    pub fn new(seed: u64, start: Timestamp, events_per_second: f64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let campaigns = (0..CAMPAIGNS).map(|_| Campaign::begin(&mut random)).collect();
        Self {
            random,
            campaigns,
            events_per_second,
            at: start,
        }
    }

    /// Where the simulated organization is.
    pub fn sites() -> Vec<Site> {
        [
            ("Hamburg", 53.55, 9.99, "DE"),
            ("Ashburn", 39.04, -77.49, "US"),
            ("Singapore", 1.35, 103.82, "SG"),
        ]
        .map(|(name, latitude, longitude, country)| Site {
            name: name.to_owned(),
            latitude,
            longitude,
            country: Some(country.to_owned()),
        })
        .into()
    }

    /// What it has there.
    pub fn assets() -> Vec<Asset> {
        TARGETS
            .iter()
            .map(|target| Asset {
                name: target.host.to_owned(),
                addresses: vec![target.address.to_owned()],
                site: Some(target.site.to_owned()),
                ..Asset::default()
            })
            .collect()
    }
}

impl Campaign {
    fn begin(random: &mut StdRng) -> Self {
        let network = ["192.0.2", "198.51.100", "203.0.113"][random.random_range(0..3)];
        let total: u32 = ATTACKS.iter().map(|attack| attack.weight).sum();
        let mut pick = random.random_range(0..total.max(1));
        let chosen = ATTACKS.iter().position(|attack| {
            let is_it = pick < attack.weight;
            pick = pick.saturating_sub(attack.weight);
            is_it
        });
        Self {
            address: format!("{network}.{}", random.random_range(1..255_u32)),
            origin: random.random_range(0..ORIGINS.len()),
            target: random.random_range(0..TARGETS.len()),
            attack: chosen.unwrap_or_default(),
            flow: random.random_range(1..1 << 50),
        }
    }

    fn line(&self, at: Timestamp, random: &mut StdRng) -> Option<Vec<u8>> {
        let (origin, target) = (ORIGINS.get(self.origin)?, TARGETS.get(self.target)?);
        let attack = ATTACKS.get(self.attack)?;
        let line = json!({
            "timestamp": at.to_string(),
            "flow_id": self.flow,
            "in_iface": "edge0",
            "event_type": "alert",
            "src_ip": self.address,
            "src_port": random.random_range(32_768..61_000_u32),
            "dest_ip": target.address,
            "dest_port": attack.port,
            "proto": if attack.port == 53 { "UDP" } else { "TCP" },
            "alert": {
                "action": "allowed", "gid": 1, "signature_id": 9_000_001 + self.attack, "rev": 1,
                "signature": attack.signature, "category": attack.category, "severity": attack.severity,
            },
            "host": format!("ids-{}", target.site.to_lowercase()),
            "labels": { "simulated": "true" },
            "source": place(origin),
        });
        serde_json::to_vec(&line).ok()
    }
}

fn place(origin: &Origin) -> Value {
    json!({
        "geo": {
            "city_name": origin.city, "country_iso_code": origin.country,
            "location": { "lat": origin.latitude, "lon": origin.longitude },
        },
        "as": { "number": origin.asn, "organization": { "name": "Example network" } },
    })
}

impl Iterator for Perimeter {
    type Item = SimulatedLine;

    fn next(&mut self) -> Option<SimulatedLine> {
        let at = self.at;
        let chosen = self.random.random_range(0..self.campaigns.len());
        let campaign = self.campaigns.get(chosen)?.clone();
        let bytes = campaign.line(at, &mut self.random)?;
        let length = ATTACKS.get(campaign.attack)?.length;
        if self.random.random_range(0..length.max(1)) == 0
            && let Some(place) = self.campaigns.get_mut(chosen)
        {
            *place = Campaign::begin(&mut self.random);
        }
        self.at = at.saturating_add(arrivals(self.events_per_second, &mut self.random));
        Some(SimulatedLine { at, bytes, stage: None })
    }
}

/// Lines until `end`.
pub fn between(seed: u64, (start, end): (Timestamp, Timestamp), rate: f64) -> impl Iterator<Item = SimulatedLine> {
    Perimeter::new(seed, start, rate).take_while(move |line| line.at < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Verdict,
        enrich::Inventory,
        map::{Drawn, Sighting},
        normalize::{Origin, RawContext, normalize},
    };
    use std::time::Duration;

    const START: Timestamp = Timestamp::from_millis(1_760_000_000_000);

    #[test]
    fn each_line_is_an_alert_with_both_ends_on_the_map() {
        let inventory = Inventory::new(&Perimeter::assets(), &[], &Perimeter::sites());
        let (mut origins, mut sites) = (std::collections::HashSet::new(), std::collections::HashSet::new());
        for line in Perimeter::new(1, START, 5.0).take(3_000) {
            let context = RawContext {
                received: line.at,
                position: 0,
                simulated: true,
                origin: Origin::default(),
            };
            let Verdict::Emit(mut event) = normalize(&line.bytes, &context) else {
                panic!("{}", String::from_utf8_lossy(&line.bytes))
            };
            inventory.enrich(&mut event);
            let seen = Sighting::read(&Drawn::of(&event).expect("it has no place").to_json()).unwrap();
            assert!(seen.destination.place.as_ref().unwrap().is_site, "{seen:?}");
            assert_eq!(seen.source.organization.as_deref(), Some("Example network"));
            origins.insert(seen.source.place.unwrap().name);
            sites.insert(seen.destination.place.unwrap().name);
        }
        assert_eq!((origins.len() > 15, sites.len()), (true, 3));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes_at_the_rate_that_was_asked_for() {
        let end = START.saturating_add(Duration::from_secs(600));
        let lines: Vec<_> = between(7, (START, end), 4.0).collect();
        assert_eq!(lines, between(7, (START, end), 4.0).collect::<Vec<_>>());
        assert!((2_000..2_800).contains(&lines.len()), "{}", lines.len());
        assert!(lines.is_sorted_by_key(|line| line.at));
    }
}
