//! A database's row in ECS. Two layouts are met: GeoIP2's nested one, which most makers follow, and flat columns.

use super::country;
use crate::json::{Map, Value};
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};
use std::fmt;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct PlaceRow<'a> {
    #[serde(borrow)]
    city: Option<City<'a>>,
    #[serde(borrow)]
    continent: Coded<'a>,
    #[serde(borrow)]
    country: Coded<'a>,
    #[serde(borrow)]
    subdivisions: Vec<Coded<'a>>,
    location: Location<'a>,
    #[serde(borrow)]
    postal: Coded<'a>,
    // Flat columns.
    country_code: Option<&'a str>,
    state1: Option<&'a str>,
    postcode: Option<&'a str>,
    timezone: Option<&'a str>,
    latitude: Option<Number>,
    longitude: Option<Number>,
}

/// A number of whatever type the maker chose.
#[derive(Clone, Copy)]
struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<Number, E> {
        Ok(Number(number))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }
    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number as f64))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        text.trim().parse().map(Number).map_err(E::custom)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum City<'a> {
    Flat(&'a str),
    #[serde(borrow)]
    Named(Coded<'a>),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Coded<'a> {
    #[serde(alias = "iso_code")]
    code: Option<&'a str>,
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Names<'a> {
    en: Option<&'a str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Location<'a> {
    latitude: Option<Number>,
    longitude: Option<Number>,
    time_zone: Option<&'a str>,
}

impl PlaceRow<'_> {
    /// `source.geo`.
    pub fn into_ecs(self) -> Map {
        let city = match &self.city {
            Some(City::Flat(name)) => Some(*name),
            Some(City::Named(city)) => city.names.en,
            None => None,
        };
        let region = self.subdivisions.first();
        let code = self.country.code.or(self.country_code);
        let country = self.country.names.en.or_else(|| country::name(code?));
        let mut geo = Map::with_capacity(8);
        for (name, text) in [
            ("city_name", city),
            ("continent_code", self.continent.code),
            ("country_iso_code", code),
            ("country_name", country),
            ("region_iso_code", region.and_then(|region| region.code)),
            ("region_name", region.and_then(|region| region.names.en).or(self.state1)),
            ("postal_code", self.postal.code.or(self.postcode)),
            ("timezone", self.location.time_zone.or(self.timezone)),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                geo.insert(name, text.to_owned());
            }
        }
        let latitude = self.location.latitude.or(self.latitude);
        let longitude = self.location.longitude.or(self.longitude);
        if let (Some(Number(latitude)), Some(Number(longitude))) = (latitude, longitude)
            && latitude.abs() <= 90.0
            && longitude.abs() <= 180.0
        {
            let mut location = Map::with_capacity(2);
            location.insert("lat", latitude);
            location.insert("lon", longitude);
            geo.insert("location", Value::Object(location));
        }
        geo
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AsRow<'a> {
    autonomous_system_number: Option<Number>,
    autonomous_system_organization: Option<&'a str>,
}

impl AsRow<'_> {
    /// `source.as`.
    pub fn into_ecs(self) -> Map {
        let mut system = Map::with_capacity(2);
        if let Some(Number(number)) = self.autonomous_system_number {
            // Such a number has 32 bits, which a float holds exactly.
            system.insert("number", number as u32);
        }
        if let Some(name) = self.autonomous_system_organization.filter(|name| !name.is_empty()) {
            let mut organization = Map::with_capacity(1);
            organization.insert("name", name.to_owned());
            system.insert("organization", Value::Object(organization));
        }
        system
    }
}
