//! One bounded broadcast per tenant, and the limit on how many may listen.

use crate::{
    ephemeral::{Ephemeral, News},
    store::alerts::Changed,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;
use watchfloor_shared::TenantId;

#[derive(Debug, Clone, Copy)]
pub struct LiveLimits {
    /// Changes a listener may be behind before it reads from the store instead.
    pub backlog_max: usize,
    pub listeners_max: usize,
    /// So that one tenant cannot take every place.
    pub listeners_per_tenant_max: usize,
}

impl Default for LiveLimits {
    fn default() -> Self {
        Self {
            backlog_max: 1_024,
            listeners_max: 1_024,
            listeners_per_tenant_max: 256,
        }
    }
}

/// Why there is no place for another listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} screens are listening already, which is the limit of this server")]
    Server(usize),
    #[error("{0} screens of this tenant are listening already, which is its limit")]
    Tenant(usize),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct LiveHub {
    limits: LiveLimits,
    closing: CancellationToken,
    tenants: Arc<Mutex<HashMap<TenantId, Channel>>>,
    asked: Arc<Notify>,
    /// Tenants whose listeners are to be looked at again; none: all.
    checks: broadcast::Sender<Option<TenantId>>,
    /// The other processes.
    others: Option<Arc<dyn Ephemeral>>,
}

/// Ended sessions that a listener may be behind before it looks whatever the tenant.
const CHECKS_MAX: usize = 64;

struct Channel {
    sender: broadcast::Sender<Arc<Changed>>,
    listeners: usize,
}

/// A place among the listeners; given back when dropped.
pub struct Subscription {
    pub changes: broadcast::Receiver<Arc<Changed>>,
    tenant: TenantId,
    hub: LiveHub,
}

impl Default for LiveHub {
    fn default() -> Self {
        Self::new(LiveLimits::default())
    }
}

impl LiveHub {
    pub fn new(limits: LiveLimits) -> Self {
        Self {
            limits,
            closing: CancellationToken::new(),
            tenants: Arc::default(),
            asked: Arc::default(),
            checks: broadcast::Sender::new(CHECKS_MAX),
            others: None,
        }
    }

    /// Other processes hear of what changes here.
    pub fn telling(mut self, others: Arc<dyn Ephemeral>) -> Self {
        self.others = Some(others);
        self
    }

    /// Tells the tenant's listeners, here and in other processes. Call it after the commit; the order of calls does not matter.
    /// Never waits.
    pub fn publish(&self, tenant: &TenantId, changed: Changed) {
        self.deliver(tenant, changed);
        self.tell(News::Changed(tenant.clone()));
    }

    /// A session ended: its streams end, here and in other processes.
    pub fn session_ended(&self, tenant: &TenantId) {
        self.check_sessions(Some(tenant.clone()));
        self.tell(News::SessionEnded(tenant.clone()));
    }

    /// Listeners of the tenant, or of all, look whether their sessions still hold.
    pub fn check_sessions(&self, of: Option<TenantId>) {
        // An error means that nobody listens.
        let _ = self.checks.send(of);
    }

    pub fn checks(&self) -> broadcast::Receiver<Option<TenantId>> {
        self.checks.subscribe()
    }

    fn tell(&self, news: News) {
        if let Some(others) = &self.others {
            others.tell(news);
        }
    }

    pub(super) fn deliver(&self, tenant: &TenantId, changed: Changed) {
        let tenants = self.lock();
        if let Some(channel) = tenants.get(tenant) {
            // An error means that the last listener just left.
            let _ = channel.sender.send(Arc::new(changed));
        }
    }

    pub fn subscribe(&self, tenant: &TenantId) -> Result<Subscription, Refusal> {
        let mut tenants = self.lock();
        let all: usize = tenants.values().map(|channel| channel.listeners).sum();
        if all >= self.limits.listeners_max {
            return Err(Refusal::Server(all));
        }
        let channel = tenants.entry(tenant.clone()).or_insert_with(|| Channel {
            sender: broadcast::channel(self.limits.backlog_max.max(1)).0,
            listeners: 0,
        });
        if channel.listeners >= self.limits.listeners_per_tenant_max {
            return Err(Refusal::Tenant(channel.listeners));
        }
        channel.listeners += 1;
        Ok(Subscription {
            changes: channel.sender.subscribe(),
            tenant: tenant.clone(),
            hub: self.clone(),
        })
    }

    /// Somebody else changed something: the database is to be asked now.
    pub fn ask(&self) {
        self.asked.notify_one();
    }

    pub(super) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// The tenants that somebody here listens to.
    pub(super) fn watched(&self) -> HashSet<TenantId> {
        self.lock().keys().cloned().collect()
    }

    /// Ends all streams, so that a stopping server need not wait for them.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Returns once the hub is closed.
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }

    /// Listeners now, all tenants.
    pub fn listeners(&self) -> usize {
        self.lock().values().map(|channel| channel.listeners).sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Channel>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut tenants = self.hub.lock();
        if let Some(channel) = tenants.get_mut(&self.tenant) {
            channel.listeners = channel.listeners.saturating_sub(1);
            if channel.listeners == 0 {
                tenants.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_per_tenant_and_given_back() {
        let hub = LiveHub::new(LiveLimits {
            backlog_max: 4,
            listeners_max: 3,
            listeners_per_tenant_max: 2,
        });
        let (one, two): (TenantId, TenantId) = ("one".parse().unwrap(), "two".parse().unwrap());
        let first = hub.subscribe(&one).unwrap();
        let _second = hub.subscribe(&one).unwrap();
        assert_eq!(hub.subscribe(&one).err(), Some(Refusal::Tenant(2)));
        let _third = hub.subscribe(&two).unwrap();
        assert_eq!(hub.subscribe(&two).err(), Some(Refusal::Server(3)));
        drop(first);
        assert!(hub.subscribe(&one).is_ok());
        assert_eq!(hub.listeners(), 2);
    }
}
