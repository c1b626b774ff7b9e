//! The windows of a recording, without bus and stores.
//!
//! Invariant: a recording's records are put in the order of their times first, so its windows do not depend on how it was
//! exported; the pipeline, which cannot, takes what is no later than its lateness.

use crate::replay::reader::{self, ReadError};
use std::{collections::HashMap, path::Path};
use watchfloor_engine::{
    Event, Verdict,
    graph::{Facts, facts},
    normalize::{
        Origin, RawContext,
        auditd::{self, Assembler, Joined},
        normalize,
    },
    verdict::{DeadReason, DropReason},
    window::{Routine, Settings, Window, Windows, is_routine},
};
use watchfloor_shared::{EndpointId, TenantId, Timestamp};

/// What the audit system itself waits for the end of an event.
const AUDIT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(2);
/// Open events of the audit system: recordings may interleave those of many hosts.
const AUDIT_GROUPS_MAX: usize = 4_096;

/// A recording as windows, in the order they end.
pub struct Recording {
    pub windows: Vec<Window>,
    /// The first record of each event: its number in the recording, from 0.
    pub lines: HashMap<u128, u32>,
    pub records: u64,
    /// Records that could not be used, by reason.
    pub left_out: HashMap<&'static str, u64>,
}

impl Recording {
    /// Reads a file or folder. What names no computer is of one that is called as the recording is.
    pub fn read(path: &Path, tenant: &TenantId, settings: &Settings, daemons: &[Routine]) -> Result<Self, ReadError> {
        let mut taken = Taken {
            daemons,
            name: reader::name(path),
            ..Taken::default()
        };
        for line in reader::open(path)? {
            match line {
                Ok(line) => taken.record(&line.bytes, line.position),
                Err(_) => taken.leave_out("file.unreadable"),
            }
        }
        let open = taken.assembler.finish();
        taken.joined(open);
        Ok(taken.windows(tenant, settings))
    }
}

struct Taken<'d> {
    daemons: &'d [Routine],
    name: &'d str,
    assembler: Assembler,
    /// Payloads of audit records that wait for the rest of their event, by position.
    held: HashMap<u64, Vec<u8>>,
    facts: Vec<(EndpointId, Facts)>,
    lines: HashMap<u128, u32>,
    records: u64,
    left_out: HashMap<&'static str, u64>,
}

impl Default for Taken<'_> {
    fn default() -> Self {
        Self {
            daemons: &[],
            name: "",
            assembler: Assembler::new(AUDIT_TIMEOUT, AUDIT_GROUPS_MAX),
            held: HashMap::new(),
            facts: Vec::new(),
            lines: HashMap::new(),
            records: 0,
            left_out: HashMap::new(),
        }
    }
}

impl Taken<'_> {
    fn record(&mut self, raw: &[u8], position: u64) {
        self.records += 1;
        let Some(carried) = auditd::carried(raw) else {
            return self.normalize(raw, position);
        };
        self.held.insert(position, raw.to_vec());
        let whole = self.assembler.on_record(Timestamp::EPOCH, &carried.line, position);
        self.joined(whole);
    }

    fn joined(&mut self, whole: Vec<Joined>) {
        for joined in whole {
            let first = joined.tokens.iter().min().copied();
            let payloads: Vec<Vec<u8>> = joined
                .tokens
                .iter()
                .filter_map(|token| self.held.remove(token))
                .collect();
            let (Some(first), Some(payload)) = (first, payloads.first()) else {
                continue;
            };
            if let Some(carried) = auditd::carried(payload).filter(|_| !joined.lines.is_empty()) {
                let raw = carried.joined(payload, &joined.lines);
                self.normalize(raw.as_ref(), first);
            }
        }
    }

    fn normalize(&mut self, raw: &[u8], position: u64) {
        let of = |sensor| RawContext {
            received: Timestamp::EPOCH,
            position,
            simulated: false,
            origin: Origin { source: None, sensor },
        };
        let verdict = match normalize(raw, &of(None)) {
            Verdict::Dead(DeadReason::EndpointMissing) => normalize(raw, &of(Some(self.name))),
            verdict => verdict,
        };
        match verdict {
            Verdict::Emit(event) => self.event(&event, position),
            Verdict::Drop(reason) => self.leave_out(reason.as_str()),
            Verdict::Dead(reason) => self.leave_out(reason.as_str()),
        }
    }

    fn event(&mut self, event: &Event, position: u64) {
        if is_routine(event, self.daemons) {
            return self.leave_out(DropReason::Routine.as_str());
        }
        let Some(facts) = facts(event) else {
            return self.leave_out(DropReason::NotOfAnEndpoint.as_str());
        };
        let line = u32::try_from(position).unwrap_or(u32::MAX);
        let known = self.lines.entry(facts.event).or_insert(line);
        *known = line.min(*known);
        self.facts.push((event.endpoint.clone(), facts));
    }

    fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    fn windows(mut self, tenant: &TenantId, settings: &Settings) -> Recording {
        self.facts.sort_by_key(|(_, facts)| facts.time);
        let mut folded = Windows::new(settings);
        let mut windows = Vec::new();
        for (endpoint, facts) in self.facts {
            windows.extend(folded.on_event(facts.time, tenant, &endpoint, facts));
        }
        windows.extend(folded.finish());
        windows.sort_by(|a, b| (a.end, &a.stream).cmp(&(b.end, &b.stream)));
        Recording {
            windows,
            lines: self.lines,
            records: self.records,
            left_out: self.left_out,
        }
    }
}
