//! Silence: stretches without events that are long for this endpoint.

use std::time::Duration;
use watchfloor_shared::{Timestamp, timeline::Gap};

const SHORTEST: Duration = Duration::from_secs(60);
/// Times the median pause.
const UNUSUAL: u32 = 10;

/// Gaps between spells of sending, each from its first to its last event, in time order.
pub(super) fn between(spells: impl Iterator<Item = (Timestamp, Timestamp)>) -> Vec<Gap> {
    let spells: Vec<_> = spells.collect();
    let pauses = || {
        spells
            .iter()
            .zip(spells.iter().skip(1))
            .map(|((_, end), (next, _))| (*end, *next))
    };
    let mut lengths: Vec<Duration> = pauses().map(|(end, next)| next.since(end)).collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    let limit = SHORTEST.max(median.saturating_mul(UNUSUAL));
    pauses()
        .filter(|(end, next)| next.since(*end) > limit)
        .map(|(from, to)| Gap {
            from,
            to,
            reason: format!(
                "Nothing arrived from this endpoint for {}; it usually pauses {}.",
                words(to.since(from)),
                words(median)
            ),
        })
        .collect()
}

fn words(span: Duration) -> String {
    match span.as_secs() {
        0 => "less than a second".to_owned(),
        s @ 1..=119 => format!("{s} s"),
        s @ 120..=7_199 => format!("{} min", s / 60),
        s => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
    }
}
