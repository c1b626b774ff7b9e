//! A window over plain WebDriver.

use serde_json::{Value, json};
use std::time::{Duration, Instant};

const WAIT_MAX: Duration = Duration::from_secs(60);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Driver {
    http: reqwest::Client,
    session: String,
}

impl Driver {
    /// Starts the program; its first window is driven.
    pub async fn open(port: u16, program: &str, arguments: &[&str]) -> Self {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(120))
            .build()
            .unwrap();
        let wanted = json!({"capabilities": {
            "alwaysMatch": {"webkitgtk:browserOptions": {"binary": program, "args": arguments}}, "firstMatch": [{}],
        }});
        let base = format!("http://127.0.0.1:{port}");
        let until = Instant::now() + Duration::from_secs(20);
        let opened = loop {
            match http.post(format!("{base}/session")).json(&wanted).send().await {
                Ok(opened) => break opened,
                Err(error) => assert!(Instant::now() < until, "no WebKitWebDriver: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        let opened: Value = opened.json().await.unwrap();
        let id = opened["value"]["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("no session: {opened}"));
        Self {
            session: format!("{base}/session/{id}"),
            http,
        }
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        let answer = self
            .http
            .post(format!("{}{path}", self.session))
            .json(&body)
            .send()
            .await;
        let answer: Value = answer
            .map_err(|e| e.to_string())?
            .json()
            .await
            .map_err(|e| e.to_string())?;
        match answer["value"].get("error") {
            Some(error) => Err(format!("{error}: {}", answer["value"]["message"])),
            None => Ok(answer["value"].clone()),
        }
    }

    /// What a promise comes to; null where it fails.
    pub async fn promised(&self, expression: &str) -> Value {
        let script =
            format!("const done = arguments[arguments.length - 1]; ({expression}).then(done, () => done(null));");
        self.post("/execute/async", json!({"script": script, "args": []}))
            .await
            .unwrap()
    }

    /// The value of an expression.
    pub async fn value(&self, expression: &str) -> Result<Value, String> {
        self.post(
            "/execute/sync",
            json!({"script": format!("return ({expression})"), "args": []}),
        )
        .await
    }

    /// Waits until the expression is truthy, also across pages, and gives its value.
    pub async fn wait(&self, what: &str, expression: &str) -> Value {
        let until = Instant::now() + WAIT_MAX;
        loop {
            let found = self.value(expression).await;
            if let Ok(value) = &found
                && !matches!(value, Value::Null | Value::Bool(false))
            {
                return value.clone();
            }
            if Instant::now() >= until {
                let page = self
                    .value("[location.href, document.body.innerText.slice(0, 2000)]")
                    .await;
                panic!("{what}: {expression} gave {found:?} on {page:?}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn element(&self, selector: &str) -> String {
        let until = Instant::now() + WAIT_MAX;
        loop {
            let found = self.post("/element", json!({"using": "css selector", "value": selector}));
            match found.await {
                Ok(found) => return found[ELEMENT].as_str().unwrap().to_owned(),
                Err(why) => assert!(Instant::now() < until, "{selector}: {why}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// An element that a page takes with it as it is shown anew is looked for again.
    pub async fn click(&self, selector: &str) {
        let until = Instant::now() + WAIT_MAX;
        loop {
            let id = self.element(selector).await;
            match self.post(&format!("/element/{id}/click"), json!({})).await {
                Ok(_) => return,
                Err(why) => assert!(Instant::now() < until, "click at {selector}: {why}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// A click that ends the window, which may be gone before it answers.
    pub async fn click_and_lose(&self, selector: &str) {
        let id = self.element(selector).await;
        let _ = self.post(&format!("/element/{id}/click"), json!({})).await;
    }

    pub async fn type_into(&self, selector: &str, text: &str) {
        let id = self.element(selector).await;
        self.post(&format!("/element/{id}/value"), json!({"text": text}))
            .await
            .unwrap();
    }

    pub async fn go(&self, url: &str) {
        self.post("/url", json!({"url": url})).await.unwrap();
    }

    /// Waits for this path, and for the page to have something on it.
    pub async fn at(&self, path: &str) {
        let arrived = format!("location.pathname === {path:?} && document.body.innerText.length > 40");
        self.wait(path, &arrived).await;
    }
}
