//! Settings of who may come in, `[identity]` in the configuration file.

use super::seal::Sealer;
use crate::{oidc::OidcConfig, store::Secret};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// 32 bytes in Base64; of the data directory's own making when absent.
    pub sealing_key: Option<Secret>,
    pub oidc: OidcConfig,
}

impl IdentityConfig {
    /// Key and reason of the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        if let Some(Err(why)) = self.sealing_key.as_ref().map(Sealer::new) {
            return Err(("identity.sealing_key", why.to_string()));
        }
        self.oidc.validate()
    }
}
