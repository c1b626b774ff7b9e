//! The accept loop that every door has: places, TLS, an end in order.
//!
//! Invariant: accepting waits for nobody. Handshakes are bounded in number and time, on tasks of their own.

use super::places::{LimitsConfig, Place, Places};
use crate::{
    identity::certificate::fingerprint,
    ingest::{Refusal, Refusals},
    tls::Tls,
};
use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Semaphore,
    time::timeout,
};
use tokio_rustls::server::TlsStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use watchfloor_shared::Fingerprint;

const BACKLOG: u32 = 4_096;
const HANDSHAKE_WAIT_MAX: Duration = Duration::from_secs(10);
/// A handshake costs a signature: more at once would only be slower.
const HANDSHAKES_MAX: usize = 256;
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// A bound address. Peers that are gone without a word are found by TCP's keep-alive.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_keepalive(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

pub struct Listener {
    /// The door's name, for counts and the log.
    pub door: &'static str,
    pub socket: TcpListener,
    pub tls: Option<Arc<Tls>>,
    pub limits: LimitsConfig,
    pub refusals: Refusals,
    pub stop: CancellationToken,
}

/// A peer that is connected, and has a place for as long.
pub struct Connection {
    stream: Stream,
    pub peer: SocketAddr,
    /// Of the certificate that the peer proved to hold the key of.
    pub certificate: Option<Fingerprint>,
    _place: Place,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Listener {
    /// Gives each connection a task with `serve` until stopped, then waits until all have ended.
    pub async fn serve<S, F>(self, serve: S)
    where
        S: Fn(Connection) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let places = Places::new(&self.limits);
        let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
        let connections = TaskTracker::new();
        if let Some(tls) = &self.tls {
            connections.spawn(Arc::clone(tls).follow(self.stop.clone()));
        }
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => break,
                accepted = self.socket.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(door = self.door, %error, "a connection could not be taken");
                    tokio::time::sleep(RETRY_PAUSE).await;
                    continue;
                }
            };
            let place = match places.take(peer.ip()) {
                Ok(place) => place,
                Err(refusal) => {
                    self.refusals.note(self.door, refusal, &peer);
                    continue;
                }
            };
            let greeting = Greeting {
                door: self.door,
                tls: self.tls.clone(),
                handshakes: Arc::clone(&handshakes),
                refusals: self.refusals.clone(),
            };
            let serve = serve.clone();
            connections.spawn(async move {
                if let Some(connection) = greeting.greet(stream, peer, place).await {
                    serve(connection).await;
                }
            });
        }
        connections.close();
        connections.wait().await;
    }
}

/// What happens to a connection before it is served.
struct Greeting {
    door: &'static str,
    tls: Option<Arc<Tls>>,
    handshakes: Arc<Semaphore>,
    refusals: Refusals,
}

impl Greeting {
    async fn greet(self, stream: TcpStream, peer: SocketAddr, place: Place) -> Option<Connection> {
        // Answers are small and waited for.
        let _ = stream.set_nodelay(true);
        let stream = match &self.tls {
            None => Stream::Plain(stream),
            Some(tls) => match timeout(HANDSHAKE_WAIT_MAX, self.shake_hands(tls, stream)).await {
                Ok(Ok(stream)) => Stream::Tls(Box::new(stream)),
                Ok(Err(error)) => {
                    self.refusals
                        .note(self.door, Refusal::Handshake, &format_args!("{peer}: {error}"));
                    return None;
                }
                Err(_) => {
                    self.refusals
                        .note(self.door, Refusal::Handshake, &format_args!("{peer}: it took too long"));
                    return None;
                }
            },
        };
        let certificate = match &stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => {
                let chain = stream.get_ref().1.peer_certificates();
                chain.and_then(<[_]>::first).map(fingerprint)
            }
        };
        Some(Connection {
            stream,
            peer,
            certificate,
            _place: place,
        })
    }

    async fn shake_hands(&self, tls: &Tls, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let _place = self.handshakes.acquire().await.map_err(io::Error::other)?;
        tls.acceptor().accept(stream).await
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, into),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, into),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
