//! What stands beside a model: for which platform and features it was made, from what, how good it was, and its hash.

use super::ModelError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use watchfloor_engine::graph::{Platform, schema_version};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub name: String,
    /// `windows` or `linux`.
    pub platform: String,
    pub version: String,
    /// [`schema_version`] of the features that it was made for.
    pub schema: String,
    /// Of the model's file, in hexadecimal digits.
    pub sha256: String,
    #[serde(default)]
    pub trained_at: Option<String>,
    /// What it was made from, in words.
    #[serde(default)]
    pub data: Value,
    #[serde(default)]
    pub metrics: Value,
    /// A window at or above it is an alert.
    pub threshold: f32,
    /// By which the answers were calibrated; it is in the model.
    #[serde(default)]
    pub temperature: Option<f32>,
}

impl Manifest {
    pub fn read(text: &[u8]) -> Result<Self, ModelError> {
        let manifest: Self = serde_json::from_slice(text).map_err(|error| ModelError::Manifest(error.to_string()))?;
        if !(manifest.threshold > 0.0 && manifest.threshold <= 1.0) {
            return Err(ModelError::Manifest(format!(
                "threshold {} is not between 0 and 1",
                manifest.threshold
            )));
        }
        Ok(manifest)
    }

    /// Whether this file is the one that is meant, for these features and this platform.
    pub fn check(&self, platform: Platform, model: &[u8]) -> Result<(), ModelError> {
        if self.platform != platform.as_str() {
            return Err(ModelError::Platform {
                found: self.platform.clone(),
                wanted: platform.as_str(),
            });
        }
        let schema = schema_version();
        if self.schema != schema {
            return Err(ModelError::Schema {
                found: self.schema.clone(),
                wanted: schema,
            });
        }
        let found = sha256(model);
        if !found.eq_ignore_ascii_case(&self.sha256) {
            return Err(ModelError::Hash {
                found,
                wanted: self.sha256.clone(),
            });
        }
        Ok(())
    }

    /// Name and version, as results carry it.
    pub fn label(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
