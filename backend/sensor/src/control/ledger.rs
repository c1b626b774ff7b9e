//! Which commands were done, and what became of the last ones.
//!
//! Invariant: a result is on the disk before it is told, so a command whose result was lost on the way is answered and not done
//! again.

use crate::durable;
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};
use watchfloor_protocol::v1::CommandResult;

/// The server asks for the last one again, at most.
const REMEMBERED: usize = 8;
const FORGOTTEN: &str = "it was done before; what became of it is not known any more";

#[derive(Debug)]
pub struct Ledger {
    file: PathBuf,
    kept: Kept,
}

/// Another enrolment counts from 1 again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    tenant: String,
    sensor_id: String,
    last: u64,
    results: Vec<Noted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    number: u64,
    ok: bool,
    reason: String,
    detail: String,
}

impl Ledger {
    pub fn open(data_dir: &Path, tenant: &str, sensor_id: &str) -> io::Result<Self> {
        let file = data_dir.join("commands.json");
        let kept = match durable::read(&file)? {
            Some(bytes) => serde_json::from_slice(&bytes)?,
            None => Kept::default(),
        };
        let is_ours = kept.tenant == tenant && kept.sensor_id == sensor_id;
        let fresh = Kept {
            tenant: tenant.to_owned(),
            sensor_id: sensor_id.to_owned(),
            ..Kept::default()
        };
        Ok(Self {
            file,
            kept: if is_ours { kept } else { fresh },
        })
    }

    pub const fn last(&self) -> u64 {
        self.kept.last
    }

    /// What became of a command that was done; none for one that is to be done.
    pub fn of(&self, number: u64) -> Option<CommandResult> {
        if number > self.kept.last {
            return None;
        }
        let noted = self.kept.results.iter().find(|noted| noted.number == number);
        let result = noted.map(|noted| CommandResult {
            number,
            ok: noted.ok,
            reason: noted.reason.clone(),
            detail: noted.detail.clone(),
        });
        Some(result.unwrap_or_else(|| CommandResult {
            number,
            ok: false,
            reason: FORGOTTEN.to_owned(),
            detail: String::new(),
        }))
    }

    pub fn note(&mut self, result: &CommandResult) -> io::Result<()> {
        let mut kept = self.kept.clone();
        kept.last = result.number;
        kept.results.push(Noted {
            number: result.number,
            ok: result.ok,
            reason: result.reason.clone(),
            detail: result.detail.clone(),
        });
        let from = kept.results.len().saturating_sub(REMEMBERED);
        kept.results.drain(..from);
        durable::write(&self.file, &serde_json::to_vec(&kept)?)?;
        self.kept = kept;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(number: u64) -> CommandResult {
        CommandResult {
            number,
            ok: number.is_multiple_of(2),
            reason: format!("reason {number}"),
            detail: String::new(),
        }
    }

    #[test]
    fn what_was_done_is_known_after_a_restart_and_another_enrolment_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        let open = |sensor: &str| Ledger::open(dir.path(), "acme", sensor).unwrap();
        let mut ledger = open("s1");
        assert_eq!((ledger.last(), ledger.of(1)), (0, None));
        // 2 expired at the server and never came.
        for number in [1, 3] {
            ledger.note(&result(number)).unwrap();
        }
        let ledger = open("s1");
        assert_eq!((ledger.last(), ledger.of(3), ledger.of(4)), (3, Some(result(3)), None));
        assert_eq!(ledger.of(2).unwrap().reason, FORGOTTEN);
        let mut ledger = open("s2");
        assert_eq!((ledger.last(), ledger.of(1)), (0, None));
        for number in 1..=20 {
            ledger.note(&result(number)).unwrap();
        }
        assert_eq!(ledger.of(20), Some(result(20)));
        assert_eq!(ledger.of(1).unwrap().reason, FORGOTTEN);
    }
}
