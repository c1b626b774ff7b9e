//! The desktop app: the console in a window of its own, with the whole server in the same process, or with a server elsewhere.
//!
//! What is decided without a window lies in the modules here, which build and are tested on any machine; `app`, behind the
//! feature `desktop`, is the window, the tray, the menus, the notifications and the keyring.
//!
//! Invariants: what listens, listens on loopback and asks for a key; the page in the window has no command of this process to
//! call; when the process ends, nothing that it started lives on.

pub mod address;
#[cfg(feature = "desktop")]
pub mod app;
pub mod arguments;
pub mod autostart;
pub mod import;
pub mod instance;
pub mod links;
pub mod notices;
pub mod pages;
pub mod pin;
pub mod profile;
pub mod proxy;
pub mod settings;
pub mod shell;
pub mod standalone;
pub mod update;
pub mod watch;
