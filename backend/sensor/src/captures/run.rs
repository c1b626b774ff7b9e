//! One capture's thread: keeps its engine running, says how it is.
//!
//! Invariant: an engine that ends is started again after a pause that grows, and why it ended can be seen; the thread that started
//! it lives as long as it, because it is ended with that thread.

use super::{
    child,
    suricata::{Engine, Places},
};
use crate::{agent::Shared, clock, nics};
use rustix::process::Signal;
use std::{
    fs, io,
    process::Child,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use watchfloor_protocol::{REASON_BYTES_MAX, v1::CaptureState};
use watchfloor_shared::{
    Timestamp,
    control::{Capture, CaptureStatus},
};

const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);
/// Who ran for so long begins with the shortest pause again.
const GOOD_AFTER: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(200);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Of a large set of rules.
const START_WAIT_MAX: Duration = Duration::from_secs(300);

enum Told {
    End,
    Restart,
    Reload,
}

/// How the engine's process came to its end, or why there is none.
enum Over {
    Told(Told),
    Because(String),
    /// It is begun as soon as there is something to capture on.
    NoInterface(String),
}

#[derive(Debug, Clone)]
struct State {
    status: CaptureStatus,
    since: Timestamp,
    reason: String,
    restarts: u32,
}

pub struct Supervisor {
    told: Sender<Told>,
    state: Arc<Mutex<State>>,
    thread: JoinHandle<()>,
}

impl Supervisor {
    pub fn begin(capture: Capture, engine: Engine, shared: Arc<Shared>, changed: Arc<Notify>) -> io::Result<Self> {
        let (told, heard) = channel();
        let state = Arc::new(Mutex::new(State {
            status: CaptureStatus::Starting,
            since: clock::now(),
            reason: String::new(),
            restarts: 0,
        }));
        let worker = Worker {
            places: engine.places(&capture.name)?,
            capture,
            engine,
            shared,
            changed,
            state: Arc::clone(&state),
            heard,
        };
        let thread = std::thread::Builder::new()
            .name(format!("capture-{}", worker.capture.name).chars().take(15).collect())
            .spawn(move || worker.run())?;
        Ok(Self { told, state, thread })
    }

    pub fn state(&self, capture: &Capture) -> CaptureState {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner).clone();
        CaptureState {
            name: capture.name.clone(),
            engine: capture.engine.as_str().to_owned(),
            mode: capture.mode.as_str().to_owned(),
            interfaces: capture.interfaces.clone(),
            state: state.status.as_str().to_owned(),
            since_unix_ns: state.since.nanos(),
            reason: state.reason,
            restarts: state.restarts,
        }
    }

    pub fn restart(&self) {
        self.tell(Told::Restart);
    }

    /// New rules are there.
    pub fn reload(&self) {
        self.tell(Told::Reload);
    }

    pub fn ask_to_end(&self) {
        self.tell(Told::End);
    }

    /// Ended when it returns.
    pub fn end(self) {
        self.ask_to_end();
        if self.thread.join().is_err() {
            tracing::error!("a capture ended in a fault");
        }
    }

    fn tell(&self, told: Told) {
        if self.told.send(told).is_err() {
            tracing::debug!("the capture has ended");
        }
    }
}

struct Worker {
    capture: Capture,
    engine: Engine,
    places: Places,
    shared: Arc<Shared>,
    changed: Arc<Notify>,
    state: Arc<Mutex<State>>,
    heard: Receiver<Told>,
}

impl Worker {
    fn run(self) {
        let (mut pause, mut starts) = (PAUSE_MIN, 0_u32);
        loop {
            let began = Instant::now();
            let over = match self.start() {
                Ok(child) => {
                    self.set(|state| state.restarts = starts);
                    starts = starts.saturating_add(1);
                    self.watch(child)
                }
                Err(over) => over,
            };
            let (reason, grows) = match over {
                Over::Told(Told::End) => return,
                Over::Told(_) => {
                    (pause, starts) = (PAUSE_MIN, 0);
                    self.set(|state| state.reason.clear());
                    continue;
                }
                Over::Because(reason) => (reason, true),
                Over::NoInterface(reason) => (reason, false),
            };
            if began.elapsed() > GOOD_AFTER {
                pause = PAUSE_MIN;
            }
            self.fail(&reason);
            match self.heard.recv_timeout(if grows { pause } else { LOOK_EVERY }) {
                Ok(Told::End) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Told::Restart) => (pause, starts) = (PAUSE_MIN, 0),
                Ok(Told::Reload) | Err(RecvTimeoutError::Timeout) if grows => {
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                Ok(Told::Reload) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Says it once, however often it is found to be so.
    fn fail(&self, reason: &str) {
        let reason = &reason[..reason.floor_char_boundary(REASON_BYTES_MAX)];
        let is_known = {
            let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.status == CaptureStatus::Failed && state.reason == reason
        };
        if is_known {
            return;
        }
        tracing::warn!(
            capture.name = self.capture.name,
            reason,
            "a capture does not run; it is tried again"
        );
        self.set(|state| {
            state.status = CaptureStatus::Failed;
            reason.clone_into(&mut state.reason);
        });
    }

    fn start(&self) -> Result<Child, Over> {
        let numbers = self.interfaces().map_err(Over::NoInterface)?;
        let program = self.engine.program().map_err(Over::Because)?;
        self.set(|state| state.status = CaptureStatus::Starting);
        child::end_leftover(&self.places.pid, &self.places.settings);
        let settings = self.engine.settings(&self.capture, &numbers);
        let cannot = |error: io::Error| Over::Because(format!("Suricata cannot be started: {error}"));
        fs::write(&self.places.settings, settings).map_err(cannot)?;
        let arguments = self.engine.arguments(&self.places);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut child = child::spawn(&program, &arguments, &self.places.log).map_err(cannot)?;
        if let Err(error) = fs::write(&self.places.pid, child.id().to_string()) {
            child::end(&mut child);
            return Err(cannot(error));
        }
        Ok(child)
    }

    /// Until it ends, or is to end.
    fn watch(&self, mut child: Child) -> Over {
        let began = Instant::now();
        let mut looked = began;
        let mut is_running = false;
        loop {
            match self.heard.recv_timeout(POLL) {
                Ok(Told::Reload) => child::signal(&child, Signal::USR2),
                Ok(told) => {
                    child::end(&mut child);
                    return Over::Told(told);
                }
                Err(RecvTimeoutError::Disconnected) => {
                    child::end(&mut child);
                    return Over::Told(Told::End);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            match child.try_wait() {
                Ok(Some(status)) => return Over::Because(self.words(&child::ending(status))),
                Ok(None) => {}
                Err(error) => return Over::Because(format!("it cannot be watched: {error}")),
            }
            if !is_running && self.engine.has_started(&self.places) {
                is_running = true;
                self.set(|state| state.status = CaptureStatus::Running);
            }
            if !is_running && began.elapsed() > START_WAIT_MAX {
                child::end(&mut child);
                return Over::Because(self.words("it did not begin to capture"));
            }
            if looked.elapsed() >= LOOK_EVERY {
                looked = Instant::now();
                // The engine itself would wait in silence.
                if let Err(why) = self.interfaces() {
                    child::end(&mut child);
                    return Over::NoInterface(why);
                }
                if self.engine.rotate(&self.places) {
                    child::signal(&child, Signal::HUP);
                }
            }
        }
    }

    fn interfaces(&self) -> Result<Vec<u32>, String> {
        nics::usable(&self.capture.interfaces, self.shared.management().as_deref())
    }

    /// An ending with what the engine said last of what was wrong.
    fn words(&self, ending: &str) -> String {
        let wrong = self.engine.errors(&self.places.log);
        match wrong.is_empty() {
            true => ending.to_owned(),
            false => format!("{ending}: {wrong}"),
        }
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        let mut state: MutexGuard<'_, State> = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.status;
        change(&mut state);
        if state.status != before {
            state.since = clock::now();
        }
        drop(state);
        self.changed.notify_one();
    }
}
