//! `SensorService::Control`: commands out, what became of them in.
//!
//! Invariant: one command is under way at a time, in the order of their numbers; it counts as given only when the sensor has said
//! what became of it. Nobody but the sensor whose certificate it is gets its commands.

use super::{
    Called, GrpcDoor,
    connection::Busy,
    sensor::{revoked, stops},
};
use crate::{
    sensors::{Held, control, control::Line},
    store::{StoreError, commands},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, timeout},
};
use tonic::{Request, Status, Streaming};
use watchfloor_protocol::{
    IDLE_SECONDS_MAX,
    v1::{Command, CommandResult, ControlHello, ControlReport, control_report::Report},
};
use watchfloor_shared::{TenantId, Timestamp};

const HELLO_WAIT_MAX: Duration = Duration::from_secs(10);
/// A result that does not come is asked for again.
const RESULT_WAIT_MAX: Duration = Duration::from_secs(600);
/// A sensor is not listened to more often.
const CAPTURES_EVERY_MIN: Duration = Duration::from_millis(100);

pub(super) type Commands = mpsc::Receiver<Result<Command, Status>>;

/// Begins a call; what is to be sent on it.
pub(super) fn begin(
    door: &GrpcDoor,
    places: &Arc<Semaphore>,
    request: Request<Streaming<ControlReport>>,
) -> Result<Commands, Status> {
    let called = Called::of(&request)?;
    let Some(sensor) = called.holder.enrolled.clone() else {
        return Err(Status::failed_precondition("Commands are for sensors that enrolled."));
    };
    let place = Arc::clone(places)
        .try_acquire_owned()
        .map_err(|_| Status::resource_exhausted("Many sensors are connected; call again later."))?;
    let (out, commands) = mpsc::channel(1);
    let call = Call {
        held: door.held.hold(&called.holder.id),
        line: door.sensors.switchboard().connect(&sensor),
        tenant: called.holder.tenant.clone(),
        sensor,
        door: door.clone(),
        busy: request.extensions().get::<Busy>().cloned(),
        reports: request.into_inner(),
        under_way: None,
        noted: None,
        _place: place,
    };
    tokio::spawn(call.run(out));
    Ok(commands)
}

/// One sensor's call.
struct Call {
    door: GrpcDoor,
    held: Held,
    line: Line,
    tenant: TenantId,
    sensor: String,
    reports: Streaming<ControlReport>,
    /// The number of the command that was sent last, while its result has not come.
    under_way: Option<(i64, Instant)>,
    noted: Option<Timestamp>,
    busy: Option<Busy>,
    _place: OwnedSemaphorePermit,
}

impl Call {
    async fn run(mut self, out: mpsc::Sender<Result<Command, Status>>) {
        let ended = tokio::select! {
            ended = self.talk(&out) => ended,
            () = out.closed() => return,
        };
        drop(self.busy.take());
        if let Err(status) = ended {
            // Nobody may be there to hear it.
            let _ = out.try_send(Err(status));
        }
    }

    /// Until the sensor ends the call, or something else does.
    async fn talk(&mut self, out: &mpsc::Sender<Result<Command, Status>>) -> Result<(), Status> {
        let hello = timeout(HELLO_WAIT_MAX, self.reports.message())
            .await
            .map_err(|_| Status::deadline_exceeded("The sensor did not say hello."))??;
        match hello.and_then(|report| report.report) {
            Some(Report::Hello(hello)) => self.greet(&hello).await?,
            _ => return Err(Status::invalid_argument("A sensor says hello first.")),
        }
        loop {
            if self.under_way.is_none()
                && let Some(command) = self.next().await?
            {
                let sent = timeout(HELLO_WAIT_MAX, out.send(Ok(command))).await;
                if !matches!(sent, Ok(Ok(()))) {
                    return Err(Status::deadline_exceeded("The sensor takes no command."));
                }
            }
            let Some(report) = self.heard().await? else {
                return Ok(());
            };
            match report.and_then(|report| report.report) {
                Some(Report::Result(result)) => self.result(result).await?,
                Some(Report::Captures(states)) => self.captures(states).await?,
                Some(Report::Hello(_)) => return Err(Status::invalid_argument("A sensor says hello once.")),
                None => {}
            }
        }
    }

    /// The next report; `Some(None)` when it is time to look for commands, none when the sensor ended the call.
    async fn heard(&mut self) -> Result<Option<Option<ControlReport>>, Status> {
        let is_free = self.under_way.is_none();
        let late = self
            .under_way
            .map_or_else(Instant::now, |(_, sent)| sent + RESULT_WAIT_MAX);
        let idle = Duration::from_secs(IDLE_SECONDS_MAX);
        tokio::select! {
            biased;
            () = self.held.ended() => Err(revoked()),
            () = self.line.superseded() => Err(Status::aborted("The sensor began another call.")),
            () = self.door.stop.cancelled() => Err(stops()),
            report = timeout(idle, self.reports.message()) => match report {
                Ok(Ok(report)) => Ok(report.map(Some)),
                Ok(Err(status)) => Err(status),
                Err(_) => Err(Status::deadline_exceeded("Nothing came for two minutes.")),
            },
            () = self.line.rung(), if is_free => Ok(Some(None)),
            () = tokio::time::sleep_until(late), if !is_free => {
                Err(Status::deadline_exceeded("The result of a command did not come; call again."))
            }
        }
    }

    async fn greet(&mut self, hello: &ControlHello) -> Result<(), Status> {
        if hello.tenant != self.tenant.as_str() || hello.sensor_id != self.sensor {
            return Err(Status::permission_denied(
                "The certificate is another sensor's than the hello says.",
            ));
        }
        let last = i64::try_from(hello.last_number)
            .map_err(|_| Status::invalid_argument("There was no command of that number."))?;
        let kept = async {
            let mut tx = self.door.db.tenant(&self.tenant).await?;
            commands::continue_after(&mut tx, &self.sensor, last).await?;
            tx.commit().await
        };
        kept.await.map_err(|error| unavailable(&error))
    }

    async fn next(&mut self) -> Result<Option<Command>, Status> {
        let now = self.door.clock.now();
        let taken = async {
            let mut tx = self.door.db.tenant(&self.tenant).await?;
            let taken = commands::take_next(&mut tx, &self.sensor, now).await?;
            tx.commit().await?;
            Ok::<_, StoreError>(taken)
        };
        let taken = taken.await.map_err(|error| unavailable(&error))?;
        self.under_way = taken.as_ref().map(|(number, _)| (*number, Instant::now()));
        Ok(taken.map(|(number, command)| control::message(&self.tenant, &self.sensor, number, command)))
    }

    async fn result(&mut self, result: CommandResult) -> Result<(), Status> {
        let number = i64::try_from(result.number).unwrap_or(i64::MAX);
        if self.under_way.is_none_or(|(under_way, _)| under_way != number) {
            return Err(Status::invalid_argument("No such command is under way."));
        }
        let ok = result.ok;
        let outcome = control::outcome(result).ok_or_else(|| too_long("a result"))?;
        let now = self.door.clock.now();
        let kept = async {
            let mut tx = self.door.db.tenant(&self.tenant).await?;
            commands::finish(&mut tx, &self.sensor, number, &outcome, now).await?;
            tx.commit().await
        };
        kept.await.map_err(|error| unavailable(&error))?;
        tracing::info!(
            sensor.id = self.sensor,
            command.number = number,
            ok,
            "a sensor did what it was told"
        );
        self.under_way = None;
        Ok(())
    }

    async fn captures(&mut self, states: watchfloor_protocol::v1::CaptureStates) -> Result<(), Status> {
        let now = self.door.clock.now();
        if let Some(noted) = self.noted {
            tokio::time::sleep(CAPTURES_EVERY_MIN.saturating_sub(now.since(noted))).await;
        }
        let captures = control::captures(states, now).ok_or_else(|| too_long("what is said of captures"))?;
        self.noted = Some(now);
        let kept = async {
            let mut tx = self.door.db.tenant(&self.tenant).await?;
            commands::note_captures(&mut tx, &self.sensor, &captures).await?;
            tx.commit().await
        };
        kept.await.map_err(|error| unavailable(&error))
    }
}

fn too_long(what: &str) -> Status {
    Status::invalid_argument(format!("{what} is longer than the protocol allows."))
}

fn unavailable(error: &StoreError) -> Status {
    tracing::warn!(%error, "a sensor's control call cannot go on");
    Status::unavailable("Commands cannot be looked up now; call again.")
}
