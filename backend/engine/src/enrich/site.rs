//! Where the organization is: a place for addresses that no database can know.

use super::inventory::{InvalidRow, check_names};
use crate::json::Map;
use std::collections::HashMap;
use watchfloor_shared::inventory::Site;

#[derive(Default)]
pub(super) struct Sites {
    all: Vec<Site>,
    /// ECS `geo` objects by the site's name in lower case.
    places: HashMap<String, Map>,
}

impl Sites {
    pub fn new(sites: &[Site]) -> Self {
        Self {
            all: sites.to_vec(),
            places: sites.iter().map(|site| (site.name.to_lowercase(), geo(site))).collect(),
        }
    }

    pub fn all(&self) -> &[Site] {
        &self.all
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Where a host or a network is that the inventory knows.
    pub fn of(&self, asset: &Map) -> Option<&Map> {
        self.places.get(&asset.get("site")?.as_str()?.to_lowercase())
    }

    /// The site, where there is one alone.
    pub fn only(&self) -> Option<&Map> {
        self.places.values().next().filter(|_| self.places.len() == 1)
    }
}

fn geo(site: &Site) -> Map {
    let mut geo = Map::new();
    geo.insert("name", site.name.clone());
    let location = Map::from_iter([("lat", site.latitude), ("lon", site.longitude)]);
    geo.insert("location", location);
    if let Some(country) = &site.country {
        geo.insert("country_iso_code", country.to_uppercase());
    }
    geo
}

/// The first row without a name, with a name that was there before, or that is nowhere on Earth.
pub fn check_sites(sites: &[Site]) -> Result<(), InvalidRow> {
    check_names(sites.iter().map(|site| site.name.as_str()))?;
    for (at, site) in sites.iter().enumerate() {
        let refuse = |why: String| Err(InvalidRow { row: at + 1, why });
        if !(-90.0..=90.0).contains(&site.latitude) {
            return refuse(format!("a latitude is from -90 to 90, not {}", site.latitude));
        }
        if !(-180.0..=180.0).contains(&site.longitude) {
            return refuse(format!("a longitude is from -180 to 180, not {}", site.longitude));
        }
        let is_code = |code: &str| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
        if let Some(wrong) = site.country.as_deref().filter(|code| !is_code(code)) {
            return refuse(format!("a country is two letters of ISO 3166-1, not {wrong:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, enrich::Inventory};
    use serde_json::json;
    use watchfloor_shared::inventory::Asset;

    fn site(name: &str, latitude: f64, longitude: f64) -> Site {
        Site {
            name: name.to_owned(),
            latitude,
            longitude,
            country: None,
        }
    }

    fn asset(name: &str, address: &str, site: &str) -> Asset {
        Asset {
            name: name.to_owned(),
            addresses: vec![address.to_owned()],
            site: Some(site.to_owned()),
            ..Asset::default()
        }
    }

    /// The name of the place of `source.ip`, as `edge` tells of it.
    fn placed(inventory: &Inventory, ip: &str) -> Option<String> {
        let doc = json!({
            "@timestamp": "2024-05-14T09:12:01Z", "event": {"id": "1"}, "host": {"id": "edge"}, "source": {"ip": ip},
        });
        let mut event = Event::from_doc(doc.as_object().unwrap().clone()).unwrap();
        inventory.enrich(&mut event);
        event.text("source.geo.name").map(str::to_owned)
    }

    #[test]
    fn a_private_address_is_at_its_own_site_else_with_the_host_else_at_the_only_one() {
        let sites = [site("Hamburg", 53.55, 9.99), site("Singapore", 1.35, 103.8)];
        let plant = asset("plant", "10.7.0.0/16", "hamburg");
        let edge = asset("EDGE", "9.9.9.9", "Singapore");
        let both = Inventory::new(&[plant.clone(), edge], &[], &sites);
        let only = Inventory::new(&[], &[], &sites[..1]);
        let unsaid = Inventory::new(&[plant], &[], &sites);
        for (ip, of_both, of_only, of_unsaid) in [
            ("10.7.0.9", Some("Hamburg"), Some("Hamburg"), Some("Hamburg")),
            ("10.8.0.9", Some("Singapore"), Some("Hamburg"), None),
            ("fd00::1", Some("Singapore"), Some("Hamburg"), None),
            // Public, and one's own.
            ("9.9.9.9", Some("Singapore"), None, None),
            ("8.8.8.8", None, None, None),
            ("127.0.0.1", None, None, None),
            ("224.0.0.251", None, None, None),
            ("203.0.113.9", None, None, None),
        ] {
            for (inventory, expected) in [(&both, of_both), (&only, of_only), (&unsaid, of_unsaid)] {
                assert_eq!(placed(inventory, ip).as_deref(), expected, "{ip}");
            }
        }
    }

    #[test]
    fn a_site_that_is_nowhere_is_refused_with_its_row() {
        let country = Site {
            country: Some("DEU".to_owned()),
            ..site("c", 1.0, 1.0)
        };
        for (wrong, why) in [
            (site("b", 91.0, 0.0), "row 2: a latitude"),
            (site("b", 0.0, f64::NAN), "row 2: a longitude"),
            (site("A", 0.0, 0.0), "row 2: \"A\" is in row 1 already"),
            (country, "row 2: a country"),
        ] {
            let refused = check_sites(&[site("a", 0.0, 0.0), wrong]).unwrap_err();
            assert!(refused.to_string().starts_with(why), "{refused}");
        }
    }
}
