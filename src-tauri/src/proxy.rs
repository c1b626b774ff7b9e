//! A server elsewhere, as our window sees it: on loopback, through connections that know its certificate.
//!
//! Invariant: the server's session stays in this process. The window has our own key, and never the server's cookie; another
//! program on this machine has neither.

use crate::{
    pages, pin,
    settings::Server,
    shell::{Shell, Vault},
};
use anyhow::Result;
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use reqwest::cookie::{CookieStore, Jar};
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};
use url::Url;
use watchfloor::store::Secret;

/// Beyond what the console sends.
const BODY_BYTES_MAX: usize = 32 << 20;
/// What concerns one connection only, and what is ours to say.
static NOT_ASKED: [HeaderName; 7] = [
    header::HOST,
    header::COOKIE,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::REFERER,
];
static NOT_ANSWERED: [HeaderName; 5] = [
    header::SET_COOKIE,
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::STRICT_TRANSPORT_SECURITY,
];

pub struct Upstream {
    pub address: Url,
    pub http: reqwest::Client,
    pub jar: Arc<Jar>,
    vault: Arc<dyn Vault>,
    /// As the vault has it.
    kept: Mutex<String>,
    /// Whether the server has answered, with the certificate that it should have.
    answered: AtomicBool,
}

impl Upstream {
    /// With the session of the last time, where the keyring has it.
    pub async fn open(server: &Server, vault: Arc<dyn Vault>) -> Result<Self> {
        let jar = Arc::new(Jar::default());
        let name = server.address.to_string();
        let from = Arc::clone(&vault);
        let kept = tokio::task::spawn_blocking(move || from.get(&name)).await?;
        let kept = kept.map(|secret| secret.reveal().to_owned()).unwrap_or_default();
        for cookie in kept.split("; ").filter(|cookie| !cookie.is_empty()) {
            jar.add_cookie_str(&format!("{cookie}; Path=/; HttpOnly"), &server.address);
        }
        Ok(Self {
            http: pin::client(server.certificate_sha256.as_deref(), Arc::clone(&jar))?,
            address: server.address.clone(),
            jar,
            vault,
            kept: Mutex::new(kept),
            answered: AtomicBool::new(false),
        })
    }

    /// The server has answered as the one that it is known as.
    pub fn is_known(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// Keeps the session when it has changed.
    fn keep(&self) {
        let cookies = self.jar.cookies(&self.address);
        let now = cookies
            .and_then(|value| value.to_str().map(str::to_owned).ok())
            .unwrap_or_default();
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if *kept == now {
                return;
            }
            kept.clone_from(&now);
        }
        let (vault, name) = (Arc::clone(&self.vault), self.address.to_string());
        tokio::task::spawn_blocking(move || vault.put(&name, &Secret::new(now)));
    }

    async fn ask(&self, request: Request) -> Result<reqwest::Response> {
        let (head, body) = request.into_parts();
        let mut url = self.address.clone();
        url.set_path(head.uri.path());
        url.set_query(head.uri.query());
        let mut headers = without(&head.headers, &NOT_ASKED);
        if headers.contains_key(header::ORIGIN) {
            let origin = HeaderValue::from_str(&self.address.origin().ascii_serialization())?;
            headers.insert(header::ORIGIN, origin);
        }
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await?;
        let asked = self.http.request(head.method, url).headers(headers).body(body);
        Ok(asked.send().await?)
    }
}

fn without(headers: &HeaderMap, left_out: &[HeaderName]) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !left_out.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whatever is not a page of ours is the server's.
pub async fn forward(State(shell): State<Shell>, request: Request) -> Response {
    let Some(upstream) = shell.desk.upstream() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepts = request
        .headers()
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    let is_page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    match upstream.ask(request).await {
        Ok(answer) => {
            upstream.answered.store(true, Ordering::Relaxed);
            if answer.headers().contains_key(header::SET_COOKIE) {
                upstream.keep();
            }
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = without(answer.headers(), &NOT_ANSWERED);
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(error) => {
            tracing::debug!(%error, "the server does not answer");
            away(&upstream.address, &error, is_page)
        }
    }
}

fn away(address: &Url, error: &anyhow::Error, is_page: bool) -> Response {
    let is_other = is_other_certificate(error);
    if is_page {
        return match is_other {
            true => pages::other_certificate(address),
            false => pages::away(address),
        };
    }
    let detail = match is_other {
        true => "The server shows another certificate than the one that was accepted.",
        false => "The server cannot be reached.",
    };
    let problem = serde_json::json!({
        "type": "about:blank", "title": "Unavailable", "status": 502, "code": "unavailable", "detail": detail,
    });
    let json = HeaderValue::from_static("application/problem+json");
    (
        StatusCode::BAD_GATEWAY,
        [(header::CONTENT_TYPE, json)],
        problem.to_string(),
    )
        .into_response()
}

/// Our verifier refuses for one reason alone; the client hands it on as text.
fn is_other_certificate(error: &anyhow::Error) -> bool {
    format!("{error:?}").contains("ApplicationVerificationFailure")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        profile::Profile,
        settings::Settings,
        shell::{Desk, Stage},
    };
    use axum::{Router, routing::get};
    use std::collections::HashMap;

    /// A keyring that lives as long as the test.
    #[derive(Default)]
    struct Memory(Mutex<HashMap<String, Secret>>);

    impl Vault for Memory {
        fn get(&self, name: &str) -> Option<Secret> {
            self.0.lock().unwrap().get(name).cloned()
        }
        fn put(&self, name: &str, secret: &Secret) {
            self.0.lock().unwrap().insert(name.to_owned(), secret.clone());
        }
    }

    /// Says which cookie and which origin came, and gives a session at `/in`.
    async fn upstream() -> Url {
        let said = |headers: HeaderMap| async move {
            let text = |name: HeaderName| {
                headers
                    .get(name)
                    .and_then(|v| v.to_str().ok())
                    .unwrap_or("none")
                    .to_owned()
            };
            format!("{} from {}", text(header::COOKIE), text(header::ORIGIN))
        };
        let enter = || async {
            let cookie = "watchfloor_session=token; Path=/; HttpOnly; SameSite=Strict";
            ([(header::SET_COOKIE, cookie)], "in")
        };
        let router = Router::new().route("/in", get(enter)).fallback(said);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    async fn window(dir: &std::path::Path, server: &Server, vault: Arc<Memory>) -> (Shell, reqwest::Client) {
        let (commands, _) = tokio::sync::mpsc::channel(1);
        let desk = Desk::new(Profile::open(Some(dir)).unwrap(), Settings::default(), vault, commands);
        desk.connect(server).await;
        assert_eq!(*desk.stage.borrow(), Stage::Ready);
        let shell = Shell::open(desk).await.unwrap();
        let http = reqwest::Client::builder().cookie_store(true).build().unwrap();
        (shell, http)
    }

    #[tokio::test]
    async fn the_servers_session_stays_here_and_outlives_the_window() {
        let dir = tempfile::tempdir().unwrap();
        let (address, vault) = (upstream().await, Arc::new(Memory::default()));
        let server = Server {
            address: address.clone(),
            certificate_sha256: None,
        };
        let (shell, http) = window(dir.path(), &server, Arc::clone(&vault)).await;
        let signed_in = http.get(shell.enter("/in")).send().await.unwrap();
        assert!(
            signed_in.headers().get(header::SET_COOKIE).is_none(),
            "the window never has it"
        );
        let own = shell.base.as_str().trim_end_matches('/').to_owned();
        let asked = http
            .post(shell.base.join("/x?y=1").unwrap())
            .header(header::ORIGIN, own)
            .send()
            .await
            .unwrap();
        let server_origin = address.origin().ascii_serialization();
        assert_eq!(
            asked.text().await.unwrap(),
            format!("watchfloor_session=token from {server_origin}")
        );
        let kept = || {
            vault
                .get(address.as_str())
                .is_some_and(|kept| kept.reveal() == "watchfloor_session=token")
        };
        for _ in 0..500 {
            if kept() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(kept(), "the keyring has it");

        let (shell, http) = window(dir.path(), &server, vault).await;
        let again = http.get(shell.enter("/x")).send().await.unwrap();
        assert_eq!(again.text().await.unwrap(), "watchfloor_session=token from none");
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_said_as_a_page_and_as_a_problem() {
        let dir = tempfile::tempdir().unwrap();
        let server = Server {
            address: Url::parse("http://127.0.0.1:9/").unwrap(),
            certificate_sha256: None,
        };
        let (shell, http) = window(dir.path(), &server, Arc::default()).await;
        let page = http
            .get(shell.enter("/alerts"))
            .header(header::ACCEPT, "text/html")
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), StatusCode::BAD_GATEWAY);
        assert!(page.text().await.unwrap().contains("cannot be reached"));
        let problem = http.get(shell.base.join("/api/v1/me").unwrap()).send().await.unwrap();
        assert_eq!(problem.headers()[header::CONTENT_TYPE], "application/problem+json");
    }
}
