//! The real servers that `cargo xtask test --services` starts: whether they are here, and the secrets that they were started with.

use std::path::PathBuf;

/// Where the server's state is. None, with the reason printed, where there is none for tests; with `CI` set that fails instead.
pub fn state(server: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("WATCHFLOOR_TEST_SERVICES").map(PathBuf::from);
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "there is no {server} for tests");
        println!("skipped: no {server} for tests; cargo xtask test --services starts one");
    }
    folder.map(|folder| folder.join("state").join(server))
}

/// What the file of this name in the server's state holds.
pub fn secret(server: &str, name: &str) -> Option<String> {
    let file = state(server)?.join(name);
    let secret = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Some(secret.trim().to_owned())
}
