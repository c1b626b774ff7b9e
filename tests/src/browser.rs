//! What works the console in a real browser: scripts of `tests/browser`, run by node with Playwright and Chromium.

use crate::fixtures;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use watchfloor::{
    identity::token,
    startup::Running,
    store::identity::{accounts, one_time_links},
};
use watchfloor_shared::identity::Role;

const CHROMIUM: &str = "/usr/bin/chromium";

/// Without a browser or its driver a test says so and is skipped, but not in CI.
pub fn is_here() -> bool {
    let missing = [
        Path::new(CHROMIUM).to_owned(),
        fixtures::root().join("node_modules/playwright-core"),
    ]
    .into_iter()
    .find(|path| !path.exists());
    match missing {
        None => true,
        Some(path) => {
            assert!(std::env::var_os("CI").is_none(), "CI needs {}", path.display());
            println!("skipped: {} is missing (cargo xtask setup --browser)", path.display());
            false
        }
    }
}

/// Where pictures are left.
pub fn artefacts() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| fixtures::root().join("target"), PathBuf::from);
    let folder = target.join("browser");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Signs a new owner in, once.
pub async fn link(running: &Running) -> String {
    let email = format!("{}@watchfloor.invalid", token::random_id());
    let password = token::generate();
    let person = accounts::create_account(
        &running.db,
        &running.tenant,
        "Ada Analyst",
        &email,
        &password,
        Role::Owner,
    )
    .await
    .unwrap();
    let link = one_time_links::issue(&running.db, &person, Duration::from_secs(600))
        .await
        .unwrap();
    format!("{}/sign-in?token={}", running.url(), link.reveal())
}

/// A script of `tests/browser`, not started yet.
pub fn node(name: &str, link: &str) -> tokio::process::Command {
    let mut node = tokio::process::Command::new("node");
    node.arg(fixtures::root().join("tests/browser").join(name))
        .env("LINK", link)
        .env("ARTEFACTS", artefacts())
        .current_dir(fixtures::root())
        .stdin(Stdio::null())
        .kill_on_drop(true);
    node
}

/// Runs a script with this in its environment; it says itself what fails.
pub async fn script(name: &str, link: &str, settings: &[(&str, &str)], wait_max: Duration) -> bool {
    let mut child = node(name, link).envs(settings.iter().copied()).spawn().unwrap();
    let status = tokio::time::timeout(wait_max, child.wait())
        .await
        .expect("the browser script hangs")
        .unwrap();
    status.success()
}
