//! The words of this page.

use crate::components::number::{counted, long_seconds};
use crate::words::capital;
use watchfloor_shared::{alert::Severity, pipeline::PipelineSnapshot};

/// A stage that is later than this is worth a word.
const LATE_MS: i64 = 5_000;

pub fn worst_open(severity: Severity, n: i64) -> String {
    counted(
        n,
        &format!("{} alert", severity.as_str()),
        &format!("{} alerts", severity.as_str()),
    )
}

pub fn all_quiet(within: &str) -> String {
    format!("No open alert {within}.")
}

/// How the instrument itself is: nothing when all is well.
pub fn instrument(p: &PipelineSnapshot) -> Vec<String> {
    let mut faults = Vec::new();
    for stage in &p.stages {
        if let Some(fault) = &stage.fault {
            faults.push(format!("{} stands still: {fault}.", capital(&stage.name)));
        } else if stage.lag_ms >= LATE_MS {
            faults.push(format!(
                "{} is {} behind.",
                capital(&stage.name),
                long_seconds(stage.lag_ms / 1_000)
            ));
        }
    }
    if p.unaccounted != 0 {
        faults.push(format!(
            "{} cannot be accounted for.",
            counted(p.unaccounted, "event", "events")
        ));
    }
    faults
}

pub fn is_late(lag_ms: i64) -> bool {
    lag_ms >= LATE_MS
}
