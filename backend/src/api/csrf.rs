//! Requests that change something come from our own pages or from programs, never from another site's page.

use axum::http::{HeaderMap, Method, header};

/// Whether a browser says that another site sent this. A program sends neither header.
pub fn is_cross_site(method: &Method, headers: &HeaderMap) -> bool {
    if matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return false;
    }
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return !matches!(site, "same-origin" | "none");
    }
    match (text(header::ORIGIN.as_str()), text(header::HOST.as_str())) {
        (None, _) => false,
        (Some(origin), Some(host)) => !same_authority(origin, host),
        (Some(_), None) => true,
    }
}

/// A proxy may have ended TLS, so the scheme says nothing; its default port may be written or not.
fn same_authority(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let default_port = if scheme == "https" { ":443" } else { ":80" };
    let bare = |text: &str| text.strip_suffix(default_port).unwrap_or(text).to_ascii_lowercase();
    bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_may_change_things() {
        let cases: [(&[(&str, &str)], bool); 9] = [
            (&[("host", "soc:8443")], false),
            (&[("host", "soc:8443"), ("origin", "http://soc:8443")], false),
            (&[("host", "soc"), ("origin", "https://soc:443")], false),
            (&[("host", "soc"), ("origin", "https://evil")], true),
            (&[("host", "soc"), ("origin", "null")], true),
            (&[("host", "soc:80"), ("origin", "http://soc:81")], true),
            (
                &[
                    ("host", "soc"),
                    ("origin", "https://soc"),
                    ("sec-fetch-site", "same-site"),
                ],
                true,
            ),
            (&[("host", "soc"), ("sec-fetch-site", "same-origin")], false),
            (&[("host", "soc"), ("sec-fetch-site", "cross-site")], true),
        ];
        for (pairs, refused) in cases {
            let pairs: Vec<_> = pairs
                .iter()
                .map(|(n, v)| {
                    (
                        (*n).to_owned().leak() as &'static str,
                        (*v).to_owned().leak() as &'static str,
                    )
                })
                .collect();
            assert_eq!(is_cross_site(&Method::POST, &headers(&pairs)), refused, "{pairs:?}");
            assert!(!is_cross_site(&Method::GET, &headers(&pairs)));
        }
    }
}
