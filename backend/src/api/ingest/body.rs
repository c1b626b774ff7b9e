//! A request's body, decompressed as it arrives and within limits.

use crate::api::{
    problem::{Answer, ApiError},
    state::IngestLimits,
};
use async_compression::{
    tokio::bufread::{GzipDecoder, ZstdDecoder},
    zstd::DParameter,
};
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};
use tokio_util::io::StreamReader;
use watchfloor_shared::problem::ErrorCode;

/// Room for one read.
const CHUNK: usize = 64 << 10;

/// Small bodies of repeated lines compress well; the ratio says something only after this many bytes.
const RATIO_AFTER_BYTES: u64 = 16 << 20;

/// 8 MiB, what RFC 8878 asks decoders to bear; a frame may ask for far more memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

impl Encoding {
    pub fn of(headers: &HeaderMap) -> Answer<Self> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let text = values
            .next()
            .map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
        let several = values.next().is_some();
        match text.as_deref() {
            _ if several => Err(unsupported("One content encoding at a time: gzip or zstd.")),
            None | Some("" | "identity") => Ok(Self::Identity),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("zstd") => Ok(Self::Zstd),
            Some(_) => Err(unsupported("Content encodings are gzip and zstd.")),
        }
    }
}

pub fn check_content_type(headers: &HeaderMap) -> Answer<()> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let known = [
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/x-jsonlines",
        "application/json",
        "application/octet-stream",
        "text/plain",
    ];
    match known.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        true => Ok(()),
        false => Err(unsupported("Send application/x-ndjson or application/json.")),
    }
}

fn unsupported(detail: &str) -> ApiError {
    ApiError::new(ErrorCode::UnsupportedMediaType, detail)
}

type Chunks = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    Bytes,
    /// The sender pauses.
    Nothing,
    End,
}

pub struct Decoded {
    reader: Pin<Box<dyn AsyncRead + Send>>,
    encoded: Arc<AtomicU64>,
    decoded: u64,
    is_compressed: bool,
    limits: IngestLimits,
}

/// Why reading the transport stopped; wrapped in the `io::Error` that goes through the decoder.
#[derive(Debug, thiserror::Error)]
#[error("the body is larger than its limit")]
struct BodyTooLarge;

#[derive(Debug, thiserror::Error)]
#[error("the connection broke off")]
struct BrokenOff;

impl Decoded {
    pub fn new(body: Body, encoding: Encoding, limits: &IngestLimits) -> Self {
        let encoded = Arc::new(AtomicU64::new(0));
        let reader = StreamReader::new(counted(body, encoded.clone(), limits.body_bytes_max));
        let reader: Pin<Box<dyn AsyncRead + Send>> = match encoding {
            Encoding::Identity => Box::pin(reader),
            Encoding::Gzip => {
                let mut decoder = GzipDecoder::new(reader);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
            Encoding::Zstd => {
                let window = [DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)];
                let mut decoder = ZstdDecoder::with_params(reader, &window);
                decoder.multiple_members(true);
                Box::pin(decoder)
            }
        };
        Self {
            reader,
            encoded,
            decoded: 0,
            is_compressed: encoding != Encoding::Identity,
            limits: limits.clone(),
        }
    }

    /// Appends what arrives within `wait` to `into`.
    pub async fn read(&mut self, into: &mut BytesMut, wait: Duration) -> Answer<Read> {
        into.reserve(CHUNK);
        let mut limited = (&mut self.reader).take(CHUNK as u64);
        let count = match timeout(wait, limited.read_buf(into)).await {
            Err(_) => return Ok(Read::Nothing),
            Ok(Ok(0)) => return Ok(Read::End),
            Ok(Ok(count)) => count as u64,
            Ok(Err(error)) => return Err(self.refusal(error)),
        };
        self.decoded = self.decoded.saturating_add(count);
        self.check_size()?;
        Ok(Read::Bytes)
    }

    /// All of it, for formats that cannot be taken in parts.
    pub async fn whole(mut self) -> Answer<Bytes> {
        let idle = Duration::from_millis(self.limits.idle_ms_max);
        let mut all = BytesMut::new();
        loop {
            match self.read(&mut all, idle).await? {
                Read::Bytes => {}
                Read::End => return Ok(all.freeze()),
                Read::Nothing => {
                    return Err(ApiError::new(
                        ErrorCode::Timeout,
                        "Nothing more came for half a minute.",
                    ));
                }
            }
            if all.len() as u64 > self.limits.body_bytes_max {
                return Err(too_large(format!(
                    "The body is more than {} MiB decompressed; send it in parts.",
                    self.limits.body_bytes_max >> 20
                )));
            }
        }
    }

    fn check_size(&self) -> Answer<()> {
        if self.decoded > self.limits.decompressed_bytes_max {
            return Err(too_large(format!(
                "The body is more than {} MiB decompressed; send it in parts.",
                self.limits.decompressed_bytes_max >> 20
            )));
        }
        let encoded = self.encoded.load(Ordering::Relaxed).max(1);
        if self.is_compressed && self.decoded > RATIO_AFTER_BYTES && self.decoded / encoded > self.limits.ratio_max {
            return Err(too_large(format!(
                "The body decompresses to more than {} times its size, which telemetry does not.",
                self.limits.ratio_max
            )));
        }
        Ok(())
    }

    fn refusal(&self, error: io::Error) -> ApiError {
        let inner = error.get_ref();
        if inner.is_some_and(|inner| inner.is::<BodyTooLarge>()) {
            return too_large(format!(
                "The body is more than {} MiB; send it in parts.",
                self.limits.body_bytes_max >> 20
            ));
        }
        if inner.is_some_and(|inner| inner.is::<BrokenOff>()) {
            return ApiError::invalid("The connection broke off before the body's end.");
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ApiError::invalid("The compressed body ends in the middle."),
            _ => ApiError::invalid("The body is not what its content encoding says."),
        }
    }
}

fn too_large(detail: String) -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge, detail)
}

fn counted(body: Body, encoded: Arc<AtomicU64>, bytes_max: u64) -> Chunks {
    Box::pin(body.into_data_stream().map(move |chunk| {
        let chunk = chunk.map_err(|_| io::Error::other(BrokenOff))?;
        let so_far = encoded.fetch_add(chunk.len() as u64, Ordering::Relaxed) + chunk.len() as u64;
        match so_far > bytes_max {
            true => Err(io::Error::other(BodyTooLarge)),
            false => Ok(chunk),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    async fn decode(body: Vec<u8>, encoding: Encoding, limits: &IngestLimits) -> Answer<usize> {
        let mut decoded = Decoded::new(Body::from(body), encoding, limits);
        let mut all = BytesMut::new();
        while decoded.read(&mut all, Duration::from_secs(5)).await? == Read::Bytes {}
        Ok(all.len())
    }

    #[tokio::test]
    async fn a_mutated_compressed_body_is_bytes_or_a_refusal_within_the_limit() {
        let lines = "{\"EventID\":1,\"Hostname\":\"ws-1.example\"}\n".repeat(200);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(lines.as_bytes()).unwrap();
        let zstd = zstd::encode_all(lines.as_bytes(), 3).unwrap();
        let limits = IngestLimits {
            decompressed_bytes_max: 64 << 10,
            ..IngestLimits::default()
        };
        for (encoding, whole) in [(Encoding::Gzip, gzip.finish().unwrap()), (Encoding::Zstd, zstd)] {
            let bytes = decode(whole.clone(), encoding, &limits).await.ok();
            assert_eq!(bytes, Some(lines.len()));
            let mut refused = 0;
            for body in crate::mutation::mutations(&whole, 500) {
                match decode(body, encoding, &limits).await {
                    Ok(bytes) => assert!(bytes as u64 <= limits.decompressed_bytes_max),
                    Err(_) => refused += 1,
                }
            }
            assert!(refused > 300, "{encoding:?}: {refused} of 500 were refused");
        }
    }
}
