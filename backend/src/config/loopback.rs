//! Whether a server in the settings is on this machine.

use reqwest::Url;
use std::net::IpAddr;

/// What goes there is read by nobody on a network, so a secret may go without TLS.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
