//! The running pipeline as the API sees it: ledger, dead letters, re-drive.

use super::{PipelineView, ledger::Ledger, letters::Letters};
use crate::bus::BusError;
use async_trait::async_trait;
use watchfloor_shared::{
    TenantId,
    pipeline::{DeadLetters, PipelineSnapshot, SenderSnapshot},
};

pub struct View {
    pub ledger: Ledger,
    pub letters: Letters,
}

#[async_trait]
impl PipelineView for View {
    async fn snapshot(&self) -> PipelineSnapshot {
        self.ledger.snapshot().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the loss ledger cannot be read");
            PipelineSnapshot {
                at: self.ledger.clock.now(),
                ..PipelineSnapshot::default()
            }
        })
    }

    async fn senders(&self, tenant: &TenantId) -> Vec<SenderSnapshot> {
        self.ledger.senders(tenant).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the senders' ledger cannot be read");
            Vec::new()
        })
    }

    async fn dead_letters(&self, tenant: &TenantId, groups_max: usize) -> DeadLetters {
        self.letters.list(tenant, groups_max).await.unwrap_or_else(|error| {
            tracing::error!(%error, "dead letters cannot be read");
            DeadLetters::default()
        })
    }

    fn troubles(&self) -> Vec<(&'static str, String)> {
        let meters = self.ledger.meters.iter();
        let mut troubles: Vec<_> = meters
            .filter_map(|(stage, meter)| Some((*stage, meter.trouble()?)))
            .collect();
        troubles.sort();
        troubles
    }

    async fn redrive(&self, tenant: &TenantId, reason: Option<&str>) -> Result<u64, BusError> {
        self.letters.redrive(tenant, reason).await
    }
}
