//! `GET /api/v1/session/provider` and `/return`: the browser's way to the identity provider and back.

use super::{came_in, origin};
use crate::{
    api::{
        Peer, cookie,
        describe::{Describe, text},
        extract::Asked,
        problem::{Answer, ApiError},
        state::AppState,
    },
    oidc::{Pending, Provider, ProviderError},
    store::{
        Secret,
        identity::{
            organizations::{self, NotIn},
            sessions,
        },
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use watchfloor_shared::{audit::Outcome, identity::ProviderRefusal};

const SIGN_IN: &str = "session.provider_return";
/// What the cookie's seal says it is.
const PENDING: &str = "pending sign-in";

#[derive(Deserialize)]
pub struct Start {
    /// The page to come back to.
    next: Option<String>,
}

#[derive(Deserialize)]
pub struct Return {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

pub fn describe() -> Describe {
    Describe::new("identity", "Sign in at the identity provider")
        .detail("A browser's address: it leads to the provider, or to the sign-in page with `refused`.")
        .query("next", "The page to come back to", text())
        .leads_on()
}

pub async fn begin(State(state): State<AppState>, peer: Peer, Asked(start): Asked<Start>) -> Answer<Response> {
    let provider = provider(&state)?;
    state.ways_out.take(&peer.address).map_err(ApiError::rate_limited)?;
    let next = own_page(start.next);
    let (url, pending) = match provider.begin(next, state.clock.now()).await {
        Ok(begun) => begun,
        Err(error) => return refused(&state, why(&error)),
    };
    let kept = serde_json::to_vec(&pending).map_err(ApiError::internal)?;
    let kept = state.sealer.seal(PENDING, &kept).map_err(ApiError::internal)?;
    let cookie = cookie::PENDING.set(&Secret::new(URL_SAFE_NO_PAD.encode(kept)), state.tls);
    let cookie = cookie.ok_or_else(|| ApiError::internal("a cookie that fits no header"))?;
    Ok((
        StatusCode::SEE_OTHER,
        [(header::LOCATION, url)],
        [(header::SET_COOKIE, cookie)],
    )
        .into_response())
}

pub fn describe_return() -> Describe {
    Describe::new("identity", "Come back from the identity provider")
        .detail("A browser's address: it signs the person in and leads to their page, or to the sign-in page with `refused`.")
        .query("code", "The provider's", text())
        .query("state", "This server's", text())
        .query("error", "The provider's", text())
        .leads_on()
}

pub async fn finish(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    Asked(back): Asked<Return>,
) -> Answer<Response> {
    let provider = provider(&state)?;
    let Some(pending) = pending(&state, &headers) else {
        return refused(&state, ProviderRefusal::Stale);
    };
    let vouched = match vouched(&state, provider, &pending, back).await {
        Ok(vouched) => vouched,
        Err(error) => {
            tracing::warn!(client.address = %peer.address, %error, "a sign-in by the identity provider failed");
            return refused(&state, why(&error));
        }
    };
    let roles = provider.roles(&vouched.groups);
    let member = match organizations::by_provider(&state.db, &vouched, &roles, provider.links_by_email()).await? {
        Ok(member) => member,
        Err(error) => {
            tracing::info!(user.email = vouched.email, %error, "a sign-in by the identity provider was refused");
            return refused(
                &state,
                match error {
                    NotIn::AddressTaken => ProviderRefusal::AddressTaken,
                    NotIn::NoOrganization => ProviderRefusal::NoOrganization,
                },
            );
        }
    };
    came_in(&state, SIGN_IN, &member, &peer, Outcome::Done).await?;
    let token = sessions::create(&state.db, &member, &origin(&peer, &headers)).await?;
    let cookies = [cookie::SESSION.set(&token, state.tls), cookie::PENDING.clear(state.tls)];
    let mut response = leads_to(&pending.next);
    for cookie in cookies {
        let cookie = cookie.ok_or_else(|| ApiError::internal("a cookie that fits no header"))?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn vouched(
    state: &AppState,
    provider: &Provider,
    pending: &Pending,
    back: Return,
) -> Result<crate::oidc::Vouched, ProviderError> {
    pending.check(back.state.as_deref().unwrap_or_default(), state.clock.now())?;
    match (back.code, back.error) {
        (Some(code), None) => provider.finish(code, pending).await,
        (_, error) => Err(ProviderError::Refused(
            error.unwrap_or_default().chars().take(100).collect(),
        )),
    }
}

fn provider(state: &AppState) -> Answer<&Provider> {
    state.provider.as_deref().ok_or_else(ApiError::not_found)
}

fn pending(state: &AppState, headers: &HeaderMap) -> Option<Pending> {
    let kept = cookie::PENDING.token(headers)?;
    let kept = URL_SAFE_NO_PAD.decode(kept.reveal()).ok()?;
    serde_json::from_slice(&state.sealer.open(PENDING, &kept).ok()?).ok()
}

const fn why(error: &ProviderError) -> ProviderRefusal {
    match error {
        ProviderError::Away(_) => ProviderRefusal::Away,
        ProviderError::Refused(_) => ProviderRefusal::Refused,
        ProviderError::Untrue(_) => ProviderRefusal::Untrue,
        ProviderError::NoAddress => ProviderRefusal::NoAddress,
        ProviderError::Stale => ProviderRefusal::Stale,
    }
}

/// A page of this console and nothing else: the way back must not lead elsewhere.
fn own_page(next: Option<String>) -> String {
    let is_own = |path: &String| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.len() <= 1_000
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_own).unwrap_or_else(|| "/".to_owned())
}

fn refused(state: &AppState, why: ProviderRefusal) -> Answer<Response> {
    let mut response = leads_to(&format!("/sign-in?refused={}", why.as_str()));
    let cookie = cookie::PENDING.clear(state.tls);
    let cookie = cookie.ok_or_else(|| ApiError::internal("a cookie that fits no header"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

fn leads_to(page: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, page.to_owned())]).into_response()
}

#[cfg(test)]
mod tests {
    use super::own_page;

    #[test]
    fn the_way_back_leads_to_this_console_alone() {
        assert_eq!(
            own_page(Some("/alerts?severity=high".to_owned())),
            "/alerts?severity=high"
        );
        for wrong in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "alerts",
            "/a\r\nb",
            "/\u{e4}",
        ] {
            assert_eq!(own_page(Some(wrong.to_owned())), "/", "{wrong:?}");
        }
        assert_eq!(own_page(Some("/".repeat(1_001))), "/");
        assert_eq!(own_page(None), "/");
    }
}
