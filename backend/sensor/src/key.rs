//! The API key: read when a call begins, so that a new one in the file is used; never printed.

use crate::config::ServerConfig;
use std::{env, fs};
use tonic::metadata::{Ascii, MetadataValue};

pub const VARIABLE: &str = "WATCHFLOOR_SENSOR_KEY";

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error(
        "there is neither a certificate nor an API key: enrol with `watchfloor-sensor enroll`, or set server.key_file, or {VARIABLE} in the environment"
    )]
    Missing,
    #[error("the key file {0} cannot be read: {1}")]
    File(String, std::io::Error),
    #[error("the API key has characters that no key has")]
    Unusable,
}

/// As the metadata `authorization` wants it; none where the certificate says who the sensor is.
pub fn authorization(config: &ServerConfig) -> Result<Option<MetadataValue<Ascii>>, KeyError> {
    let key = match (&config.key_file, env::var(VARIABLE)) {
        (Some(file), _) => {
            fs::read_to_string(file).map_err(|error| KeyError::File(file.display().to_string(), error))?
        }
        (None, Ok(key)) => key,
        (None, Err(_)) if config.certificate_file.is_some() => return Ok(None),
        (None, Err(_)) => return Err(KeyError::Missing),
    };
    let mut value: MetadataValue<Ascii> = format!("Bearer {}", key.trim())
        .parse()
        .map_err(|_| KeyError::Unusable)?;
    value.set_sensitive(true);
    Ok(Some(value))
}
