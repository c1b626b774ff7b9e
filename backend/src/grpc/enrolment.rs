//! `EnrolmentService`, and what it has in common with the renewal: a claim code or a certificate for a certificate.

use super::GrpcDoor;
use crate::{
    api::Peer,
    sensors::{EnrolRefused, Enrolment},
};
use tonic::{Code, Request, Response, Status, metadata::MetadataValue};
use watchfloor_protocol::{
    ENROLMENT_BYTES_MAX, REASON_METADATA,
    v1::{
        Certificate, EnrolRequest,
        enrolment_service_server::{EnrolmentService, EnrolmentServiceServer},
    },
};
use watchfloor_shared::fleet::SensorCertificate;

pub(super) const PATH: &str = "/watchfloor.sensor.v1.EnrolmentService/Enrol";

pub(super) struct Enrolments {
    enrolment: Enrolment,
}

pub(super) fn service(door: &GrpcDoor) -> EnrolmentServiceServer<Enrolments> {
    let enrolments = Enrolments {
        enrolment: door.enrolment.clone(),
    };
    EnrolmentServiceServer::new(enrolments).max_decoding_message_size(ENROLMENT_BYTES_MAX)
}

#[tonic::async_trait]
impl EnrolmentService for Enrolments {
    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<Certificate>, Status> {
        let peer = request.extensions().get::<Peer>().copied();
        let peer = peer.ok_or_else(|| Status::internal("The connection has no address."))?;
        let EnrolRequest { code, request_pem } = request.into_inner();
        let enrolled = self.enrolment.enrol(peer.address, &code, &request_pem).await;
        enrolled.map(answer).map_err(refusal)
    }
}

pub(super) fn answer(issued: SensorCertificate) -> Response<Certificate> {
    Response::new(Certificate {
        chain_pem: issued.chain_pem,
        tenant: issued.tenant.as_str().to_owned(),
        sensor_id: issued.sensor_id,
        not_before_unix_ns: issued.not_before.nanos(),
        not_after_unix_ns: issued.not_after.nanos(),
    })
}

pub(super) fn refusal(refused: EnrolRefused) -> Status {
    let code = match &refused {
        EnrolRefused::Malformed
        | EnrolRefused::OtherName(_)
        | EnrolRefused::OtherOrganization
        | EnrolRefused::Unfit(_) => Code::InvalidArgument,
        EnrolRefused::Unknown | EnrolRefused::Used | EnrolRefused::Expired => Code::PermissionDenied,
        EnrolRefused::NameTaken => Code::AlreadyExists,
        EnrolRefused::TooOften(_) => Code::ResourceExhausted,
        EnrolRefused::NotEnrolled => Code::FailedPrecondition,
        EnrolRefused::Making(_) | EnrolRefused::Store(_) => Code::Unavailable,
    };
    let text = match &refused {
        EnrolRefused::Making(_) | EnrolRefused::Store(_) => {
            tracing::error!(error = %refused, "a sensor's certificate could not be made");
            "No certificate can be made at the moment; call again.".to_owned()
        }
        told => told.to_string(),
    };
    let mut status = Status::new(code, text);
    let reason = MetadataValue::from_static(refused.reason());
    status.metadata_mut().insert(REASON_METADATA, reason);
    status
}
