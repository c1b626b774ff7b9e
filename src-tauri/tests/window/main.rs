//! The app in a real window: under Xvfb, driven by WebKitWebDriver, on a session bus of its own with the services that a desktop
//! has. Run by `cargo xtask test --desktop`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test panics when it fails, and prints what it measured"
)]

mod bus;
mod client;
mod driver;
mod native;
mod screen;
mod standalone;
