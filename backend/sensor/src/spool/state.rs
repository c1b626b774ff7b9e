//! How far the server has acknowledged, and what was given up why. Written in place, one small block.

use crate::lost::Reason;
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::Path,
};

const MAGIC: &[u8; 8] = b"WFSTATE1";
const REASONS: usize = Reason::ALL.len();
const NUMBERS: usize = 2 + REASONS;
const BYTES: usize = 8 + NUMBERS * 8 + 4;

#[derive(Debug)]
pub struct State {
    file: File,
    /// Of the spool, by chance: what is begun anew is another one.
    id: u64,
    acked: u64,
    dropped: [u64; REASONS],
    dirty: bool,
}

impl State {
    /// What was saved; a new one where there is none, or it is broken: then all that is there is sent again.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(dir.join("state"))?;
        let mut bytes = Vec::with_capacity(BYTES);
        Read::by_ref(&mut file).take(BYTES as u64).read_to_end(&mut bytes)?;
        let saved = decode(&bytes);
        let [id, acked, dropped @ ..] = saved.unwrap_or_else(|| {
            let mut fresh = [0; NUMBERS];
            fresh[0] = StdRng::from_os_rng().random();
            fresh
        });
        Ok(Self {
            file,
            id,
            acked,
            dropped,
            dirty: saved.is_none(),
        })
    }

    pub const fn id(&self) -> u64 {
        self.id
    }
    pub const fn acked(&self) -> u64 {
        self.acked
    }
    pub const fn dropped(&self, reason: Reason) -> u64 {
        self.dropped[reason as usize]
    }

    pub const fn drop(&mut self, reason: Reason, count: u64) {
        self.dropped[reason as usize] += count;
        self.dirty = true;
    }

    pub fn ack(&mut self, next: u64) {
        self.acked = self.acked.max(next);
        self.dirty = true;
    }

    /// What is not there any more needs no acknowledgement.
    pub fn forget_below(&mut self, first: u64) {
        if first > self.acked {
            self.ack(first);
        }
    }

    pub fn save(&mut self) -> io::Result<()> {
        if !self.dirty {
            return Ok(());
        }
        let mut bytes = MAGIC.to_vec();
        for number in [self.id, self.acked].into_iter().chain(self.dropped) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        self.file.write_all_at(&bytes, 0)?;
        self.dirty = false;
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> Option<[u64; NUMBERS]> {
    let (body, crc) = bytes.split_last_chunk::<4>().filter(|_| bytes.len() == BYTES)?;
    let numbers = body
        .strip_prefix(MAGIC.as_slice())
        .filter(|_| crc32fast::hash(body) == u32::from_le_bytes(*crc))?;
    let mut read = [0; NUMBERS];
    for (to, from) in read.iter_mut().zip(numbers.as_chunks::<8>().0) {
        *to = u64::from_le_bytes(*from);
    }
    Some(read)
}
