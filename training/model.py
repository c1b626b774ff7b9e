"""The network: a three-layer heterogeneous graph attention network whose attention is additive with a relation's term.

Arranged for the ONNX Runtime: one flat list of edges, sums by `index_put(accumulate)`, and no operation whose result depends on how windows
are batched. `clamp(min=TINY)`, never `+ TINY`: the exporter drops the addition of what it takes for zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .data import Schema

HEADS = 4
LAYERS = 3
EDGE_WIDTH = 8
CLIP = 60.0
TINY = 1e-30
FEATURE_LIMIT = 6.0
SURVEY_LIMIT = 4.0
#: Below every feature.
LOWEST = -1e4
#: How close the third part of the readout comes to the maximum over nodes.
SHARPNESS = 2.0


def per_window(values: Tensor, graph: Tensor, windows: int) -> Tensor:
    """Sums of rows by window."""
    return torch.zeros(windows, values.shape[1], dtype=values.dtype, device=values.device).index_put((graph,), values, accumulate=True)


def survey(xs: list[Tensor], src: Tensor, rel: Tensor, graph: Tensor, windows: int, relations: int) -> Tensor:
    """A window as a whole, without its links, in one row: how many nodes of each type and edges of each relation, and per type the means
    and the maxima of its features."""
    at, counts, means, maxima = 0, [], [], []
    for x in xs:
        own = graph[at : at + x.shape[0]]
        at = at + x.shape[0]
        n = per_window(torch.ones_like(x[:, :1]), own, windows)
        counts.append(n)
        means.append(per_window(x, own, windows) / n.clamp(min=1.0))
        lowest = torch.full((windows, x.shape[1]), LOWEST, dtype=x.dtype, device=x.device)
        highest = lowest.scatter_reduce(0, own.unsqueeze(-1).expand(-1, x.shape[1]), x, "amax")
        maxima.append(torch.where(n > 0.5, highest, torch.zeros_like(highest)))
    slot = graph.index_select(0, src) * (2 * relations) + rel
    ones = torch.ones_like(slot, dtype=means[0].dtype).unsqueeze(-1)
    edges = per_window(ones, slot, windows * 2 * relations).view(windows, -1)[:, :relations]
    return torch.cat([torch.log1p(torch.cat([*counts, edges], -1)) * 0.5, *means, *maxima], -1)


def survey_width(schema: Schema) -> int:
    return len(schema.widths) + len(schema.relations) + 2 * sum(schema.widths)


class Survey(nn.Module):
    """What the attention need not find again: the survey of the standardized features, as a part of the readout."""

    def __init__(self, schema: Schema, width: int, drop: float) -> None:
        super().__init__()
        self.relations = len(schema.relations)
        self.first = nn.Linear(survey_width(schema), width)
        self.hide = nn.Dropout(drop)

    def forward(self, xs: list[Tensor], src: Tensor, rel: Tensor, graph: Tensor, windows: int) -> Tensor:
        return F.relu(self.first(self.hide(survey(xs, src, rel, graph, windows, self.relations))))


class Surveyor(nn.Module):
    """Small networks that see the survey and nothing else; each learned by itself, and their mean is the answer."""

    def __init__(self, schema: Schema, beginnings: int = 4, width: int = 64) -> None:
        super().__init__()
        self.relations = len(schema.relations)
        columns = survey_width(schema)
        self.centre = nn.Parameter(torch.zeros(columns), requires_grad=False)
        self.scale = nn.Parameter(torch.ones(columns), requires_grad=False)
        self.first = nn.ModuleList([nn.Linear(columns, width) for _ in range(beginnings)])
        self.last = nn.ModuleList([nn.Linear(width, 2) for _ in range(beginnings)])
        self.hide, self.drop = nn.Dropout(0.15), nn.Dropout(0.3)
        with torch.no_grad():
            for part in self.first:
                part.weight *= 0.3

    def row(self, xs: list[Tensor], src: Tensor, rel: Tensor, graph: Tensor, windows: int) -> Tensor:
        return survey(xs, src, rel, graph, windows, self.relations)

    def answers(self, row: Tensor) -> list[Tensor]:
        row = torch.clamp((row - self.centre) * self.scale, -SURVEY_LIMIT, SURVEY_LIMIT)
        return [last(self.drop(F.relu(first(self.hide(row))))) for first, last in zip(self.first, self.last, strict=True)]

    def logits(self, xs: list[Tensor], src: Tensor, dst: Tensor, rel: Tensor, attr: Tensor, graph: Tensor, inverse: Tensor) -> Tensor:
        answers = self.answers(self.row(xs, src, rel, graph, inverse.shape[0]))
        total = answers[0]
        for answer in answers[1:]:
            total = total + answer
        return total / len(answers)


class Readout(nn.Module):
    """Mean, attention and (almost) the maximum over a window's nodes, and its survey: an attack is a small part of a graph."""

    def __init__(self, hidden: int, survey: int) -> None:
        super().__init__()
        self.hidden, self.width = hidden, hidden // HEADS
        self.gate = nn.Linear(hidden, HEADS)
        self.first = nn.Linear(3 * hidden + survey, hidden)
        self.last = nn.Linear(hidden, 2)
        self.drop = nn.Dropout(0.3)

    def forward(self, h: Tensor, graph: Tensor, inverse: Tensor, survey: Tensor) -> Tensor:
        d = self.hidden
        g = torch.exp(torch.clamp(self.gate(h), -CLIP, CLIP))
        peak = torch.exp(torch.clamp(SHARPNESS * h, -CLIP, CLIP))
        u = torch.cat([(g.unsqueeze(-1) * h.view(-1, HEADS, self.width)).reshape(-1, d), h, peak, g], -1)
        z = per_window(u, graph, inverse.shape[0])
        attended = (z[:, :d].view(-1, HEADS, self.width) / z[:, 3 * d :].clamp(min=TINY).unsqueeze(-1)).reshape(-1, d)
        highest = torch.log(z[:, 2 * d : 3 * d].clamp(min=TINY)) / SHARPNESS
        joined = torch.cat([attended, z[:, d : 2 * d] * inverse, highest, survey], -1)
        return self.last(self.drop(F.relu(self.first(joined))))


class FastHGAT(nn.Module):
    def __init__(self, schema: Schema, hidden: int = 64, survey: int = 48, survey_drop: float = 0.3) -> None:
        super().__init__()
        self.hidden, self.width = hidden, hidden // HEADS
        self.kinds, self.relations = len(schema.node_types), 2 * len(schema.relations)
        self.enter = nn.ModuleList([nn.Linear(width, hidden) for width in schema.widths])
        self.key = nn.ModuleList([nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(self.kinds)]) for _ in range(LAYERS)])
        # From nothing, so that a relation that no recording had says nothing.
        self.message = self.parameters_of(self.relations, hidden, scale=0.0)
        self.relation = self.parameters_of(self.relations, HEADS, scale=0.0)
        self.edge = nn.ModuleList([nn.Linear(EDGE_WIDTH, HEADS, bias=False) for _ in range(LAYERS)])
        self.from_source = self.parameters_of(HEADS, self.width, scale=self.width**-0.5)
        self.from_target = self.parameters_of(HEADS, self.width, scale=self.width**-0.5)
        self.bias = nn.ParameterList([nn.Parameter(torch.zeros(hidden)) for _ in range(LAYERS)])
        self.norm = nn.ModuleList([nn.LayerNorm(hidden) for _ in range(LAYERS)])
        self.survey = Survey(schema, survey, survey_drop)
        self.readout = Readout(hidden, survey)
        self.drop = nn.Dropout(0.15)
        self.centre = nn.ParameterList([nn.Parameter(torch.zeros(width), requires_grad=False) for width in schema.widths])
        self.scale = nn.ParameterList([nn.Parameter(torch.ones(width), requires_grad=False) for width in schema.widths])
        block = torch.zeros(hidden, HEADS)
        block[torch.arange(hidden), torch.arange(hidden) // self.width] = 1
        self.register_buffer("block", block)
        # Small, so that what is rare while learning weighs little.
        with torch.no_grad():
            for part in [*self.enter, self.survey.first]:
                part.weight *= 0.1

    @staticmethod
    def parameters_of(rows: int, columns: int, scale: float) -> nn.ParameterList:
        return nn.ParameterList([nn.Parameter(torch.randn(rows, columns) * scale) for _ in range(LAYERS)])

    def logits(self, xs: list[Tensor], src: Tensor, dst: Tensor, rel: Tensor, attr: Tensor, graph: Tensor, inverse: Tensor) -> Tensor:
        counts = [x.shape[0] for x in xs]
        xs = [torch.clamp((x - self.centre[t]) * self.scale[t], -FEATURE_LIMIT, FEATURE_LIMIT) for t, x in enumerate(xs)]
        h = self.drop(torch.cat([F.relu(self.enter[t](x)) for t, x in enumerate(xs)]))
        slot = dst * self.relations + rel
        weights = torch.cat([self.edge[layer].weight for layer in range(LAYERS)]).t()
        terms = torch.cat(list(self.relation), 1).index_select(0, rel)
        edge_terms = (attr @ weights + terms).split(HEADS, 1)
        for layer in range(LAYERS):
            h = self.layer(layer, h, counts, src, dst, slot, edge_terms[layer])
        return self.readout(h, graph, inverse, self.survey(xs, src, rel, graph, inverse.shape[0]))

    def layer(self, layer: int, h: Tensor, counts: list[int], src: Tensor, dst: Tensor, slot: Tensor, term: Tensor) -> Tensor:
        n, d, r = h.shape[0], self.hidden, self.relations
        at, parts = 0, []
        for kind in range(self.kinds):
            parts.append(self.key[layer][kind](h[at : at + counts[kind]]))
            at = at + counts[kind]
        k = torch.cat(parts)
        sides = torch.cat([self.from_source[layer].view(d, 1) * self.block, self.from_target[layer].view(d, 1) * self.block], 1)
        pull = k @ sides
        logit = F.leaky_relu(pull[:, :HEADS].index_select(0, src) + pull[:, HEADS:].index_select(0, dst) + term, 0.2)
        a = torch.exp(torch.clamp(logit, -CLIP, CLIP))
        by_relation = torch.zeros(n * r, HEADS, dtype=h.dtype, device=h.device).index_put((slot,), a, accumulate=True).view(n, r * HEADS)
        carried = (self.message[layer].view(r, 1, d) * self.block.t().view(1, HEADS, d)).reshape(r * HEADS, d)
        weighted = (k.index_select(0, src).view(-1, HEADS, self.width) * a.unsqueeze(-1)).reshape(-1, d)
        summed = torch.zeros(n, d, dtype=h.dtype, device=h.device).index_put((dst,), weighted, accumulate=True)
        both = by_relation @ torch.cat([carried, torch.eye(HEADS, dtype=h.dtype, device=h.device).repeat(r, 1)], 1)
        mean = ((summed + both[:, :d]).view(-1, HEADS, self.width) * (1.0 / both[:, d:].clamp(min=TINY)).unsqueeze(-1)).reshape(-1, d)
        return self.norm[layer](h + self.drop(F.relu(mean + self.bias[layer])))


class Committee(nn.Module):
    """Networks that learned the same from different beginnings and a surveyor, half and half, as a calibrated probability."""

    def __init__(self, members: Sequence[FastHGAT], surveyor: Surveyor) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.surveyor = surveyor
        self.temperature = nn.Parameter(torch.ones(1), requires_grad=False)
        self.offset = nn.Parameter(torch.zeros(1), requires_grad=False)

    def logits(self, xs: list[Tensor], src: Tensor, dst: Tensor, rel: Tensor, attr: Tensor, graph: Tensor, inverse: Tensor) -> Tensor:
        total = self.members[0].logits(xs, src, dst, rel, attr, graph, inverse)
        for member in self.members[1:]:
            total = total + member.logits(xs, src, dst, rel, attr, graph, inverse)
        return (total / len(self.members) + self.surveyor.logits(xs, src, dst, rel, attr, graph, inverse)) * 0.5

    def forward(
        self,
        x_process: Tensor,
        x_file: Tensor,
        x_registry: Tensor,
        x_address: Tensor,
        x_user: Tensor,
        x_script: Tensor,
        x_module: Tensor,
        src: Tensor,
        dst: Tensor,
        rel: Tensor,
        edge_attr: Tensor,
        graph_id: Tensor,
        inv_n: Tensor,
    ) -> Tensor:
        """Calibrated probabilities [G, 2]: benign, attack."""
        xs = [x_process, x_file, x_registry, x_address, x_user, x_script, x_module]
        logits = self.logits(xs, src, dst, rel, edge_attr, graph_id, inv_n)
        margin = (logits[:, 1:] - logits[:, :1]) / self.temperature + self.offset
        return torch.softmax(torch.cat([torch.zeros_like(margin), margin], -1), -1)
