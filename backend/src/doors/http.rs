//! The console's, the API's and the HTTP doors' listener.
//!
//! Invariant: a request's head comes within its time, or the connection ends; what was begun when the product stops is finished.

use super::listener::{Connection, Listener};
use crate::api::Peer;
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::time::Duration;
use tower::ServiceExt;

/// A request's first line and headers. Between requests a connection may rest as long.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(60);

pub async fn serve(listener: Listener, router: Router) {
    let stop = listener.stop.clone();
    let one = move |connection: Connection| {
        let (router, stop) = (router.clone(), stop.clone());
        async move {
            let peer = Peer::from(&connection);
            let service = router.map_request(move |mut request: Request<Incoming>| {
                request.extensions_mut().insert(peer);
                request
            });
            let served = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_WAIT_MAX)
                .serve_connection(TokioIo::new(connection), TowerToHyperService::new(service));
            tokio::pin!(served);
            let outcome = tokio::select! {
                outcome = served.as_mut() => outcome,
                () = stop.cancelled() => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            };
            if let Err(error) = outcome {
                tracing::debug!(peer = %peer.address, %error, "a connection ended early");
            }
        }
    };
    listener.serve(one).await;
}
