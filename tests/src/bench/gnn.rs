//! What a window costs: from normalized events to a score, by its size; and what open windows cost in memory.

use super::{
    measure,
    peer::{self, Peer},
};
use crate::onnx;
use anyhow::{Context, Result};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};
use watchfloor::infer::{ModelBook, Places, Scorer};
use watchfloor_engine::{
    Event,
    graph::{Graph, Platform, facts},
    window::{Settings, Windows},
};
use watchfloor_shared::{EndpointId, TenantId, Timestamp};

const SIZES: [usize; 3] = [60, 300, 2_000];
/// Events by nodes of a window.
const EVENTS_PER_NODE: usize = 4;
const BASE_MS: i64 = 1_700_000_010_000;
const ENDPOINTS: usize = 10_000;
/// Of an active endpoint in one window: three a second.
const ACTIVE_EVENTS: usize = 540;
const MEASURED: Duration = Duration::from_secs(3);

/// The keys are a contract of `cargo xtask bench gnn --json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Name and version, or that there is none and a trivial one stands in: then scoring costs next to nothing.
    pub model: String,
    pub windows: BTreeMap<usize, Cost>,
    /// The pipeline of NetworkX and PyTorch Geometric on the same windows, where it was asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub peer: BTreeMap<usize, Peer>,
    /// At one window per step of 30 s and 300 nodes, on two cores.
    pub endpoints_sustained: f64,
    pub memory: Memory,
}

/// CPU time of one window on one thread.
#[derive(Debug, Serialize)]
pub struct Cost {
    pub nodes: usize,
    pub edges: usize,
    pub events: usize,
    pub facts_us: f64,
    pub graph_us: f64,
    pub score_us: f64,
    pub windows_per_second: f64,
}

#[derive(Debug, Serialize)]
pub struct Memory {
    pub endpoints: usize,
    pub bytes_per_active_endpoint: f64,
    pub active_bytes: u64,
    /// What is left when all of them have been silent: what the allocator keeps among it.
    pub bytes_per_idle_endpoint: f64,
}

pub fn run(models: Option<PathBuf>, python: Option<&Path>) -> Result<Report> {
    let stand_in = tempfile::tempdir()?;
    onnx::put(stand_in.path(), Platform::Windows, "0", onnx::Answer::Odds(0.0))?;
    let folders = models.into_iter().collect();
    let shipped = ModelBook::open(Places { folders, library: None }, 1);
    let book = match shipped.current(Platform::Windows) {
        Some(_) => shipped,
        None => ModelBook::open(
            Places {
                folders: vec![stand_in.path().to_owned()],
                library: None,
            },
            1,
        ),
    };
    let model = book.required(Platform::Windows).map_err(anyhow::Error::msg)?;
    let mut windows = BTreeMap::new();
    let sources: BTreeMap<usize, Vec<Event>> = SIZES.into_iter().map(|size| (size, events(size, 1))).collect();
    for (size, events) in &sources {
        let facts_us = cost(|| events.iter().filter_map(facts).count());
        let graph_us = cost(|| graph(events).map(|graph| graph.nodes())) - facts_us;
        let graph = graph(events).context("a window")?;
        let graphs = vec![&graph; (500 / graph.nodes().max(1)).max(1)];
        let score_us = cost(|| Scorer { workers: 1 }.score(&model, &graphs)) / graphs.len() as f64;
        let cost = Cost {
            nodes: graph.nodes(),
            edges: graph.edges.len(),
            events: events.len(),
            facts_us,
            graph_us,
            score_us,
            windows_per_second: 1e6 / (facts_us + graph_us + score_us),
        };
        windows.insert(*size, cost);
    }
    let mut peer = python.map_or_else(|| Ok(BTreeMap::new()), |python| peer::run(python, &sources))?;
    for (size, peer) in &mut peer {
        let ours = windows.get(size).map_or(f64::NAN, |cost| 1e6 / cost.windows_per_second);
        peer.times_ours = peer.window_us() / ours;
    }
    // Facts are made once for an event, however many windows it is in.
    let overlap = Settings::default().length.as_secs_f64() / Settings::default().step.as_secs_f64();
    let usual = windows.get(&300).context("the middle size")?;
    let window_us = usual.facts_us / overlap + usual.graph_us + usual.score_us;
    Ok(Report {
        model: model.manifest.label(),
        endpoints_sustained: 2.0 * 30.0 * 1e6 / window_us,
        windows,
        peer,
        memory: memory(),
    })
}

/// Microseconds of CPU for one call, over as many as fit the time: the kernel counts in steps of a tick.
fn cost<T>(mut call: impl FnMut() -> T) -> f64 {
    std::hint::black_box(call());
    let (before, until) = (measure::thread_cpu(), std::time::Instant::now() + MEASURED);
    let mut calls = 0_u32;
    while calls < 5 || std::time::Instant::now() < until {
        std::hint::black_box(call());
        calls += 1;
    }
    (measure::thread_cpu() - before).as_secs_f64() * 1e6 / f64::from(calls)
}

fn graph(events: &[Event]) -> Option<Graph> {
    let tenant: TenantId = "t".parse().ok()?;
    // One window for all of them.
    let settings = Settings {
        step: Settings::default().length,
        ..Settings::default()
    };
    let mut windows = Windows::new(&settings);
    for event in events {
        if let Some(facts) = facts(event) {
            windows.on_event(Timestamp::EPOCH, &tenant, &event.endpoint, facts);
        }
    }
    windows.finish().pop().map(|window| window.graph)
}

/// One endpoint's events with about so many things among them, few of them hubs.
fn events(nodes: usize, seed: u64) -> Vec<Event> {
    let mut random = StdRng::seed_from_u64(seed);
    let processes = (nodes / 4).max(1);
    let things = nodes - processes;
    let mut docs = Vec::with_capacity(nodes * EVENTS_PER_NODE);
    for number in 0..nodes * EVENTS_PER_NODE {
        let actor = (processes as f64 * random.random::<f64>().powf(1.8)) as usize;
        // Everything is there at least once.
        let thing = if number < nodes {
            number
        } else {
            (nodes as f64 * random.random::<f64>().powf(1.8)) as usize
        };
        docs.push(doc(actor, thing, processes, things));
    }
    let last = docs.len().max(1) as i64;
    let numbered = docs.into_iter().zip(0_i64..);
    numbered
        .filter_map(|(mut doc, number)| {
            doc["@timestamp"] =
                json!(Timestamp::from_millis(BASE_MS / 180_000 * 180_000 + number * 179_000 / last).to_string());
            doc["event"]["id"] = json!(format!("{:032x}", u128::from(seed) << 64 | number as u128));
            doc["host"] = json!({"id": format!("ws-{seed}"), "os": {"type": "windows"}});
            match doc {
                Value::Object(doc) => Event::from_doc(doc).ok(),
                _ => None,
            }
        })
        .collect()
}

fn doc(actor: usize, thing: usize, processes: usize, things: usize) -> Value {
    let program = |number: usize| json!({"pid": 1_000 + 4 * number, "executable": format!(r"C:\Program Files\Tool{}\tool{number}.exe", number % 7), "name": format!("tool{number}.exe")});
    let mut process = program(actor);
    if thing < processes {
        let mut child = program(thing);
        child["parent"] = process;
        child["command_line"] = json!(format!(
            "tool{thing}.exe --config C:\\ProgramData\\tool\\{thing}.json --verbose"
        ));
        return json!({"event": {"action": "process-created"}, "process": child});
    }
    let at = thing - processes;
    match at * 4 / things.max(1) {
        0 => {
            json!({"event": {"action": "file-created"}, "process": process, "file": {"path": format!(r"C:\Users\a\AppData\Local\Tool\cache{at}.dat")}})
        }
        1 => json!({"event": {"action": "network-connection"}, "process": process,
            "destination": {"ip": format!("203.0.113.{}", at % 250), "port": 443 + at as i64}, "network": {"direction": "egress"}}),
        2 => json!({"event": {"action": "registry-value-set"}, "process": process,
            "registry": {"path": format!(r"HKLM\SOFTWARE\Vendor\Key{at}\Value"), "data": {"strings": ["1"]}}}),
        _ => {
            process["thread"] = json!({"id": 1});
            json!({"event": {"action": "image-loaded"}, "process": process,
                "dll": {"path": format!(r"C:\Windows\System32\lib{at}.dll"), "code_signature": {"exists": true, "status": "Valid", "subject_name": "Microsoft Windows"}}})
        }
    }
}

fn memory() -> Memory {
    let tenant: TenantId = match "t".parse() {
        Ok(tenant) => tenant,
        Err(_) => unreachable!("a valid id"),
    };
    let events = events(ACTIVE_EVENTS / EVENTS_PER_NODE, 7);
    let before = measure::rss_bytes();
    let mut windows = Windows::new(&Settings::default());
    let now = Timestamp::from_millis(BASE_MS);
    for endpoint in 0..ENDPOINTS {
        let endpoint = EndpointId::new(format!("ws-{endpoint}"));
        for facts in events.iter().filter_map(facts) {
            drop(windows.on_event(now, &tenant, &endpoint, facts));
        }
    }
    let active = measure::rss_bytes().saturating_sub(before);
    let later = now.saturating_add(Duration::from_secs(3_600));
    while windows.next_deadline().is_some() {
        drop(windows.on_deadline(later));
    }
    let idle = measure::rss_bytes().saturating_sub(before) as f64;
    Memory {
        endpoints: ENDPOINTS,
        bytes_per_active_endpoint: active as f64 / ENDPOINTS as f64,
        active_bytes: active,
        bytes_per_idle_endpoint: idle / ENDPOINTS as f64,
    }
}
