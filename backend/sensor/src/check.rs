//! `watchfloor-sensor check`: what this kernel and these rights allow, in plain words.

use crate::{capture::Method, config::Config, identity::Identity, key};
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
    let identity = Identity::below(&config.data_dir);
    let (mut settings, mut enrolled) = (config.server.clone(), String::new());
    if let (true, Ok(Some(enrolment))) = (settings.address.is_empty(), identity.enrolment()) {
        settings = identity.server(&enrolment, &settings);
        let until = identity
            .validity()
            .ok()
            .flatten()
            .map(|validity| validity.not_after.to_string());
        let until = until.unwrap_or_else(|| "a time that cannot be read".to_owned());
        enrolled = format!("enrolled as {}, with a certificate until {until}", enrolment.name);
    }
    let server = match (settings.address.as_str(), key::authorization(&settings)) {
        ("", _) => "No server is set, and the host has not enrolled: records stay on the disk.".to_owned(),
        (address, Ok(None)) if !enrolled.is_empty() => format!("Server: {address}, {enrolled}."),
        (address, Ok(None)) => format!("Server: {address}, with a certificate."),
        (address, Ok(Some(_))) => format!("Server: {address}, with an API key."),
        (address, Err(error)) => {
            works = false;
            format!("Server: {address}, but {error}.")
        }
    };
    let _ = writeln!(text, "{server}");
    (text, works)
}
