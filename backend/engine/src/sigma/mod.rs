//! Sigma rules on the stream: a rule set is loaded once, is immutable, and says for each event which rules match it and why.
//!
//! Invariant: an event meets only rules whose logsource it belongs to, and each of them once.

mod correlation;
mod correlator;
mod load;
mod logsource;
mod matched;
mod pattern;
mod rule;
mod rule_set;
mod view;
mod window;

pub use correlator::Correlator;
pub use rule::{LoadedRule, RuleCounts, RuleSource};
pub use rule_set::RuleSet;

#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod pack_test;
#[cfg(test)]
mod regression_test;
