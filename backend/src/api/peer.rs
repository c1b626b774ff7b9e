//! The other end of the connection that a request came over. The HTTP listener puts it into the request's extensions.

use crate::doors::listener::Connection;
use axum::{
    extract::FromRequestParts,
    http::{Extensions, request::Parts},
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
};
use watchfloor_shared::Fingerprint;

#[derive(Debug, Clone, Copy)]
pub struct Peer {
    pub address: IpAddr,
    /// Of the certificate that it proved to hold the key of.
    pub certificate: Option<Fingerprint>,
}

impl Peer {
    /// Without a connection (a test's own service) it counts as this machine.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            certificate: None,
        })
    }
}

impl From<&Connection> for Peer {
    fn from(connection: &Connection) -> Self {
        Self {
            address: connection.peer.ip().to_canonical(),
            certificate: connection.certificate,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}
