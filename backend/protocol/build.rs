//! Compiles the `.proto` files without a `protoc` on the machine.

use std::error::Error;

const SENSOR: &str = "watchfloor/sensor/v1/sensor.proto";
const LOGS: &str = "opentelemetry/proto/collector/logs/v1/logs_service.proto";

/// What OTLP's JSON is read into. `AnyValue` is read by hand.
const MESSAGES: [&str; 9] = [
    "ExportLogsServiceRequest",
    "ResourceLogs",
    "Resource",
    "ScopeLogs",
    "InstrumentationScope",
    "LogRecord",
    "KeyValue",
    "ArrayValue",
    "KeyValueList",
];
/// Fields of `LogRecord` that the JSON spells in a way of its own, and what reads them.
const SPELLED: [(&str, &str); 4] = [
    ("time_unix_nano", "unsigned"),
    ("observed_time_unix_nano", "unsigned"),
    ("trace_id", "hex"),
    ("span_id", "hex"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let logs = ".opentelemetry.proto.collector.logs.v1";
    // A record's bytes are shared with the message that brought them, not copied.
    let mut builder = tonic_prost_build::configure().bytes(".").build_transport(false);
    for message in MESSAGES {
        let attribute = "#[derive(serde::Deserialize)] #[serde(rename_all = \"camelCase\", default)]";
        builder = builder.message_attribute(format!("{logs}.{message}"), attribute);
    }
    for (field, reader) in SPELLED {
        let attribute = format!("#[serde(deserialize_with = \"crate::spelled::{reader}\")]");
        builder = builder.field_attribute(format!("{logs}.LogRecord.{field}"), attribute);
    }
    builder.compile_fds(protox::compile([SENSOR, LOGS], ["proto"])?)?;
    Ok(())
}
