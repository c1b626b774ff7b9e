//! The doors that speak gRPC: our sensors' service and OTLP's logs, on one listener.
//!
//! Invariant: no service is reached without a credential; the number of calls, their size and their silence are bounded.

mod connection;
mod logs;
mod sensor;

use crate::{
    api,
    clock::Clock,
    ingest::Ingestor,
    otlp,
    sensors::Sensors,
    store::{Database, Secret, identity::api_keys::KeyHolder},
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use logs::Logs;
use sensor::SensorCalls;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};
use tokio_util::sync::CancellationToken;
use tonic::{
    Status,
    codec::CompressionEncoding::{Gzip, Zstd},
    service::Routes,
};
use watchfloor_protocol::{
    MESSAGE_BYTES_MAX, otlp::logs_service_server::LogsServiceServer, v1::sensor_service_server::SensorServiceServer,
};

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
    pub clock: Clock,
    pub stop: CancellationToken,
}

/// Who calls, for the services. Whether the key still holds is asked again with it during long calls.
#[derive(Clone)]
struct Called {
    holder: KeyHolder,
    key: Arc<Secret>,
}

pub fn router(door: &GrpcDoor) -> Router {
    let sensors = SensorCalls {
        door: door.clone(),
        places: Arc::new(Semaphore::new(SENSOR_CALLS_MAX)),
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
        places: Arc::new(Semaphore::new(REQUESTS_MAX)),
    };
    let routes = Routes::new(sensors).add_service(logs).prepare();
    routes.into_axum_router().layer(from_fn_with_state(guard, admit))
}

#[derive(Clone)]
struct Guard {
    db: Database,
    places: Arc<Semaphore>,
}

async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let refused = |status: Status| status.into_http::<Body>();
    let Some(key) = api::api_key(request.headers()).map(Cow::into_owned) else {
        return refused(Status::unauthenticated("Send an API key: authorization: Bearer KEY."));
    };
    match api::key_holder(&guard.db, &key).await {
        Ok(Some(holder)) => {
            let key = Arc::new(Secret::new(key));
            request.extensions_mut().insert(Called { holder, key });
        }
        Ok(None) => {
            return refused(Status::unauthenticated(
                "The API key is not known here, or was revoked.",
            ));
        }
        Err(error) => {
            tracing::warn!(%error, "a gRPC caller's key cannot be looked up");
            return refused(Status::unavailable("Keys cannot be looked up now; call again."));
        }
    }
    let Ok(Ok(_place)) = timeout(PLACE_WAIT_MAX, guard.places.acquire()).await else {
        return refused(Status::resource_exhausted("Many senders are being served; call again."));
    };
    match timeout(CALL_WAIT_MAX, next.run(request)).await {
        Ok(response) => response,
        Err(_) => refused(Status::deadline_exceeded("The request did not come in time.")),
    }
}

impl Called {
    fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        let called = request.extensions().get::<Self>().cloned();
        called.ok_or_else(|| Status::unauthenticated("Send an API key."))
    }
}
