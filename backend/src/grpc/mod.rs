//! The doors that speak gRPC: our sensors' service and OTLP's logs, on one listener.
//!
//! Invariant: no service but the enrolment's is reached without a credential, nor by one whose allowance is spent; the number of calls, their size and
//! their silence are bounded.

mod connection;
mod control;
mod enrolment;
mod logs;
mod sensor;

use crate::{
    api::{self, Peer},
    clock::Clock,
    ingest::{BatchOrigin, Door, Ingestor, Sender},
    otlp,
    sensors::{Enrolment, HeldCredentials, Sensors, SentBy},
    store::{
        Database, Secret, StoreError,
        identity::api_keys::{self, KeyHolder},
    },
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use bytes::Bytes;
use logs::Logs;
use prost::Message;
use sensor::SensorCalls;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Status,
    codec::CompressionEncoding::{Gzip, Zstd},
    service::Routes,
};
use watchfloor_protocol::{
    MESSAGE_BYTES_MAX, otlp::logs_service_server::LogsServiceServer, rpc,
    v1::sensor_service_server::SensorServiceServer,
};
use watchfloor_shared::{Fingerprint, identity::Permission};

pub use connection::serve;

/// Sensors that are connected at once.
const SENSOR_CALLS_MAX: usize = 1_000;
/// Requests whose answers have not begun. Each may hold one message.
const REQUESTS_MAX: usize = 16;
const PLACE_WAIT_MAX: Duration = Duration::from_secs(10);
/// A call's answer begins within this time, or the call ends.
const CALL_WAIT_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcConfig {
    /// Where to listen for sensors and for OTLP's logs, 50051 by convention; nowhere when absent.
    pub listen: Option<SocketAddr>,
}

/// What the services work with. Cheap to clone.
#[derive(Clone)]
pub struct GrpcDoor {
    pub db: Database,
    pub ingest: Ingestor,
    pub sensors: Sensors,
    pub enrolment: Enrolment,
    pub held: HeldCredentials,
    pub clock: Clock,
    pub stop: CancellationToken,
}

/// Who calls, for the services.
#[derive(Clone)]
struct Called {
    holder: KeyHolder,
}

#[derive(Clone)]
enum Credential {
    Key(Arc<Secret>),
    Certificate(Fingerprint),
}

impl Credential {
    /// A key counts before a certificate: who sends one means it.
    fn of(request: &Request) -> Option<Self> {
        let key = api::api_key(request.headers()).map(|key| Self::Key(Arc::new(Secret::new(key))));
        key.or_else(|| Peer::of(request.extensions()).certificate.map(Self::Certificate))
    }

    async fn holder(&self, db: &Database) -> Result<Option<KeyHolder>, StoreError> {
        let holder = match self {
            Self::Key(key) => api::key_holder(db, key.reveal()).await?,
            Self::Certificate(certificate) => api_keys::lookup_certificate(db, certificate).await?,
        };
        // A key for something else is none here.
        Ok(holder.filter(|holder| holder.scopes.contains(&Permission::Ingest)))
    }
}

pub fn router(door: &GrpcDoor) -> Router {
    let sensors = SensorCalls {
        door: door.clone(),
        places: Arc::new(Semaphore::new(SENSOR_CALLS_MAX)),
        control_places: Arc::new(Semaphore::new(SENSOR_CALLS_MAX)),
    };
    let sensors = SensorServiceServer::new(sensors)
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .accept_compressed(Gzip)
        .accept_compressed(Zstd);
    let logs = Logs { door: door.clone() };
    let logs = LogsServiceServer::new(logs)
        .max_decoding_message_size(otlp::REQUEST_BYTES_MAX)
        .accept_compressed(Gzip)
        .accept_compressed(Zstd);
    let guard = Guard {
        db: door.db.clone(),
        ingest: door.ingest.clone(),
        places: Arc::new(Semaphore::new(REQUESTS_MAX)),
    };
    let known = Routes::new(sensors).add_service(logs).prepare();
    let known = known.into_axum_router().layer(from_fn_with_state(guard.clone(), admit));
    let unknown = Router::new().route_service(enrolment::PATH, enrolment::service(door));
    known.merge(unknown.layer(from_fn_with_state(guard, serve_in_time)))
}

#[derive(Clone)]
struct Guard {
    db: Database,
    ingest: Ingestor,
    places: Arc<Semaphore>,
}

async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let refused = |status: Status| status.into_http::<Body>();
    let Some(credential) = Credential::of(&request) else {
        return refused(Status::unauthenticated("Send an API key: authorization: Bearer KEY."));
    };
    match credential.holder(&guard.db).await {
        Ok(Some(holder)) => {
            if let Err(wait) = guard.ingest.allowances().check(&holder.id) {
                return refused(exhausted(wait));
            }
            request.extensions_mut().insert(Called { holder });
        }
        Ok(None) => {
            return refused(Status::unauthenticated(
                "The credential is not known here, or was revoked.",
            ));
        }
        Err(error) => {
            tracing::warn!(%error, "a gRPC caller's credential cannot be looked up");
            return refused(Status::unavailable("Credentials cannot be looked up now; call again."));
        }
    }
    serve_in_time(State(guard), request, next).await
}

/// Within the bounds that hold for everyone.
async fn serve_in_time(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let refused = |status: Status| status.into_http::<Body>();
    let Ok(Ok(_place)) = timeout(PLACE_WAIT_MAX, guard.places.acquire()).await else {
        return refused(Status::resource_exhausted("Many senders are being served; call again."));
    };
    match timeout(CALL_WAIT_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => refused(Status::deadline_exceeded("The request did not come in time.")),
    }
}

/// As `google.rpc.Status` says when to call again.
fn exhausted(wait: Duration) -> Status {
    let text = "This credential's allowance is spent; call again when the details say.";
    let details = rpc::Status {
        code: Code::ResourceExhausted.into(),
        message: text.to_owned(),
        details: vec![rpc::retry_after(wait)],
    };
    Status::with_details(Code::ResourceExhausted, text, details.encode_to_vec().into())
}

impl Called {
    fn sender(&self, door: Door) -> Sender {
        let KeyHolder { tenant, id, sensor, .. } = self.holder.clone();
        Sender {
            tenant,
            door,
            origin: BatchOrigin {
                source: None,
                sensor: sensor.map(Bytes::from),
            },
            charged: Some(Arc::from(id)),
        }
    }

    fn sent_by(&self, door: Door) -> SentBy {
        SentBy {
            sender: self.sender(door),
            enrolled: self.holder.enrolled.clone(),
            host: self.holder.sensor.clone(),
        }
    }

    fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        let called = request.extensions().get::<Self>().cloned();
        called.ok_or_else(|| Status::unauthenticated("Send an API key."))
    }
}
