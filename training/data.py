"""Windows as tensors, as `watchfloor training windows` wrote them. No feature is computed here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

Array = NDArray[np.generic]


@dataclass(frozen=True)
class Schema:
    version: str
    node_types: tuple[str, ...]
    relations: tuple[tuple[str, str, str], ...]
    features: dict[str, list[str]]
    edge_features: list[str]

    @classmethod
    def read(cls, path: Path) -> Schema:
        raw = json.loads(path.read_text())
        return cls(
            raw["version"],
            tuple(raw["node_types"]),
            tuple((source, name, target) for source, name, target in raw["relations"]),
            raw["features"],
            raw["edge_features"],
        )

    @property
    def widths(self) -> list[int]:
        return [len(self.features[kind]) for kind in self.node_types]


@dataclass
class Window:
    """One graph. `x`: per node type; `src`, `dst`: within their types; `lines`: of the recording."""

    x: list[NDArray[np.float32]]
    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    rel: NDArray[np.int64]
    attr: NDArray[np.float32]
    lines: NDArray[np.int64]
    endpoint: str
    platform: str
    start: str
    events: int
    #: Per edge, the first line that it is from.
    edge_lines: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Per edge, whether that line is the attack's.
    marked: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    label: int = -1
    fold: int = -1
    folds: tuple[int, ...] = ()
    campaign: str = ""
    source: str = ""

    @property
    def nodes(self) -> int:
        return sum(len(part) for part in self.x)


@dataclass
class Batch:
    """Several graphs as one: nodes ordered by type, then by window; edges in both directions, sorted by destination."""

    x: list[NDArray[np.float32]]
    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    rel: NDArray[np.int64]
    attr: NDArray[np.float32]
    graph: NDArray[np.int64]
    inverse: NDArray[np.float32]
    labels: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))


def read_windows(folder: Path, name: str, schema: Schema) -> list[Window]:
    """The windows of one recording, in order."""
    heads = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
    tensors = load_file(folder / f"{name}.safetensors")
    nodes = tensors["nodes"].astype(np.int64).reshape(-1, len(schema.node_types))
    edges = tensors["edges"].astype(np.int64)
    counts = tensors["line_count"].astype(np.int64)
    node_at = np.concatenate([np.zeros((1, nodes.shape[1]), np.int64), np.cumsum(nodes, axis=0)])
    edge_at = np.concatenate([[0], np.cumsum(edges)])
    line_at = np.concatenate([[0], np.cumsum(counts)])
    found = []
    for number, head in enumerate(heads):
        part = slice(edge_at[number], edge_at[number + 1])
        found.append(
            Window(
                x=[tensors[f"x_{kind}"][node_at[number, t] : node_at[number + 1, t]] for t, kind in enumerate(schema.node_types)],
                src=tensors["src"][part].astype(np.int64),
                dst=tensors["dst"][part].astype(np.int64),
                rel=tensors["rel"][part].astype(np.int64),
                attr=tensors["attr"][part],
                lines=tensors["lines"][line_at[number] : line_at[number + 1]].astype(np.int64),
                endpoint=head["endpoint"],
                platform=head["platform"],
                start=str(head["start"]),
                events=int(head["events"]),
                edge_lines=tensors["edge_line"][part].astype(np.int64),
                source=name,
            )
        )
    return found


def pack(windows: Sequence[Window], schema: Schema) -> Batch:
    types = len(schema.node_types)
    index = {kind: t for t, kind in enumerate(schema.node_types)}
    ends = np.array([(index[source], index[target]) for source, _, target in schema.relations])
    counts = np.array([[len(part) for part in window.x] for window in windows])
    type_at = np.concatenate([[0], np.cumsum(counts.sum(0))])[:-1]
    base = type_at + np.concatenate([np.zeros((1, types), np.int64), np.cumsum(counts, axis=0)[:-1]])
    src, dst, rel, attr = [], [], [], []
    for number, window in enumerate(windows):
        source = window.src + base[number, ends[window.rel, 0]]
        target = window.dst + base[number, ends[window.rel, 1]]
        src += [source, target]
        dst += [target, source]
        rel += [window.rel, window.rel + len(schema.relations)]
        attr += [window.attr, window.attr]
    flat_dst = np.concatenate(dst)
    order = np.argsort(flat_dst, kind="stable")
    graph = np.concatenate([np.repeat(np.arange(len(windows)), counts[:, t]) for t in range(types)])
    totals = np.maximum(1, counts.sum(1)).astype(np.float32)
    return Batch(
        x=[np.concatenate([window.x[t] for window in windows]).astype(np.float32) for t in range(types)],
        src=np.concatenate(src)[order],
        dst=flat_dst[order],
        rel=np.concatenate(rel)[order],
        attr=np.concatenate(attr)[order].astype(np.float32),
        graph=graph,
        inverse=(1.0 / totals)[:, None],
        labels=np.array([window.label for window in windows], np.float32),
    )


def batches(windows: Sequence[Window], nodes_max: int, order: Sequence[int]) -> Iterator[list[Window]]:
    """Windows in this order, together as long as they stay below so many nodes."""
    waiting: list[Window] = []
    total = 0
    for number in order:
        window = windows[number]
        if waiting and total + window.nodes > nodes_max:
            yield waiting
            waiting, total = [], 0
        waiting.append(window)
        total += window.nodes
    if waiting:
        yield waiting
