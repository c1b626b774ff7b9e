//! Protocols without acknowledgements: their senders cannot be told no, only held back.
//!
//! Invariant: over TCP a sender is held back while the disk is slower than it or its allowance is spent; what UDP lost here is counted and said.

use super::{admission::Admitted, listener::Connection, patience::Patience};
use crate::ingest::{BatchOrigin, Door, Frame, Ingestor, Intake, IntakeLimits, Refusal, Refusals, Sender};
use bytes::Bytes;
use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{io::AsyncReadExt, net::UdpSocket, sync::mpsc};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::syslog_sequence;
use watchfloor_shared::TenantId;

/// A batch does not wait longer than this for more of a slow sender.
const FLUSH_WAIT: Duration = Duration::from_millis(50);
const BATCH_MESSAGES_MAX: usize = 1_000;
const READ_BYTES: usize = 16 << 10;
const DATAGRAM_BYTES_MAX: usize = 65_535;
const DATAGRAMS_QUEUED_MAX: usize = 20_000;
const QUEUED_BYTES_MAX: usize = 64 << 20;

#[derive(Debug, Clone, Copy)]
pub struct Protocol {
    pub door: Door,
    /// What its records are known to be; see [`BatchOrigin`].
    pub source: Option<&'static str>,
}

impl Protocol {
    fn sender(self, tenant: TenantId, sensor: &str, charged: Option<Arc<str>>) -> Sender {
        Sender {
            tenant,
            door: self.door,
            origin: BatchOrigin {
                source: self.source.map(|name| Bytes::from_static(name.as_bytes())),
                sensor: Some(Bytes::copy_from_slice(sensor.as_bytes())),
            },
            charged,
        }
    }
}

/// Cuts a stream into frames.
pub trait Framing: Send {
    /// Whether a frame has begun and not ended.
    fn is_inside(&self) -> bool;
    fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>);
    /// The stream ended.
    fn finish(&mut self, out: &mut Vec<Frame>);
}

/// Makes frames of datagrams.
pub trait Reading: Send + 'static {
    /// None where there is nothing in it, or not yet.
    fn read(&mut self, peer: IpAddr, datagram: Bytes, refusals: &Refusals) -> Option<Frame>;
}

/// Serves one connection until it ends.
pub async fn connection(
    protocol: Protocol,
    mut framing: impl Framing,
    ingest: Ingestor,
    mut stream: Connection,
    admitted: Admitted,
    end: CancellationToken,
) {
    let sender = protocol.sender(admitted.tenant, &admitted.sensor, Some(admitted.charged));
    let mut messages = Messages::new(sender, &ingest, &end);
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
            read = patience.read(framing.is_inside(), wait, stream.read(&mut buffer)) => read,
        };
        match read {
            Some(Ok(count @ 1..)) => framing.push(&buffer[..count], &mut frames),
            Some(Ok(0) | Err(_)) => break,
            None => messages.send().await,
        }
        if !frames.is_empty() {
            patience.renew();
            messages.take(&mut frames).await;
        }
        if patience.is_over(framing.is_inside()) {
            messages.flush().await;
            let door = protocol.door.as_str();
            return ingest.refusals().note(door, Refusal::Silence, &stream.peer);
        }
    }
    framing.finish(&mut frames);
    messages.take(&mut frames).await;
    messages.flush().await;
}

/// A UDP door: anyone's who reaches it.
#[derive(Clone)]
pub struct Datagrams {
    pub protocol: Protocol,
    pub ingest: Ingestor,
    pub tenant: TenantId,
    pub stop: CancellationToken,
}

impl Datagrams {
    /// Takes datagrams until stopped.
    pub async fn serve(self, socket: UdpSocket, reading: impl Reading) {
        let (sender, receiver) = mpsc::channel(DATAGRAMS_QUEUED_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let taker = tokio::spawn(self.clone().take(receiver, reading, Arc::clone(&queued_bytes)));
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            let received = tokio::select! {
                () = self.stop.cancelled() => break,
                received = socket.recv_from(&mut buffer) => received,
            };
            let Ok((count, peer)) = received else { continue };
            let has_room = queued_bytes.load(Ordering::Relaxed) + count <= QUEUED_BYTES_MAX;
            let datagram = (peer.ip(), Bytes::copy_from_slice(&buffer[..count]));
            if has_room && sender.try_send(datagram).is_ok() {
                queued_bytes.fetch_add(count, Ordering::Relaxed);
            } else {
                self.overrun(peer);
            }
        }
        drop(sender);
        if taker.await.is_err() {
            tracing::error!(door = self.protocol.door.as_str(), "the taker of datagrams ended early");
        }
    }

    fn overrun(&self, peer: SocketAddr) {
        let door = self.protocol.door.as_str();
        self.ingest.refusals().note(door, Refusal::Overrun, &peer);
    }

    async fn take(
        self,
        mut receiver: mpsc::Receiver<(IpAddr, Bytes)>,
        mut reading: impl Reading,
        queued_bytes: Arc<AtomicUsize>,
    ) {
        let mut received = Vec::new();
        while receiver.recv_many(&mut received, BATCH_MESSAGES_MAX).await > 0 {
            // The senders' own order is kept.
            received.sort_by_key(|(peer, _)| *peer);
            let bytes: usize = received.iter().map(|(_, datagram)| datagram.len()).sum();
            for datagrams in received.chunk_by(|a, b| a.0 == b.0) {
                let Some((peer, _)) = datagrams.first() else { continue };
                let mut frames = datagrams
                    .iter()
                    .filter_map(|(peer, datagram)| reading.read(*peer, datagram.clone(), self.ingest.refusals()))
                    .collect();
                let peer = peer.to_canonical().to_string();
                // Nobody can be held back here.
                let sender = self.protocol.sender(self.tenant.clone(), &peer, None);
                let mut messages = Messages::new(sender, &self.ingest, &self.stop);
                messages.take(&mut frames).await;
                messages.send().await;
            }
            received.clear();
            queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// Messages of one sender.
struct Messages<'a> {
    ingest: &'a Ingestor,
    end: &'a CancellationToken,
    intake: Intake,
}

impl<'a> Messages<'a> {
    fn new(sender: Sender, ingest: &'a Ingestor, end: &'a CancellationToken) -> Self {
        Self {
            ingest,
            end,
            intake: Intake::new(ingest, sender, &IntakeLimits::default()),
        }
    }

    async fn take(&mut self, frames: &mut Vec<Frame>) {
        // These protocols have no identity and no way to send again: each message is one.
        for (position, frame) in (self.ingest.now_ns()..).zip(frames.drain(..)) {
            match frame {
                Frame::Record(message) => {
                    self.note_number(&message);
                    self.intake.hold(message, position);
                }
                Frame::TooLong { kept, length_bytes } => {
                    if let Err(error) = self.intake.reject(&kept, length_bytes, position).await {
                        tracing::warn!(%error, "a message that was too long could not be kept");
                    }
                }
            }
            if self.intake.is_full() {
                self.send().await;
            }
        }
    }

    fn note_number(&self, message: &[u8]) {
        let sender = self.intake.sender();
        if sender.door != Door::Syslog {
            return;
        }
        let sensor = sender.origin.sensor.as_deref().map(str::from_utf8);
        if let (Some(Ok(sensor)), Some((host, number))) = (sensor, syslog_sequence(message)) {
            let sequences = self.ingest.sequences();
            sequences.note(&sender.tenant, sensor, host, number, self.ingest.now());
        }
    }

    /// Returns when the disk has them.
    async fn flush(&mut self) {
        self.intake.flush_patiently(self.end).await;
    }

    /// Returns when the disk has them and the sender may send more: meanwhile nothing is read of it.
    async fn send(&mut self) {
        self.flush().await;
        tokio::select! {
            () = self.end.cancelled() => {}
            () = self.intake.allowed() => {}
        }
    }
}
