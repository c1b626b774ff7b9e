//! Whose records a connection brings: its certificate says, or the settings do.
//!
//! Invariant: a TLS sender without a registered certificate is served only where the settings say so; one whose certificate is
//! revoked is served for no more than a second.

use super::listener::{Connection, Listener};
use crate::{
    ingest::Refusal,
    sensors::HeldCredentials,
    store::{Database, StoreError, identity::api_keys},
};
use std::{future::Future, net::IpAddr, sync::Arc};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;
use watchfloor_shared::{Fingerprint, TenantId};

#[derive(Clone)]
pub enum Admission {
    /// Whoever reaches the listener sends for this tenant.
    Anyone(TenantId),
    /// Who has a registered certificate; anyone else sends for this tenant, if there is one.
    Registered {
        db: Database,
        held: HeldCredentials,
        unregistered: Option<TenantId>,
    },
}

/// For whom a connection sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    pub tenant: TenantId,
    /// What the credential names, otherwise the peer's address.
    pub sensor: String,
    /// Whose allowance its records spend: the credential's, otherwise the address's.
    pub charged: Arc<str>,
    is_registered: bool,
}

impl Admission {
    async fn admit(&self, peer: IpAddr, certificate: Option<Fingerprint>) -> Result<Option<Admitted>, StoreError> {
        let address = peer.to_canonical().to_string();
        let of_address = |tenant: &TenantId| Admitted {
            tenant: tenant.clone(),
            charged: Arc::from(address.as_str()),
            sensor: address.clone(),
            is_registered: false,
        };
        let (db, unregistered) = match self {
            Self::Anyone(tenant) => return Ok(Some(of_address(tenant))),
            Self::Registered { db, unregistered, .. } => (db, unregistered),
        };
        let holder = match &certificate {
            Some(certificate) => api_keys::lookup_certificate(db, certificate).await?,
            None => None,
        };
        Ok(match holder {
            Some(holder) => Some(Admitted {
                sensor: holder.sensor.unwrap_or_else(|| address.clone()),
                charged: Arc::from(holder.id),
                tenant: holder.tenant,
                is_registered: true,
            }),
            None => unregistered.as_ref().map(of_address),
        })
    }

    /// Returns when the certificate that let the connection in does so no longer.
    async fn ended(&self, admitted: &Admitted) {
        match self {
            Self::Registered { held, .. } if admitted.is_registered => held.hold(&admitted.charged).ended().await,
            _ => std::future::pending().await,
        }
    }
}

/// Serves the connections that are admitted. The token ends one connection: the product stops, or its credential was revoked.
pub async fn serve<S, F>(listener: Listener, admission: Admission, serve: S)
where
    S: Fn(Connection, Admitted, CancellationToken) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let (door, refusals, stop) = (listener.door, listener.refusals.clone(), listener.stop.clone());
    let one = move |mut connection: Connection| {
        let (admission, refusals, end, serve) =
            (admission.clone(), refusals.clone(), stop.child_token(), serve.clone());
        async move {
            let peer = connection.peer;
            let admitted = match admission.admit(peer.ip(), connection.certificate).await {
                Ok(Some(admitted)) => admitted,
                Ok(None) => {
                    refusals.note(door, Refusal::Credential, &peer);
                    let _ = connection.shutdown().await;
                    return;
                }
                // It comes again; who it is cannot be said now.
                Err(error) => return tracing::warn!(door, %peer, %error, "a sender cannot be admitted"),
            };
            let served = serve(connection, admitted.clone(), end.clone());
            tokio::pin!(served);
            tokio::select! {
                () = &mut served => return,
                () = admission.ended(&admitted) => {}
            }
            refusals.note(door, Refusal::Credential, &peer);
            end.cancel();
            served.await;
        }
    };
    listener.serve(one).await;
}
