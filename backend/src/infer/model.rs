//! One model in ONNX Runtime, with a session for each worker.

use super::{Manifest, ModelError};
use ort::{
    environment::Environment,
    session::{Session, SessionInputValue, builder::GraphOptimizationLevel},
    value::TensorRef,
};
use std::sync::{Mutex, PoisonError};
use watchfloor_engine::graph::{Batch, EDGE_WIDTH, Graph, NODE_KINDS, NodeKind, Platform, width};

const FEATURE_INPUTS: [&str; NODE_KINDS] = [
    "x_process",
    "x_file",
    "x_registry",
    "x_address",
    "x_user",
    "x_script",
    "x_module",
];
const OTHER_INPUTS: [&str; 6] = ["src", "dst", "rel", "edge_attr", "graph_id", "inv_n"];
const OUTPUT: &str = "probs";
/// How much the sum of the classes, or the same window in another call, may differ.
const TOLERANCE: f32 = 1e-4;

pub struct Model {
    pub manifest: Manifest,
    pub platform: Platform,
    /// A session runs one call at a time.
    sessions: Vec<Mutex<(Session, Batch)>>,
}

impl Model {
    /// Checks everything that can be checked without a window of a real host.
    pub fn open(
        environment: &Environment,
        platform: Platform,
        manifest: &[u8],
        model: &[u8],
        workers: usize,
    ) -> Result<Self, ModelError> {
        let manifest = Manifest::read(manifest)?;
        manifest.check(platform, model)?;
        let sessions = (0..workers.max(1)).map(|_| Ok(Mutex::new((session(environment, model)?, Batch::default()))));
        let opened = Self {
            manifest,
            platform,
            sessions: sessions.collect::<Result<_, ModelError>>()?,
        };
        opened.check_names()?;
        opened.try_out()?;
        Ok(opened)
    }

    pub fn workers(&self) -> usize {
        self.sessions.len()
    }

    /// The probability of an attack in each graph. `worker` is whose session to use.
    pub fn attack_probabilities(&self, worker: usize, graphs: &[&Graph]) -> Result<Vec<f32>, ModelError> {
        if graphs.is_empty() {
            return Ok(Vec::new());
        }
        let at = worker % self.sessions.len().max(1);
        let session = self
            .sessions
            .get(at)
            .ok_or_else(|| ModelError::Run("no session".to_owned()))?;
        let mut session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, batch) = &mut *session;
        batch.pack(graphs);
        let answers = run(session, batch)?;
        if answers.len() != 2 * graphs.len() {
            return Err(ModelError::Shape(format!(
                "{} answers for {} windows",
                answers.len(),
                graphs.len()
            )));
        }
        answers.chunks_exact(2).map(attack).collect()
    }

    fn check_names(&self) -> Result<(), ModelError> {
        let Some(session) = self.sessions.first() else {
            return Ok(());
        };
        let session = session.lock().unwrap_or_else(PoisonError::into_inner);
        let inputs = session.0.inputs();
        for name in FEATURE_INPUTS.iter().chain(&OTHER_INPUTS) {
            if !inputs.iter().any(|input| input.name() == *name) {
                return Err(ModelError::Shape(format!("it has no input {name}")));
            }
        }
        if inputs.len() != FEATURE_INPUTS.len() + OTHER_INPUTS.len() {
            return Err(ModelError::Shape(format!("it has {} inputs", inputs.len())));
        }
        match session.0.outputs().iter().any(|output| output.name() == OUTPUT) {
            true => Ok(()),
            false => Err(ModelError::Shape(format!("it has no output {OUTPUT}"))),
        }
    }

    /// Windows made here: an empty one of each size, alone and together.
    fn try_out(&self) -> Result<(), ModelError> {
        let graphs = [trial(1), trial(7), trial(40)];
        let together = self.attack_probabilities(0, &graphs.iter().collect::<Vec<_>>())?;
        for (graph, together) in graphs.iter().zip(together) {
            let alone = self.attack_probabilities(0, &[graph])?;
            let alone = alone.first().copied().unwrap_or_default();
            if (alone - together).abs() > TOLERANCE {
                return Err(ModelError::Unsteady(alone, together));
            }
        }
        Ok(())
    }
}

fn session(environment: &Environment, model: &[u8]) -> Result<Session, ModelError> {
    let open = || -> ort::Result<Session> {
        Session::builder(environment)?
            .with_intra_threads(1)?
            .with_inter_threads(1)?
            // Shapes differ from call to call.
            .with_memory_pattern(false)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .commit_from_memory(model)
    };
    open().map_err(|error| ModelError::Open(error.to_string()))
}

fn run(session: &mut Session, batch: &Batch) -> Result<Vec<f32>, ModelError> {
    let mut inputs: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(FEATURE_INPUTS.len() + OTHER_INPUTS.len());
    for (kind, name) in NodeKind::ALL.into_iter().zip(FEATURE_INPUTS) {
        let at = kind as usize;
        inputs.push((name, tensor([batch.counts[at], width(kind)], &batch.features[at])?));
    }
    let (nodes, edges, windows) = (batch.nodes(), batch.edges(), batch.windows());
    inputs.push(("src", tensor([edges], &batch.source)?));
    inputs.push(("dst", tensor([edges], &batch.destination)?));
    inputs.push(("rel", tensor([edges], &batch.relation)?));
    inputs.push(("edge_attr", tensor([edges, EDGE_WIDTH], &batch.attributes)?));
    inputs.push(("graph_id", tensor([nodes], &batch.window)?));
    inputs.push(("inv_n", tensor([windows, 1], &batch.inverse_nodes)?));
    let failed = |error: ort::Error| ModelError::Run(error.to_string());
    let outputs = session.run(inputs).map_err(failed)?;
    let answers = outputs
        .get(OUTPUT)
        .ok_or_else(|| ModelError::Shape(format!("it has no output {OUTPUT}")))?;
    let (_, answers) = answers.try_extract_tensor::<f32>().map_err(failed)?;
    Ok(answers.to_vec())
}

/// Borrows a slice; a dimension may be 0.
fn tensor<'a, T, const D: usize>(shape: [usize; D], values: &'a [T]) -> Result<SessionInputValue<'a>, ModelError>
where
    T: ort::value::PrimitiveTensorElementType + Clone + std::fmt::Debug + 'static,
{
    let tensor = TensorRef::from_array_view((shape, values)).map_err(|error| ModelError::Run(error.to_string()))?;
    Ok(tensor.into())
}

/// The second of the two classes.
fn attack(classes: &[f32]) -> Result<f32, ModelError> {
    let [benign, attack] = classes else {
        return Err(ModelError::Shape("not two classes".to_owned()));
    };
    let is_probability = |value: f32| value.is_finite() && (-TOLERANCE..=1.0 + TOLERANCE).contains(&value);
    match () {
        () if !is_probability(*benign) => Err(ModelError::NotAProbability(*benign)),
        () if !is_probability(*attack) => Err(ModelError::NotAProbability(*attack)),
        () if (benign + attack - 1.0).abs() > TOLERANCE => Err(ModelError::NotAProbability(benign + attack)),
        () => Ok(attack.clamp(0.0, 1.0)),
    }
}

/// A window of so many nodes of each type, with edges among them.
fn trial(nodes: usize) -> Graph {
    use watchfloor_engine::graph::{Edge, RELATIONS};
    let mut graph = Graph::default();
    for kind in NodeKind::ALL {
        // Types may be absent in a window, processes hardly ever.
        let count = if kind == NodeKind::Process { nodes } else { nodes / 3 };
        graph.counts[kind as usize] = count;
        graph.features[kind as usize] = (0..count * width(kind))
            .map(|at| if at % 5 == 0 { 1.0 } else { 0.0 })
            .collect();
    }
    let count = |kind: NodeKind| graph.counts[kind as usize];
    let edges = RELATIONS.iter().flat_map(|(relation, from, _, to)| {
        let (sources, destinations) = (count(*from), count(*to));
        (0..nodes)
            .filter(move |_| sources > 0 && destinations > 0)
            .map(move |at| Edge {
                relation: *relation,
                from: u32::try_from(at % sources).unwrap_or_default(),
                to: u32::try_from((at * 7) % destinations).unwrap_or_default(),
                attributes: [0.5; EDGE_WIDTH],
                event: 0,
                first_ms: 0,
            })
    });
    graph.edges = edges.collect();
    graph
}
