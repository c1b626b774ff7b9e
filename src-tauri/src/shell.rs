//! What this process serves to its own windows, on loopback: the pages of `pages`, and, as the window of a server elsewhere, that
//! server (`proxy`).
//!
//! Invariant: only our own windows are answered. They come with a key that no other program knows, first in the address that we
//! open and from then on in a cookie; a page of another site cannot send it along.

use crate::{
    pages, pin,
    profile::Profile,
    proxy::{self, Upstream},
    settings::{Server, Settings},
};
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use std::{
    net::Ipv4Addr,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::{mpsc, watch};
use url::Url;
use watchfloor::{identity::token, store::Secret};

const COOKIE: &str = "watchfloor_desktop";
const ENTER: &str = "/desktop/enter";
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Where the start has got to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    Starting,
    Failed(String),
    /// A server that nobody has accepted yet, and the certificate that it shows.
    Unknown {
        server: Url,
        shown: String,
    },
    /// The console can be shown.
    Ready,
}

/// What a page asks of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    SettingsChanged,
    /// The server was accepted.
    Connected,
    Restart,
}

/// Secrets that outlive the process, in the keyring of the desktop.
pub trait Vault: Send + Sync {
    fn get(&self, name: &str) -> Option<Secret>;
    fn put(&self, name: &str, secret: &Secret);
}

/// Where there is no keyring nothing is kept.
pub struct NoVault;

impl Vault for NoVault {
    fn get(&self, _: &str) -> Option<Secret> {
        None
    }
    fn put(&self, _: &str, _: &Secret) {}
}

/// What the windows' server and the app share.
pub struct Desk {
    pub profile: Profile,
    pub vault: Arc<dyn Vault>,
    pub stage: watch::Sender<Stage>,
    pub commands: mpsc::Sender<Command>,
    settings: RwLock<Settings>,
    upstream: RwLock<Option<Arc<Upstream>>>,
    key: Secret,
}

impl Desk {
    pub fn new(
        profile: Profile,
        settings: Settings,
        vault: Arc<dyn Vault>,
        commands: mpsc::Sender<Command>,
    ) -> Arc<Self> {
        Arc::new(Self {
            profile,
            vault,
            stage: watch::Sender::new(Stage::Starting),
            commands,
            settings: RwLock::new(settings),
            upstream: RwLock::new(None),
            key: token::generate(),
        })
    }

    pub fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what is kept, on the disk too.
    pub fn change(&self, change: impl FnOnce(&mut Settings)) -> Result<()> {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut settings);
        Ok(settings.save(self.profile.folder())?)
    }

    pub fn upstream(&self) -> Option<Arc<Upstream>> {
        self.upstream.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Becomes the window of a server: at once where its certificate was accepted, else after a person has.
    pub async fn connect(&self, server: &Server) {
        let stage = match self.connected(server).await {
            Ok(stage) => stage,
            Err(error) => Stage::Failed(format!("{error:#}")),
        };
        self.stage.send_replace(stage);
    }

    async fn connected(&self, server: &Server) -> Result<Stage> {
        let is_tls = server.address.scheme() == "https";
        if is_tls && server.certificate_sha256.is_none() {
            let shown = pin::shown(&server.address).await?;
            return Ok(Stage::Unknown {
                server: server.address.clone(),
                shown,
            });
        }
        let upstream = Upstream::open(server, Arc::clone(&self.vault)).await?;
        *self.upstream.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(upstream));
        Ok(Stage::Ready)
    }
}

/// The windows' server.
#[derive(Clone)]
pub struct Shell {
    pub base: Url,
    pub desk: Arc<Desk>,
}

impl Shell {
    /// Listens on a free port of loopback until the process ends.
    pub async fn open(desk: Arc<Desk>) -> Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base = Url::parse(&format!("http://{}/", listener.local_addr()?)).context("loopback")?;
        let shell = Self { base, desk };
        let router = shell.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(shell)
    }

    /// The address that lets a window in and leads to a page.
    pub fn enter(&self, page: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(ENTER);
        url.query_pairs_mut()
            .append_pair("key", self.desk.key.reveal())
            .append_pair("to", page);
        url
    }

    fn router(&self) -> Router {
        let pages = Router::new()
            .route(ENTER, get(enter))
            .route("/desktop/start", get(pages::start))
            .route("/desktop/settings", get(pages::settings).post(pages::save))
            .route("/desktop/accept", post(pages::accept))
            .route("/desktop/restart", post(pages::restart))
            .route("/desktop/style.css", get(pages::style))
            .layer(middleware::from_fn(headers))
            .fallback(proxy::forward);
        pages
            .layer(middleware::from_fn_with_state(self.clone(), ours))
            .with_state(self.clone())
    }
}

#[derive(Deserialize)]
struct Entering {
    key: String,
    to: String,
}

/// A page of ours alone: a link must not lead elsewhere.
fn is_page(to: &str) -> bool {
    to.starts_with('/') && !to.starts_with("//") && !to.contains('\\')
}

async fn enter(State(shell): State<Shell>, Query(asked): Query<Entering>) -> Response {
    if asked.key != shell.desk.key.reveal() || !is_page(&asked.to) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let cookie = format!(
        "{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict",
        shell.desk.key.reveal()
    );
    match HeaderValue::from_str(&cookie) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(&asked.to)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Lets our own windows through.
async fn ours(State(shell): State<Shell>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_known = request.uri().path() == ENTER || has_key(headers, shell.desk.key.reveal());
    if !is_known || !is_here(headers, &shell.base) {
        return (StatusCode::FORBIDDEN, "This address is for Watchfloor's own window.\n").into_response();
    }
    next.run(request).await
}

fn has_key(headers: &HeaderMap, key: &str) -> bool {
    let values = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .any(|(name, value)| name == COOKIE && value == key)
}

/// Asked under our own address, not under a name that somebody lets point here, and by no other site's page.
fn is_here(headers: &HeaderMap, base: &Url) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = base.as_str().trim_end_matches('/');
    let host = origin.trim_start_matches("http://");
    text(&header::HOST) == Some(host) && text(&header::ORIGIN).is_none_or(|from| from == origin)
}

async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(dir: &std::path::Path) -> (Shell, mpsc::Receiver<Command>) {
        let (commands, taken) = mpsc::channel(4);
        let profile = Profile::open(Some(dir)).unwrap();
        let desk = Desk::new(profile, Settings::default(), Arc::new(NoVault), commands);
        (Shell::open(desk).await.unwrap(), taken)
    }

    #[tokio::test]
    async fn only_a_window_that_was_let_in_is_answered() {
        let dir = tempfile::tempdir().unwrap();
        let (shell, _taken) = shell(dir.path()).await;
        let page = shell.base.join("/desktop/settings").unwrap();
        let stranger = reqwest::Client::new();
        let status = |response: reqwest::Response| response.status().as_u16();
        assert_eq!(status(stranger.get(page.clone()).send().await.unwrap()), 403);
        let mut wrong = shell.enter("/desktop/settings");
        wrong.set_query(Some("key=guess&to=/desktop/settings"));
        assert_eq!(status(stranger.get(wrong).send().await.unwrap()), 403);
        assert_eq!(
            status(stranger.get(shell.enter("//evil.example/")).send().await.unwrap()),
            403
        );

        let window = reqwest::Client::builder().cookie_store(true).build().unwrap();
        let answer = window.get(shell.enter("/desktop/settings")).send().await.unwrap();
        assert_eq!(answer.url().path(), "/desktop/settings");
        assert!(
            answer.headers()["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'")
        );
        let renamed = window
            .get(page.clone())
            .header("host", "evil.example")
            .send()
            .await
            .unwrap();
        assert_eq!(status(renamed), 403, "another name that points here");
        let foreign = window
            .post(page)
            .header("origin", "https://evil.example")
            .send()
            .await
            .unwrap();
        assert_eq!(status(foreign), 403, "a form on another site");
    }

    #[tokio::test]
    async fn what_is_chosen_on_the_page_is_kept_and_told() {
        let dir = tempfile::tempdir().unwrap();
        let (shell, mut taken) = shell(dir.path()).await;
        let window = reqwest::Client::builder().cookie_store(true).build().unwrap();
        window.get(shell.enter("/desktop/settings")).send().await.unwrap();
        let page = shell.base.join("/desktop/settings").unwrap();
        let form = [
            ("where", "server"),
            ("address", "soc.example:8443"),
            ("notify_low", "on"),
            ("stay_in_tray", "on"),
        ];
        let saved = window.post(page.clone()).form(&form).send().await.unwrap();
        assert!(saved.text().await.unwrap().contains("next start"));
        assert_eq!(taken.recv().await, Some(Command::SettingsChanged));
        let kept = Settings::load(dir.path()).unwrap();
        assert_eq!(kept.notify, [watchfloor_shared::alert::Severity::Low]);
        assert!(kept.stay_in_tray && !kept.autostart);
        assert_eq!(kept.server.unwrap().address.as_str(), "https://soc.example:8443/");
        let wrong = [("where", "server"), ("address", "http://soc.example/<b>")];
        let refused = window.post(page).form(&wrong).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 400);
        let text = refused.text().await.unwrap();
        assert!(text.contains("is not a server") && !text.contains("<b>"), "{text}");
    }
}
