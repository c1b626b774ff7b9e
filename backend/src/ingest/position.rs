//! Where a line stands, so that equal lines stay two and a line sent again stays one.

use std::collections::HashMap;
use xxhash_rust::xxh3::xxh3_64;

pub enum Positions {
    /// The sender has a stream and says where in it this request begins.
    Stream { next: u64 },
    /// How many equal lines came before in this request, by the line's hash. The count of lines in a request is limited, and
    /// so is this.
    Repeats(HashMap<u64, u32>),
}

impl Positions {
    /// For senders without a stream.
    pub fn repeats() -> Self {
        Self::Repeats(HashMap::new())
    }

    pub fn of_line(&mut self, line: &[u8]) -> u64 {
        match self {
            Self::Stream { next } => {
                let position = *next;
                *next = next.saturating_add(1);
                position
            }
            Self::Repeats(seen) => {
                let count = seen.entry(xxh3_64(line)).or_insert(0);
                let position = u64::from(*count);
                *count = count.saturating_add(1);
                position
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_counted_and_a_stream_goes_on() {
        let mut repeats = Positions::repeats();
        let lines: [&[u8]; 4] = [b"a", b"b", b"a", b"a"];
        assert_eq!(lines.map(|line| repeats.of_line(line)), [0, 0, 1, 2]);
        let mut stream = Positions::Stream { next: 40 };
        assert_eq!(stream.of_line(b"a"), 40);
        assert_eq!(stream.of_line(b"too long"), 41);
        assert_eq!(stream.of_line(b"a"), 42);
    }
}
