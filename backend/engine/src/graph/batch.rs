//! Graphs of several windows as one call's tensors.

use super::{
    build::Graph,
    schema::{EDGE_WIDTH, NODE_KINDS, NodeKind, RELATIONS, width},
};

/// Tensors of a call. Nodes stand by type, then by window; edges are there in both directions, in the order of their destinations.
/// The buffers are used again from call to call.
#[derive(Debug, Default)]
pub struct Batch {
    pub features: [Vec<f32>; NODE_KINDS],
    pub counts: [usize; NODE_KINDS],
    pub source: Vec<i64>,
    pub destination: Vec<i64>,
    pub relation: Vec<i64>,
    pub attributes: Vec<f32>,
    /// The window of each node.
    pub window: Vec<i64>,
    /// One by the number of nodes, per window.
    pub inverse_nodes: Vec<f32>,
    slots: Vec<u32>,
}

impl Batch {
    pub fn nodes(&self) -> usize {
        self.window.len()
    }

    pub fn edges(&self) -> usize {
        self.source.len()
    }

    pub fn windows(&self) -> usize {
        self.inverse_nodes.len()
    }

    /// Takes these graphs in the place of those before.
    #[allow(
        clippy::cast_possible_wrap,
        clippy::cast_precision_loss,
        reason = "nodes and edges of a call are far below 2^24"
    )]
    pub fn pack(&mut self, graphs: &[&Graph]) {
        let mut offsets = [0_usize; NODE_KINDS + 1];
        self.window.clear();
        for kind in NodeKind::ALL {
            let at = kind as usize;
            self.features[at].clear();
            for (number, graph) in graphs.iter().enumerate() {
                self.features[at].extend_from_slice(&graph.features[at]);
                self.window.extend(std::iter::repeat_n(number as i64, graph.counts[at]));
            }
            self.counts[at] = self.features[at].len() / width(kind);
            offsets[at + 1] = offsets[at] + self.counts[at];
        }
        self.inverse_nodes.clear();
        self.inverse_nodes
            .extend(graphs.iter().map(|graph| 1.0 / graph.nodes().max(1) as f32));
        let edges = 2 * graphs.iter().map(|graph| graph.edges.len()).sum::<usize>();
        for list in [&mut self.source, &mut self.destination, &mut self.relation] {
            list.clear();
            list.resize(edges, 0);
        }
        self.attributes.clear();
        self.attributes.resize(edges * EDGE_WIDTH, 0.0);
        self.place(graphs, &offsets);
    }

    /// A counting sort by destination.
    #[allow(clippy::cast_possible_wrap, reason = "nodes and edges of a call are far below 2^31")]
    fn place(&mut self, graphs: &[&Graph], offsets: &[usize; NODE_KINDS + 1]) {
        let nodes = offsets[NODE_KINDS];
        self.slots.clear();
        self.slots.resize(nodes + 1, 0);
        each_edge(graphs, offsets, |_, destination, _, _| self.slots[destination + 1] += 1);
        for at in 0..nodes {
            self.slots[at + 1] += self.slots[at];
        }
        let (source, destination, relation) = (&mut self.source, &mut self.destination, &mut self.relation);
        let (attributes, slots) = (&mut self.attributes, &mut self.slots);
        each_edge(graphs, offsets, |from, to, kind, values| {
            let at = slots[to] as usize;
            slots[to] += 1;
            source[at] = from as i64;
            destination[at] = to as i64;
            relation[at] = kind as i64;
            attributes[at * EDGE_WIDTH..][..EDGE_WIDTH].copy_from_slice(values);
        });
    }
}

/// Each edge in both directions: source, destination, relation, attributes.
fn each_edge(
    graphs: &[&Graph],
    offsets: &[usize; NODE_KINDS + 1],
    mut each: impl FnMut(usize, usize, usize, &[f32; EDGE_WIDTH]),
) {
    let mut bases = *offsets;
    for graph in graphs {
        for edge in &graph.edges {
            let (from, to) = edge.relation.ends();
            let from = bases[from as usize] + edge.from as usize;
            let to = bases[to as usize] + edge.to as usize;
            let relation = edge.relation as usize;
            each(from, to, relation, &edge.attributes);
            each(to, from, relation + RELATIONS.len(), &edge.attributes);
        }
        for (base, count) in bases.iter_mut().zip(&graph.counts) {
            *base += count;
        }
    }
}
