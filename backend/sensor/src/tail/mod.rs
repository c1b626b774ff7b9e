//! Files that others write, followed by pattern: Suricata's `eve.json`, Zeek's logs, the audit log.
//!
//! Invariant: a line goes out once. How far a file was read is in the spool with the line itself, and in the checkpoints after
//! it; the further of both is where a new start goes on. Lines wait in their files while the spool has no room.

mod aside;
mod checkpoint;
pub(crate) mod file;

use crate::{config::TailConfig, spool::Place};
use checkpoint::Checkpoints;
use file::Followed;
pub use file::Line;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};
use watchfloor_shared::Timestamp;

/// Most that one round takes, so that one file cannot keep the others waiting, and a checkpoint is never far behind.
const ROUND_BYTES_MAX: usize = 128 << 10;
const FILES_MAX: usize = 1_024;
const LOOK_MS: i64 = 1_000;

#[derive(Debug)]
pub struct Tails {
    config: Vec<TailConfig>,
    checkpoints: Checkpoints,
    /// By device and number: a renamed file is the same.
    files: BTreeMap<u64, Followed>,
    lines: Vec<Line>,
    looked: Option<Timestamp>,
    /// Where the last round ended, so that each file has its turn.
    turn: u64,
    /// Where captures write, as a pattern.
    captures: Option<PathBuf>,
}

impl Tails {
    pub fn open(config: &[TailConfig], dir: &Path, places: &[Place]) -> io::Result<Self> {
        let mut checkpoints = Checkpoints::open(dir)?;
        for place in places {
            checkpoints.advance(*place);
        }
        Ok(Self {
            config: config.to_vec(),
            checkpoints,
            files: BTreeMap::new(),
            lines: Vec::new(),
            looked: None,
            turn: 0,
            captures: None,
        })
    }

    /// Reads on; whether there are lines now.
    pub fn poll(&mut self, now: Timestamp) -> bool {
        if self.config.is_empty() {
            return false;
        }
        if self
            .looked
            .is_none_or(|at| now.nanos() - at.nanos() >= LOOK_MS * 1_000_000)
        {
            self.looked = Some(now);
            self.look();
            self.drop_read(now);
        }
        let mut bytes = 0;
        let after = self.files.range(self.turn + 1..).map(|(id, _)| *id);
        let order: Vec<u64> = after.chain(self.files.range(..=self.turn).map(|(id, _)| *id)).collect();
        for id in order {
            let Some(file) = self.files.get_mut(&id) else {
                continue;
            };
            match file.read(ROUND_BYTES_MAX - bytes, now, &mut self.lines) {
                Ok(read) => bytes += read,
                Err(error) => tracing::warn!(path = %file.path.display(), %error, "a followed file cannot be read"),
            }
            self.turn = id;
            if bytes >= ROUND_BYTES_MAX {
                break;
            }
        }
        !self.lines.is_empty()
    }

    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines are in the spool.
    pub fn save(&mut self) -> io::Result<()> {
        for line in self.lines.drain(..) {
            self.checkpoints.advance(line.place);
        }
        self.checkpoints.save()
    }

    /// Opens what is new, lets go what is gone and read to its end.
    fn look(&mut self) {
        let mut here = Vec::new();
        for (at, tail) in self.config.iter().enumerate() {
            for pattern in &tail.paths {
                match glob::glob(pattern) {
                    Ok(paths) => here.extend(paths.flatten().map(|path| (at, path))),
                    Err(error) => tracing::warn!(pattern, %error, "a pattern of followed files cannot be used"),
                }
            }
        }
        let mut seen = Vec::with_capacity(here.len());
        for (at, path) in here {
            match file::identity(&path) {
                Ok(Some(id)) => {
                    seen.push(id);
                    self.follow(id, at, path);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(path = %path.display(), %error, "a followed file cannot be read"),
            }
        }
        self.files.retain(|id, file| seen.contains(id) || !file.at_end);
        self.checkpoints.keep_known(&self.files);
    }

    fn follow(&mut self, id: u64, config: usize, path: PathBuf) {
        if let Some(file) = self.files.get_mut(&id) {
            file.path = path;
            return;
        }
        if self.files.len() >= FILES_MAX {
            tracing::warn!(path = %path.display(), "more than {FILES_MAX} files match: this one is not followed");
            return;
        }
        let source = self.config[config].source.clone();
        match Followed::open(id, &path, source, self.checkpoints.offset(id)) {
            Ok(file) => {
                tracing::info!(path = %path.display(), "following");
                self.files.insert(id, file);
            }
            Err(error) => tracing::warn!(path = %path.display(), %error, "a followed file cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Write};

    fn config(dir: &Path, source: &str) -> Vec<TailConfig> {
        vec![TailConfig {
            source: source.to_owned(),
            paths: vec![format!("{}/*.log", dir.display())],
        }]
    }

    fn texts(tails: &mut Tails, at_s: i64) -> Vec<String> {
        tails.poll(Timestamp::from_millis(at_s * 1_000));
        let texts = tails.lines().iter();
        let texts = texts
            .map(|line| String::from_utf8(line.text.clone()).unwrap())
            .collect();
        tails.save().unwrap();
        texts
    }

    fn append(path: &Path, text: &str) {
        let mut file = fs::File::options().append(true).create(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_line_goes_out_once_across_rotation_and_restart() {
        let dir = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let log = dir.path().join("eve.log");
        append(&log, "one\ntwo\nthr");
        let mut tails = Tails::open(&config(dir.path(), "suricata"), data.path(), &[]).unwrap();
        assert_eq!(texts(&mut tails, 1), ["one", "two"]);
        append(&log, "ee\n");
        fs::rename(&log, dir.path().join("eve-1.log")).unwrap();
        append(&log, "four\n");
        let mut both = texts(&mut tails, 3);
        both.sort();
        assert_eq!(both, ["four", "three"]);
        append(&log, "five\n");
        let mut tails = Tails::open(&config(dir.path(), "suricata"), data.path(), &[]).unwrap();
        assert_eq!(texts(&mut tails, 5), ["five"]);
    }

    #[test]
    fn the_spool_knows_better_than_an_older_checkpoint() {
        let dir = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        append(&log, "one\ntwo\n");
        let mut tails = Tails::open(&config(dir.path(), ""), data.path(), &[]).unwrap();
        tails.poll(Timestamp::EPOCH);
        // Killed here: in the spool, not in the checkpoints.
        let places: Vec<Place> = tails.lines()[..1].iter().map(|line| line.place).collect();
        let mut tails = Tails::open(&config(dir.path(), ""), data.path(), &places).unwrap();
        assert_eq!(texts(&mut tails, 1), ["two"]);
    }

    #[test]
    fn a_file_that_was_emptied_is_read_from_its_start() {
        let dir = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let log = dir.path().join("a.log");
        append(&log, "one\ntwo\n");
        let mut tails = Tails::open(&config(dir.path(), ""), data.path(), &[]).unwrap();
        assert_eq!(texts(&mut tails, 1).len(), 2);
        fs::write(&log, "new\n").unwrap();
        assert_eq!(texts(&mut tails, 3), ["new"]);
    }

    #[test]
    fn a_zeek_table_becomes_records_also_after_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        let log = dir.path().join("conn.log");
        let header = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
                      #fields\tts\tuid\tid.orig_p\n#types\ttime\tstring\tport\n";
        append(&log, header);
        append(&log, "1.5\tC1\t80\n");
        let mut tails = Tails::open(&config(dir.path(), "zeek"), data.path(), &[]).unwrap();
        assert!(texts(&mut tails, 1)[0].contains("\"_path\":\"conn\""));
        append(&log, "2.5\tC2\t81\n");
        let mut tails = Tails::open(&config(dir.path(), "zeek"), data.path(), &[]).unwrap();
        let lines = texts(&mut tails, 3);
        assert!(lines.len() == 1 && lines[0].contains("\"uid\":\"C2\""), "{lines:?}");
    }

    #[test]
    fn the_lines_of_one_audit_event_go_out_together() {
        let dir = tempfile::tempdir().unwrap();
        let data = tempfile::tempdir().unwrap();
        append(
            &dir.path().join("audit.log"),
            "type=SYSCALL msg=audit(1700000000.001:7): syscall=59\ntype=EXECVE msg=audit(1700000000.001:7): argc=1\n\
             type=PROCTITLE msg=audit(1700000000.001:7): proctitle=6c73\n",
        );
        let mut tails = Tails::open(&config(dir.path(), "auditd"), data.path(), &[]).unwrap();
        let lines = texts(&mut tails, 1);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0].lines().count(), 3);
    }
}
