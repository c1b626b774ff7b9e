//! One request and its answer, with a time limit.

use super::{Fault, wire};
use crate::state::session;
use futures::future::{Either, LocalBoxFuture, select};
use gloo_net::http::{Method, RequestBuilder};
use gloo_timers::future::TimeoutFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use watchfloor_shared::problem::Problem;
use web_sys::AbortController;

const WAIT_MS_MAX: u32 = 20_000;
/// Endpoints where 401 means «wrong password or link», not «your session ended».
const SIGN_IN_PATHS: [&str; 2] = ["/api/v1/session", "/api/v1/setup"];

pub async fn get<T: DeserializeOwned>(path: &str) -> Result<T, Fault> {
    parse(&exchange(Method::GET, path, None, None).await?)
}

pub async fn get_raw(path: &str) -> Result<Value, Fault> {
    let text = exchange(Method::GET, path, None, None).await?;
    Ok(wire::parse(&text)?)
}

pub async fn post<T: DeserializeOwned>(path: &str, body: &impl Serialize) -> Result<T, Fault> {
    parse(&exchange(Method::POST, path, Some(encode(body)?), None).await?)
}

/// For answers without a body.
pub async fn post_only(path: &str, body: &impl Serialize) -> Result<(), Fault> {
    exchange(Method::POST, path, Some(encode(body)?), None).await.map(drop)
}

/// A body that is no JSON of ours: a file as it is.
pub async fn put_text<T: DeserializeOwned>(path: &str, media_type: &'static str, text: String) -> Result<T, Fault> {
    let body = Body { media_type, text };
    parse(&exchange(Method::PUT, path, Some(body), None).await?)
}

/// `version` goes as `If-Match`; `None` is `*`: the change applies to whatever is there.
pub async fn change<T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: &impl Serialize,
    version: Option<i64>,
) -> Result<T, Fault> {
    let tag = version.map_or_else(|| "*".to_owned(), |version| format!("\"{version}\""));
    parse(&exchange(method, path, Some(encode(body)?), Some(tag)).await?)
}

/// For answers without a body, whatever version is there.
pub async fn change_only(method: Method, path: &str, body: &impl Serialize) -> Result<(), Fault> {
    exchange(method, path, Some(encode(body)?), None).await.map(drop)
}

pub async fn delete(path: &str) -> Result<(), Fault> {
    exchange(Method::DELETE, path, None, None).await.map(drop)
}

struct Body {
    media_type: &'static str,
    text: String,
}

fn encode(body: &impl Serialize) -> Result<Body, Fault> {
    let text = serde_json::to_string(body).map_err(|error| Fault::Malformed(error.to_string()))?;
    let media_type = "application/json";
    Ok(Body { media_type, text })
}

fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Fault> {
    Ok(wire::read(text)?)
}

/// Boxed, so that a call for each kind of answer holds a pointer to the one machine instead of a copy of it.
fn exchange(
    method: Method,
    path: &str,
    body: Option<Body>,
    if_match: Option<String>,
) -> LocalBoxFuture<'static, Result<String, Fault>> {
    Box::pin(send(method, path.to_owned(), body, if_match))
}

async fn send(method: Method, path: String, body: Option<Body>, if_match: Option<String>) -> Result<String, Fault> {
    let abort = AbortController::new().ok();
    let signal = abort.as_ref().map(AbortController::signal);
    let mut builder = RequestBuilder::new(&path)
        .method(method)
        .header("accept", "application/json")
        .abort_signal(signal.as_ref());
    if let Some(tag) = if_match {
        builder = builder.header("if-match", &tag);
    }
    let request = match body {
        Some(body) => builder.header("content-type", body.media_type).body(body.text),
        None => builder.build(),
    }
    .map_err(|error| Fault::Malformed(error.to_string()))?;
    let answer = Box::pin(async move {
        let response = request.send().await.map_err(|_| Fault::Offline)?;
        let text = response.text().await.map_err(|_| Fault::Offline)?;
        Ok::<_, Fault>((response.status(), response.ok(), text))
    });
    match select(answer, TimeoutFuture::new(WAIT_MS_MAX)).await {
        Either::Left((answer, _)) => {
            let (status, ok, text) = answer?;
            if ok {
                Ok(text)
            } else {
                Err(refusal(&path, status, &text))
            }
        }
        Either::Right(_) => {
            if let Some(abort) = abort {
                abort.abort();
            }
            Err(Fault::Offline)
        }
    }
}

fn refusal(path: &str, status: u16, text: &str) -> Fault {
    if status == 401 && !SIGN_IN_PATHS.iter().any(|p| path.starts_with(p)) {
        session::ended();
    }
    match wire::read::<Problem>(text) {
        Ok(problem) => Fault::Problem(problem),
        Err(_) => Fault::Malformed(format!("status {status} without a problem description")),
    }
}
