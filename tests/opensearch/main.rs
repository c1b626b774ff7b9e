//! The whole product with OpenSearch as its index: it says what it says without, and outlives the server's absence.

mod away;
mod recording;

use std::path::Path;
use watchfloor::{
    clock::Clock,
    config::Config,
    startup::{self, Doors, Running},
};
use watchfloor_tests::{opensearch::OpenSearch, product};

async fn start(config: Config) -> Running {
    startup::start(config, Clock::system(), Doors::Closed).await.unwrap()
}

fn on_opensearch(dir: &Path, opensearch: &OpenSearch, address: &str) -> Config {
    let mut config = product::config(dir);
    config.search.opensearch = opensearch.config(address);
    config
}
