//! HTTP/2 connections: so many at once, none that only sits there.
//!
//! Invariant: a connection without a call ends after its time; peers that are gone without a word are found by pings.

use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http2};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::{Semaphore, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

const CONNECTIONS_MAX: usize = 2_000;
const CALLS_PER_CONNECTION_MAX: u32 = 16;
const HEAD_BYTES_MAX: u32 = 16 << 10;
const IDLE_WAIT_MAX: Duration = Duration::from_secs(60);
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_WAIT_MAX: Duration = Duration::from_secs(20);
const RETRY_PAUSE: Duration = Duration::from_millis(500);
/// What a peer may send ahead, per call and in all.
const CALL_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// Serves connections until stopped, and those that are open to their end.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let _ = stream.set_nodelay(true);
                    let served = one(stream, router.clone(), stop.clone());
                    connections.spawn(async move {
                        served.await;
                        drop(place);
                    });
                }
                Err(_) => tracing::warn!(%peer, "gRPC: {CONNECTIONS_MAX} peers are connected, another is turned away"),
            },
            Err(error) => {
                tracing::warn!(%error, "gRPC: a connection could not be taken");
                tokio::time::sleep(RETRY_PAUSE).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

/// Held by a call for as long as it lasts.
#[derive(Clone)]
pub(super) struct Busy(#[expect(dead_code, reason = "its drop is what counts")] Arc<Count>);

struct Count(watch::Sender<usize>);

impl Count {
    fn busy(calls: &watch::Sender<usize>) -> Busy {
        calls.send_modify(|calls| *calls += 1);
        Busy(Arc::new(Self(calls.clone())))
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        self.0.send_modify(|calls| *calls = calls.saturating_sub(1));
    }
}

async fn one(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router, stop: CancellationToken) {
    let (calls, watched) = watch::channel(0);
    let service = router.map_request(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Count::busy(&calls));
        request
    });
    let served = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_WAIT_MAX)
        .max_concurrent_streams(CALLS_PER_CONNECTION_MAX)
        .max_header_list_size(HEAD_BYTES_MAX)
        .initial_stream_window_size(CALL_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(served);
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
        () = idle(watched, IDLE_WAIT_MAX) => {
            served.as_mut().graceful_shutdown();
            // A peer that has not even begun has nothing to finish.
            timeout(PING_WAIT_MAX, served).await.unwrap_or(Ok(()))
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a gRPC connection ended early");
    }
}

/// Returns when there has been no call for a while.
async fn idle(mut calls: watch::Receiver<usize>, wait_max: Duration) {
    loop {
        if calls.wait_for(|calls| *calls == 0).await.is_err() {
            return std::future::pending().await;
        }
        let began = async { calls.wait_for(|calls| *calls > 0).await.is_ok() };
        match timeout(wait_max, began).await {
            Ok(true) => {}
            Ok(false) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_idle_only_between_calls() {
        let (calls, watched) = watch::channel(0);
        let busy = Count::busy(&calls);
        let waits = tokio::spawn(idle(watched, Duration::from_millis(1)));
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!waits.is_finished(), "a call lasts");
        drop(busy);
        assert!(timeout(Duration::from_secs(30), waits).await.is_ok());
    }
}
