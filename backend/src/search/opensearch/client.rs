//! Requests to the cluster: which node, with whose account, for how long, and what an answer that is none means.
//!
//! Invariant: every request has a time limit, and no error shows the account's password.

use super::config::OpenSearchConfig;
use crate::search::SearchError;
use bytes::Bytes;
use reqwest::{Certificate, Identity, Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Of one node, where a connection breaks while it is used.
const TRIES: usize = 2;
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// Of an answer that is no JSON, or of a cluster's words, what an error shows.
const SHOWN_BYTES_MAX: usize = 400;

pub struct Client {
    http: reqwest::Client,
    nodes: Vec<Url>,
    /// The node that answered last.
    node: AtomicUsize,
    config: OpenSearchConfig,
}

/// An answer with its status: what a status means depends on what was asked.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    /// Another node may have done it before, and did not say so.
    pub is_second: bool,
}

/// What a request carries, and what it says that it is.
#[derive(Debug, Clone)]
pub enum Body {
    Nothing,
    Json(Bytes),
    /// A line each for action and document.
    Bulk(Bytes),
}

impl Body {
    pub fn json(value: &Value) -> Self {
        Body::Json(value.to_string().into())
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Refusal {
    Whole { error: Cause },
    Text { error: String },
}

/// Why the cluster refused something, in its words.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Cause {
    #[serde(rename = "type")]
    pub kind: String,
    pub reason: Option<String>,
    root_cause: Vec<Cause>,
    caused_by: Option<Box<Cause>>,
}

impl Cause {
    /// The innermost causes say most.
    pub fn words(&self) -> String {
        let mut words = format!("{}: {}", self.kind, self.reason.as_deref().unwrap_or_default());
        let mut inner = self.caused_by.as_deref().or(self.root_cause.first());
        while let Some(cause) = inner {
            let reason = cause.reason.as_deref().unwrap_or(&cause.kind);
            if !words.contains(reason) {
                words.push_str("; ");
                words.push_str(reason);
            }
            inner = cause.caused_by.as_deref();
        }
        words.truncate(words.floor_char_boundary(SHOWN_BYTES_MAX));
        words
    }

    /// A node keeps its last bytes to itself and makes its indexes read-only.
    pub fn is_disk_full(&self) -> bool {
        self.words().contains("flood-stage") || self.words().contains("No space left")
    }
}

impl Client {
    /// # Errors
    /// When a certificate or key cannot be used.
    pub fn new(config: &OpenSearchConfig) -> Result<Self, SearchError> {
        let unusable = |error: reqwest::Error| SearchError::Backend(words(&error));
        let mut http = reqwest::Client::builder()
            .connect_timeout(CONNECT_WAIT_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("watchfloor");
        if let Some(ca) = &config.tls.ca {
            http = http.tls_built_in_root_certs(false);
            for authority in Certificate::from_pem_bundle(&read(ca)?).map_err(unusable)? {
                http = http.add_root_certificate(authority);
            }
        }
        if let (Some(certificate), Some(key)) = (&config.tls.certificate, &config.tls.key) {
            let pem = [read(certificate)?, read(key)?].join(&b'\n');
            http = http.identity(Identity::from_pem(&pem).map_err(unusable)?);
        }
        let nodes = config.parsed_urls();
        Ok(Self {
            http: http.build().map_err(unusable)?,
            nodes: nodes.map_err(|(key, why)| SearchError::Backend(format!("{key} {why}")))?,
            node: AtomicUsize::new(0),
            config: config.clone(),
        })
    }

    /// Asks one node after the other until one answers. One whose connection broke is asked again on a new one: a node that
    /// was started anew has forgotten those that were kept. A request may so arrive twice: all that are sent here may.
    ///
    /// # Errors
    /// [`SearchError::Timeout`] when the node that took it did not answer in time, [`SearchError::Backend`] when none is there.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
        wait_max: Duration,
    ) -> Result<Answer, SearchError> {
        let first = self.node.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        let mut is_second = false;
        for turn in 0..self.nodes.len() {
            let at = (first + turn) % self.nodes.len();
            let Some(node) = self.nodes.get(at) else { break };
            for _ in 0..TRIES {
                match self.send(node, &method, path, query, body.clone(), wait_max).await {
                    Ok(answer) => {
                        self.node.store(at, Ordering::Relaxed);
                        return Ok(Answer { is_second, ..answer });
                    }
                    Err(error) if error.is_timeout() && !error.is_connect() => return Err(SearchError::Timeout),
                    Err(error) => {
                        let failure = format!("{}: {}", at_host(node), words(&error));
                        if failures.last() != Some(&failure) {
                            failures.push(failure);
                        }
                        if error.is_connect() {
                            break;
                        }
                        is_second = true;
                    }
                }
            }
        }
        Err(SearchError::Backend(format!(
            "no node of OpenSearch answers: {}",
            failures.join("; ")
        )))
    }

    /// As [`Client::ask`], for what must succeed.
    pub async fn done(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
        wait_max: Duration,
    ) -> Result<Value, SearchError> {
        self.ask(method, path, query, body, wait_max).await?.ok()
    }

    async fn send(
        &self,
        node: &Url,
        method: &Method,
        path: &str,
        query: &[(&str, &str)],
        body: Body,
        wait_max: Duration,
    ) -> Result<Answer, reqwest::Error> {
        let base = node.as_str().trim_end_matches('/');
        let mut request = self
            .http
            .request(method.clone(), format!("{base}/{path}"))
            .query(query)
            .timeout(wait_max);
        if let Some(password) = &self.config.password {
            request = request.basic_auth(&self.config.username, Some(password.reveal()));
        }
        request = match body {
            Body::Nothing => request,
            Body::Json(json) => request.header("content-type", "application/json").body(json),
            Body::Bulk(lines) => request.header("content-type", "application/x-ndjson").body(lines),
        };
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            let shown = bytes.get(..SHOWN_BYTES_MAX).unwrap_or(&bytes);
            Value::String(String::from_utf8_lossy(shown).into_owned())
        });
        Ok(Answer {
            status,
            body,
            is_second: false,
        })
    }
}

impl Answer {
    /// The body of an answer that is one.
    ///
    /// # Errors
    /// What the cluster refused: its disk is full, what was asked cannot be, or anything else.
    pub fn ok(self) -> Result<Value, SearchError> {
        match self.status.is_success() && self.body.is_object() {
            true => Ok(self.body),
            false => Err(self.refused()),
        }
    }

    pub fn cause(&self) -> Cause {
        match Refusal::deserialize(&self.body) {
            Ok(Refusal::Whole { error }) => error,
            Ok(Refusal::Text { error }) => Cause {
                kind: "refused".to_owned(),
                reason: Some(error),
                ..Cause::default()
            },
            Err(_) => Cause {
                kind: "an answer that is none of OpenSearch's".to_owned(),
                reason: Some(self.body.to_string()),
                ..Cause::default()
            },
        }
    }

    pub fn refused(&self) -> SearchError {
        let cause = self.cause();
        match self.status {
            _ if cause.is_disk_full() => SearchError::DiskFull,
            StatusCode::UNAUTHORIZED => SearchError::Backend("OpenSearch does not know the account".to_owned()),
            status => SearchError::Backend(format!("OpenSearch answers {}: {}", status.as_u16(), cause.words())),
        }
    }
}

fn at_host(node: &Url) -> String {
    let port = node.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", node.host_str().unwrap_or_default())
}

/// The error with its causes, without the URL.
fn words(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(inner) = cause {
        words.push(inner.to_string());
        cause = inner.source();
    }
    match words.is_empty() {
        true if error.is_timeout() => "timed out".to_owned(),
        true => "the request could not be sent".to_owned(),
        false => words.join(": "),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SearchError> {
    fs::read(path).map_err(|error| SearchError::Backend(format!("cannot read {}: {error}", path.display())))
}
