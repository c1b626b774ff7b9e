//! The cookies: who is signed in, who is away to sign in elsewhere, which screen shows a code, which wall a screen is.

use crate::store::Secret;
use axum::http::{HeaderMap, HeaderValue, header};

/// One secret that a browser keeps, out of reach of scripts and of other sites.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    name: &'static str,
    /// It is sent to these addresses alone.
    path: &'static str,
    /// Absent: until the browser closes.
    age_s_max: Option<u32>,
    same_site: &'static str,
}

/// The server counts its idle time.
pub const SESSION: Kept = Kept {
    name: "watchfloor_session",
    path: "/",
    age_s_max: None,
    same_site: "Strict",
};

/// Of whoever is at the identity provider, whose page leads back here: so it comes along from another site, and holds nothing but
/// what the server sealed.
pub const PENDING: Kept = Kept {
    name: "watchfloor_pending",
    path: "/api/v1/session/provider",
    age_s_max: Some(15 * 60),
    same_site: "Lax",
};

/// Of a screen that shows a code; a little longer than the code works.
pub const PAIRING: Kept = Kept {
    name: "watchfloor_pairing",
    path: "/api/v1/wall",
    age_s_max: Some(15 * 60),
    same_site: "Strict",
};

/// Of a wall. As long as browsers keep one, and renewed whenever the screen connects.
pub const WALL: Kept = Kept {
    name: "watchfloor_wall",
    path: "/api/v1/wall",
    age_s_max: Some(400 * 24 * 60 * 60),
    same_site: "Strict",
};

impl Kept {
    /// The secret, if the request brings one.
    pub fn token(self, headers: &HeaderMap) -> Option<Secret> {
        let pairs = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
        pairs
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, value)| *name == self.name && !value.is_empty())
            .map(|(_, value)| Secret::new(value))
    }

    /// `Set-Cookie` for a new secret.
    pub fn set(self, token: &Secret, tls: bool) -> Option<HeaderValue> {
        self.header(token.reveal(), self.age_s_max, tls)
    }

    /// `Set-Cookie` that takes it away.
    pub fn clear(self, tls: bool) -> Option<HeaderValue> {
        self.header("", Some(0), tls)
    }

    fn header(self, value: &str, age_s_max: Option<u32>, tls: bool) -> Option<HeaderValue> {
        let Kept {
            name, path, same_site, ..
        } = self;
        let age = age_s_max.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
        let secure = if tls { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}{age}; HttpOnly; SameSite={same_site}{secure}");
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
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
            SESSION.token(&headers).map(|t| t.reveal().to_owned()),
            Some("yes".to_owned())
        );
        assert_eq!(WALL.token(&headers), None);
    }

    #[test]
    fn scripts_and_other_sites_do_not_get_it() {
        let text = |kept: Kept, tls| kept.set(&Secret::new("t"), tls).unwrap().to_str().unwrap().to_owned();
        for (kept, path) in [(SESSION, "Path=/;"), (WALL, "Path=/api/v1/wall;")] {
            for part in ["HttpOnly", "SameSite=Strict", "Secure", path] {
                assert!(text(kept, true).contains(part), "{part}");
            }
            assert!(!text(kept, false).contains("Secure"));
        }
        assert!(!text(SESSION, true).contains("Max-Age"));
        assert!(
            SESSION
                .clear(false)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("watchfloor_session=; Path=/; Max-Age=0")
        );
    }
}
