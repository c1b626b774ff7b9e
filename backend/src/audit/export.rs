//! An audit log as a file, which is verified without the server it came from: one JSON object a line, entries as they are kept, and
//! at the end the head.

use super::{Broken, Chain, Hash, Kept, hex};
use serde::{Deserialize, Serialize};
use std::io::BufRead;
use watchfloor_shared::{TenantId, Timestamp, audit::AuditHead};

/// A line with one entry is longer than its record by little.
const LINE_BYTES_MAX: u64 = 256 << 10;

/// A line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Exported {
    Entry(Line),
    /// The last.
    End {
        tenant: TenantId,
        head: AuditHead,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Line {
    tenant: TenantId,
    number: i64,
    at_ns: i64,
    action: String,
    /// The JSON text that is hashed, as a text.
    record: String,
    hash: String,
}

impl Exported {
    pub fn entry(tenant: &TenantId, entry: &Kept) -> Self {
        Self::Entry(Line {
            tenant: tenant.clone(),
            number: entry.number,
            at_ns: entry.at.nanos(),
            action: entry.action.clone(),
            record: entry.record.clone(),
            hash: hex(&entry.hash),
        })
    }
}

impl Line {
    fn kept(self) -> Option<Kept> {
        Some(Kept {
            number: self.number,
            at: Timestamp::from_nanos(self.at_ns),
            action: self.action,
            record: self.record,
            hash: read_hex(&self.hash)?,
        })
    }
}

fn read_hex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// Why a file says nothing about a log.
#[derive(Debug, thiserror::Error)]
pub enum NotAnExport {
    #[error("it is empty")]
    Empty,
    #[error("line {0} is no entry of an export")]
    Line(usize),
    #[error("line {0} is of another organization than those before it")]
    OtherTenant(usize),
    #[error("it ends without the line that an export ends with: it was cut off")]
    NoEnd,
    #[error("line {line}: {broken}")]
    Broken { line: usize, broken: Broken },
    #[error(transparent)]
    Read(#[from] std::io::Error),
}

/// The tenant and the head of an export that is whole. `noted`: a head from elsewhere that has to lie on the chain.
pub fn verify_export(mut file: impl BufRead, noted: Option<&AuditHead>) -> Result<(TenantId, AuditHead), NotAnExport> {
    let mut chain: Option<Chain> = None;
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = std::io::Read::take(&mut file, LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Err(if number == 1 {
                NotAnExport::Empty
            } else {
                NotAnExport::NoEnd
            });
        }
        let exported: Exported = serde_json::from_slice(&line).map_err(|_| NotAnExport::Line(number))?;
        let tenant = match &exported {
            Exported::Entry(Line { tenant, .. }) | Exported::End { tenant, .. } => tenant.clone(),
        };
        let chain = chain.get_or_insert_with(|| Chain::of(tenant.clone()));
        if chain.tenant != tenant {
            return Err(NotAnExport::OtherTenant(number));
        }
        let broken = |broken| NotAnExport::Broken { line: number, broken };
        match exported {
            Exported::Entry(entry) => {
                let entry = entry.kept().ok_or(NotAnExport::Line(number))?;
                chain.take(&entry).map_err(broken)?;
                if noted.is_some_and(|noted| noted.number == entry.number && *noted != chain.head()) {
                    return Err(broken(Broken::NotAsNoted(entry.number)));
                }
            }
            Exported::End { head, .. } => {
                chain.ends_at(&head).map_err(broken)?;
                if let Some(noted) = noted.filter(|noted| noted.number > head.number) {
                    return Err(broken(Broken::CutOff {
                        found: head.number,
                        newest: noted.number,
                    }));
                }
                return Ok((tenant, head));
            }
        }
    }
    Err(NotAnExport::NoEnd)
}
