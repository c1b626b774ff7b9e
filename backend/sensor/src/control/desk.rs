//! Does what commands say.
//!
//! Invariant: each of them may be done twice without harm, because a sensor that is killed between doing and noting does it again.

use super::{
    diagnostics::{self, Told},
    ledger::Ledger,
    live,
};
use crate::{agent::Shared, captures::Captures, identity::Enrolment};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use watchfloor_protocol::{
    REASON_BYTES_MAX,
    v1::{CaptureStart, Command, CommandResult, Configure, ControlHello, command::Task},
};
use watchfloor_shared::control::{Capture, CaptureEngine, CaptureMode, SensorCommand};

/// The server gave a command that is another sensor's.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("a command came that is not for this sensor: it is not done")]
pub struct Foreign;

pub struct Desk {
    data_dir: PathBuf,
    enrolment: Enrolment,
    shared: Arc<Shared>,
    captures: Captures,
    told: Told,
    ledger: Mutex<Ledger>,
}

/// What was asked for, or why not.
type Done = Result<String, String>;

impl Desk {
    pub fn open(data_dir: &Path, enrolment: Enrolment, shared: Arc<Shared>, told: Told) -> io::Result<Self> {
        Ok(Self {
            ledger: Mutex::new(Ledger::open(data_dir, &enrolment.tenant, &enrolment.sensor_id)?),
            captures: Captures::open(data_dir, Arc::clone(&shared))?,
            data_dir: data_dir.to_owned(),
            enrolment,
            shared,
            told,
        })
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    pub const fn captures(&self) -> &Captures {
        &self.captures
    }

    pub fn hello(&self) -> ControlHello {
        ControlHello {
            tenant: self.enrolment.tenant.clone(),
            sensor_id: self.enrolment.sensor_id.clone(),
            last_number: self.ledger.lock().unwrap_or_else(PoisonError::into_inner).last(),
        }
    }

    /// Does the command, or answers with what became of it before.
    pub fn answer(&self, command: Command) -> Result<CommandResult, Foreign> {
        if command.tenant != self.enrolment.tenant || command.sensor_id != self.enrolment.sensor_id {
            tracing::error!(
                command.tenant,
                command.sensor_id,
                "a command that is another sensor's is not done"
            );
            return Err(Foreign);
        }
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(result) = ledger.of(command.number) {
            return Ok(result);
        }
        let done = match command.task {
            Some(task) => self.perform(task),
            None => Err("this version of the sensor does not know such a command".to_owned()),
        };
        let result = match done {
            Ok(detail) => CommandResult {
                number: command.number,
                ok: true,
                reason: String::new(),
                detail,
            },
            Err(reason) => CommandResult {
                number: command.number,
                ok: false,
                reason: reason[..reason.floor_char_boundary(REASON_BYTES_MAX)].to_owned(),
                detail: String::new(),
            },
        };
        tracing::info!(
            command.number,
            ok = result.ok,
            reason = result.reason,
            "did what the server told"
        );
        if let Err(error) = ledger.note(&result) {
            tracing::error!(%error, "what became of a command cannot be noted: it may be done again");
        }
        Ok(result)
    }

    fn perform(&self, task: Task) -> Done {
        match task {
            Task::CaptureStart(start) => self.captures.start(capture(start)?),
            Task::CaptureStop(stop) => self.captures.stop(&stop.name),
            Task::CaptureRestart(restart) => self.captures.restart(&restart.name),
            Task::Configure(asked) => self.configure(asked),
            Task::Rules(rules) => self.captures.rules(&rules.version, &rules.text),
            Task::Diagnostics(_) => Ok(diagnostics::text(&self.told, &self.shared, &self.captures)),
            Task::UpgradeCheck(_) => Ok(format!(
                "{} {} for {}",
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
                std::env::consts::ARCH
            )),
        }
    }

    /// The server looked already; so does the sensor.
    fn configure(&self, asked: Configure) -> Done {
        let command = SensorCommand::Configure {
            heartbeat_seconds: asked.heartbeat_seconds,
            quiet: asked.quiet.as_ref().map(|quiet| quiet.paths.clone()),
        };
        command.validate().map_err(|why| why.to_string())?;
        let set = live::configure(&self.data_dir, self.shared.live(), asked);
        set.map(|()| String::new())
            .map_err(|error| format!("the settings cannot be kept: {error}"))
    }
}

fn capture(start: CaptureStart) -> Result<Capture, String> {
    let capture = Capture {
        engine: CaptureEngine::parse(&start.engine)
            .ok_or_else(|| format!("this version of the sensor runs no {:?}", start.engine))?,
        mode: CaptureMode::parse(&start.mode)
            .ok_or_else(|| format!("this version of the sensor knows no mode {:?}", start.mode))?,
        name: start.name,
        interfaces: start.interfaces,
    };
    capture.validate().map_err(|why| why.to_string())?;
    Ok(capture)
}
