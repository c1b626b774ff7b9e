//! Sign-in by an identity provider: OpenID Connect's code flow with PKCE, and roles by the groups that it names.
//!
//! Invariant: a person is who the provider's issuer and subject say, never who an address says; and nothing that the browser brings
//! back counts unless this server sealed it before.

mod config;
mod http;
mod word;

pub use config::{GrantConfig, OidcConfig};

use anyhow::{Context, Result};
use http::Http;
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, IdTokenClaims,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, TokenResponse, UserInfoClaims,
    core::{CoreErrorResponseType, CoreGenderClaim, CoreProviderMetadata, CoreResponseType},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use watchfloor_shared::{TenantId, Timestamp, identity::Role};
use word::{ALGORITHMS, Claims, Client, Tokens, listed};

/// The provider's addresses and keys are asked for again after as long.
const KNOWN_FOR: Duration = Duration::from_secs(600);
/// How long somebody may take to sign in over there.
const PENDING_FOR: Duration = Duration::from_secs(600);

#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("the identity provider does not answer: {0}")]
    Away(String),
    #[error("the identity provider refused: {0}")]
    Refused(String),
    #[error("the identity provider's word does not hold: {0}")]
    Untrue(String),
    #[error("the identity provider names no e-mail address")]
    NoAddress,
    #[error("the sign-in took too long, or began in another browser")]
    Stale,
}

/// What stays with the browser while its person is at the provider, sealed.
#[derive(Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    until: Timestamp,
    /// The page to come back to.
    pub next: String,
}

impl Pending {
    /// Whether what comes back is the answer to this.
    pub fn check(&self, state: &str, now: Timestamp) -> Result<(), ProviderError> {
        match self.state == state && now < self.until {
            true => Ok(()),
            false => Err(ProviderError::Stale),
        }
    }
}

/// Whom the provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    pub issuer: String,
    pub subject: String,
    pub email: String,
    /// The provider has seen that mail to it arrives at the person.
    pub is_email_verified: bool,
    pub name: String,
    pub groups: Vec<String>,
}

/// The provider of the settings.
pub struct Provider {
    config: OidcConfig,
    issuer: IssuerUrl,
    redirect: RedirectUrl,
    http: Http,
    known: Mutex<Option<(Instant, Arc<Client>)>>,
}

impl Provider {
    /// `redirect`: this server's address that the provider sends people back to. None without an issuer in the settings.
    pub fn new(config: &OidcConfig, redirect: String) -> Result<Option<Self>> {
        let Some(issuer) = &config.issuer else {
            return Ok(None);
        };
        Ok(Some(Self {
            issuer: IssuerUrl::new(issuer.clone()).context("identity.oidc.issuer")?,
            redirect: RedirectUrl::new(redirect).context("http.public_url")?,
            http: Http::new(config).context("identity.oidc.ca")?,
            config: config.clone(),
            known: Mutex::new(None),
        }))
    }

    /// What it is called on the button.
    pub fn name(&self) -> &str {
        &self.config.name
    }

    pub fn links_by_email(&self) -> bool {
        self.config.link_by_email
    }

    /// Where the browser goes, and what it keeps meanwhile.
    pub async fn begin(&self, next: String, now: Timestamp) -> Result<(String, Pending), ProviderError> {
        let client = self.client(false).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = self.config.scopes.iter().cloned().map(Scope::new);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        let pending = Pending {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            until: now.saturating_add(PENDING_FOR),
            next,
        };
        Ok((url.into(), pending))
    }

    /// Gives the code away for the provider's word, and checks it.
    pub async fn finish(&self, code: String, pending: &Pending) -> Result<Vouched, ProviderError> {
        let client = self.client(false).await?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| ProviderError::Untrue(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(pending.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(refusal)?;
        let nonce = Nonce::new(pending.nonce.clone());
        match self.vouched(&client, &tokens, &nonce).await {
            // It may sign with a key that is newer than what is known of it.
            Err(Doubt::Signature(_)) => {
                let client = self.client(true).await?;
                self.vouched(&client, &tokens, &nonce)
                    .await
                    .map_err(ProviderError::from)
            }
            other => other.map_err(ProviderError::from),
        }
    }

    async fn vouched(&self, client: &Client, tokens: &Tokens, nonce: &Nonce) -> Result<Vouched, Doubt> {
        let untrue = |what: &str| Doubt::Other(ProviderError::Untrue(what.to_owned()));
        let token = tokens.id_token().ok_or_else(|| untrue("there is no ID token"))?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
        let claims: &IdTokenClaims<Claims, CoreGenderClaim> = token.claims(&verifier, nonce)?;
        let path = &self.config.groups_claim;
        let groups = match listed(&claims.additional_claims().all, path) {
            Some(groups) => groups,
            None => {
                let more = self.user_info(client, tokens, claims).await.map_err(Doubt::Other)?;
                listed(&more.additional_claims().all, path).unwrap_or_default()
            }
        };
        let email = claims.email().map(|email| email.trim().to_lowercase());
        let email = email
            .filter(|email| !email.is_empty())
            .ok_or(Doubt::Other(ProviderError::NoAddress))?;
        let name = claims
            .name()
            .and_then(|name| name.get(None))
            .map(|name| name.to_string());
        let name = name.or_else(|| claims.preferred_username().map(|name| name.to_string()));
        Ok(Vouched {
            issuer: self.issuer.to_string(),
            subject: claims.subject().to_string(),
            is_email_verified: claims.email_verified() == Some(true),
            name: name
                .filter(|name| !name.trim().is_empty())
                .unwrap_or_else(|| email.clone()),
            email,
            groups,
        })
    }

    async fn user_info(
        &self,
        client: &Client,
        tokens: &Tokens,
        claims: &IdTokenClaims<Claims, CoreGenderClaim>,
    ) -> Result<UserInfoClaims<Claims, CoreGenderClaim>, ProviderError> {
        client
            .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
            .map_err(|_| ProviderError::Untrue("it lists no groups".to_owned()))?
            .request_async(&self.http)
            .await
            .map_err(|error| ProviderError::Untrue(format!("its user info: {error}")))
    }

    async fn client(&self, anew: bool) -> Result<Arc<Client>, ProviderError> {
        let mut known = self.known.lock().await;
        if let Some((since, client)) = known.as_ref()
            && !anew
            && since.elapsed() < KNOWN_FOR
        {
            return Ok(Arc::clone(client));
        }
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|error| match error {
                openidconnect::DiscoveryError::Request(error) => error,
                error => ProviderError::Untrue(error.to_string()),
            })?;
        let secret = self.config.client_secret.as_ref();
        let client = openidconnect::Client::from_provider_metadata(
            metadata,
            ClientId::new(self.config.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.reveal().to_owned())),
        )
        .set_redirect_uri(self.redirect.clone());
        let client: Arc<Client> = Arc::new(client);
        *known = Some((Instant::now(), Arc::clone(&client)));
        Ok(client)
    }

    /// What these groups may here: an organization each, with the highest of the roles.
    pub fn roles(&self, groups: &[String]) -> BTreeMap<TenantId, Role> {
        let mut roles = BTreeMap::new();
        for grant in self.config.grants.iter().filter(|grant| groups.contains(&grant.group)) {
            let role = roles.entry(grant.organization.clone()).or_insert(grant.role);
            // Owner is the first of them.
            *role = (*role).min(grant.role);
        }
        roles
    }
}

/// Why a token does not hold.
enum Doubt {
    /// A key that is not known may be a new one.
    Signature(String),
    Other(ProviderError),
}

impl From<ClaimsVerificationError> for Doubt {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(error) => Self::Signature(error.to_string()),
            error => Self::Other(ProviderError::Untrue(error.to_string())),
        }
    }
}

impl From<Doubt> for ProviderError {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Signature(why) => ProviderError::Untrue(why),
            Doubt::Other(error) => error,
        }
    }
}

type CodeRefused = openidconnect::RequestTokenError<ProviderError, StandardErrorResponse<CoreErrorResponseType>>;

fn refusal(error: CodeRefused) -> ProviderError {
    match error {
        CodeRefused::Request(error) => error,
        CodeRefused::ServerResponse(said) => ProviderError::Refused(said.to_string()),
        error => ProviderError::Untrue(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_role_of_an_organization_counts() {
        let grant = |group: &str, organization: &str, role| GrantConfig {
            group: group.to_owned(),
            organization: organization.parse().unwrap(),
            role,
        };
        let config = OidcConfig {
            issuer: Some("https://sso.example".to_owned()),
            grants: vec![
                grant("everybody", "acme", Role::Viewer),
                grant("soc", "acme", Role::Analyst),
                grant("soc", "beta", Role::Viewer),
                grant("leads", "acme", Role::Admin),
            ],
            ..OidcConfig::default()
        };
        let provider = Provider::new(&config, "https://soc.example/back".to_owned())
            .unwrap()
            .unwrap();
        let roles = |groups: &[&str]| {
            let groups: Vec<_> = groups.iter().map(|group| (*group).to_owned()).collect();
            let roles = provider.roles(&groups);
            roles
                .iter()
                .map(|(tenant, role)| format!("{tenant} {}", role.as_str()))
                .collect::<Vec<_>>()
        };
        assert_eq!(roles(&["soc", "everybody"]), ["acme analyst", "beta viewer"]);
        assert_eq!(roles(&["leads", "soc"]), ["acme admin", "beta viewer"]);
        assert_eq!(roles(&["strangers"]), Vec::<String>::new());
    }

    #[test]
    fn an_answer_to_nothing_or_too_late_is_none() {
        let now = Timestamp::from_nanos(1_000);
        let pending = Pending {
            state: "s".to_owned(),
            nonce: String::new(),
            verifier: String::new(),
            until: now.saturating_add(PENDING_FOR),
            next: "/".to_owned(),
        };
        assert!(pending.check("s", now).is_ok());
        assert!(matches!(pending.check("t", now), Err(ProviderError::Stale)));
        let late = now.saturating_add(PENDING_FOR);
        assert!(matches!(pending.check("s", late), Err(ProviderError::Stale)));
    }
}
