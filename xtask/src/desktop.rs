//! The desktop app: what a machine needs to build it, its tests in a real window, its bundle's parts.

use crate::{
    process::{cargo, command, step, succeeds},
    setup::install,
};
use anyhow::Result;

/// Builds the app as part of the workspace, so that both share what is built.
pub const FEATURE: &str = "watchfloor-desktop/desktop";
const PACKAGES: [&str; 9] = [
    "libwebkit2gtk-4.1-dev",
    "libayatana-appindicator3-1",
    "webkit2gtk-driver",
    "xvfb",
    "dbus",
    // What the tests' desktop has: a keyring, frames around windows, a hand.
    "gnome-keyring",
    "openbox",
    "xdotool",
    "debootstrap",
];

pub fn setup() -> Result<()> {
    let there = |package: &&str| succeeds(command("dpkg", &["--status", package]));
    if PACKAGES.iter().all(there) {
        return Ok(());
    }
    install(
        "the desktop app's libraries and tools",
        &["pkg-config", "--exists", "webkit2gtk-4.1"],
        &PACKAGES,
    )
}

/// Sets up what the tests need and says plainly where that cannot be; a machine for other work goes without.
pub fn can_be_here() -> bool {
    match setup() {
        Ok(()) => true,
        Err(why) => {
            println!("the desktop app cannot be built here: {why:#}");
            false
        }
    }
}

/// Whether the window's libraries are here; the rest of the workspace does without.
pub fn is_buildable() -> bool {
    ["webkit2gtk-4.1", "dbus-1"]
        .iter()
        .all(|library| succeeds(command("pkg-config", &["--exists", library])))
}

/// In a real window; `setup` was there before.
pub fn test() -> Result<()> {
    let arguments = [
        "test",
        "--workspace",
        "--features",
        FEATURE,
        "--test",
        "window",
        "--",
        "--nocapture",
        "--test-threads=1",
    ];
    step("tests of the desktop app, in its window", cargo(&arguments))
}
