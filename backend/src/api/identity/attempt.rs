//! One try at coming in, counted against the limits of its address and its account.

use crate::api::{
    problem::{Answer, ApiError},
    rate_limit::SignInLimiter,
    state::AppState,
};
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::request::Parts,
};
use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

/// The peer's address, this machine's own where the server has none.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let info = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(info.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |info| info.0.ip())))
    }
}

impl Peer {
    /// Begins a try with `account`, the name in lower case of what is tried; refused when there were too many.
    pub fn attempt<'a>(self, state: &'a AppState, account: &str) -> Answer<Attempt<'a>> {
        Attempt::begin(&state.sign_ins, self.0, account)
    }
}

/// Counts as a failure unless [`Attempt::succeeded`] is said.
#[must_use]
pub struct Attempt<'a> {
    limiter: &'a SignInLimiter,
    address: IpAddr,
    account: String,
}

impl<'a> Attempt<'a> {
    fn begin(limiter: &'a SignInLimiter, address: IpAddr, account: &str) -> Answer<Self> {
        limiter.take(address, account).map_err(ApiError::rate_limited)?;
        Ok(Self {
            limiter,
            address,
            account: account.to_owned(),
        })
    }

    /// The next try is not held against the person.
    pub fn succeeded(self) {
        self.limiter.give_back(self.address, &self.account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_run_out_and_successes_do_not() {
        let limiter = SignInLimiter::default();
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        for _ in 0..50 {
            Attempt::begin(&limiter, address, "a@b.example").unwrap().succeeded();
        }
        let failed = (0..50).take_while(|_| Attempt::begin(&limiter, address, "a@b.example").is_ok());
        assert_eq!(failed.count(), 5);
    }
}
