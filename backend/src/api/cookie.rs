//! The session cookie.

use crate::store::Secret;
use axum::http::{HeaderMap, HeaderValue, header};

const NAME: &str = "watchfloor_session";

/// The session's token, if the request brings one.
pub fn session_token(headers: &HeaderMap) -> Option<Secret> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    pairs
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && !value.is_empty())
        .map(|(_, value)| Secret::new(value))
}

/// `Set-Cookie` for a new token; a browser session's cookie, the server counts its idle time.
pub fn set(token: &Secret, tls: bool) -> Option<HeaderValue> {
    let secure = if tls { "; Secure" } else { "" };
    let text = format!("{NAME}={}; Path=/; HttpOnly; SameSite=Strict{secure}", token.reveal());
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// `Set-Cookie` that takes it away.
pub fn clear(tls: bool) -> HeaderValue {
    HeaderValue::from_static(if tls {
        "watchfloor_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"
    } else {
        "watchfloor_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_its_own_cookie_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=1; xwatchfloor_session=no; watchfloor_session=yes"),
        );
        assert_eq!(
            session_token(&headers).map(|t| t.reveal().to_owned()),
            Some("yes".to_owned())
        );
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_it() {
        let text = set(&Secret::new("t"), true).unwrap().to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(
            !set(&Secret::new("t"), false)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("Secure")
        );
    }
}
