//! What senders write on the wire, for tests and measurements that speak as they do.

use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;
use tokio::io::AsyncReadExt;
use watchfloor_protocol::otlp::{
    AnyValue, ExportLogsServiceRequest, KeyValue, LogRecord, Resource, ResourceLogs, ScopeLogs, any_value,
};

/// A frame of Lumberjack 2.
pub fn lumberjack_frame(kind: u8, fields: &[u32], payload: &[u8]) -> Vec<u8> {
    let fields: Vec<u8> = fields.iter().flat_map(|field| field.to_be_bytes()).collect();
    [&[b'2', kind], &fields[..], payload].concat()
}

/// A window as Filebeat sends it, compressed.
pub fn lumberjack_window(events: &[String]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    for (number, event) in (1..).zip(events) {
        let frame = lumberjack_frame(b'J', &[number, length(event.as_bytes())], event.as_bytes());
        zlib.write_all(&frame).unwrap();
    }
    let zlib = zlib.finish().unwrap();
    let count = u32::try_from(events.len()).unwrap();
    let window = lumberjack_frame(b'W', &[count], b"");
    [window, lumberjack_frame(b'C', &[length(&zlib)], &zlib)].concat()
}

/// The first acknowledgement that is no sign of life.
pub async fn lumberjack_acknowledged(stream: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<u32> {
    loop {
        let mut frame = [0; 6];
        stream.read_exact(&mut frame).await?;
        assert_eq!(&frame[..2], b"2A");
        match u32::from_be_bytes(frame[2..].try_into().unwrap()) {
            0 => {}
            sequence => return Ok(sequence),
        }
    }
}

/// An ECS document of this number, as Beats send them.
pub fn beat(time: &str, number: usize) -> String {
    format!(r#"{{"@timestamp":"{time}","host":{{"name":"web-1"}},"message":"line {number}"}}"#)
}

/// A message of GELF, with its end over TCP.
pub fn gelf(unix_seconds: i64, number: usize) -> String {
    format!(
        "{{\"version\":\"1.1\",\"host\":\"web-1\",\"short_message\":\"gelf {number}\",\"timestamp\":{unix_seconds}.{:03},\"level\":5,\"_n\":{number}}}\0",
        number % 1_000
    )
}

/// A message of RFC 5424 in a line.
pub fn syslog(time: &str, number: usize) -> String {
    format!("<38>1 {time} web-1 sshd {number} - - Failed password for root, try {number}\n")
}

/// A request of OTLP: texts that one host logged at one time.
pub fn otlp(host: &str, unix_nanos: u64, texts: impl IntoIterator<Item = String>) -> ExportLogsServiceRequest {
    let text = |text: String| AnyValue {
        value: Some(any_value::Value::StringValue(text)),
    };
    let record = |body: String| LogRecord {
        time_unix_nano: unix_nanos,
        body: Some(text(body)),
        ..LogRecord::default()
    };
    let scope = ScopeLogs {
        scope: None,
        log_records: texts.into_iter().map(record).collect(),
    };
    let resource = Resource {
        attributes: vec![KeyValue {
            key: "host.name".to_owned(),
            value: Some(text(host.to_owned())),
        }],
    };
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![scope],
        }],
    }
}
