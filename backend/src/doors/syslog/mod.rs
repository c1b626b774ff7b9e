//! Syslog over TCP and UDP. The protocol has no credential: a listener is open only where the settings say so, and its records are
//! one tenant's.
//!
//! Invariant: a TCP sender is held back while the disk is slower than it; what UDP lost here is counted and said.

mod frames;

use crate::ingest::{BatchOrigin, Door, Frame, Ingestor, Intake, IntakeLimits, Sender};
use bytes::Bytes;
use frames::Framer;
use serde::{Deserialize, Serialize};
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::RECORD_BYTES_MAX;
use watchfloor_shared::TenantId;

const CONNECTIONS_MAX: usize = 2_000;
/// Half a frame and then silence: the sender is gone.
const FRAME_WAIT_MAX: Duration = Duration::from_secs(30);
/// A batch does not wait longer than this for more of a slow sender.
const FLUSH_WAIT: Duration = Duration::from_millis(50);
const BATCH_MESSAGES_MAX: usize = 1_000;
const READ_BYTES: usize = 64 << 10;
const DATAGRAM_BYTES_MAX: usize = 65_535;
const DATAGRAMS_QUEUED_MAX: usize = 20_000;
const RETRY_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyslogConfig {
    /// Where to listen for syslog over TCP, octet-counted or by lines; nowhere when absent. Anyone who reaches it can send.
    pub tcp: Option<SocketAddr>,
    /// Where to listen for syslog over UDP; nowhere when absent.
    pub udp: Option<SocketAddr>,
    /// Whose records these are; the first tenant's when absent.
    pub tenant: Option<String>,
}

/// Who takes the messages, and for whom.
#[derive(Clone)]
pub struct SyslogDoor {
    pub ingest: Ingestor,
    pub tenant: TenantId,
    pub stop: CancellationToken,
}

impl SyslogDoor {
    /// Serves connections until stopped.
    pub async fn tcp(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        let door = self.clone();
                        tokio::spawn(async move {
                            door.connection(stream, peer.ip()).await;
                            drop(place);
                        });
                    }
                    Err(_) => {
                        tracing::warn!(%peer, "syslog: {CONNECTIONS_MAX} senders are connected, another is turned away")
                    }
                },
                Err(error) => {
                    tracing::warn!(%error, "syslog: a connection could not be taken");
                    tokio::time::sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn connection(&self, mut stream: TcpStream, peer: IpAddr) {
        let mut framer = Framer::new(RECORD_BYTES_MAX);
        let mut messages = self.messages(peer);
        let mut frames = Vec::new();
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let wait = match (messages.intake.is_empty(), framer.is_inside()) {
                (false, _) => FLUSH_WAIT,
                (true, true) => FRAME_WAIT_MAX,
                // An idle sender keeps its connection for as long as it likes.
                (true, false) => Duration::MAX,
            };
            let read = tokio::select! {
                () = self.stop.cancelled() => break,
                read = timeout(wait, stream.read(&mut buffer)) => read,
            };
            match read {
                Ok(Ok(count @ 1..)) => framer.push(&buffer[..count], &mut frames),
                Ok(Ok(0) | Err(_)) => break,
                Err(_) if messages.intake.is_empty() => {
                    return tracing::info!(%peer, "syslog: half a message, then nothing: closed");
                }
                Err(_) => messages.send().await,
            }
            messages.take(&mut frames).await;
        }
        framer.finish(&mut frames);
        messages.take(&mut frames).await;
        messages.send().await;
    }

    fn messages(&self, peer: IpAddr) -> Messages<'_> {
        let sender = Sender {
            tenant: self.tenant.clone(),
            door: Door::Syslog,
            origin: BatchOrigin {
                source: Some(Bytes::from_static(b"syslog")),
                sensor: Some(Bytes::from(peer.to_canonical().to_string())),
            },
        };
        Messages {
            door: self,
            intake: Intake::new(&self.ingest, sender, &IntakeLimits::default()),
        }
    }

    /// Takes datagrams until stopped.
    pub async fn udp(self, socket: UdpSocket) {
        let (sender, receiver) = mpsc::channel(DATAGRAMS_QUEUED_MAX);
        let taker = tokio::spawn(self.clone().datagrams(receiver));
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        let mut lost = 0_u64;
        loop {
            let received = tokio::select! {
                () = self.stop.cancelled() => break,
                received = socket.recv_from(&mut buffer) => received,
            };
            let Ok((count, peer)) = received else { continue };
            let message = Bytes::copy_from_slice(buffer[..count].trim_ascii_end());
            if sender.try_send((peer.ip(), message)).is_err() {
                lost += 1;
                if lost.is_power_of_two() {
                    tracing::warn!(lost, "syslog: datagrams came faster than the disk takes them");
                }
            }
        }
        drop(sender);
        if taker.await.is_err() {
            tracing::error!("syslog: the taker of datagrams ended early");
        }
    }

    async fn datagrams(self, mut receiver: mpsc::Receiver<(IpAddr, Bytes)>) {
        let mut received = Vec::new();
        while receiver.recv_many(&mut received, BATCH_MESSAGES_MAX).await > 0 {
            received.sort_by_key(|(peer, _)| *peer);
            for messages in received.chunk_by(|a, b| a.0 == b.0) {
                let Some((peer, _)) = messages.first() else { continue };
                let mut frames = messages
                    .iter()
                    .filter(|(_, message)| !message.is_empty())
                    .map(|(_, message)| Frame::Record(message.clone()))
                    .collect();
                let mut messages = self.messages(*peer);
                messages.take(&mut frames).await;
                messages.send().await;
            }
            received.clear();
        }
    }
}

/// Messages of one sender, which cannot be told no, only held back.
struct Messages<'a> {
    door: &'a SyslogDoor,
    intake: Intake,
}

impl Messages<'_> {
    async fn take(&mut self, frames: &mut Vec<Frame>) {
        // Syslog has no identity of its own and no way to send again: each message is one.
        for (position, frame) in (self.door.ingest.now_ns()..).zip(frames.drain(..)) {
            match frame {
                Frame::Record(message) => self.intake.hold(message, position),
                Frame::TooLong { kept, length_bytes } => {
                    if let Err(error) = self.intake.reject(&kept, length_bytes, position).await {
                        tracing::warn!(%error, "syslog: a message that was too long could not be kept");
                    }
                }
            }
            if self.intake.is_full() {
                self.send().await;
            }
        }
    }

    async fn send(&mut self) {
        self.intake.flush_patiently(&self.door.stop).await;
    }
}
