//! Stands before every handler: authenticates, checks what the table asks for, limits, times.
//!
//! Invariant: a handler of a route that is not public runs only after its caller was found and allowed; no handler can
//! forget that, because the router puts the guard there from the table.

use super::{
    access::{Access, Caller, Person},
    assets,
    audit::Trail,
    cookie, csrf,
    ingest::otlp,
    peer::Peer,
    problem::{Answer, ApiError},
    routes::Route,
    state::AppState,
    walls::screen::WallScreen,
};
use crate::{
    identity::token,
    roles::Role,
    sensors::Held,
    store::{
        Database, Secret, StoreError,
        identity::{
            Member,
            api_keys::{self, KeyHolder},
            sessions,
        },
    },
};
use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use std::{borrow::Cow, time::Duration};
use tokio::time::{Instant, timeout};
use tracing::Instrument;
use watchfloor_shared::{audit::Outcome, problem::ErrorCode};

/// Longest API key or session token that is looked at.
const SECRET_BYTES_MAX: usize = 256;

/// Who calls, and the cookie to send along when the session was renewed on the way.
struct Admitted {
    caller: Option<Caller>,
    renewed: Option<Secret>,
    screen: Option<WallScreen>,
}

impl Admitted {
    fn sender(holder: Option<KeyHolder>) -> Self {
        Self {
            caller: holder.map(Caller::Key),
            renewed: None,
            screen: None,
        }
    }

    fn screen(screen: WallScreen) -> Self {
        Self {
            caller: None,
            renewed: None,
            screen: Some(screen),
        }
    }
}

pub async fn guard(state: AppState, route: &'static Route, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let span = tracing::info_span!("api", route = route.name, tenant.id = tracing::field::Empty);
    let http = state.clone();
    let said_in = (route.name == otlp::NAME).then(|| otlp::Encoded::of_answer(request.headers()));
    let mut response = admit_and_run(state, route, request, next).instrument(span).await;
    if let Some(encoded) = said_in {
        response = otlp::in_its_words(response, encoded);
    }
    http.http.record(route, response.status(), started.elapsed());
    response
}

async fn admit_and_run(state: AppState, route: &'static Route, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let has_pages = state.roles.has(Role::Api);
    if has_pages && matches!(route.access, Access::PageOr(_)) && assets::wants_page(&parts.headers) {
        return assets::index(&parts.headers);
    }
    let address = Peer::of(&parts.extensions).address;
    let trail = Trail::of(route, &mut parts, address).await;
    let admitted = match admit(&state, route, &parts).await {
        Ok(admitted) => admitted,
        Err(error) => return error.into_response(),
    };
    let caller = admitted.caller.clone();
    if let Err(error) = allow(&state, route, caller.as_ref()) {
        if let (Some(trail), Some(caller)) = (&trail, &caller) {
            // It was refused with or without an entry.
            let _ = trail.finish(&state, caller, Outcome::Refused).await;
        }
        return error.into_response();
    }
    if let Some(trail) = &trail {
        parts.extensions.insert(trail.clone());
    }
    let held = match &admitted.caller {
        Some(Caller::Key(holder)) if route.streams => Some(state.held.hold(&holder.id)),
        _ => None,
    };
    if let Some(caller) = admitted.caller {
        tracing::Span::current().record("tenant.id", caller.tenant().as_str());
        parts.extensions.insert(caller);
    }
    if let Some(screen) = admitted.screen {
        tracing::Span::current().record("tenant.id", screen.tenant());
        parts.extensions.insert(screen);
    }
    let request = Request::from_parts(parts, body);
    let mut response = if route.streams {
        tokio::select! {
            response = next.run(request) => response,
            () = ended(held.as_ref()) => ApiError::unauthenticated().into_response(),
        }
    } else {
        let limit = Duration::from_millis(state.limits.request_ms_max);
        match timeout(limit, next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::unavailable("It took longer than this server allows.").into_response(),
        }
    };
    let outcome = match response.status() {
        StatusCode::FORBIDDEN => Some(Outcome::Refused),
        status => status.is_success().then_some(Outcome::Done),
    };
    if let (Some(trail), Some(caller), Some(outcome)) = (&trail, &caller, outcome)
        && let Err(error) = trail.finish(&state, caller, outcome).await
        // What was refused was refused, with or without an entry.
        && outcome == Outcome::Done
    {
        response = error.into_response();
    }
    let renewed = admitted
        .renewed
        .and_then(|token| cookie::SESSION.set(&token, state.tls));
    // A handler that signs out or in has the last word about the cookie.
    if let Some(value) = renewed
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

async fn admit(state: &AppState, route: &Route, request: &Parts) -> Answer<Admitted> {
    refuse_cross_site(request)?;
    match route.access {
        Access::Public => return Ok(Admitted::sender(None)),
        Access::Screen => return Ok(Admitted::screen(WallScreen::of(state, request).await?)),
        Access::LoopbackOr(_) if is_local(request) => return Ok(Admitted::sender(None)),
        _ => {}
    }
    let admitted = authenticate(state, request).await?;
    match admitted.caller {
        Some(_) => Ok(admitted),
        None => Err(ApiError::unauthenticated()),
    }
}

/// Whether who was admitted may do this. Nobody is where the route asks for nobody.
fn allow(state: &AppState, route: &Route, caller: Option<&Caller>) -> Answer<()> {
    match (caller, route.access.permission()) {
        (Some(caller), Some(permission)) if !caller.may(permission) => Err(ApiError::forbidden()),
        (Some(Caller::Person(person)), None) if route.access == Access::Host && !state.hosts(&person.member()) => {
            Err(ApiError::forbidden())
        }
        (Some(Caller::Key(_)), None) => Err(ApiError::forbidden()),
        (Some(Caller::Key(holder)), Some(_)) => {
            let allowances = state.ingest.allowances();
            allowances.check(&holder.id).map_err(ApiError::rate_limited)
        }
        _ => Ok(()),
    }
}

/// Returns when a sender's credential works no longer: what it still sends is not taken.
async fn ended(held: Option<&Held>) {
    match held {
        Some(held) => held.ended().await,
        None => std::future::pending().await,
    }
}

fn refuse_cross_site(request: &Parts) -> Answer<()> {
    if csrf::is_cross_site(&request.method, &request.headers) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            "The request comes from another site's page.",
        ));
    }
    Ok(())
}

/// A key counts before a cookie: who sends one means it. A certificate comes last, because a browser shows it unasked.
async fn authenticate(state: &AppState, request: &Parts) -> Answer<Admitted> {
    if let Some(key) = api_key(&request.headers) {
        return Ok(Admitted::sender(key_holder(&state.db, &key).await?));
    }
    let Some(presented) = cookie::SESSION.token(&request.headers) else {
        let holder = match Peer::of(&request.extensions).certificate {
            Some(certificate) => api_keys::lookup_certificate(&state.db, &certificate).await?,
            None => None,
        };
        return Ok(Admitted::sender(holder));
    };
    let nobody = Admitted::sender(None);
    if presented.reveal().len() > SECRET_BYTES_MAX {
        return Ok(nobody);
    }
    let Some(session) = sessions::lookup(&state.db, presented.reveal()).await? else {
        return Ok(nobody);
    };
    state
        .requests
        .take(&token::hash(presented.reveal()))
        .map_err(ApiError::rate_limited)?;
    let renewed = if session.rotation_due {
        sessions::rotate(&state.db, presented.reveal()).await?
    } else {
        None
    };
    let caller = Some(Caller::Person(person(session.member, presented)));
    Ok(Admitted {
        caller,
        renewed,
        screen: None,
    })
}

fn person(member: Member, session: Secret) -> Person {
    Person {
        user: member.user,
        name: member.name,
        email: member.email,
        role: member.role,
        tenant: member.tenant,
        tenant_name: member.tenant_name,
        session,
    }
}

/// Whose key this is.
pub async fn key_holder(db: &Database, key: &str) -> Result<Option<KeyHolder>, StoreError> {
    match key.len() <= SECRET_BYTES_MAX {
        true => api_keys::lookup(db, key).await,
        false => Ok(None),
    }
}

/// The key in the words of whoever sends: `Bearer`; Elasticsearch's `ApiKey` and the password of `Basic`; `Splunk`; a header of
/// its own.
pub fn api_key(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let authorized = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, credential) = value.split_once(' ')?;
        let credential = credential.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "bearer" | "splunk" => Some(Cow::Borrowed(credential)),
            "apikey" => Some(secret_part(credential).map_or(Cow::Borrowed(credential), Cow::Owned)),
            "basic" => secret_part(credential).map(Cow::Owned),
            _ => None,
        }
    });
    let own = || text("x-api-key").map(Cow::Borrowed);
    authorized.or_else(own).filter(|key| !key.is_empty())
}

/// What stands behind the colon of `base64(name:secret)`.
fn secret_part(credential: &str) -> Option<String> {
    if credential.len() > 2 * SECRET_BYTES_MAX {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(credential).ok()?).ok()?;
    decoded.split_once(':').map(|(_, secret)| secret.to_owned())
}

/// Through a proxy on this machine everyone has its address, so a forwarded request is not local.
fn is_local(request: &Parts) -> bool {
    let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    Peer::of(&request.extensions).address.is_loopback()
        && !forwarded.iter().any(|name| request.headers.contains_key(*name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn request(peer: &str, header: Option<&str>) -> Parts {
        let mut builder = Request::builder();
        if let Some(name) = header {
            builder = builder.header(name, "192.0.2.1");
        }
        let mut request = builder.body(Body::empty()).unwrap();
        request.extensions_mut().insert(Peer {
            address: peer.parse::<std::net::IpAddr>().unwrap().to_canonical(),
            certificate: None,
        });
        request.into_parts().0
    }

    #[test]
    fn a_proxy_on_this_machine_makes_nobody_local() {
        assert!(is_local(&request("127.0.0.1", None)));
        assert!(is_local(&request("::ffff:127.0.0.1", None)));
        assert!(!is_local(&request("127.0.0.1", Some("x-forwarded-for"))));
        assert!(!is_local(&request("192.0.2.7", None)));
    }

    #[test]
    fn keys_come_as_bearer_or_in_their_own_header() {
        let with = |name: &str, value: &str| {
            let request = Request::builder().header(name, value).body(Body::empty()).unwrap();
            api_key(request.headers()).map(Cow::into_owned)
        };
        assert_eq!(with("authorization", "bearer wf_a").as_deref(), Some("wf_a"));
        assert_eq!(with("x-api-key", "wf_b").as_deref(), Some("wf_b"));
        assert_eq!(with("authorization", "Splunk wf_c").as_deref(), Some("wf_c"));
        assert_eq!(with("authorization", "ApiKey wf_d").as_deref(), Some("wf_d"));
        let pair = BASE64.encode("sensor:wf_e");
        assert_eq!(with("authorization", &format!("Basic {pair}")).as_deref(), Some("wf_e"));
        assert_eq!(
            with("authorization", &format!("ApiKey {pair}")).as_deref(),
            Some("wf_e")
        );
        assert_eq!(with("authorization", "Basic dXNlcg=="), None);
        assert_eq!(with("authorization", &format!("Basic {}", "a".repeat(100_000))), None);
        assert_eq!(with("x-api-key", ""), None);
    }
}
