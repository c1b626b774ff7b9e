"""What the same activity would look like elsewhere: alone, beside other work, or told by a sensor that says less.

Whole nodes and edges are taken out or put side by side; no feature is computed here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .data import Schema, Window

Chosen = list[NDArray[np.bool_]]


def ends(schema: Schema) -> NDArray[np.int64]:
    """Per relation, the types of its two nodes."""
    index = {kind: t for t, kind in enumerate(schema.node_types)}
    return np.array([(index[source], index[target]) for source, _, target in schema.relations])


def only(window: Window, chosen: Chosen, types: NDArray[np.int64]) -> Window:
    """The graph of the chosen nodes, with the edges between them."""
    place = [np.cumsum(mask) - 1 for mask in chosen]
    if not len(window.rel):
        return dataclasses.replace(window, x=[x[mask] for x, mask in zip(window.x, chosen, strict=True)])
    base = np.concatenate([[0], np.cumsum([len(mask) for mask in chosen])])[:-1]
    flat, moved = np.concatenate(chosen), np.concatenate(place)
    source, target = base[types[window.rel, 0]] + window.src, base[types[window.rel, 1]] + window.dst
    keep = flat[source] & flat[target]
    return dataclasses.replace(
        window,
        x=[x[mask] for x, mask in zip(window.x, chosen, strict=True)],
        src=moved[source[keep]],
        dst=moved[target[keep]],
        rel=window.rel[keep],
        attr=window.attr[keep],
        marked=window.marked[keep],
    )


def touched(window: Window, edges: NDArray[np.bool_], types: NDArray[np.int64]) -> Chosen:
    chosen = [np.zeros(len(x), np.bool_) for x in window.x]
    for kind in range(len(chosen)):
        for side, ends_of in ((0, window.src), (1, window.dst)):
            chosen[kind][ends_of[edges & (types[window.rel, side] == kind)]] = True
    return chosen


def alone(window: Window, types: NDArray[np.int64], random: np.random.Generator) -> Window:
    """An attack without what went on beside it; of ordinary work, some of its processes with what they touched."""
    if window.label == 1:
        edges = window.marked
    else:
        processes = random.random(len(window.x[0])) < random.uniform(0.1, 0.6)
        first, second = types[window.rel, 0] == 0, types[window.rel, 1] == 0
        edges = np.zeros(len(window.rel), np.bool_)
        edges[first] |= processes[window.src[first]]
        edges[second] |= processes[window.dst[second]]
    if edges.sum() < 2:
        return window
    return only(window, touched(window, edges, types), types)


def less_told(window: Window, types: NDArray[np.int64], random: np.random.Generator) -> Window:
    """Without one or two types of nodes, as where these are not logged. Processes and users stay."""
    gone = random.choice([1, 2, 3, 5, 6], random.integers(1, 3), replace=False)
    chosen = [np.full(len(x), kind not in gone) for kind, x in enumerate(window.x)]
    edges = np.array([mask.all() for mask in chosen])[types[window.rel]].all(1) if len(window.rel) else np.zeros(0, np.bool_)
    if edges.sum() < 2 or (window.label == 1 and not (edges & window.marked).any()):
        return window
    return only(window, chosen, types)


def beside(window: Window, other: Window, types: NDArray[np.int64]) -> Window:
    """Both on one machine at the same time."""
    before = np.array([len(x) for x in window.x])
    return dataclasses.replace(
        window,
        x=[np.concatenate(pair) for pair in zip(window.x, other.x, strict=True)],
        src=np.concatenate([window.src, other.src + before[types[other.rel, 0]]]),
        dst=np.concatenate([window.dst, other.dst + before[types[other.rel, 1]]]),
        rel=np.concatenate([window.rel, other.rel]),
        attr=np.concatenate([window.attr, other.attr]),
        marked=np.concatenate([window.marked, other.marked]),
        label=max(window.label, other.label),
    )


def varied(
    window: Window, benign: Sequence[Window], schema: Schema, chances: tuple[float, float, float], random: np.random.Generator
) -> Window:
    """`chances`: of being alone, of being beside ordinary work, of less being told."""
    types = ends(schema)
    way = random.random()
    if way < chances[0]:
        window = alone(window, types, random)
    elif way < chances[0] + chances[1] and benign:
        window = beside(window, benign[random.integers(len(benign))], types)
    if random.random() < chances[2]:
        window = less_told(window, types, random)
    return window
