//! What an application without a pipeline and without rules is given in their place.

use async_trait::async_trait;
use watchfloor::{api::RulesView, bus::BusError, pipeline::PipelineView};
use watchfloor_shared::{
    TenantId,
    pipeline::{DeadLetters, PipelineSnapshot, SenderSnapshot},
    rule::RuleSummary,
};

/// Nothing runs, and nothing is dead.
pub struct NoPipeline;

#[async_trait]
impl PipelineView for NoPipeline {
    async fn snapshot(&self) -> PipelineSnapshot {
        PipelineSnapshot::default()
    }
    async fn senders(&self, _: &TenantId) -> Vec<SenderSnapshot> {
        Vec::new()
    }
    async fn dead_letters(&self, _: &TenantId, _: usize) -> DeadLetters {
        DeadLetters::default()
    }
    fn troubles(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    async fn redrive(&self, _: &TenantId, _: Option<&str>) -> Result<u64, BusError> {
        Ok(0)
    }
}

pub struct NoRules;

impl RulesView for NoRules {
    fn summaries(&self) -> Vec<RuleSummary> {
        Vec::new()
    }
}
