//! The pipeline shell: it moves records from topic to topic through the engine's stages and accounts for every one of them.

pub mod backoff;
pub mod dead_letter;
pub mod latencies;
pub mod ledger;
pub mod letters;
pub mod meter;
pub mod progress;
pub mod senders;
pub mod stage;
pub mod stages;
pub mod tally;
pub mod topology;
pub mod view;

use async_trait::async_trait;
use watchfloor_shared::{
    TenantId,
    pipeline::{DeadLetters, PipelineSnapshot, SenderSnapshot},
};

/// What the API may ask of the running pipeline.
#[async_trait]
pub trait PipelineView: Send + Sync {
    /// Counters of all stages; whole-product figures, no tenant's data in it.
    async fn snapshot(&self) -> PipelineSnapshot;

    /// The tenant's senders and what became of their records.
    async fn senders(&self, tenant: &TenantId) -> Vec<SenderSnapshot>;

    /// The tenant's dead letters by reason, at most `groups_max` groups.
    async fn dead_letters(&self, tenant: &TenantId, groups_max: usize) -> DeadLetters;

    /// Stages of this process that cannot do their work now, each with the reason.
    fn troubles(&self) -> Vec<(&'static str, String)>;

    /// Sends the tenant's dead letters (all, or of one reason) back to the topics they came from. Returns how many.
    async fn redrive(&self, tenant: &TenantId, reason: Option<&str>) -> Result<u64, crate::bus::BusError>;
}
