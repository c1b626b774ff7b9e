"""The usual way from events to a score, for comparison: a NetworkX graph of dictionaries, PyTorch Geometric's tensors of it, and its
layers over them. `cargo xtask bench gnn --peer PYTHON` runs it on the windows that it measures itself with.

What is counted: CPU time of one thread for one window, from parsed events. What is left out, in the peer's favour: features. Each
node has a vector of ours' width that costs nothing to make.

    python -m training.peer DIR        DIR has <nodes>.jsonl, an event in a line; one JSON object comes out
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch
from torch_geometric.data import HeteroData
from torch_geometric.nn import GATConv, HeteroConv, global_mean_pool

WIDTH = 48
EDGE_WIDTH = 8
HIDDEN = 128
HEADS = 4
LAYERS = 3
SECONDS = 3.0

#: Of an event: the node that it adds to the acting process, and the edge.
THINGS: dict[str, tuple[str, str, Callable[[dict[str, Any]], str]]] = {
    "process-created": ("process", "spawned", lambda event: event["process"]["executable"]),
    "file-created": ("file", "wrote", lambda event: event["file"]["path"]),
    "network-connection": ("address", "connected", lambda event: event["destination"]["ip"]),
    "registry-value-set": ("registry", "set", lambda event: event["registry"]["path"]),
    "image-loaded": ("module", "loaded", lambda event: event["dll"]["path"]),
}
FEATURES = np.full(WIDTH, 0.5, np.float32)


def graph_of(events: list[dict[str, Any]]) -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph()
    first = last_seen = None
    for event in events:
        kind, relation, name = THINGS[event["event"]["action"]]
        at = datetime.fromisoformat(event["@timestamp"][:26]).timestamp()
        first = at if first is None else first
        actor = event["process"].get("parent", event["process"]) if kind == "process" else event["process"]
        source, target = ("process", actor["executable"]), (kind, name(event))
        for node in (source, target):
            if node not in graph:
                graph.add_node(node, kind=node[0], x=FEATURES)
        since = 0.0 if last_seen is None else at - last_seen
        last_seen = at
        t = (at - first) / 180.0
        wave = [math.sin(2 * math.pi * t), math.cos(2 * math.pi * t), math.sin(4 * math.pi * t), math.cos(4 * math.pi * t)]
        known = graph.get_edge_data(source, target, relation)
        count = 1 if known is None else known["count"] + 1
        graph.add_edge(source, target, relation, count=count, attr=[t, math.log1p(since), math.log1p(count), *wave, 1.0])
    return graph


def tensors_of(graph: nx.MultiDiGraph) -> HeteroData:
    data = HeteroData()
    index: dict[Any, int] = {}
    features: dict[str, list[np.ndarray]] = {}
    for node, fields in graph.nodes(data=True):
        rows = features.setdefault(fields["kind"], [])
        index[node] = len(rows)
        rows.append(fields["x"])
    for kind, rows in features.items():
        data[kind].x = torch.from_numpy(np.stack(rows))
    edges: dict[tuple[str, str, str], tuple[list[list[int]], list[list[float]]]] = {}
    for source, target, relation, fields in graph.edges(keys=True, data=True):
        ends, attributes = edges.setdefault((source[0], relation, target[0]), ([], []))
        ends.append([index[source], index[target]])
        attributes.append(fields["attr"])
    for (source, relation, target), (ends, attributes) in edges.items():
        pairs, attribute = torch.tensor(ends).t().contiguous(), torch.tensor(attributes)
        data[source, relation, target].edge_index, data[source, relation, target].edge_attr = pairs, attribute
        data[target, "of_" + relation, source].edge_index, data[target, "of_" + relation, source].edge_attr = pairs.flip(0), attribute
    return data


class Network(torch.nn.Module):
    """The same shape as ours: three layers of typed attention, hidden 128, four heads, two classes."""

    def __init__(self, data: HeteroData) -> None:
        super().__init__()
        self.enter = torch.nn.ModuleDict({kind: torch.nn.Linear(WIDTH, HIDDEN) for kind in data.node_types})

        def layer() -> HeteroConv:
            convolution = lambda: GATConv(HIDDEN, HIDDEN // HEADS, heads=HEADS, edge_dim=EDGE_WIDTH, add_self_loops=False)  # noqa: E731
            return HeteroConv({relation: convolution() for relation in data.edge_types}, aggr="sum")

        self.layers = torch.nn.ModuleList([layer() for _ in range(LAYERS)])
        self.last = torch.nn.Linear(HIDDEN, 2)

    def forward(self, data: HeteroData) -> torch.Tensor:
        x = {kind: self.enter[kind](x).relu() for kind, x in data.x_dict.items()}
        for layer in self.layers:
            told = layer(x, data.edge_index_dict, data.edge_attr_dict)
            x = {kind: told[kind].relu() if kind in told else x[kind] for kind in x}
        whole = torch.cat(list(x.values()))
        return self.last(global_mean_pool(whole, torch.zeros(len(whole), dtype=torch.long))).softmax(-1)


def cost_us(call: Callable[[], object]) -> float:
    """CPU time of one call on this thread, in microseconds."""
    call()
    before, until, calls = time.thread_time(), time.monotonic() + SECONDS, 0
    while calls < 5 or time.monotonic() < until:
        call()
        calls += 1
    return (time.thread_time() - before) * 1e6 / calls


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    report = {}
    for file in sorted(folder.glob("*.jsonl")):
        events = [json.loads(line) for line in file.read_text().splitlines()]
        graph = graph_of(events)
        data = tensors_of(graph)
        network = Network(data).eval()
        with torch.inference_mode():
            report[file.stem] = {
                "nodes": graph.number_of_nodes(),
                "edges": graph.number_of_edges(),
                "graph_us": cost_us(lambda events=events: graph_of(events)),
                "tensors_us": cost_us(lambda graph=graph: tensors_of(graph)),
                "score_us": cost_us(lambda network=network, data=data: network(data)),
            }
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
