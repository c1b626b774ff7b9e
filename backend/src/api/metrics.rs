//! `GET /metrics`: Prometheus text over the pipeline's snapshot, HTTP, the live streams and the process.

use super::{
    describe::Describe,
    exposition::{Exposition, Kind},
    http_stats::{CLASSES, EDGES_MS},
    state::AppState,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use watchfloor_shared::pipeline::{Latency, PipelineSnapshot, StageSnapshot};

pub fn describe() -> Describe {
    Describe::new("health", "Metrics for Prometheus")
        .detail("Open to this machine, elsewhere for those who may read the pipeline.")
        .answers_text("text/plain", "Text format 0.0.4")
}

pub async fn handle(State(state): State<AppState>) -> Response {
    let mut out = Exposition::default();
    out.family("watchfloor_build_info", Kind::Gauge, "The version that runs.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    pipeline(&mut out, &state.pipeline.snapshot().await);
    refusals(&mut out, &state);
    http(&mut out, &state);
    process(&mut out);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], out.into_text()).into_response()
}

fn pipeline(out: &mut Exposition, snapshot: &PipelineSnapshot) {
    stages(out, &snapshot.stages);
    let mut records = out.family("watchfloor_topic_records", Kind::Gauge, "Records that a topic holds.");
    for topic in &snapshot.topics {
        records.sample(&[("topic", &topic.name)], topic.records as f64);
    }
    let mut bytes = out.family("watchfloor_topic_bytes", Kind::Gauge, "Bytes of a topic on disk.");
    for topic in &snapshot.topics {
        if let Some(count) = topic.bytes {
            bytes.sample(&[("topic", &topic.name)], count as f64);
        }
    }
    let mut events = out.family(
        "watchfloor_source_events_total",
        Kind::Counter,
        "Records taken at a front door.",
    );
    for source in &snapshot.sources {
        events.sample(&[("door", &source.name)], source.events as f64);
    }
    out.family(
        "watchfloor_unaccounted_records",
        Kind::Gauge,
        "Records that no stage can account for.",
    )
    .sample(&[], snapshot.unaccounted as f64);
    latency(out, &snapshot.latency);
}

fn refusals(out: &mut Exposition, state: &AppState) {
    let help = "Senders and frames turned away at a front door.";
    let mut family = out.family("watchfloor_door_refusals_total", Kind::Counter, help);
    for (door, refusal, count) in state.ingest.refusals().counts() {
        family.sample(&[("door", door), ("reason", refusal.as_str())], count as f64);
    }
}

fn stages(out: &mut Exposition, stages: &[StageSnapshot]) {
    type Figure = fn(&StageSnapshot) -> f64;
    let figures: [(&'static str, Kind, &str, Figure); 6] = [
        (
            "watchfloor_stage_received_total",
            Kind::Counter,
            "Records that came to a stage.",
            |s| s.received as f64,
        ),
        (
            "watchfloor_stage_emitted_total",
            Kind::Counter,
            "Records that a stage passed on.",
            |s| s.emitted as f64,
        ),
        (
            "watchfloor_stage_in_flight",
            Kind::Gauge,
            "Records inside a stage.",
            |s| s.in_flight as f64,
        ),
        (
            "watchfloor_stage_unaccounted",
            Kind::Gauge,
            "Records a stage cannot account for.",
            |s| s.unaccounted as f64,
        ),
        (
            "watchfloor_stage_lag_seconds",
            Kind::Gauge,
            "Age of what a stage works on.",
            |s| s.lag_ms as f64 / 1e3,
        ),
        (
            "watchfloor_stage_fault",
            Kind::Gauge,
            "1 when a stage cannot go on.",
            |s| f64::from(s.fault.is_some()),
        ),
    ];
    for (name, kind, help, figure) in figures {
        let mut family = out.family(name, kind, help);
        for stage in stages {
            family.sample(&[("stage", &stage.name)], figure(stage));
        }
    }
    let mut family = out.family(
        "watchfloor_stage_suppressed_total",
        Kind::Counter,
        "Records left out on purpose.",
    );
    for stage in stages {
        for entry in &stage.suppressed {
            family.sample(&[("stage", &stage.name), ("reason", &entry.reason)], entry.count as f64);
        }
    }
    let mut family = out.family(
        "watchfloor_stage_dead_total",
        Kind::Counter,
        "Records that became dead letters.",
    );
    for stage in stages {
        for entry in &stage.dead {
            family.sample(&[("stage", &stage.name), ("reason", &entry.reason)], entry.count as f64);
        }
    }
}

fn latency(out: &mut Exposition, latency: &Latency) {
    let figures = [
        ("indexed", "0.99", latency.received_to_indexed_p99),
        ("alert", "0.5", latency.received_to_alert_p50),
        ("alert", "0.99", latency.received_to_alert_p99),
        ("stream", "0.99", latency.received_to_stream_p99),
        ("screen", "0.99", latency.received_to_screen_p99),
    ];
    let help = "Time from a record's arrival, over the last minute.";
    let mut family = out.family("watchfloor_latency_seconds", Kind::Gauge, help);
    for (until, quantile, value_ms) in figures {
        if let Some(value_ms) = value_ms {
            family.sample(&[("until", until), ("quantile", quantile)], value_ms / 1e3);
        }
    }
}

fn http(out: &mut Exposition, state: &AppState) {
    let help = "Answers by route and class of status.";
    let mut requests = out.family("watchfloor_http_requests_total", Kind::Counter, help);
    for (route, counts) in state.http.rows() {
        for (class, count) in CLASSES.iter().zip(counts.by_class) {
            requests.sample(&[("route", route.name), ("class", class)], count as f64);
        }
    }
    let help = "Time until the answer began.";
    let mut durations = out.family("watchfloor_http_request_duration_seconds", Kind::Histogram, help);
    for (route, counts) in state.http.rows() {
        let mut below = 0;
        for (edge_ms, count) in EDGES_MS.iter().zip(counts.buckets) {
            below += count;
            let edge = (*edge_ms as f64 / 1e3).to_string();
            durations.suffixed("_bucket", &[("route", route.name), ("le", &edge)], below as f64);
        }
        let all: u64 = counts.buckets.iter().sum();
        durations.suffixed("_bucket", &[("route", route.name), ("le", "+Inf")], all as f64);
        durations.suffixed("_sum", &[("route", route.name)], counts.sum_us as f64 / 1e6);
        durations.suffixed("_count", &[("route", route.name)], all as f64);
    }
    out.family(
        "watchfloor_live_streams",
        Kind::Gauge,
        "Browsers that follow the changes.",
    )
    .sample(&[], state.live.listeners() as f64);
    out.family(
        "watchfloor_ingest_refused_total",
        Kind::Counter,
        "Records refused at a front door.",
    )
    .sample(&[], state.ingest.refused() as f64);
}

/// From `/proc`; on other systems these two are missing.
fn process(out: &mut Exposition) {
    let memory = std::fs::read_to_string("/proc/self/status").ok();
    if let Some(kib) = memory.as_deref().and_then(resident_kib) {
        out.family("process_resident_memory_bytes", Kind::Gauge, "Memory in use.")
            .sample(&[], kib * 1_024.0);
    }
    let times = std::fs::read_to_string("/proc/self/stat").ok();
    if let Some(ticks) = times.as_deref().and_then(cpu_ticks) {
        out.family("process_cpu_seconds_total", Kind::Counter, "CPU time spent.")
            .sample(&[], ticks / 100.0);
    }
}

fn resident_kib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// User and system time. Linux reports hundredths of a second to programs on every machine.
fn cpu_ticks(stat: &str) -> Option<f64> {
    // The program's name may hold spaces and parentheses; fields count from after the last one.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::pipeline::{ReasonCount, TopicSnapshot};

    #[test]
    fn reads_the_process_figures_past_a_hostile_name() {
        let stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20";
        assert_eq!(cpu_ticks(stat), Some(200.0));
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2_048.0));
    }

    #[test]
    fn every_sample_belongs_to_a_family_that_was_announced_once() {
        let mut out = Exposition::default();
        let stage = StageSnapshot {
            name: "normalize".into(),
            dead: vec![ReasonCount {
                reason: "json.invalid".into(),
                count: 3,
            }],
            ..StageSnapshot::default()
        };
        let snapshot = PipelineSnapshot {
            stages: vec![stage],
            topics: vec![TopicSnapshot {
                name: "a\"b".into(),
                partitions: 1,
                records: 5,
                bytes: Some(9),
            }],
            ..PipelineSnapshot::default()
        };
        pipeline(&mut out, &snapshot);
        process(&mut out);
        let text = out.into_text();
        let mut families = std::collections::HashSet::new();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                assert!(
                    families.insert(rest.split(' ').next().unwrap().to_owned()),
                    "{line} twice"
                );
            } else if !line.starts_with('#') {
                let name = line.split(['{', ' ']).next().unwrap();
                assert!(families.contains(name), "{line} was not announced");
                assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
            }
        }
        assert!(text.contains("watchfloor_stage_dead_total{stage=\"normalize\",reason=\"json.invalid\"} 3\n"));
        assert!(text.contains("watchfloor_topic_bytes{topic=\"a\\\"b\"} 9\n"));
    }
}
