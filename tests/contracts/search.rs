//! The search contract, run against the embedded index.

#[path = "search_figures.rs"]
mod figures;

use async_trait::async_trait;
use std::sync::Arc;
use watchfloor::search::{
    SearchIndex,
    embedded::{EmbeddedIndex, Limits},
};
use watchfloor_tests::search_contract::Backend;

struct Embedded(tempfile::TempDir);

impl Embedded {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

#[async_trait]
impl Backend for Embedded {
    async fn open(&self) -> Arc<dyn SearchIndex> {
        Arc::new(EmbeddedIndex::open(self.0.path(), Limits::default()).expect("the index opens"))
    }
}

watchfloor_tests::search_contract!(Embedded::new());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "prints figures; takes a minute"]
async fn figures() {
    figures::print(&*Embedded::new().open().await).await;
}
