//! OTLP's `LogsService`.

use super::{Called, GrpcDoor};
use crate::{ingest::Door, otlp};
use tonic::{Request, Response, Status};
use watchfloor_protocol::otlp::{
    ExportLogsServiceRequest, ExportLogsServiceResponse, logs_service_server::LogsService,
};

pub(super) struct Logs {
    pub door: GrpcDoor,
}

#[tonic::async_trait]
impl LogsService for Logs {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let sender = Called::of(&request)?.sender(Door::Otlp);
        match otlp::take(&self.door.ingest, sender, request.into_inner()).await {
            Ok(taken) => Ok(Response::new(taken.answer())),
            Err(error) => {
                tracing::warn!(%error, "an OTLP request could not be kept");
                Err(Status::unavailable("The records are not on the disk; send them again."))
            }
        }
    }
}
