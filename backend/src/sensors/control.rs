//! Which enrolled sensors hold a control call open here, and what is said on it.
//!
//! Invariant: a sensor has one call per process, the newest. A command that was queued here wakes its sensor's call at once; one
//! that another process queued, within a second, by one query for all calls.

use crate::store::{Database, commands::Outcome, identity::sensors};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use watchfloor_protocol::{
    CAPTURE_INTERFACES_MAX, CAPTURES_MAX, DETAIL_BYTES_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX,
    v1::{
        CaptureRestart, CaptureStart, CaptureState, CaptureStates, CaptureStop, Command, CommandResult, Configure,
        Diagnostics, QuietPrograms, Rules, UpgradeCheck, command::Task,
    },
};
use watchfloor_shared::{
    TenantId, Timestamp,
    control::{CaptureStatus, RunningCapture, SensorCaptures, SensorCommand},
};

const ASKED_EVERY: Duration = Duration::from_secs(1);

/// Cheap to clone.
#[derive(Clone, Default)]
pub struct Switchboard(Arc<Mutex<HashMap<String, Entry>>>);

struct Entry {
    bell: Arc<Notify>,
    ended: CancellationToken,
}

/// One call's.
pub struct Line {
    board: Switchboard,
    sensor: String,
    bell: Arc<Notify>,
    ended: CancellationToken,
}

impl Switchboard {
    /// Ends the sensor's line before, if there is one.
    pub fn connect(&self, sensor: &str) -> Line {
        let entry = Entry {
            bell: Arc::new(Notify::new()),
            ended: CancellationToken::new(),
        };
        let line = Line {
            board: self.clone(),
            sensor: sensor.to_owned(),
            bell: Arc::clone(&entry.bell),
            ended: entry.ended.clone(),
        };
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = entries.insert(sensor.to_owned(), entry) {
            before.ended.cancel();
        }
        line
    }

    /// A command waits for this sensor.
    pub fn ring(&self, sensor: &str) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(sensor) {
            entry.bell.notify_one();
        }
    }

    /// Asks for what other processes queued, until stopped.
    pub async fn follow(self, db: Database, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(ASKED_EVERY) => {}
            }
            let connected: Vec<String> = {
                let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                entries.keys().cloned().collect()
            };
            if connected.is_empty() {
                continue;
            }
            match sensors::commanded(&db, &connected).await {
                Ok(commanded) => commanded.iter().for_each(|sensor| self.ring(sensor)),
                Err(error) => tracing::debug!(%error, "whether commands wait cannot be asked"),
            }
        }
    }
}

impl Line {
    /// Returns when a command may wait.
    pub async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Returns when the sensor has a newer one.
    pub async fn superseded(&self) {
        self.ended.cancelled().await;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut entries = self.board.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_own = |entry: &Entry| Arc::ptr_eq(&entry.bell, &self.bell);
        if entries.get(&self.sensor).is_some_and(is_own) {
            entries.remove(&self.sensor);
        }
    }
}

/// As it goes over the wire.
pub fn message(tenant: &TenantId, sensor: &str, number: i64, command: SensorCommand) -> Command {
    let task = match command {
        SensorCommand::CaptureStart { capture } => Task::CaptureStart(CaptureStart {
            name: capture.name,
            engine: capture.engine.as_str().to_owned(),
            mode: capture.mode.as_str().to_owned(),
            interfaces: capture.interfaces,
        }),
        SensorCommand::CaptureStop { name } => Task::CaptureStop(CaptureStop { name }),
        SensorCommand::CaptureRestart { name } => Task::CaptureRestart(CaptureRestart { name }),
        SensorCommand::Configure {
            heartbeat_seconds,
            quiet,
        } => Task::Configure(Configure {
            heartbeat_seconds,
            quiet: quiet.map(|paths| QuietPrograms { paths }),
        }),
        SensorCommand::Rules { version, text } => Task::Rules(Rules { version, text }),
        SensorCommand::Diagnostics => Task::Diagnostics(Diagnostics {}),
        SensorCommand::UpgradeCheck => Task::UpgradeCheck(UpgradeCheck {}),
    };
    Command {
        number: u64::try_from(number).unwrap_or_default(),
        tenant: tenant.as_str().to_owned(),
        sensor_id: sensor.to_owned(),
        task: Some(task),
    }
}

/// What a sensor says became of a command; none where it says too much.
pub fn outcome(result: CommandResult) -> Option<Outcome> {
    let fits = result.reason.len() <= REASON_BYTES_MAX && result.detail.len() <= DETAIL_BYTES_MAX;
    fits.then_some(Outcome {
        ok: result.ok,
        reason: result.reason,
        detail: result.detail,
    })
}

/// What a sensor says of its captures; none where it says too much.
pub fn captures(states: CaptureStates, now: Timestamp) -> Option<SensorCaptures> {
    if states.captures.len() > CAPTURES_MAX || states.rules_version.len() > NAME_BYTES_MAX {
        return None;
    }
    let captures: Option<Vec<RunningCapture>> = states.captures.into_iter().map(capture).collect();
    Some(SensorCaptures {
        at: now,
        captures: captures?,
        rules_version: (!states.rules_version.is_empty()).then(|| printable(&states.rules_version)),
    })
}

fn capture(state: CaptureState) -> Option<RunningCapture> {
    let words = [&state.name, &state.engine, &state.mode];
    let fits = words
        .into_iter()
        .chain(&state.interfaces)
        .all(|word| word.len() <= NAME_BYTES_MAX)
        && state.interfaces.len() <= CAPTURE_INTERFACES_MAX
        && state.reason.len() <= REASON_BYTES_MAX;
    fits.then(|| RunningCapture {
        name: printable(&state.name),
        engine: printable(&state.engine),
        mode: printable(&state.mode),
        interfaces: state.interfaces.iter().map(|name| printable(name)).collect(),
        state: CaptureStatus::parse(&state.state).unwrap_or_default(),
        since: Timestamp::from_nanos(state.since_unix_ns),
        reason: (!state.reason.is_empty()).then(|| printable(&state.reason)),
        restarts: state.restarts,
    })
}

/// The store takes no byte 0 inside of JSON.
fn printable(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{2400}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test]
    async fn a_newer_line_ends_the_one_before_and_hears_the_bell() {
        let board = Switchboard::default();
        let first = board.connect("s");
        let second = board.connect("s");
        timeout(Duration::from_secs(30), first.superseded()).await.unwrap();
        drop(first);
        // Rung before anybody waits.
        board.ring("s");
        board.ring("another");
        timeout(Duration::from_secs(30), second.rung()).await.unwrap();
        assert!(!second.ended.is_cancelled());
        drop(second);
        assert!(board.0.lock().unwrap().is_empty());
    }

    #[test]
    fn who_says_too_much_of_captures_is_not_heard() {
        let state = |reason: usize, interfaces: usize| CaptureStates {
            captures: vec![CaptureState {
                name: "lan".to_owned(),
                state: "running".to_owned(),
                reason: "\0".repeat(reason),
                interfaces: vec!["eth0".to_owned(); interfaces],
                ..CaptureState::default()
            }],
            ..CaptureStates::default()
        };
        let now = Timestamp::EPOCH;
        let taken = captures(state(1, 1), now).unwrap();
        assert_eq!(taken.captures[0].state, CaptureStatus::Running);
        assert_eq!(taken.captures[0].reason.as_deref(), Some("\u{2400}"));
        assert!(captures(state(REASON_BYTES_MAX + 1, 1), now).is_none());
        assert!(captures(state(1, CAPTURE_INTERFACES_MAX + 1), now).is_none());
        let many = CaptureStates {
            captures: vec![CaptureState::default(); CAPTURES_MAX + 1],
            ..CaptureStates::default()
        };
        assert!(captures(many, now).is_none());
    }
}
