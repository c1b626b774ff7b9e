//! What one event says about one thing: a feature per byte.

use super::schema::{NodeKind, width};

/// Features between 0 and 255. What several events say about one thing is the greatest of each feature, whatever their order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Traits(Box<[u8]>);

impl Traits {
    pub fn new(kind: NodeKind) -> Self {
        Self(vec![0; width(kind)].into_boxed_slice())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Which features are above the half.
    pub(crate) fn coarse(&self) -> Self {
        Self(
            self.0
                .iter()
                .map(|level| if *level > 127 { u8::MAX } else { 0 })
                .collect(),
        )
    }

    /// Marks a feature as fully there.
    pub(super) fn mark(&mut self, feature: impl Into<usize>) {
        self.raise(feature, u8::MAX);
    }

    pub(super) fn mark_if(&mut self, feature: impl Into<usize>, condition: bool) {
        if condition {
            self.mark(feature);
        }
    }

    pub(crate) fn raise(&mut self, feature: impl Into<usize>, level: u8) {
        if let Some(known) = self.0.get_mut(feature.into()) {
            *known = level.max(*known);
        }
    }

    /// Sets a feature to a share between 0 and 1.
    pub(super) fn share(&mut self, feature: impl Into<usize>, share: f32) {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped; a cast of NaN is zero"
        )]
        self.raise(feature, (share.clamp(0.0, 1.0) * 255.0).round() as u8);
    }

    /// Sets a feature to a logarithmic level: 1 at `full` and beyond.
    pub(super) fn level(&mut self, feature: impl Into<usize>, count: usize, full: usize) {
        self.share(feature, log_level(count, full));
    }
}

/// `ln(1 + count)` as a share of `ln(1 + full)`, at most 1.
#[allow(clippy::cast_precision_loss, reason = "a logarithm needs no more")]
pub(super) fn log_level(count: usize, full: usize) -> f32 {
    ((count as f32).ln_1p() / (full as f32).ln_1p()).min(1.0)
}
