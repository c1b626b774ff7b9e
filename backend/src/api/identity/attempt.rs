//! One try at coming in, counted against the limits of its address and its account.

use crate::api::{
    Peer,
    problem::{Answer, ApiError},
    rate_limit::SignInLimiter,
    state::AppState,
};
use std::net::IpAddr;

impl Peer {
    /// Begins a try with `account`, the name in lower case of what is tried; refused when there were too many.
    pub async fn attempt<'a>(self, state: &'a AppState, account: &str) -> Answer<Attempt<'a>> {
        Attempt::begin(&state.sign_ins, self.address, account).await
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
    async fn begin(limiter: &'a SignInLimiter, address: IpAddr, account: &str) -> Answer<Self> {
        limiter.take(address, account).await.map_err(ApiError::rate_limited)?;
        Ok(Self {
            limiter,
            address,
            account: account.to_owned(),
        })
    }

    /// The next try is not held against the person.
    pub async fn succeeded(self) {
        self.limiter.give_back(self.address, &self.account).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ephemeral::Local;
    use std::{net::Ipv4Addr, sync::Arc};

    #[tokio::test]
    async fn failures_run_out_and_successes_do_not() {
        let limiter = SignInLimiter::new(Arc::new(Local::default()));
        let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        let attempt = || Attempt::begin(&limiter, address, "a@b.example");
        for _ in 0..50 {
            attempt().await.unwrap().succeeded().await;
        }
        for _ in 0..5 {
            drop(attempt().await.unwrap());
        }
        assert!(attempt().await.is_err());
    }
}
