//! `google.rpc.Status`, in which gRPC and OTLP over HTTP say what failed.

use prost::Message;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// Of gRPC.
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// `google.rpc.RetryInfo`.
#[derive(Clone, PartialEq, Message)]
pub struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<Delay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
pub struct Delay {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// When to try again.
pub fn retry_after(wait: Duration) -> Any {
    let delay = Delay {
        seconds: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(wait.subsec_nanos()).unwrap_or_default(),
    };
    let info = RetryInfo {
        retry_delay: Some(delay),
    };
    Any {
        type_url: RETRY_INFO.to_owned(),
        value: info.encode_to_vec(),
    }
}

impl Status {
    /// How long to wait, where it says.
    pub fn retry_delay(&self) -> Option<Duration> {
        let info = self.details.iter().find(|detail| detail.type_url == RETRY_INFO)?;
        let delay = RetryInfo::decode(&info.value[..]).ok()?.retry_delay?;
        Some(Duration::new(
            u64::try_from(delay.seconds).ok()?,
            u32::try_from(delay.nanos).ok()?,
        ))
    }

    /// In JSON, without the details.
    pub fn to_json(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_to_try_again_can_be_read_from_it() {
        let wait = Duration::from_millis(12_500);
        let status = Status {
            code: 8,
            message: "later".to_owned(),
            details: vec![retry_after(wait)],
        };
        let read = Status::decode(&status.encode_to_vec()[..]).unwrap();
        assert_eq!((read.retry_delay(), &read), (Some(wait), &status));
    }
}
