//! Writes down what a request did. The guard lays the trail, so that no handler of a route that changes something can forget it.
//!
//! Invariant: a change by a handler with a [`super::super::context::CallContext`] and its entry are one transaction. The others'
//! entry is written when they have answered; an answer without its entry says so.

use crate::{
    api::{access::Caller, problem::ApiError, routes::Route, state::AppState},
    audit::Act,
    store::{StoreError, TenantTx, audit},
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use serde::Serialize;
use serde_json::Value;
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use watchfloor_shared::{
    TenantId, Timestamp,
    audit::{Actor, ActorKind, Outcome},
};

/// Cheap to clone; one request's.
#[derive(Clone)]
pub struct Trail(Arc<Inner>);

struct Inner {
    action: &'static str,
    object: Option<String>,
    address: IpAddr,
    detail: Mutex<Option<Value>>,
    is_written: AtomicBool,
}

impl Trail {
    /// None for a route that changes nothing worth an entry.
    pub async fn of(route: &'static Route, parts: &mut Parts, address: IpAddr) -> Option<Self> {
        if !route.is_audited() {
            return None;
        }
        let params = RawPathParams::from_request_parts(parts, &()).await.ok();
        let values: Vec<&str> = params.iter().flatten().map(|(_, value)| value).collect();
        Some(Self(Arc::new(Inner {
            action: route.name,
            object: (!values.is_empty()).then(|| values.join("/")),
            address,
            detail: Mutex::default(),
            is_written: AtomicBool::new(false),
        })))
    }

    /// What the entry says beside who and where. Never a secret.
    pub fn note(&self, detail: impl Serialize) {
        *self.0.detail.lock().unwrap_or_else(PoisonError::into_inner) = serde_json::to_value(detail).ok();
    }

    fn act(&self, caller: &Caller, outcome: Outcome) -> Act<'static> {
        let mut act = Act::new(self.0.action, actor(caller), outcome).from(self.0.address);
        act.record.object.clone_from(&self.0.object);
        act.record.detail = self.0.detail.lock().unwrap_or_else(PoisonError::into_inner).clone();
        act
    }

    /// In the transaction of what was done.
    pub async fn write(&self, tx: &mut TenantTx, caller: &Caller, now: Timestamp) -> Result<(), StoreError> {
        audit::append(tx, now, &self.act(caller, Outcome::Done)).await?;
        self.0.is_written.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// After the handler: what it did without a transaction of its own, and what the caller was not allowed to do.
    pub async fn finish(&self, state: &AppState, caller: &Caller, outcome: Outcome) -> Result<(), ApiError> {
        if self.0.is_written.load(Ordering::Relaxed) {
            return Ok(());
        }
        let written = record(state, caller.tenant(), &self.act(caller, outcome)).await;
        written.map_err(|error| {
            tracing::error!(%error, action = self.0.action, "the audit log could not be written");
            ApiError::unavailable("It was done, and could not be written to the audit log.")
        })
    }
}

/// An entry by itself.
pub async fn record(state: &AppState, tenant: &TenantId, act: &Act<'_>) -> Result<(), StoreError> {
    let mut tx = state.db.tenant(tenant).await?;
    audit::append(&mut tx, state.clock.now(), act).await?;
    tx.commit().await
}

fn actor(caller: &Caller) -> Actor {
    let (kind, id) = match caller {
        Caller::Person(person) => (ActorKind::Person, person.user.as_str()),
        Caller::Key(holder) => match &holder.enrolled {
            Some(sensor) => (ActorKind::Sensor, sensor.as_str()),
            None => (ActorKind::Key, holder.id.as_str()),
        },
    };
    Actor {
        kind,
        id: id.to_owned(),
        name: caller.actor().to_owned(),
    }
}
