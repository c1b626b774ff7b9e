//! Syslog over TCP, TLS and UDP. The protocol has no credential but the certificate of TLS: a plain listener is open only where
//! the settings say so, and its records are one tenant's.

pub mod frames;

use super::{
    admission::Admitted,
    listener::Connection,
    unanswered::{self, Framing, Protocol, Reading},
};
use crate::ingest::{Door, Frame, Ingestor, Refusals};
use bytes::Bytes;
use frames::Framer;
use std::net::IpAddr;
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::RECORD_BYTES_MAX;

pub const PROTOCOL: Protocol = Protocol {
    door: Door::Syslog,
    source: Some("syslog"),
};

pub async fn connection(ingest: Ingestor, stream: Connection, admitted: Admitted, end: CancellationToken) {
    unanswered::connection(PROTOCOL, Framer::new(RECORD_BYTES_MAX), ingest, stream, admitted, end).await;
}

impl Framing for Framer {
    fn is_inside(&self) -> bool {
        self.is_inside()
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<Frame>) {
        self.push(bytes, out);
    }

    fn finish(&mut self, out: &mut Vec<Frame>) {
        self.finish(out);
    }
}

/// A datagram is a message.
pub struct Datagram;

impl Reading for Datagram {
    fn read(&mut self, _: IpAddr, datagram: Bytes, _: &Refusals) -> Option<Frame> {
        let message = datagram.trim_ascii_end();
        (!message.is_empty()).then(|| Frame::Record(datagram.slice_ref(message)))
    }
}
