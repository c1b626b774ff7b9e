//! Lines of the audit log → the lines of one event, joined by node and stamp. A Fold: time comes in.
//!
//! Invariant: every line that is a record goes out once however often it is sent, in the order it came, in the group of its event. A group is whole
//! when the audit system says so (`EOE`, `PROCTITLE` behind a system call, a record that stands alone), when the node's later
//! events are `timeout` ahead, or at its deadline. Memory is bounded: at the limit the oldest group goes out as it is.

use super::record::{Stamp, head};
use crate::normalize::RECORD_BYTES_MAX;
use std::{collections::VecDeque, time::Duration};
use watchfloor_shared::Timestamp;

/// In a longer event a line that comes again is kept twice: looking would cost more each time.
const REPEATS_LOOKED_FOR: usize = 64;

#[derive(Debug)]
pub struct Assembler {
    timeout: Duration,
    groups_max: usize,
    /// In the order in which they began.
    open: VecDeque<Group>,
}

/// The records of one event that is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// The raw text for [`normalize`](crate::normalize::normalize); empty where nothing but the end of an event was left.
    pub lines: String,
    /// What the caller calls its records, in the order they came.
    pub tokens: Vec<u64>,
}

#[derive(Debug)]
struct Group {
    node: String,
    seconds: String,
    serial: u64,
    time: Timestamp,
    opened: Timestamp,
    has_syscall: bool,
    joined: Joined,
}

impl Assembler {
    /// `timeout` is what the audit system itself waits: two seconds.
    pub fn new(timeout: Duration, groups_max: usize) -> Self {
        Self {
            timeout,
            groups_max: groups_max.max(1),
            open: VecDeque::new(),
        }
    }

    /// Whether no event waits for more of its records.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Takes a line without its line end; gives the events that are whole now, each the raw text for
    /// [`normalize`](crate::normalize::normalize). A line that is no record is an event of its own, for a dead letter to keep.
    pub fn on_line(&mut self, now: Timestamp, line: &str) -> Vec<String> {
        texts(self.on_record(now, line, 0))
    }

    /// The same for callers that account for every record: each token comes out once.
    pub fn on_record(&mut self, now: Timestamp, line: &str, token: u64) -> Vec<Joined> {
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() || line == "----" {
            return vec![Joined::new("", token)];
        }
        let Some((node, kind, stamp, body)) = head(line) else {
            return vec![Joined::new(line, token)];
        };
        let Some(time) = stamp.time() else {
            return vec![Joined::new(line, token)];
        };
        let node = node.unwrap_or_default();
        let mut whole = self.overtaken(node, time);
        let found = self
            .open
            .iter()
            .position(|group| group.serial == stamp.serial && group.seconds == stamp.seconds && group.node == node);
        if kind == "EOE" {
            whole.push(match found.and_then(|at| self.open.remove(at)) {
                Some(mut group) => {
                    group.joined.tokens.push(token);
                    group.joined
                }
                None => Joined::new("", token),
            });
            return whole;
        }
        let at = match found {
            Some(at) => at,
            None if body.contains("msg='") => {
                whole.push(Joined::new(line, token));
                return whole;
            }
            None => {
                if self.open.len() >= self.groups_max {
                    whole.extend(self.open.pop_front().map(|group| group.joined));
                }
                self.open.push_back(Group::new(node, stamp, time, now));
                self.open.len() - 1
            }
        };
        let Some(group) = self.open.get_mut(at) else {
            return whole;
        };
        let joined = &mut group.joined;
        // A sender that was not told yes sent it again.
        if joined.tokens.len() <= REPEATS_LOOKED_FOR && joined.lines.lines().any(|known| known == line) {
            joined.tokens.push(token);
            return whole;
        }
        if joined.lines.len() + line.len() + 1 > RECORD_BYTES_MAX && !joined.lines.is_empty() {
            whole.push(std::mem::take(joined));
        }
        if !joined.lines.is_empty() {
            joined.lines.push('\n');
        }
        joined.lines.push_str(line);
        joined.tokens.push(token);
        group.has_syscall |= kind == "SYSCALL";
        if kind == "PROCTITLE" && group.has_syscall {
            whole.extend(self.open.remove(at).map(|group| group.joined));
        }
        whole
    }

    /// When [`Self::on_deadline`] has something to do.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.open.front().map(|group| group.opened.saturating_add(self.timeout))
    }

    /// The events that have waited for their time.
    pub fn on_deadline(&mut self, now: Timestamp) -> Vec<Joined> {
        let mut whole = Vec::new();
        while self.next_deadline().is_some_and(|deadline| deadline <= now) {
            whole.extend(self.open.pop_front().map(|group| group.joined));
        }
        whole
    }

    /// The end of the stream: all that is open goes out.
    pub fn finish(&mut self) -> Vec<Joined> {
        self.open.drain(..).map(|group| group.joined).collect()
    }

    /// The groups of a node whose time is more than the timeout before `time`.
    fn overtaken(&mut self, node: &str, time: Timestamp) -> Vec<Joined> {
        let timeout = self.timeout;
        let is_late = |group: &Group| group.node == node && time.since(group.time) > timeout;
        if !self.open.iter().any(is_late) {
            return Vec::new();
        }
        let (late, open) = std::mem::take(&mut self.open).into_iter().partition(is_late);
        self.open = open;
        let late: VecDeque<Group> = late;
        late.into_iter().map(|group| group.joined).collect()
    }
}

impl Group {
    fn new(node: &str, stamp: Stamp<'_>, time: Timestamp, opened: Timestamp) -> Self {
        Self {
            node: node.to_owned(),
            seconds: stamp.seconds.to_owned(),
            serial: stamp.serial,
            time,
            opened,
            has_syscall: false,
            joined: Joined::default(),
        }
    }
}

impl Joined {
    fn new(line: &str, token: u64) -> Self {
        Self {
            lines: line.to_owned(),
            tokens: vec![token],
        }
    }
}

fn texts(joined: Vec<Joined>) -> Vec<String> {
    let texts = joined.into_iter().map(|joined| joined.lines);
    texts.filter(|lines| !lines.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn assembler() -> Assembler {
        Assembler::new(Duration::from_secs(2), 8)
    }

    fn line(kind: &str, time: &str, serial: u64, rest: &str) -> String {
        format!("type={kind} msg=audit({time}:{serial}): {rest}")
    }

    fn all(assembler: &mut Assembler, lines: &[String]) -> Vec<String> {
        let mut out: Vec<String> = lines.iter().flat_map(|line| assembler.on_line(NOW, line)).collect();
        out.extend(texts(assembler.finish()));
        out
    }

    #[test]
    fn interleaved_events_come_apart() {
        let lines = [
            line("SYSCALL", "1.000", 1, "a=1"),
            line("SYSCALL", "1.001", 2, "b=1"),
            line("CWD", "1.000", 1, "a=2"),
            line("PROCTITLE", "1.001", 2, "b=2"),
            line("EOE", "1.001", 2, ""),
            line("EOE", "1.000", 1, ""),
        ];
        let out = all(&mut assembler(), &lines);
        assert_eq!(
            out,
            [
                format!("{}\n{}", lines[1], lines[3]),
                format!("{}\n{}", lines[0], lines[2])
            ]
        );
    }

    #[test]
    fn a_title_that_comes_first_does_not_end_its_event() {
        let lines = [
            line("PROCTITLE", "1.0", 1, "a=1"),
            line("SYSCALL", "1.0", 1, "b=1"),
            line("EOE", "1.0", 1, ""),
        ];
        assert_eq!(all(&mut assembler(), &lines).len(), 1);
    }

    #[test]
    fn a_message_of_a_program_does_not_wait() {
        let message = line("USER_LOGIN", "1.0", 1, "pid=1 msg='op=login res=success'");
        assert_eq!(assembler().on_line(NOW, &message), [message]);
    }

    #[test]
    fn later_events_and_deadlines_close_what_has_no_end() {
        let mut assembler = assembler();
        let first = line("SYSCALL", "1.0", 1, "a=1");
        assert!(assembler.on_line(NOW, &first).is_empty());
        assert!(assembler.on_line(NOW, &line("SYSCALL", "3.0", 2, "a=1")).is_empty());
        assert_eq!(assembler.on_line(NOW, &line("SYSCALL", "3.1", 3, "a=1")), [first]);
        let deadline = assembler.next_deadline().unwrap();
        assert_eq!(assembler.on_deadline(deadline).len(), 2);
        assert_eq!(assembler.next_deadline(), None);
    }

    #[test]
    fn nodes_are_apart() {
        let lines = [
            format!("node=a {}", line("SYSCALL", "1.0", 1, "x=1")),
            format!("node=b {}", line("SYSCALL", "1.0", 1, "x=2")),
        ];
        assert_eq!(all(&mut assembler(), &lines).len(), 2);
    }

    proptest! {
        #[test]
        fn every_line_goes_out_once(
            steps in prop::collection::vec((0..5_u64, 0..4_usize, 0..4_i64), 0..80), groups_max in 1..5_usize,
        ) {
            let mut assembler = Assembler::new(Duration::from_secs(2), groups_max);
            let mut seconds = 0;
            let lines: Vec<String> = steps.iter().enumerate().map(|(at, (serial, kind, gap))| {
                seconds += gap;
                line(["SYSCALL", "PATH", "PROCTITLE", "CWD"][*kind], &format!("{seconds}.0"), *serial, &format!("n={at}"))
            }).collect();
            let mut counting = Assembler::new(Duration::from_secs(2), groups_max);
            let mut tokens: Vec<u64> = lines
                .iter()
                .zip(0..)
                .flat_map(|(line, token)| counting.on_record(NOW, line, token))
                .flat_map(|joined| joined.tokens)
                .collect();
            tokens.extend(counting.finish().into_iter().flat_map(|joined| joined.tokens));
            tokens.sort_unstable();
            prop_assert!(tokens.into_iter().eq(0..lines.len() as u64));
            let mut out: Vec<String> = all(&mut assembler, &lines).iter().flat_map(|group| group.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
            let mut expected = lines.clone();
            out.sort();
            expected.sort();
            prop_assert_eq!(out, expected);
        }
    }
}
