//! Files of captures that were put aside: they go when they were read, and the oldest of them when there is no room for all.

use super::{Tails, file};
use crate::config::TailConfig;
use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor_shared::Timestamp;

/// What waits aside while the server is away and the spool is full.
const BYTES_MAX: u64 = 256 << 20;
/// Whoever writes such a file goes on in it until he has opened the next one.
const WRITTEN_FOR: Duration = Duration::from_secs(10);
const PREFIX: &str = "eve-";

/// `eve-NANOSECONDS.json`: when it was put aside.
fn put_aside(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let nanos = name.strip_prefix(PREFIX)?.strip_suffix(".json")?.parse().ok()?;
    Some(Timestamp::from_nanos(nanos))
}

impl Tails {
    /// Follows the captures whose files this pattern names, too.
    pub fn with_captures(mut self, pattern: &Path) -> Self {
        self.config.push(TailConfig {
            source: "suricata".to_owned(),
            paths: vec![pattern.display().to_string()],
        });
        self.captures = Some(pattern.to_owned());
        self
    }

    /// Lets go of files that are aside and read to their end. Every line that was read is in the spool by now.
    pub(super) fn drop_read(&mut self, now: Timestamp) {
        if self.captures.is_none() || !self.lines.is_empty() {
            return;
        }
        let is_spent = |file: &file::Followed| {
            let aside = put_aside(&file.path).is_some_and(|at| now.since(at) > WRITTEN_FOR);
            aside && file.at_end && self.is_captured(&file.path)
        };
        let spent = self.files.iter().filter(|(_, file)| is_spent(file));
        let spent: Vec<(u64, PathBuf)> = spent.map(|(id, file)| (*id, file.path.clone())).collect();
        for (id, path) in spent {
            self.remove(id, &path);
        }
    }

    /// Gives up the oldest files that are aside while there are too many; how many lines of them were not read.
    pub fn make_room(&mut self) -> u64 {
        self.make_room_for(BYTES_MAX)
    }

    fn make_room_for(&mut self, bytes_max: u64) -> u64 {
        let Some(pattern) = &self.captures else { return 0 };
        let files = glob::glob(&pattern.display().to_string())
            .into_iter()
            .flatten()
            .flatten();
        let mut aside: Vec<(Timestamp, u64, PathBuf)> = files
            .filter_map(|path| Some((put_aside(&path)?, fs::metadata(&path).ok()?.len(), path)))
            .collect();
        aside.sort();
        let mut bytes: u64 = aside.iter().map(|(_, bytes, _)| bytes).sum();
        let mut lost = 0;
        for (_, length, path) in aside {
            if bytes <= bytes_max {
                break;
            }
            bytes -= length;
            if let Ok(Some(id)) = file::identity(&path) {
                lost += lines_after(&path, self.checkpoints.offset(id)).unwrap_or_default();
                self.remove(id, &path);
            }
        }
        lost
    }

    fn is_captured(&self, path: &Path) -> bool {
        let folder = self.captures.as_deref().and_then(Path::parent).and_then(Path::parent);
        folder.is_some_and(|folder| path.starts_with(folder))
    }

    fn remove(&mut self, id: u64, path: &Path) {
        if let Err(error) = fs::remove_file(path) {
            tracing::warn!(path = %path.display(), %error, "a file that was read cannot be removed");
            return;
        }
        self.files.remove(&id);
        // The next file may get this one's number.
        self.checkpoints.forget(id);
    }
}

fn lines_after(path: &Path, offset: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut reader = BufReader::new(file);
    let (mut lines, mut line) = (0, Vec::new());
    while reader.read_until(b'\n', &mut line)? > 0 {
        lines += 1;
        line.clear();
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(at: i64) -> Timestamp {
        Timestamp::from_millis(at * 1_000)
    }

    #[test]
    fn what_is_aside_goes_when_it_was_read_and_what_is_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("captures/lan");
        fs::create_dir_all(&folder).unwrap();
        let (now, aside) = (folder.join("eve.json"), folder.join("eve-1000000000.json"));
        fs::write(&now, "{\"n\":1}\n").unwrap();
        let pattern = dir.path().join("captures/*/eve*.json");
        let mut tails = Tails::open(&[], dir.path(), &[]).unwrap().with_captures(&pattern);
        let mut read = |at: i64| {
            tails.poll(seconds(at));
            let count = tails.lines().len();
            tails.save().unwrap();
            count
        };
        assert_eq!(read(1), 1);
        fs::rename(&now, &aside).unwrap();
        fs::write(&now, "{\"n\":2}\n").unwrap();
        assert_eq!(read(3), 1);
        assert!(aside.exists(), "its writer may not have gone on yet");
        assert_eq!(read(30), 0);
        assert!(!aside.exists() && now.exists());
        // A new file is read from its start, whatever number it has.
        fs::remove_file(&now).unwrap();
        fs::write(&now, "{\"n\":3}\n").unwrap();
        assert_eq!((read(32), read(34)), (1, 0));
    }

    #[test]
    fn without_room_the_oldest_goes_and_its_lines_are_counted() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("captures/lan");
        fs::create_dir_all(&folder).unwrap();
        for second in 1..=3 {
            fs::write(folder.join(format!("eve-{second}000000000.json")), "{}\n{}\n").unwrap();
        }
        let pattern = dir.path().join("captures/*/eve*.json");
        let mut tails = Tails::open(&[], dir.path(), &[]).unwrap().with_captures(&pattern);
        assert_eq!(tails.make_room_for(18), 0);
        assert_eq!(tails.make_room_for(7), 4);
        assert!(folder.join("eve-3000000000.json").exists() && !folder.join("eve-2000000000.json").exists());
    }
}
