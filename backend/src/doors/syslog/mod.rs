//! Syslog over TCP, TLS and UDP. The protocol has no credential but the certificate of TLS: a plain listener is open only where
//! the settings say so, and its records are one tenant's.
//!
//! Invariant: a TCP sender is held back while the disk is slower than it; what UDP lost here is counted and said.

mod frames;

use super::{admission::Admitted, listener::Connection, patience::Patience};
use crate::ingest::{BatchOrigin, Door, Frame, Ingestor, Intake, IntakeLimits, Refusal, Sender};
use bytes::Bytes;
use frames::Framer;
use std::{net::IpAddr, time::Duration};
use tokio::{io::AsyncReadExt, net::UdpSocket, sync::mpsc};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::RECORD_BYTES_MAX;
use watchfloor_shared::TenantId;

/// A batch does not wait longer than this for more of a slow sender.
const FLUSH_WAIT: Duration = Duration::from_millis(50);
const BATCH_MESSAGES_MAX: usize = 1_000;
const READ_BYTES: usize = 16 << 10;
const DATAGRAM_BYTES_MAX: usize = 65_535;
const DATAGRAMS_QUEUED_MAX: usize = 20_000;

const DOOR: Door = Door::Syslog;

/// Serves one connection until it ends.
pub async fn connection(ingest: Ingestor, mut stream: Connection, admitted: Admitted, end: CancellationToken) {
    let mut framer = Framer::new(RECORD_BYTES_MAX);
    let mut messages = Messages::new(&ingest, &end, admitted.tenant, &admitted.sensor);
    let mut patience = Patience::default();
    let mut frames = Vec::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let wait = match messages.intake.is_empty() {
            true => Duration::MAX,
            false => FLUSH_WAIT,
        };
        let read = tokio::select! {
            () = end.cancelled() => break,
            read = patience.read(framer.is_inside(), wait, stream.read(&mut buffer)) => read,
        };
        match read {
            Some(Ok(count @ 1..)) => framer.push(&buffer[..count], &mut frames),
            Some(Ok(0) | Err(_)) => break,
            None => messages.send().await,
        }
        if !frames.is_empty() {
            patience.renew();
            messages.take(&mut frames).await;
        }
        if patience.is_over(framer.is_inside()) {
            messages.send().await;
            return ingest.refusals().note(DOOR.as_str(), Refusal::Silence, &stream.peer);
        }
    }
    framer.finish(&mut frames);
    messages.take(&mut frames).await;
    messages.send().await;
}

/// Whose datagrams these are: anyone's who reaches the socket.
#[derive(Clone)]
pub struct Datagrams {
    pub ingest: Ingestor,
    pub tenant: TenantId,
    pub stop: CancellationToken,
}

impl Datagrams {
    /// Takes datagrams until stopped.
    pub async fn serve(self, socket: UdpSocket) {
        let (sender, receiver) = mpsc::channel(DATAGRAMS_QUEUED_MAX);
        let taker = tokio::spawn(self.clone().take(receiver));
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let received = tokio::select! {
                () = self.stop.cancelled() => break,
                received = socket.recv_from(&mut buffer) => received,
            };
            let Ok((count, peer)) = received else { continue };
            let message = Bytes::copy_from_slice(buffer[..count].trim_ascii_end());
            if sender.try_send((peer.ip(), message)).is_err() {
                self.ingest.refusals().note(DOOR.as_str(), Refusal::Overrun, &peer);
            }
        }
        drop(sender);
        if taker.await.is_err() {
            tracing::error!("syslog: the taker of datagrams ended early");
        }
    }

    async fn take(self, mut receiver: mpsc::Receiver<(IpAddr, Bytes)>) {
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
                let peer = peer.to_canonical().to_string();
                let mut messages = Messages::new(&self.ingest, &self.stop, self.tenant.clone(), &peer);
                messages.take(&mut frames).await;
                messages.send().await;
            }
            received.clear();
        }
    }
}

/// Messages of one sender, which cannot be told no, only held back.
struct Messages<'a> {
    ingest: &'a Ingestor,
    end: &'a CancellationToken,
    intake: Intake,
}

impl<'a> Messages<'a> {
    fn new(ingest: &'a Ingestor, end: &'a CancellationToken, tenant: TenantId, sensor: &str) -> Self {
        let sender = Sender {
            tenant,
            door: DOOR,
            origin: BatchOrigin {
                source: Some(Bytes::from_static(b"syslog")),
                sensor: Some(Bytes::copy_from_slice(sensor.as_bytes())),
            },
        };
        Self {
            ingest,
            end,
            intake: Intake::new(ingest, sender, &IntakeLimits::default()),
        }
    }

    async fn take(&mut self, frames: &mut Vec<Frame>) {
        // Syslog has no identity of its own and no way to send again: each message is one.
        for (position, frame) in (self.ingest.now_ns()..).zip(frames.drain(..)) {
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
        self.intake.flush_patiently(self.end).await;
    }
}
