//! `SensorService`: batches in, acknowledgements out, one by one.
//!
//! Invariant: the next batch is read only when the one before is on the disk and its acknowledgement was taken, so a sensor is
//! held back by the slower of the two; and while its credential's allowance is spent, nothing is read of it.

use super::{Called, GrpcDoor, connection::Busy, control, enrolment};
use crate::{
    ingest::Door,
    sensors::{self, BatchRefused, Held},
};
use futures::{Stream, stream};
use std::{pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};
use watchfloor_protocol::{
    IDLE_SECONDS_MAX,
    v1::{Ack, Certificate, Command, ControlReport, RenewRequest, SensorBatch, sensor_service_server::SensorService},
};

pub(super) struct SensorCalls {
    pub door: GrpcDoor,
    pub places: Arc<Semaphore>,
    /// Of control calls.
    pub control_places: Arc<Semaphore>,
}

#[tonic::async_trait]
impl SensorService for SensorCalls {
    type SendStream = Pin<Box<dyn Stream<Item = Result<Ack, Status>> + Send>>;

    async fn send(&self, request: Request<Streaming<SensorBatch>>) -> Result<Response<Self::SendStream>, Status> {
        let called = Called::of(&request)?;
        let busy = request.extensions().get::<Busy>().cloned();
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Status::resource_exhausted("Many sensors are connected; call again later."))?;
        let call = Call {
            held: self.door.held.hold(&called.holder.id),
            door: self.door.clone(),
            called,
            batches: request.into_inner(),
            is_over: false,
            _place: place,
            _busy: busy,
        };
        Ok(Response::new(Box::pin(stream::unfold(call, Call::next))))
    }

    type ControlStream = ReceiverStream<Result<Command, Status>>;

    async fn control(
        &self,
        request: Request<Streaming<ControlReport>>,
    ) -> Result<Response<Self::ControlStream>, Status> {
        let commands = control::begin(&self.door, &self.control_places, request)?;
        Ok(Response::new(ReceiverStream::new(commands)))
    }

    async fn renew(&self, request: Request<RenewRequest>) -> Result<Response<Certificate>, Status> {
        let called = Called::of(&request)?;
        let renewed = self
            .door
            .enrolment
            .renew(&called.holder, &request.get_ref().request_pem)
            .await;
        renewed.map(enrolment::answer).map_err(enrolment::refusal)
    }
}

/// One sensor's call.
struct Call {
    door: GrpcDoor,
    called: Called,
    held: Held,
    batches: Streaming<SensorBatch>,
    is_over: bool,
    _place: OwnedSemaphorePermit,
    _busy: Option<Busy>,
}

impl Call {
    async fn next(mut self) -> Option<(Result<Ack, Status>, Self)> {
        if self.is_over {
            return None;
        }
        let outcome = self.step().await.transpose()?;
        self.is_over = outcome.is_err();
        Some((outcome, self))
    }

    /// One batch; none when the sensor ended the call.
    async fn step(&mut self) -> Result<Option<Ack>, Status> {
        tokio::select! {
            biased;
            () = self.held.ended() => return Err(revoked()),
            () = self.door.ingest.allowances().wait(&self.called.holder.id) => {}
            () = self.door.stop.cancelled() => return Err(stops()),
        }
        let batch = tokio::select! {
            () = self.held.ended() => return Err(revoked()),
            () = self.door.stop.cancelled() => return Err(stops()),
            batch = timeout(Duration::from_secs(IDLE_SECONDS_MAX), self.batches.message()) => match batch {
                Ok(batch) => batch?,
                Err(_) => return Err(Status::deadline_exceeded("Nothing came for two minutes, not even a heartbeat.")),
            },
        };
        let Some(batch) = batch else { return Ok(None) };
        let door = &self.door;
        let by = self.called.sent_by(Door::Sensor);
        let taken = sensors::take(&door.db, &door.ingest, &door.sensors, by, batch, door.clock.now()).await;
        taken.map(Some).map_err(refusal)
    }
}

pub(super) fn revoked() -> Status {
    Status::unauthenticated("The credential was revoked, or its time is over.")
}

pub(super) fn stops() -> Status {
    Status::unavailable("The server stops; call again.")
}

pub(super) fn refusal(refused: BatchRefused) -> Status {
    match refused {
        BatchRefused::Invalid(why) => Status::invalid_argument(why),
        BatchRefused::Impostor(why) => Status::permission_denied(why),
        BatchRefused::Bus(error) => {
            tracing::warn!(%error, "a sensor's batch could not be kept");
            Status::unavailable("The batch is not on the disk; send it again.")
        }
    }
}
