//! Models for tests, written here byte by byte: tiny graphs with a window's inputs and answers that are known beforehand.

use serde_json::{Value, json};
use std::path::Path;
use watchfloor::infer::sha256;
use watchfloor_engine::graph::{NodeKind, Platform, schema_version, width};

/// What such a model answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// The same for every window: the logarithm of the odds of an attack.
    Odds(f32),
    /// Higher for a window with fewer nodes: the odds' logarithm is this by the number of nodes.
    FewNodes(f32),
    NotANumber,
    WithoutInput(&'static str),
    OutputCalled(&'static str),
}

/// The file of a model in the format of ONNX.
pub fn model(answer: Answer) -> Vec<u8> {
    let output = match answer {
        Answer::OutputCalled(name) => name,
        _ => "probs",
    };
    // Logits are [-a·x, a·x] with x the inverse number of nodes, or with its zeroth power.
    let (odds, power) = match answer {
        Answer::Odds(odds) => (odds, 0.0),
        Answer::FewNodes(odds) => (odds, 1.0),
        Answer::NotANumber => (f32::NAN, 0.0),
        _ => (0.0, 0.0),
    };
    let mut graph = Message::default();
    graph.message(1, &node("Pow", &["inv_n", "power"], "x", None));
    graph.message(1, &node("MatMul", &["x", "weights"], "logits", None));
    graph.message(1, &node("Softmax", &["logits"], output, Some(("axis", -1))));
    graph.text(2, "window");
    graph.message(5, &floats("power", &[1], &[power]));
    graph.message(5, &floats("weights", &[1, 2], &[-odds / 2.0, odds / 2.0]));
    for (name, kind, columns) in inputs() {
        if answer != Answer::WithoutInput(name) {
            graph.message(11, &value(name, kind, columns));
        }
    }
    graph.message(12, &value(output, FLOAT, Some(2)));
    let mut opset = Message::default();
    opset.text(1, "");
    opset.number(2, 18);
    let mut model = Message::default();
    model.number(1, 9);
    model.message(7, &graph);
    model.message(8, &opset);
    model.0
}

/// A manifest that fits the file.
pub fn manifest(platform: Platform, version: &str, model: &[u8]) -> Value {
    json!({
        "name": "test", "platform": platform.as_str(), "version": version, "schema": schema_version(), "sha256": sha256(model),
        "trained_at": "2026-01-01T00:00:00Z", "data": "none", "metrics": {}, "threshold": 0.7, "temperature": 1.0,
    })
}

/// Puts a model and its manifest where a book looks for them: the model first, as a manifest without its model is refused.
pub fn put(folder: &Path, platform: Platform, version: &str, answer: Answer) -> std::io::Result<()> {
    let folder = folder.join(platform.as_str());
    std::fs::create_dir_all(&folder)?;
    let model = model(answer);
    std::fs::write(folder.join("model.onnx"), &model)?;
    std::fs::write(
        folder.join("manifest.json"),
        manifest(platform, version, &model).to_string(),
    )
}

/// Whether ONNX Runtime is here. Where it is not, this says so, and with `CI` set it fails.
pub fn is_there() -> bool {
    match watchfloor::infer::open_library(None) {
        Ok(()) => true,
        Err(error) if std::env::var_os("CI").is_none() => {
            println!("left out: {error}");
            false
        }
        Err(error) => panic!("{error}"),
    }
}

const FLOAT: u64 = 1;
const INTEGER: u64 = 7;

fn inputs() -> Vec<(&'static str, u64, Option<usize>)> {
    let features = [
        "x_process",
        "x_file",
        "x_registry",
        "x_address",
        "x_user",
        "x_script",
        "x_module",
    ];
    let mut inputs: Vec<_> = NodeKind::ALL
        .into_iter()
        .zip(features)
        .map(|(kind, name)| (name, FLOAT, Some(width(kind))))
        .collect();
    inputs.extend(["src", "dst", "rel", "graph_id"].map(|name| (name, INTEGER, None)));
    inputs.extend([("edge_attr", FLOAT, Some(8)), ("inv_n", FLOAT, Some(1))]);
    inputs
}

/// A protocol buffer while it is written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn number(&mut self, field: u64, number: u64) {
        self.varint(field << 3);
        self.varint(number);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, field: u64, text: &str) {
        self.bytes(field, text.as_bytes());
    }

    fn message(&mut self, field: u64, message: &Message) {
        self.bytes(field, &message.0);
    }
}

fn node(kind: &str, inputs: &[&str], output: &str, attribute: Option<(&str, i64)>) -> Message {
    let mut node = Message::default();
    inputs.iter().for_each(|input| node.text(1, input));
    node.text(2, output);
    node.text(4, kind);
    if let Some((name, number)) = attribute {
        let mut attribute = Message::default();
        attribute.text(1, name);
        attribute.number(3, number.cast_unsigned());
        // Its type: an integer.
        attribute.number(20, 2);
        node.message(5, &attribute);
    }
    node
}

fn floats(name: &str, shape: &[u64], values: &[f32]) -> Message {
    let mut tensor = Message::default();
    shape.iter().for_each(|dimension| tensor.number(1, *dimension));
    tensor.number(2, FLOAT);
    tensor.text(8, name);
    tensor.bytes(
        9,
        &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>(),
    );
    tensor
}

/// A tensor whose first dimension is free; without columns it has no other.
fn value(name: &str, kind: u64, columns: Option<usize>) -> Message {
    let mut shape = Message::default();
    let mut free = Message::default();
    free.text(2, &format!("{name}_rows"));
    shape.message(1, &free);
    if let Some(columns) = columns {
        let mut fixed = Message::default();
        fixed.number(1, columns as u64);
        shape.message(1, &fixed);
    }
    let mut tensor = Message::default();
    tensor.number(1, kind);
    tensor.message(2, &shape);
    let mut of = Message::default();
    of.message(1, &tensor);
    let mut value = Message::default();
    value.text(1, name);
    value.message(2, &of);
    value
}
