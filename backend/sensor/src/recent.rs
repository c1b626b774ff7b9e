//! The last lines of the sensor's own log, for diagnostics. They hold no secrets, as the log holds none.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
};
use tracing_subscriber::fmt::MakeWriter;

const LINES_MAX: usize = 200;
const LINE_BYTES_MAX: usize = 500;

/// Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RecentLog(Arc<Mutex<VecDeque<String>>>);

impl RecentLog {
    /// Oldest first.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    fn keep(&self, text: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in text.lines() {
            if lines.len() >= LINES_MAX {
                lines.pop_front();
            }
            let end = line.floor_char_boundary(LINE_BYTES_MAX);
            lines.push_back(line[..end].to_owned());
        }
    }
}

/// Writes to the standard error too.
pub struct Both(RecentLog);

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.keep(&String::from_utf8_lossy(bytes));
        io::stderr().write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for RecentLog {
    type Writer = Both;

    fn make_writer(&'a self) -> Both {
        Both(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_stay_and_long_ones_are_cut() {
        let log = RecentLog::default();
        for number in 0..LINES_MAX + 5 {
            log.keep(&format!("line {number}\n"));
        }
        log.keep(&"é".repeat(LINE_BYTES_MAX));
        let lines = log.lines();
        assert_eq!((lines.len(), lines[0].as_str()), (LINES_MAX, "line 6"));
        assert!(lines[LINES_MAX - 1].len() <= LINE_BYTES_MAX);
    }
}
