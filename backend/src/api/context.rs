//! What a handler gets of its caller, and the only way to the tenant's tables.

use super::{
    access::{Caller, Person},
    audit::Trail,
    problem::ApiError,
    state::AppState,
};
use crate::store::TenantTx;
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::Serialize;
use watchfloor_shared::{TenantId, Timestamp};

/// The caller with a transaction on their tenant open. Dropped without `commit`, the transaction is rolled back.
pub struct CallContext {
    pub caller: Caller,
    pub tx: TenantTx,
    pub now: Timestamp,
    trail: Option<Trail>,
}

/// The caller alone, for what needs no table.
pub struct Called {
    pub caller: Caller,
    pub now: Timestamp,
    trail: Option<Trail>,
}

impl Called {
    pub fn tenant(&self) -> &TenantId {
        self.caller.tenant()
    }

    /// What the audit log says beside who and where. Never a secret.
    pub fn note(&self, detail: impl Serialize) {
        self.trail.iter().for_each(|trail| trail.note(&detail));
    }
}

impl CallContext {
    /// What the audit log says beside who and where. Never a secret.
    pub fn note(&self, detail: impl Serialize) {
        self.trail.iter().for_each(|trail| trail.note(&detail));
    }

    /// With the entry in the audit log, where the route changes something.
    pub async fn commit(mut self) -> Result<Caller, ApiError> {
        if let Some(trail) = &self.trail {
            trail.write(&mut self.tx, &self.caller, self.now).await?;
        }
        self.tx.commit().await?;
        Ok(self.caller)
    }
}

impl FromRequestParts<AppState> for Called {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        Ok(Self {
            caller: caller.ok_or_else(ApiError::unauthenticated)?,
            now: state.clock.now(),
            trail: parts.extensions.get::<Trail>().cloned(),
        })
    }
}

impl FromRequestParts<AppState> for CallContext {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Called { caller, now, trail } = Called::from_request_parts(parts, state).await?;
        let tx = state.db.tenant(caller.tenant()).await?;
        Ok(Self { caller, tx, now, trail })
    }
}

/// A signed-in person; API keys are turned away.
pub struct Signed(pub Person);

impl FromRequestParts<AppState> for Signed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Person(person)) => Ok(Self(person.clone())),
            Some(Caller::Key(_)) => Err(ApiError::forbidden()),
            None => Err(ApiError::unauthenticated()),
        }
    }
}
