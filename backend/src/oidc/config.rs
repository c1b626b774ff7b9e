//! Settings of an identity provider, `[identity.oidc]`. Without an issuer there is none.

use crate::{config::is_loopback, store::Secret};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use watchfloor_shared::{TenantId, identity::Role};

const GRANTS_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OidcConfig {
    /// `https://sso.example/realms/soc`, letter for letter as the provider calls itself.
    pub issuer: Option<String>,
    pub client_id: String,
    /// Absent for a public client: the code is bound to this server by PKCE either way.
    pub client_secret: Option<Secret>,
    /// What the button says after "Sign in with".
    pub name: String,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Where the ID token, or else the user info, lists groups; dots lead into objects.
    pub groups_claim: String,
    /// Lets whoever the provider vouches for, with a verified address, into the account that has it.
    pub link_by_email: bool,
    /// PEM file: the authorities of the provider's certificate, and no others; the host's when absent.
    pub ca: Option<PathBuf>,
    pub grants: Vec<GrantConfig>,
}

/// Who is in `group` has `role` in `organization`; the highest of several counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantConfig {
    pub group: String,
    pub organization: TenantId,
    pub role: Role,
}

impl Default for OidcConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            client_id: "watchfloor".to_owned(),
            client_secret: None,
            name: "your organization's account".to_owned(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            groups_claim: "groups".to_owned(),
            link_by_email: false,
            ca: None,
            grants: Vec::new(),
        }
    }
}

impl OidcConfig {
    /// Key and reason of the first setting that cannot be used.
    pub fn validate(&self) -> Result<(), (&'static str, String)> {
        let Some(issuer) = &self.issuer else { return Ok(()) };
        let refused = |key, why: &str| Err((key, why.to_owned()));
        let Some(url) = Url::parse(issuer).ok().filter(is_issuer) else {
            return refused(
                "identity.oidc.issuer",
                "must be an https URL, without an account or a query",
            );
        };
        if url.scheme() == "http" && !is_loopback(&url) {
            return refused("identity.oidc.issuer", "must be https, except on this machine");
        }
        if self.client_id.is_empty() || self.client_id.chars().any(char::is_control) {
            return refused("identity.oidc.client_id", "is missing");
        }
        if self.groups_claim.split('.').any(str::is_empty) {
            return refused(
                "identity.oidc.groups_claim",
                "must be a name, or names with dots between",
            );
        }
        if self.grants.is_empty() {
            return refused("identity.oidc.grants", "is empty: nobody could come in");
        }
        if self.grants.len() > GRANTS_MAX {
            return refused("identity.oidc.grants", "has more than 1000 entries");
        }
        match &self.ca {
            Some(_) if url.scheme() == "http" => refused("identity.oidc.ca", "needs https in the issuer"),
            Some(path) if !path.is_file() => Err(("identity.oidc.ca", format!("{} is not a file", path.display()))),
            _ => Ok(()),
        }
    }
}

fn is_issuer(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> OidcConfig {
        OidcConfig {
            issuer: Some("https://sso.example/realms/soc".to_owned()),
            grants: vec![GrantConfig {
                group: "soc".to_owned(),
                organization: "default".parse().unwrap(),
                role: Role::Analyst,
            }],
            ..OidcConfig::default()
        }
    }

    #[test]
    fn what_cannot_work_is_refused_by_its_key() {
        assert_eq!(whole().validate(), Ok(()));
        assert_eq!(OidcConfig::default().validate(), Ok(()));
        let refused = |change: fn(&mut OidcConfig)| {
            let mut config = whole();
            change(&mut config);
            config.validate().unwrap_err().0
        };
        assert_eq!(
            refused(|c| c.issuer = Some("sso.example".to_owned())),
            "identity.oidc.issuer"
        );
        assert_eq!(
            refused(|c| c.issuer = Some("http://sso.example".to_owned())),
            "identity.oidc.issuer"
        );
        assert_eq!(refused(|c| c.grants.clear()), "identity.oidc.grants");
        assert_eq!(
            refused(|c| c.groups_claim = "a..b".to_owned()),
            "identity.oidc.groups_claim"
        );
        assert_eq!(refused(|c| c.client_id.clear()), "identity.oidc.client_id");
        assert_eq!(refused(|c| c.ca = Some("/nowhere.pem".into())), "identity.oidc.ca");
    }
}
