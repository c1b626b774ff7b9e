//! The console's, the API's and the HTTP doors' listener.
//!
//! Invariant: a request's head comes within its time, or the connection ends; what was begun when the product stops is finished;
//! a refusal arrives, also where its body was not read.

use super::{
    linger::linger,
    listener::{Connection, Listener},
};
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
    let one = move |mut connection: Connection| {
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
                .serve_connection(TokioIo::new(&mut connection), TowerToHyperService::new(service));
            let outcome = {
                tokio::pin!(served);
                tokio::select! {
                    outcome = served.as_mut() => outcome,
                    () = stop.cancelled() => {
                        served.as_mut().graceful_shutdown();
                        served.await
                    }
                }
            };
            match outcome {
                Ok(()) => {
                    stop.run_until_cancelled(linger(&mut connection)).await;
                }
                Err(error) => tracing::debug!(peer = %peer.address, %error, "a connection ended early"),
            }
        }
    };
    listener.serve(one).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        doors::{listener::bind, places::LimitsConfig},
        ingest::Refusals,
    };
    use axum::{http::StatusCode, routing::post};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };
    use tokio_util::sync::CancellationToken;

    const BODY_BYTES: usize = 32 << 20;

    /// More than the sockets' buffers hold, sent to its end by one who reads only then, as many senders do.
    #[tokio::test]
    async fn a_refusal_arrives_though_its_body_was_not_read() {
        let stop = CancellationToken::new();
        let listener = Listener {
            door: "http",
            socket: bind("127.0.0.1:0".parse().unwrap()).unwrap(),
            tls: None,
            limits: LimitsConfig::default(),
            refusals: Refusals::default(),
            stop: stop.clone(),
        };
        let address = listener.socket.local_addr().unwrap();
        let refuse = Router::new().route("/", post(|| async { (StatusCode::UNAUTHORIZED, "no such key") }));
        let server = tokio::spawn(serve(listener, refuse));

        let mut peer = TcpStream::connect(address).await.unwrap();
        let head = format!("POST / HTTP/1.1\r\nhost: here\r\ncontent-length: {BODY_BYTES}\r\n\r\n");
        peer.write_all(head.as_bytes()).await.unwrap();
        peer.write_all(&vec![0; BODY_BYTES]).await.unwrap();
        let mut answer = String::new();
        peer.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 401") && answer.ends_with("no such key"),
            "{answer}"
        );

        drop(peer);
        stop.cancel();
        server.await.unwrap();
    }
}
