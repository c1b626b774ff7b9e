//! OTLP's JSON where it is not serde's: 64-bit numbers as text, ids in hexadecimal digits, bytes in base64.

use crate::otlp::{AnyValue, ArrayValue, ExportLogsServiceRequest, KeyValueList, any_value::Value};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::{Deserialize, Deserializer, de::Error};
use std::str::FromStr;

/// A request in OTLP's JSON; none where it is no such object. Serde alone would take a list of an object's values for the object.
pub fn request(json: &[u8]) -> Option<ExportLogsServiceRequest> {
    let is_object = json.trim_ascii_start().starts_with(b"{");
    is_object.then(|| serde_json::from_slice(json).ok()).flatten()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling<N> {
    Number(N),
    Text(String),
}

impl<N: FromStr> Spelling<N> {
    fn number(self) -> Result<N, N::Err> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Text(text) => text.parse(),
        }
    }
}

pub fn unsigned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Spelling::number(Spelling::deserialize(deserializer)?).map_err(D::Error::custom)
}

pub fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits = text.as_bytes();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    };
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
    bytes
        .filter(|_| digits.len().is_multiple_of(2))
        .map(Bytes::from)
        .ok_or_else(|| D::Error::custom("an id is an even number of hexadecimal digits"))
}

/// One of these is there, or none.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Any {
    string_value: Option<String>,
    bool_value: Option<bool>,
    int_value: Option<Spelling<i64>>,
    double_value: Option<Spelling<f64>>,
    array_value: Option<ArrayValue>,
    kvlist_value: Option<KeyValueList>,
    bytes_value: Option<String>,
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let any = Any::deserialize(deserializer)?;
        let whole = any
            .int_value
            .map(Spelling::number)
            .transpose()
            .map_err(D::Error::custom)?;
        // `NaN` and `Infinity` are texts.
        let double = any
            .double_value
            .map(Spelling::number)
            .transpose()
            .map_err(D::Error::custom)?;
        let bytes = any
            .bytes_value
            .map(|text| BASE64_STANDARD.decode(text))
            .transpose()
            .map_err(D::Error::custom)?;
        let value = any.string_value.map(Value::StringValue);
        let value = value
            .or(any.bool_value.map(Value::BoolValue))
            .or(whole.map(Value::IntValue))
            .or(double.map(Value::DoubleValue))
            .or(any.array_value.map(Value::ArrayValue))
            .or(any.kvlist_value.map(Value::KvlistValue))
            .or(bytes.map(|bytes| Value::BytesValue(bytes.into())));
        Ok(Self { value })
    }
}

#[cfg(test)]
mod tests {
    use super::request;
    use crate::otlp::any_value::Value;

    #[test]
    fn a_collectors_json_is_read_with_its_spellings() {
        let text = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web-1"}}]},
            "scopeLogs":[{"scope":{"name":"s","unknown":{"a":[1]}},"logRecords":[{"timeUnixNano":"1700000000000000001","severityNumber":9,
            "traceId":"5b8efff798038103d269b633813fc60c","spanId":"","body":{"kvlistValue":{"values":[
            {"key":"a","value":{"intValue":"-7"}},{"key":"b","value":{"intValue":8}},{"key":"c","value":{"doubleValue":"NaN"}},
            {"key":"d","value":{"bytesValue":"AQI="}},{"key":"e","value":{"arrayValue":{"values":[{"boolValue":true},{}]}}},
            {"key":"f"}]}}}]}]}]}"#;
        let request = request(text.as_bytes()).unwrap();
        let record = &request.resource_logs[0].scope_logs[0].log_records[0];
        assert_eq!(record.time_unix_nano, 1_700_000_000_000_000_001);
        assert_eq!((record.trace_id.len(), record.span_id.len()), (16, 0));
        let Some(Value::KvlistValue(body)) = record.body.as_ref().and_then(|body| body.value.as_ref()) else {
            panic!("{record:?}");
        };
        let values: Vec<_> = body
            .values
            .iter()
            .map(|pair| pair.value.as_ref()?.value.clone())
            .collect();
        assert_eq!(values[0], Some(Value::IntValue(-7)));
        assert_eq!(values[1], Some(Value::IntValue(8)));
        assert!(matches!(values[2], Some(Value::DoubleValue(number)) if number.is_nan()));
        assert_eq!(values[3], Some(Value::BytesValue(vec![1, 2].into())));
        assert!(matches!(&values[4], Some(Value::ArrayValue(list)) if list.values.len() == 2));
        assert_eq!(values[5], None);
    }

    #[test]
    fn what_is_no_otlp_is_refused() {
        for text in [
            "[]",
            "{\"resourceLogs\":7}",
            "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"traceId\":\"abc\"}]}]}]}",
        ] {
            assert!(request(text.as_bytes()).is_none(), "{text}");
        }
    }
}
