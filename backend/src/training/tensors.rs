//! Windows as files for the training: `<name>.safetensors` with the numbers, `<name>.jsonl` with a line per window, and once
//! `schema.json` with what the numbers are. All little endian and flat, windows one after the other.

use super::recording::Recording;
use serde_json::{Map, Value, json};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};
use watchfloor_engine::{
    graph::{EDGE_FEATURES, EDGE_WIDTH, NODE_KINDS, NodeKind, RELATIONS, feature_names, schema_version, width},
    window::Window,
};

/// The order and the names of everything in the tensors.
pub fn schema() -> Value {
    let features: Map<String, Value> = NodeKind::ALL
        .into_iter()
        .map(|kind| (kind.as_str().to_owned(), json!(feature_names(kind))))
        .collect();
    json!({
        "version": schema_version(),
        "node_types": NodeKind::ALL.map(NodeKind::as_str),
        "relations": RELATIONS.map(|(_, from, name, to)| [from.as_str(), name, to.as_str()]),
        "features": features,
        "edge_features": EDGE_FEATURES,
    })
}

/// Writes a recording's two files.
pub fn write(recording: &Recording, folder: &Path, name: &str) -> io::Result<()> {
    let mut lines = BufWriter::new(File::create(folder.join(format!("{name}.jsonl")))?);
    let mut tensors = Tensors::default();
    for window in &recording.windows {
        writeln!(lines, "{}", described(window))?;
        tensors.add(window, recording);
    }
    lines.flush()?;
    let mut file = BufWriter::new(File::create(folder.join(format!("{name}.safetensors")))?);
    tensors.write(&mut file)?;
    file.flush()
}

fn described(window: &Window) -> Value {
    json!({
        "tenant": window.stream.tenant.as_str(), "endpoint": window.stream.endpoint.as_str(), "platform": window.stream.platform.as_str(),
        "start": window.start, "end": window.end, "events": window.events.len(), "nodes": window.graph.nodes(),
        "edges": window.graph.edges.len(), "merged": window.graph.merged,
    })
}

#[derive(Default)]
struct Tensors {
    windows: usize,
    nodes: Vec<u8>,
    edges: Vec<u8>,
    features: [Vec<u8>; NODE_KINDS],
    source: Vec<u8>,
    destination: Vec<u8>,
    relation: Vec<u8>,
    attributes: Vec<u8>,
    lines: Vec<u8>,
    line_counts: Vec<u8>,
    edge_lines: Vec<u8>,
}

fn push(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
}

impl Tensors {
    fn add(&mut self, window: &Window, recording: &Recording) {
        let graph = &window.graph;
        self.windows += 1;
        graph.counts.iter().for_each(|count| push(&mut self.nodes, *count));
        push(&mut self.edges, graph.edges.len());
        for (bytes, values) in self.features.iter_mut().zip(&graph.features) {
            bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
        let line = |event: &u128| recording.lines.get(event).copied().unwrap_or(u32::MAX);
        for edge in &graph.edges {
            self.source.extend(edge.from.to_le_bytes());
            self.destination.extend(edge.to.to_le_bytes());
            self.relation.push(edge.relation as u8);
            self.attributes
                .extend(edge.attributes.iter().flat_map(|value| value.to_le_bytes()));
            self.edge_lines.extend(line(&edge.event).to_le_bytes());
        }
        let mut lines: Vec<u32> = window.events.iter().map(line).collect();
        lines.sort_unstable();
        push(&mut self.line_counts, lines.len());
        self.lines.extend(lines.iter().flat_map(|line| line.to_le_bytes()));
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let edges = self.relation.len();
        let mut parts: Vec<(String, &str, Vec<usize>, &[u8])> = vec![
            ("nodes".to_owned(), "U32", vec![self.windows, NODE_KINDS], &self.nodes),
            ("edges".to_owned(), "U32", vec![self.windows], &self.edges),
            ("src".to_owned(), "U32", vec![edges], &self.source),
            ("dst".to_owned(), "U32", vec![edges], &self.destination),
            ("rel".to_owned(), "U8", vec![edges], &self.relation),
            ("attr".to_owned(), "F32", vec![edges, EDGE_WIDTH], &self.attributes),
            ("lines".to_owned(), "U32", vec![self.lines.len() / 4], &self.lines),
            ("line_count".to_owned(), "U32", vec![self.windows], &self.line_counts),
            ("edge_line".to_owned(), "U32", vec![edges], &self.edge_lines),
        ];
        for kind in NodeKind::ALL {
            let bytes = &self.features[kind as usize];
            let rows = bytes.len() / 4 / width(kind);
            parts.push((format!("x_{}", kind.as_str()), "F32", vec![rows, width(kind)], bytes));
        }
        // Tensors of four bytes stay aligned when the bytes of single ones come last.
        parts.sort_by_key(|(_, dtype, _, _)| *dtype == "U8");
        let mut header = Map::new();
        let mut offset = 0;
        for (name, dtype, shape, bytes) in &parts {
            header.insert(
                name.clone(),
                json!({"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + bytes.len()]}),
            );
            offset += bytes.len();
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        parts.iter().try_for_each(|(_, _, _, bytes)| out.write_all(bytes))
    }
}
