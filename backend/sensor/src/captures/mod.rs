//! Captures that the server asked for: which are to run, on which interfaces, by which rules; and how they are.
//!
//! Invariant: what is to run is on the disk before it is begun, so it runs again after a restart. An interface has one capture, and
//! never the one by which the server is reached.

mod child;
mod run;
mod suricata;

pub use suricata::FOLLOWED;

use crate::{agent::Shared, durable, nics};
use run::Supervisor;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use suricata::Engine;
use tokio::sync::Notify;
use watchfloor_protocol::{CAPTURES_MAX, v1::CaptureStates};
use watchfloor_shared::control::{Capture, NoCommand};

/// Below the data directory.
const FOLDER: &str = "captures";

pub struct Captures {
    folder: PathBuf,
    engine: Engine,
    shared: Arc<Shared>,
    changed: Arc<Notify>,
    stopping: Arc<AtomicBool>,
    runs: Mutex<BTreeMap<String, Run>>,
}

struct Run {
    capture: Capture,
    supervisor: Supervisor,
}

/// What is asked of a capture, or why not.
type Done = Result<String, String>;

impl Captures {
    /// Begins what is to run.
    pub fn open(data_dir: &Path, shared: Arc<Shared>) -> io::Result<Self> {
        let folder = data_dir.join(FOLDER);
        durable::folder(&folder)?;
        let captures = Self {
            engine: Engine::below(&folder),
            folder,
            shared,
            changed: Arc::new(Notify::new()),
            stopping: Arc::default(),
            runs: Mutex::default(),
        };
        let wanted: Vec<Capture> = match durable::read(&captures.wanted_file())? {
            Some(bytes) => serde_json::from_slice(&bytes)?,
            None => Vec::new(),
        };
        let mut runs = captures.runs();
        for capture in wanted.into_iter().take(CAPTURES_MAX) {
            if capture.validate().is_ok() {
                let supervisor = captures.supervise(&capture)?;
                runs.insert(capture.name.clone(), Run { capture, supervisor });
            }
        }
        drop(runs);
        Ok(captures)
    }

    /// Returns when something changed since it last did.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    pub fn states(&self) -> CaptureStates {
        let runs = self.runs();
        CaptureStates {
            captures: runs.values().map(|run| run.supervisor.state(&run.capture)).collect(),
            rules_version: self.engine.rules_version(),
        }
    }

    /// The last lines of the capture's engine.
    pub fn said(&self, name: &str) -> Vec<String> {
        child::last_lines(&self.engine.log_of(name), 20)
    }

    pub fn engine_words(&self) -> String {
        self.engine.words()
    }

    /// The same capture once more changes nothing.
    pub fn start(&self, capture: Capture) -> Done {
        capture.validate().map_err(|NoCommand(why)| why.to_owned())?;
        let mut runs = self.runs();
        if let Some(run) = runs.get(&capture.name) {
            return match run.capture == capture {
                true => Ok("it runs already".to_owned()),
                false => Err(format!("another capture is called {}: stop it first", capture.name)),
            };
        }
        if runs.len() >= CAPTURES_MAX {
            return Err(format!("a sensor has at most {CAPTURES_MAX} captures"));
        }
        self.engine.program()?;
        nics::usable(&capture.interfaces, self.shared.management().as_deref())?;
        for run in runs.values() {
            if let Some(used) = run
                .capture
                .interfaces
                .iter()
                .find(|used| capture.interfaces.contains(used))
            {
                return Err(format!(
                    "the capture {} has the interface {used} already",
                    run.capture.name
                ));
            }
        }
        self.keep(runs.values().map(|run| &run.capture).chain([&capture]))?;
        let supervisor = self
            .supervise(&capture)
            .map_err(|error| format!("the capture cannot be begun: {error}"))?;
        runs.insert(capture.name.clone(), Run { capture, supervisor });
        drop(runs);
        self.changed.notify_one();
        Ok(String::new())
    }

    /// Ended when it returns. One that is not there is stopped.
    pub fn stop(&self, name: &str) -> Done {
        let mut runs = self.runs();
        if !runs.contains_key(name) {
            return Ok("it does not run".to_owned());
        }
        let others = runs
            .values()
            .map(|run| &run.capture)
            .filter(|capture| capture.name != name);
        self.keep(others)?;
        let run = runs.remove(name);
        drop(runs);
        if let Some(run) = run {
            run.supervisor.end();
        }
        self.changed.notify_one();
        Ok(String::new())
    }

    pub fn restart(&self, name: &str) -> Done {
        let runs = self.runs();
        let run = runs.get(name).ok_or_else(|| format!("no capture is called {name}"))?;
        run.supervisor.restart();
        Ok(String::new())
    }

    /// Takes rules that the engine takes; captures go on meanwhile and use them at once.
    pub fn rules(&self, version: &str, text: &str) -> Done {
        let said = self.engine.take_rules(version, text, &self.stopping)?;
        for run in self.runs().values() {
            run.supervisor.reload();
        }
        self.changed.notify_one();
        Ok(said)
    }

    /// Ends all of them; they begin again with the sensor.
    pub fn shut_down(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        let runs = std::mem::take(&mut *self.runs());
        for run in runs.values() {
            run.supervisor.ask_to_end();
        }
        for (_, run) in runs {
            run.supervisor.end();
        }
    }

    fn supervise(&self, capture: &Capture) -> io::Result<Supervisor> {
        Supervisor::begin(
            capture.clone(),
            self.engine.clone(),
            Arc::clone(&self.shared),
            Arc::clone(&self.changed),
        )
    }

    fn keep<'a>(&self, captures: impl Iterator<Item = &'a Capture>) -> Result<(), String> {
        let captures: Vec<&Capture> = captures.collect();
        let written = serde_json::to_vec(&captures)
            .map_err(io::Error::from)
            .and_then(|bytes| durable::write(&self.wanted_file(), &bytes));
        written.map_err(|error| format!("what is to run cannot be kept: {error}"))
    }

    fn wanted_file(&self) -> PathBuf {
        self.folder.join("wanted.json")
    }

    fn runs(&self) -> MutexGuard<'_, BTreeMap<String, Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
