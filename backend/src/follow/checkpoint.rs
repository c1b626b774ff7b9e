//! How far each file was read, on the disk.
//!
//! Invariant: the file is replaced as a whole, after the bus has what it says was read; reading on from an older one sends
//! records again with the places that they had.

use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};
use watchfloor_shared::Timestamp;

const NAME: &str = "checkpoints.json";
const FILES_MAX: usize = 10_000;

/// One file, told by what does not change when it is renamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Where it was last.
    pub path: PathBuf,
    pub device: u64,
    pub inode: u64,
    /// Hash of its first line.
    pub head: u64,
    /// Added to a line's offset, it is the record's position.
    pub seed: u64,
    /// How often it was emptied and begun anew.
    pub generation: u64,
    /// Up to here its records are on the bus.
    pub offset: u64,
    /// Hash of the bytes before `offset`.
    pub tail: u64,
    /// Where the header of a Zeek log begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_at: Option<u64>,
    pub seen: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    files: Vec<Checkpoint>,
}

/// The folder that checkpoints are kept in.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    pub fn new(data_dir: &Path) -> io::Result<Self> {
        let folder = data_dir.join("follow");
        fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// What was stored. A file that cannot be read as such is an error: to begin anew would be to send everything again.
    pub fn load(&self) -> io::Result<Vec<Checkpoint>> {
        match fs::read(self.folder.join(NAME)) {
            Ok(bytes) => Ok(parse(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Keeps those seen last, if there are too many.
    pub fn store(&self, mut files: Vec<Checkpoint>) -> io::Result<()> {
        files.sort_by_key(|file| std::cmp::Reverse(file.seen));
        files.truncate(FILES_MAX);
        let text = serde_json::to_vec(&Stored { files })?;
        let next = self.folder.join("checkpoints.next");
        let mut file = File::create(&next)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&next, self.folder.join(NAME))?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Stored checkpoints from their bytes.
pub fn parse(bytes: &[u8]) -> serde_json::Result<Vec<Checkpoint>> {
    serde_json::from_slice::<Stored>(bytes).map(|stored| stored.files)
}
