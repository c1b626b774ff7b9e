//! `watchfloor-sensor check`: what this kernel and these rights allow, in plain words.

use crate::{capture::Method, config::Config, key};
use std::fmt::Write;

/// The report, and whether the sensor would do its work.
pub fn report(config: &Config) -> (String, bool) {
    let mut text = String::new();
    let mut works = config.capture.methods.is_empty();
    let uname = rustix::system::uname();
    let user = match rustix::process::geteuid().is_root() {
        true => "root",
        false => "a user without root's rights",
    };
    // Writing to a String cannot fail.
    let _ = writeln!(text, "Kernel {}, running as {user}.", uname.release().to_string_lossy());
    for method in Method::ALL {
        let line = match method.start(&config.capture) {
            Ok(started) => {
                works |= config.capture.methods.contains(&method);
                let blind = started
                    .blind
                    .iter()
                    .fold(String::new(), |all, one| all + "\n       " + one);
                format!("  yes  {}{blind}", method.words())
            }
            Err(reason) => format!("  no   {}: {reason}", method.words()),
        };
        let _ = writeln!(text, "{line}");
    }
    for tail in &config.tail {
        for pattern in &tail.paths {
            let files = glob::glob(pattern).map_or(0, |paths| paths.flatten().count());
            let _ = writeln!(text, "Followed: {pattern}, {files} files now.");
        }
    }
    let server = match (config.server.address.as_str(), key::authorization(&config.server)) {
        ("", _) => "No server is set: records stay on the disk.".to_owned(),
        (address, Ok(_)) => format!("Server: {address}, with an API key."),
        (address, Err(error)) => {
            works = false;
            format!("Server: {address}, but {error}.")
        }
    };
    let _ = writeln!(text, "{server}");
    (text, works)
}
