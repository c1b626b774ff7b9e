//! Addresses in files: as text, so that the crate of addresses needs no feature that the rest of the workspace does without.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use url::Url;

pub fn serialize<S: Serializer>(address: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(address.as_str())
}

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
