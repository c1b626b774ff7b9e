//! Lumberjack 2: Filebeat, Winlogbeat and the other Beats with `output.logstash`, and Logstash itself.
//!
//! Invariant: a window is acknowledged whole, when the disk has all of it. Until then an acknowledgement of nothing says that the
//! door lives. What is sent again after a lost acknowledgement has the same bytes, its members in order, and the same places in
//! its window, and so doubles nothing. A sender whose allowance is spent is held back: nothing is read of it.

pub mod frames;

use super::{admission::Admitted, listener::Connection, patience::Patience};
use crate::ingest::{
    BatchOrigin, Door, Frame, Ingestor, Intake, IntakeLimits, Refusal, Sender, members::ordered, position::Positions,
};
use bytes::Bytes;
use frames::{Malformed, Parser, Said};
use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use watchfloor_engine::normalize::RECORD_BYTES_MAX;

const DOOR: Door = Door::Lumberjack;
const WINDOW_RECORDS_MAX: u32 = 100_000;
const READ_BYTES: usize = 16 << 10;
/// Beats wait 30 s for an acknowledgement, Logstash 60 s.
const SIGN_OF_LIFE_EVERY: Duration = Duration::from_secs(5);
const WRITE_WAIT_MAX: Duration = Duration::from_secs(30);

/// Serves one connection until it ends.
pub async fn connection(ingest: Ingestor, stream: Connection, admitted: Admitted, end: CancellationToken) {
    let peer = stream.peer;
    let (reader, writer) = split(stream);
    let sender = Sender {
        tenant: admitted.tenant,
        door: DOOR,
        origin: BatchOrigin {
            source: None,
            sensor: Some(Bytes::from(admitted.sensor)),
        },
        charged: Some(admitted.charged),
    };
    let mut session = Session {
        parser: Parser::new(RECORD_BYTES_MAX),
        window: None,
        records: Records {
            intake: Intake::new(&ingest, sender, &IntakeLimits::default()),
            writer,
            end,
        },
    };
    // What was not acknowledged is as never sent: the sender sends it again.
    match session.run(reader).await {
        Ok(()) | Err(Ended::Io(_)) => {}
        Err(Ended::Malformed(malformed)) => {
            ingest
                .refusals()
                .note(DOOR.as_str(), Refusal::Malformed, &format_args!("{peer}: {malformed}"));
        }
        Err(Ended::Silence) => ingest.refusals().note(DOOR.as_str(), Refusal::Silence, &peer),
        Err(Ended::Stopped) => tracing::debug!(%peer, "lumberjack: closed while a window was open"),
    }
}

#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("half a window, then silence")]
    Silence,
    #[error("the product stops")]
    Stopped,
}

struct Session {
    parser: Parser,
    window: Option<Window>,
    records: Records,
}

/// What one acknowledgement is for.
struct Window {
    left: u32,
    positions: Positions,
}

/// Records on their way to the disk, and the sender's ear.
struct Records {
    intake: Intake,
    writer: WriteHalf<Connection>,
    end: CancellationToken,
}

impl Session {
    async fn run(&mut self, mut reader: ReadHalf<Connection>) -> Result<(), Ended> {
        let mut patience = Patience::default();
        let mut buffer = vec![0; READ_BYTES];
        let end = self.records.end.clone();
        loop {
            self.hold_back().await?;
            let is_inside = self.window.is_some() || self.parser.is_inside();
            let read = tokio::select! {
                () = end.cancelled() => return Err(Ended::Stopped),
                read = patience.read(is_inside, Duration::MAX, reader.read(&mut buffer)) => read,
            };
            let count = match read {
                Some(Ok(0)) => return Ok(()),
                Some(Ok(count)) => count,
                Some(Err(error)) => return Err(error.into()),
                None => return Err(Ended::Silence),
            };
            let mut bytes = &buffer[..count];
            while let Some(said) = self.parser.next(&mut bytes)? {
                patience.renew();
                self.take(said).await?;
            }
            if patience.is_over(self.window.is_some() || self.parser.is_inside()) {
                return Err(Ended::Silence);
            }
        }
    }

    /// Waits until the sender may send more, with a sign of life now and then while it waits for an acknowledgement.
    async fn hold_back(&mut self) -> Result<(), Ended> {
        let Records { intake, writer, end } = &mut self.records;
        loop {
            tokio::select! {
                biased;
                () = intake.allowed() => return Ok(()),
                () = end.cancelled() => return Err(Ended::Stopped),
                () = sleep(SIGN_OF_LIFE_EVERY) => if self.window.is_some() { acknowledge(writer, 0).await? },
            }
        }
    }

    async fn take(&mut self, said: Said) -> Result<(), Ended> {
        let (sequence, frame) = match said {
            Said::Window(records) if records > WINDOW_RECORDS_MAX => return Err(Malformed::WindowTooLarge.into()),
            // One that was left open is as never sent; one of nothing has nothing to acknowledge.
            Said::Window(records) => {
                self.window = (records > 0).then(|| Window {
                    left: records,
                    positions: Positions::repeats(),
                });
                return Ok(());
            }
            Said::Record { sequence, frame } => (sequence, frame),
        };
        let window = self.window.as_mut().ok_or(Malformed::NoWindow)?;
        let frame = match frame {
            Frame::Record(record) => Frame::Record(ordered(record)),
            too_long => too_long,
        };
        let (Frame::Record(kept) | Frame::TooLong { kept, .. }) = &frame;
        let position = window.positions.of_line(kept);
        window.left -= 1;
        let is_last = window.left == 0;
        self.records.add(frame, position).await?;
        if is_last {
            self.window = None;
            self.records.flush().await?;
            acknowledge(&mut self.records.writer, sequence).await?;
        }
        Ok(())
    }
}

impl Records {
    async fn add(&mut self, frame: Frame, position: u64) -> Result<(), Ended> {
        match frame {
            Frame::Record(record) => self.intake.hold(record, position),
            // Without an acknowledgement it comes again, and is the same dead letter then.
            Frame::TooLong { kept, length_bytes } => self
                .intake
                .reject(&kept, length_bytes, position)
                .await
                .map_err(io::Error::other)?,
        }
        match self.intake.is_full() {
            true => self.flush().await,
            false => Ok(()),
        }
    }

    /// Waits for the disk, with a sign of life to the sender now and then.
    async fn flush(&mut self) -> Result<(), Ended> {
        let flushed = self.intake.flush_patiently(&self.end);
        tokio::pin!(flushed);
        loop {
            tokio::select! {
                is_taken = &mut flushed => return if is_taken { Ok(()) } else { Err(Ended::Stopped) },
                () = sleep(SIGN_OF_LIFE_EVERY) => acknowledge(&mut self.writer, 0).await?,
            }
        }
    }
}

async fn acknowledge(writer: &mut WriteHalf<Connection>, sequence: u32) -> io::Result<()> {
    let [a, b, c, d] = sequence.to_be_bytes();
    let written = async {
        writer.write_all(&[b'2', b'A', a, b, c, d]).await?;
        writer.flush().await
    };
    timeout(WRITE_WAIT_MAX, written)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
