//! One event on `ravenxcope_threat_geo_events`: how it is written, and what a map takes from it.

use crate::json::{Map, Value};
use crate::{Event, enrich};
use serde::Serialize;
use std::sync::LazyLock;
use watchfloor_shared::{
    AlertId, EventId,
    alert::Severity,
    map::{MapEnd, MapPlace},
};

/// A geo event as it is written.
#[derive(Debug, Serialize)]
pub struct Drawn<'a> {
    pub event_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_id: Option<&'a AlertId>,
    pub timestamp: Value,
    pub endpoint_id: &'a str,
    pub module: &'a str,
    /// As the source gives it: a number on the source's own scale, or the word of an alert.
    pub severity: Value,
    pub rule: Value,
    pub source: &'a Map,
    pub destination: &'a Map,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<&'a Value>,
    pub count: u64,
    pub simulated: bool,
}

impl<'a> Drawn<'a> {
    /// What a map draws of a source's own alert; nothing of any other event, or where neither end has a place.
    pub fn of(event: &'a Event) -> Option<Self> {
        if event.text("event.kind") != Some("alert") || !enrich::is_located(event) {
            return None;
        }
        let side = |name| event.doc.get(name).and_then(Value::as_object).unwrap_or(&EMPTY);
        let given = |path| event.get(path).cloned().unwrap_or_default();
        Some(Self {
            event_id: event.text("event.id")?,
            alert_id: None,
            timestamp: given("@timestamp"),
            endpoint_id: event.endpoint.as_str(),
            module: event.text("event.module").unwrap_or_default(),
            severity: given("event.severity"),
            rule: given("rule"),
            source: side("source"),
            destination: side("destination"),
            network: event.doc.get("network"),
            count: event.get("watchfloor.count").and_then(Value::as_u64).unwrap_or(1),
            simulated: event
                .get("watchfloor.simulated")
                .and_then(Value::as_bool)
                .unwrap_or(false),
        })
    }

    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

static EMPTY: LazyLock<Map> = LazyLock::new(Map::new);

/// What a board takes of a geo event.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    pub event_id: EventId,
    pub alert_id: Option<AlertId>,
    pub source: MapEnd,
    pub destination: MapEnd,
    pub severity: Severity,
    pub rule: String,
    pub module: String,
    pub protocol: Option<String>,
    pub count: u64,
    pub simulated: bool,
}

impl Sighting {
    /// `None` for what is no geo event.
    pub fn read(json: &[u8]) -> Option<Self> {
        let doc: Value = serde_json::from_slice(json).ok()?;
        let text = |name: &str| doc.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let module = text("module").unwrap_or("unknown").to_owned();
        let rule = doc
            .get("rule")
            .and_then(|rule| rule.get("name"))
            .and_then(Value::as_str);
        let network = |name: &str| doc.get("network")?.get(name)?.as_str();
        let mut ends = [end(doc.get("source")), end(doc.get("destination"))];
        // An alert of one's own is told of by the host itself: it is the end that is not elsewhere.
        if module == OWN_MODULE
            && let Some(host) = text("endpoint_id")
            && let Some(own) = ends.iter_mut().find(|end| end.is_private)
        {
            own.end.name.get_or_insert_with(|| host.to_owned());
        }
        let [source, destination] = ends.map(|end| end.end);
        Some(Self {
            event_id: EventId::new(text("event_id")?),
            alert_id: text("alert_id").map(AlertId::new),
            source,
            destination,
            severity: severity(&module, doc.get("severity")),
            rule: rule.map_or_else(|| format!("Alert of {module}"), str::to_owned),
            protocol: network("protocol")
                .or_else(|| network("transport"))
                .map(str::to_lowercase),
            count: doc.get("count").and_then(Value::as_u64).unwrap_or(1).max(1),
            simulated: doc.get("simulated").and_then(Value::as_bool).unwrap_or(false),
            module,
        })
    }
}

/// The module of alerts that were found here.
pub const OWN_MODULE: &str = "watchfloor";

struct End {
    end: MapEnd,
    is_private: bool,
}

fn end(side: Option<&Value>) -> End {
    let text = |path: &str| side.and_then(|side| side.at(path)).and_then(Value::as_str);
    let address = text("ip").or_else(|| text("address"));
    let is_private = address
        .and_then(|text| text.parse().ok())
        .is_some_and(enrich::is_private);
    let is_own = is_private || text("asset.site").is_some();
    let number = side.and_then(|side| side.at("as.number")).and_then(Value::as_u64);
    let end = MapEnd {
        address: address.map(str::to_owned),
        name: text("asset.name").or_else(|| text("domain")).map(str::to_owned),
        place: side.and_then(|side| place(side.get("geo")?, is_own)),
        asn: number.and_then(|number| u32::try_from(number).ok()),
        organization: text("as.organization.name").map(str::to_owned),
    };
    End { end, is_private }
}

fn place(geo: &Value, is_own: bool) -> Option<MapPlace> {
    let degrees = |name: &str, max: f64| {
        let degrees = geo.get("location")?.get(name)?.as_f64()?;
        (degrees.abs() <= max).then_some(degrees)
    };
    let text = |name: &str| geo.get(name).and_then(Value::as_str).map(str::to_owned);
    let (site, country) = (text("name"), text("country_iso_code"));
    Some(MapPlace {
        latitude: degrees("lat", 90.0)?,
        longitude: degrees("lon", 180.0)?,
        is_site: is_own && site.is_some(),
        name: [site, text("city_name"), text("country_name"), country.clone()]
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_default(),
        country,
    })
}

fn severity(module: &str, given: Option<&Value>) -> Severity {
    match given {
        Some(Value::String(word)) => Severity::ALL
            .into_iter()
            .find(|severity| severity.as_str() == word)
            .unwrap_or(Severity::Medium),
        Some(Value::Number(number)) => match (module, number.as_i64()) {
            ("suricata" | "snort" | "mata_elang", Some(number)) => counted_down(number),
            ("cef", Some(number)) => counted_up(number),
            _ => Severity::Medium,
        },
        _ => Severity::Medium,
    }
}

/// 1 is the worst.
fn counted_down(number: i64) -> Severity {
    match number {
        ..=1 => Severity::High,
        2 => Severity::Medium,
        _ => Severity::Low,
    }
}

/// 10 is the worst.
fn counted_up(number: i64) -> Severity {
    match number {
        ..=3 => Severity::Low,
        4..=6 => Severity::Medium,
        7..=8 => Severity::High,
        _ => Severity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_source_s_alert_comes_back_with_both_places_and_its_own_scale() {
        let doc = json!({
            "@timestamp": "2026-01-01T00:00:00Z",
            "event": {"id": "e1", "kind": "alert", "module": "suricata", "severity": 1},
            "host": {"id": "edge"}, "rule": {"id": "7", "name": "Scan"}, "network": {"transport": "TCP"},
            "source": {"ip": "203.0.113.9", "geo": {"city_name": "Oslo", "country_iso_code": "NO", "location": {"lat": 59.9, "lon": 10.7}},
                "as": {"number": 64500, "organization": {"name": "Example"}}},
            "destination": {"ip": "10.1.2.3", "asset": {"name": "web-07", "site": "Hamburg"},
                "geo": {"name": "Hamburg", "location": {"lat": 53.5, "lon": 10.0}}},
        });
        let event = Event::from_doc(doc.as_object().unwrap().clone()).unwrap();
        let seen = Sighting::read(&Drawn::of(&event).unwrap().to_json()).unwrap();
        assert_eq!((seen.severity, seen.rule.as_str()), (Severity::High, "Scan"));
        assert_eq!(seen.protocol.as_deref(), Some("tcp"));
        assert_eq!(seen.source.asn, Some(64_500));
        let place = seen.source.place.unwrap();
        assert_eq!((place.name.as_str(), place.is_site), ("Oslo", false));
        assert_eq!(seen.destination.name.as_deref(), Some("web-07"));
        assert!(seen.destination.place.unwrap().is_site);
    }

    #[test]
    fn an_event_without_a_place_or_that_is_no_alert_is_not_drawn() {
        for fields in [
            json!({"event": {"id": "e", "kind": "alert"}, "source": {"ip": "8.8.8.8"}}),
            json!({"event": {"id": "e", "kind": "event"}, "source": {"geo": {"location": {"lat": 1, "lon": 1}}}}),
        ] {
            let mut doc = json!({"@timestamp": "2026-01-01T00:00:00Z", "host": {"id": "h"}});
            doc.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            let event = Event::from_doc(doc.as_object().unwrap().clone()).unwrap();
            assert!(Drawn::of(&event).is_none(), "{fields}");
        }
    }

    #[test]
    fn each_source_s_severity_is_read_on_its_own_scale() {
        for (module, given, expected) in [
            ("suricata", json!(1), Severity::High),
            ("snort", json!(3), Severity::Low),
            ("cef", json!(3), Severity::Low),
            ("cef", json!(10), Severity::Critical),
            ("watchfloor", json!("critical"), Severity::Critical),
            ("zeek", json!(null), Severity::Medium),
        ] {
            assert_eq!(
                severity(module, Some(&given.clone().into())),
                expected,
                "{module} {given}"
            );
        }
    }

    #[test]
    fn a_place_beyond_the_poles_is_none() {
        let geo = json!({"location": {"lat": 91.0, "lon": 0.0}});
        assert_eq!(place(&geo.into(), false), None);
        assert_eq!(Sighting::read(b"{}"), None);
        assert_eq!(Sighting::read(b"[1"), None);
    }
}
