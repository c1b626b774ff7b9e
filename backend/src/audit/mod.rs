//! Who did what, in a chain: each entry's hash covers the hash before it.
//!
//! Invariant: the hash is over the text that is kept, letter for letter, and made by the database, not by the server that appends
//! (`migrations/0010_audit.sql` says the same formula). So what an entry says cannot be changed by the server's own role, and
//! whoever changes it with more rights has to make every hash after it anew, which a head noted elsewhere shows.

mod export;

pub use export::{Exported, NotAnExport, verify_export};

use sha2::{Digest, Sha256};
use watchfloor_shared::{
    TenantId, Timestamp,
    audit::{Actor, AuditHead, AuditRecord, Outcome},
};

pub type Hash = [u8; 32];

/// Text of a record that is kept; what is said in detail beyond that is left out, and the entry says so.
const RECORD_CHARS_MAX: usize = 16_000;
const NAME_CHARS_MAX: usize = 200;

/// What is to be appended.
#[derive(Debug, Clone)]
pub struct Act<'a> {
    /// Lower case letters, digits, `_` and `.`: the operation's id.
    pub action: &'a str,
    pub record: AuditRecord,
}

impl<'a> Act<'a> {
    pub fn new(action: &'a str, actor: Actor, outcome: Outcome) -> Self {
        Self {
            action,
            record: AuditRecord {
                actor,
                object: None,
                outcome,
                address: None,
                detail: None,
            },
        }
    }

    pub fn on(mut self, object: impl Into<String>) -> Self {
        self.record.object = Some(object.into());
        self
    }

    pub fn from(mut self, address: std::net::IpAddr) -> Self {
        self.record.address = Some(address.to_canonical().to_string());
        self
    }

    /// As it is kept: bounded.
    pub fn text(&self) -> String {
        let mut record = self.record.clone();
        for text in [&mut record.actor.id, &mut record.actor.name] {
            shorten(text);
        }
        record.object.iter_mut().for_each(shorten);
        let text = written(&record);
        if text.chars().count() <= RECORD_CHARS_MAX {
            return text;
        }
        record.detail = Some(serde_json::json!({"left_out": "the detail is longer than an entry may be"}));
        written(&record)
    }
}

fn shorten(text: &mut String) {
    if let Some((end, _)) = text.char_indices().nth(NAME_CHARS_MAX) {
        text.truncate(end);
    }
}

fn written(record: &AuditRecord) -> String {
    serde_json::to_string(record).unwrap_or_default()
}

/// An entry as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub number: i64,
    pub at: Timestamp,
    pub action: String,
    pub record: String,
    pub hash: Hash,
}

impl Kept {
    fn hash_after(&self, before: &Hash, tenant: &TenantId) -> Hash {
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(self.number.to_be_bytes());
        hash.update(self.at.nanos().to_be_bytes());
        for part in [tenant.as_str(), "\n", &self.action, "\n", &self.record] {
            hash.update(part);
        }
        hash.finalize().into()
    }
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {expected} is missing: {found} comes in its place")]
    Gap { expected: i64, found: i64 },
    #[error("entry {0} was changed, or one before it: its hash does not fit")]
    Changed(i64),
    #[error("entries after {found} are missing: the newest was {newest}")]
    CutOff { found: i64, newest: i64 },
    #[error("entry {0} is not the one whose hash was noted")]
    NotAsNoted(i64),
}

/// Goes through a tenant's entries in order, from the first.
#[derive(Debug, Clone)]
pub struct Chain {
    tenant: TenantId,
    number: i64,
    hash: Hash,
}

impl Chain {
    pub fn of(tenant: TenantId) -> Self {
        Self {
            tenant,
            number: 0,
            hash: Hash::default(),
        }
    }

    pub fn take(&mut self, entry: &Kept) -> Result<(), Broken> {
        let expected = self.number.saturating_add(1);
        if entry.number != expected {
            return Err(Broken::Gap {
                expected,
                found: entry.number,
            });
        }
        if entry.hash_after(&self.hash, &self.tenant) != entry.hash {
            return Err(Broken::Changed(entry.number));
        }
        (self.number, self.hash) = (entry.number, entry.hash);
        Ok(())
    }

    /// Whether nothing is cut off at the end.
    pub fn ends_at(&self, newest: &AuditHead) -> Result<(), Broken> {
        match self.head() == *newest {
            true => Ok(()),
            false if self.number < newest.number => Err(Broken::CutOff {
                found: self.number,
                newest: newest.number,
            }),
            false => Err(Broken::NotAsNoted(newest.number)),
        }
    }

    pub fn head(&self) -> AuditHead {
        head(self.number, &self.hash)
    }
}

pub fn head(number: i64, hash: &Hash) -> AuditHead {
    AuditHead {
        number,
        hash: hex(hash),
    }
}

pub fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
