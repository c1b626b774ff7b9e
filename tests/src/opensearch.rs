//! The real OpenSearch that `cargo xtask test --services` starts, for tests that need one.

use crate::{search_contract::Backend, services};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use watchfloor::{
    clock::Clock,
    search::{
        SearchIndex,
        opensearch::{OpenSearchConfig, OpenSearchIndex},
    },
    store::Secret,
};

pub const ADDRESS: &str = "127.0.0.1:19200";
const ACCOUNT: &str = "admin";
/// The account's password, where there is a server for tests.
pub fn password() -> Option<String> {
    services::secret("opensearch", "password")
}

/// Indexes and a template of this test alone.
pub struct OpenSearch {
    prefix: String,
}

impl OpenSearch {
    pub fn apart() -> Self {
        static TESTS: AtomicU32 = AtomicU32::new(0);
        let test = TESTS.fetch_add(1, Ordering::Relaxed);
        let began = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_millis();
        Self {
            prefix: format!("watchfloor-test-{began}-{test}-"),
        }
    }

    pub fn config(&self, address: &str) -> OpenSearchConfig {
        OpenSearchConfig {
            urls: vec![format!("http://{address}")],
            username: ACCOUNT.to_owned(),
            password: password().map(Secret::new),
            index_prefix: self.prefix.clone(),
            replicas: 0,
            ..OpenSearchConfig::default()
        }
    }

    pub fn index(&self, tenant: &str) -> String {
        format!("{}{tenant}", self.prefix)
    }

    /// The name of the template that the product makes.
    pub fn template(&self) -> &str {
        self.prefix.trim_end_matches('-')
    }
}

/// Nothing of the test stays on the server.
impl Drop for OpenSearch {
    fn drop(&mut self) {
        if std::env::var_os("WATCHFLOOR_TEST_SERVICES").is_none() {
            return;
        }
        let left = [
            format!("{}*", self.prefix),
            format!("_index_template/{}", self.template()),
        ];
        let deleting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                for path in left {
                    ask(reqwest::Method::DELETE, &path, None).await;
                }
            });
        });
        let _ = deleting.join();
    }
}

#[async_trait]
impl Backend for OpenSearch {
    fn is_there(&self) -> bool {
        password().is_some()
    }

    async fn open(&self) -> Arc<dyn SearchIndex> {
        let opened = OpenSearchIndex::open(&self.config(ADDRESS), Clock::system()).await;
        Arc::new(opened.expect("OpenSearch answers"))
    }
}

/// What the server says to this.
pub async fn ask(method: reqwest::Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = reqwest::Client::new()
        .request(method, format!("http://{ADDRESS}/{path}"))
        .basic_auth(ACCOUNT, password());
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("OpenSearch answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}
