//! A sensor's last hour out of InfluxDB. Its answer is CSV, which is read here: every cell may be empty, and every row be cut off.

use super::{Influx, InfluxError, expect_success, line};
use crate::sensors::SensorKey;
use serde_json::json;
use std::fmt::Write;
use watchfloor_shared::{Timestamp, fleet::LoadPoint};

/// A heartbeat each five seconds.
const POINTS_MAX: usize = 720;
const ANSWER_BYTES_MAX: usize = 4 << 20;

impl Influx {
    /// Oldest first.
    pub async fn recent(&self, whose: &SensorKey) -> Result<Vec<LoadPoint>, InfluxError> {
        let query = json!({
            "query": flux(&self.0.bucket, whose),
            "type": "flux",
            "dialect": {"header": true, "annotations": []},
        });
        let mut url = self.path("api/v2/query");
        url.query_pairs_mut().append_pair("org", &self.0.organization);
        let request = self.0.http.post(url).headers(self.authorized()).json(&query);
        let mut answer = expect_success(request.send().await?).await?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(InfluxError::Unreadable("it is too long".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        points(&body).map_err(|error| InfluxError::Unreadable(error.to_string()))
    }
}

/// Grouped after the pivot: before it, fields of different types would be one column, which the server now and then refuses.
fn flux(bucket: &str, whose: &SensorKey) -> String {
    format!(
        "from(bucket: {bucket}) |> range(start: -1h)
         |> filter(fn: (r) => r._measurement == {measurement} and r.tenant == {tenant} and r.sensor == {sensor} and r.host == {host}
             and not exists r.interface)
         |> pivot(rowKey: [\"_time\"], columnKey: [\"_field\"], valueColumn: \"_value\")
         |> group() |> sort(columns: [\"_time\"]) |> tail(n: {POINTS_MAX})",
        bucket = quoted(bucket),
        measurement = quoted(line::METRICS),
        tenant = quoted(whose.tenant.as_str()),
        sensor = quoted(line::id(whose)),
        host = quoted(&line::kept(&whose.host)),
    )
}

/// A text in Flux. It has no parameters, and names come from senders.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // `${…}` would be evaluated.
            '$' => quoted.push_str("\\x24"),
            c if c.is_control() => {
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(quoted, "\\x{byte:02x}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn points(body: &[u8]) -> Result<Vec<LoadPoint>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(body);
    let headers = reader.headers()?.clone();
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (at, cpu, memory) = (place("_time"), place("cpu_percent"), place("memory_percent"));
    let (spool, dropped) = (place("spool_bytes"), place("dropped"));
    let (received, sent) = (place("received_bytes"), place("sent_bytes"));
    let mut points = Vec::new();
    for row in reader.records() {
        let row = row?;
        let cell = |place: Option<usize>| row.get(place?).filter(|cell| !cell.is_empty());
        let whole = |place| cell(place)?.parse::<i64>().ok();
        let percent = |place| cell(place)?.parse::<f32>().ok().filter(|value| value.is_finite());
        let Some(at) = cell(at).and_then(|text| text.parse::<Timestamp>().ok()) else {
            continue;
        };
        points.push(LoadPoint {
            at,
            cpu_percent: percent(cpu),
            memory_percent: percent(memory),
            spool_bytes: whole(spool).unwrap_or_default(),
            dropped: whole(dropped).unwrap_or_default(),
            received_bytes: whole(received),
            sent_bytes: whole(sent),
        });
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = ",result,table,_time,cpu_percent,dropped,memory_percent,received_bytes,spool_bytes\r\n\
        ,_result,0,2026-01-02T03:04:05Z,12.5,0,,,7\r\n\
        ,_result,0,2026-01-02T03:04:35.25Z,,1,50.25,99,8\r\n\r\n";

    #[test]
    fn empty_cells_are_gaps() {
        let points = points(ANSWER.as_bytes()).unwrap();
        assert_eq!(points.len(), 2);
        assert_eq!(
            (
                points[0].cpu_percent,
                points[0].memory_percent,
                points[0].received_bytes
            ),
            (Some(12.5), None, None)
        );
        assert_eq!(
            (points[1].dropped, points[1].received_bytes, points[1].spool_bytes),
            (1, Some(99), 8)
        );
        assert_eq!(points[1].at.to_string(), "2026-01-02T03:04:35.25Z");
    }

    #[test]
    fn nothing_and_garbage_are_no_panic() {
        assert!(points(b"").unwrap().is_empty());
        assert!(points(b"\r\n").unwrap().is_empty());
        assert!(points(b"a,b\r\n1\r\n2,3,4\r\n").unwrap().is_empty());
        for bytes in crate::mutation::mutations(ANSWER.as_bytes(), 2_000) {
            let _ = points(&bytes);
        }
    }

    #[test]
    fn a_name_stays_a_text_in_flux() {
        assert_eq!(quoted("a\"b\\c${d}\n"), r#""a\"b\\c\x24{d}\x0a""#);
    }
}
