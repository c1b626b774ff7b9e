//! What an ID token and the user info say, in the types of the library.

use openidconnect::{
    AdditionalClaims, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenFields,
    StandardErrorResponse, StandardTokenResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const GROUPS_MAX: usize = 2_000;

/// All claims that the standard has no name for.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Claims {
    #[serde(flatten)]
    pub all: Map<String, Value>,
}

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(super) type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
pub(super) type Client = openidconnect::Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// All that need a public key: whoever knows the client's secret signs nothing.
pub(super) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The texts at `path`, dots leading into objects; none when there is no such claim.
pub(super) fn listed(claims: &Map<String, Value>, path: &str) -> Option<Vec<String>> {
    let mut names = path.split('.');
    let first = claims.get(names.next()?)?;
    let value = names.try_fold(first, |value, name| value.get(name))?;
    Some(match value {
        Value::String(group) => vec![group.clone()],
        Value::Array(groups) => {
            let groups = groups.iter().filter_map(Value::as_str).take(GROUPS_MAX);
            groups.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn groups_lie_where_the_settings_say() {
        let claims = json!({"groups": ["a", 1, "b"], "one": "c", "realm_access": {"roles": ["d"]}});
        let claims = claims.as_object().unwrap();
        let found = |path| listed(claims, path);
        assert_eq!(found("groups"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(found("one"), Some(vec!["c".to_owned()]));
        assert_eq!(found("realm_access.roles"), Some(vec!["d".to_owned()]));
        assert_eq!(
            (found("none"), found("groups.deeper"), found("realm_access.none")),
            (None, None, None)
        );
    }
}
