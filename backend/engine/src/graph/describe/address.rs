//! Peers by class of their address, port and name.

use crate::graph::{
    schema::{NodeKind, OfAddress as F},
    shape,
    traits::Traits,
};
use std::net::IpAddr;

pub(in crate::graph) fn address(host: &str, port: Option<i64>) -> Traits {
    let mut traits = Traits::new(NodeKind::Address);
    match host.parse::<IpAddr>() {
        Ok(address) => class(&mut traits, address.to_canonical()),
        Err(_) => name(&mut traits, host),
    }
    if let Some(port) = port {
        traits.mark(port_class(port));
        traits.mark_if(F::PortOdd, is_odd(port));
    }
    traits
}

/// Whether it is out on the Internet.
pub(in crate::graph) fn is_public(traits: &Traits) -> bool {
    traits
        .as_bytes()
        .get(usize::from(F::Public))
        .is_some_and(|level| *level > 0)
}

fn class(traits: &mut Traits, address: IpAddr) {
    let (private, link_local) = match address {
        IpAddr::V4(address) => (
            address.is_private() || address.octets()[0] == 100 && address.octets()[1] & 0xc0 == 64,
            address.is_link_local(),
        ),
        IpAddr::V6(address) => (address.is_unique_local(), address.is_unicast_link_local()),
    };
    traits.mark_if(F::Version6, address.is_ipv6());
    traits.mark(match () {
        () if address.is_loopback() || address.is_unspecified() => F::Loopback,
        () if private => F::Private,
        () if link_local => F::LinkLocal,
        () if address.is_multicast()
            || matches!(address, IpAddr::V4(address) if address.is_broadcast() || address.octets()[3] == 255) =>
        {
            F::Multicast
        }
        () => F::Public,
    });
}

fn name(traits: &mut Traits, name: &str) {
    let name = name.trim_end_matches('.').to_lowercase();
    let labels = name.split('.').count();
    let longest = name.split('.').max_by_key(|label| label.len()).unwrap_or_default();
    traits.mark(F::Named);
    traits.level(F::NameLength, name.len(), 128);
    traits.level(F::NameLabels, labels, 8);
    traits.share(F::NameEntropy, shape::entropy(longest) * 2.0);
    traits.share(F::NameDigits, shape::digit_share(longest));
    traits.mark_if(F::NameSingle, labels == 1);
    traits.mark_if(F::NameReverse, name.ends_with(".arpa"));
}

fn port_class(port: i64) -> F {
    match port {
        80 | 443 | 8080 | 8443 | 3128 => F::PortWeb,
        53 | 5353 | 5355 | 137 => F::PortName,
        139 | 445 | 2049 | 138 => F::PortShare,
        135 | 593 => F::PortRpc,
        3389 | 5985 | 5986 | 5900..=5909 | 23 | 47001 => F::PortRemote,
        22 => F::PortSsh,
        88 | 389 | 464 | 636 | 3268 | 3269 | 9389 => F::PortDirectory,
        1433 | 1434 | 1521 | 3306 | 5432 | 6379 | 9200 | 27017 => F::PortDatabase,
        25 | 110 | 143 | 465 | 587 | 993 | 995 => F::PortMail,
        49152.. => F::PortEphemeral,
        _ => F::PortOther,
    }
}

/// Repeated and rising digits, and the eights beyond the web's own: what people choose for a listener of their own.
fn is_odd(port: i64) -> bool {
    let text = port.to_string();
    let digits = text.as_bytes();
    let repeats = digits.len() >= 4 && digits.windows(2).all(|pair| pair[0] == pair[1]);
    let rises = digits.len() >= 4 && digits.windows(2).all(|pair| pair[1] == pair[0] + 1);
    repeats || rises || matches!(port, 1337 | 31337 | 4443 | 4445 | 8000..=8079 | 8081..=8442 | 9000..=9199)
}

pub(in crate::graph) fn mark_answer(traits: &mut Traits) {
    traits.mark(F::Answer);
}

pub(in crate::graph) fn mark_logon_source(traits: &mut Traits) {
    traits.mark(F::LogonSource);
}

pub(in crate::graph) fn mark_failed(traits: &mut Traits) {
    traits.mark(F::Failed);
}
