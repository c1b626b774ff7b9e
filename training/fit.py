"""Training of one network: what is dropped, when it stops, and how its answers are calibrated."""

from __future__ import annotations

import copy
import math
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .data import Batch, Schema, Window, batches, pack
from .metrics import average_precision, roc_auc
from .model import Committee, FastHGAT, Surveyor
from .vary import varied

#: Larger windows are put beside none.
BESIDE_NODES_MAX = 400


@dataclass(frozen=True)
class Recipe:
    hidden: int = 64
    survey: int = 48
    survey_drop: float = 0.3
    rate: float = 3e-3
    decay: float = 2e-2
    epochs: int = 12
    nodes_max: int = 1500
    windows_per_epoch: int = 2400
    windows_per_session: int = 6
    edge_drop: float = 0.15
    node_drop: float = 0.1
    feature_drop: float = 0.1
    smoothing: float = 0.04
    alone: float = 0.15
    beside: float = 0.15
    less_told: float = 0.15
    #: How much of the weights' running average a step keeps.
    average: float = 0.995
    #: Share of campaigns that only decide when to stop; none: the average of the last epoch is taken.
    stop_share: float = 0.0
    #: Whether every campaign counts alike, or every session.
    by_campaign: int = 0
    seconds_max: float = 600.0


def tensors(batch: Batch) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    rest = [batch.src, batch.dst, batch.rel, batch.attr, batch.graph, batch.inverse]
    return [torch.from_numpy(x) for x in batch.x], [torch.from_numpy(part) for part in rest]


def sample(windows: Sequence[Window], recipe: Recipe, random: np.random.Generator) -> list[int]:
    """A few windows of each session, as many attacks as benign ones: neighbours share most of their events."""
    sessions: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number, window in enumerate(windows):
        sessions[window.source, window.label].append(number)
    by_label: dict[int, list[int]] = {0: [], 1: []}
    for (_, label), members in sessions.items():
        by_label[label] += random.permutation(members)[: recipe.windows_per_session].tolist()
    half = recipe.windows_per_epoch // 2
    chosen = []
    for members in by_label.values():
        if members:
            count = min(half, 2 * len(members))
            weight = None
            if recipe.by_campaign:
                campaigns = Counter(windows[number].campaign for number in members)
                weight = np.array([campaigns[windows[number].campaign] ** -0.5 for number in members])
                weight /= weight.sum()
            chosen += random.choice(members, count, replace=weight is not None or len(members) < count, p=weight).tolist()
    return random.permutation(chosen).tolist()


def disturbed(batch: Batch, schema: Schema, recipe: Recipe, random: np.random.Generator) -> Batch:
    """Edges, nodes and single features left out: what another sensor, audit policy or site would not have told."""
    nodes = len(batch.graph)
    level = random.random() * 2
    gone = random.random(nodes) < recipe.node_drop * level
    keep = (random.random(len(batch.src)) >= recipe.edge_drop * level) & ~gone[batch.src] & ~gone[batch.dst]
    silent = random.random(2 * len(schema.relations)) < 0.04
    keep &= ~silent[batch.rel]
    xs = []
    for x in batch.x:
        x = x.copy()
        if len(x):
            x[:, random.random(x.shape[1]) < recipe.feature_drop * level * 0.5] = 0.0
            x[random.random(x.shape) < recipe.feature_drop * level] = 0.0
        xs.append(x)
    return Batch(xs, batch.src[keep], batch.dst[keep], batch.rel[keep], batch.attr[keep], batch.graph, batch.inverse, batch.labels)


def standardize(model: FastHGAT, windows: Sequence[Window]) -> None:
    """What never varied while learning counts for nothing: its weights are still those of the beginning."""
    for kind in range(model.kinds):
        x = np.concatenate([window.x[kind] for window in windows])
        if len(x) < 2:
            model.scale[kind].data.zero_()
            continue
        deviation = x.std(0)
        varies = deviation > 1e-3
        model.centre[kind].data = torch.from_numpy(np.where(varies, x.mean(0), 0).astype(np.float32))
        model.scale[kind].data = torch.from_numpy(np.where(varies, 1 / np.maximum(deviation, 0.4), 0).astype(np.float32))


def margins(model: FastHGAT | Surveyor | Committee, windows: Sequence[Window], schema: Schema, nodes_max: int = 8000) -> np.ndarray:
    """Attack's logit less benign's, before calibration, in the order of the windows."""
    model.eval()
    order = sorted(range(len(windows)), key=lambda number: windows[number].nodes)
    out = np.zeros(len(windows))
    at = 0
    with torch.no_grad():
        for group in batches(windows, nodes_max, order):
            xs, rest = tensors(pack(group, schema))
            logits = model.logits(xs, *rest)
            out[order[at : at + len(group)]] = (logits[:, 1] - logits[:, 0]).numpy()
            at += len(group)
    return out


def fit(train: Sequence[Window], held: Sequence[Window], schema: Schema, recipe: Recipe, seed: int, *, say: bool = True) -> FastHGAT:
    """The running average of the weights: of the best epoch on `held`, which is of other campaigns than `train`, or of the last."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = FastHGAT(schema, recipe.hidden, recipe.survey, recipe.survey_drop)
    standardize(model, train)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=recipe.rate, weight_decay=recipe.decay, fused=True)
    average = copy.deepcopy(model)
    averaged = [p for p in average.parameters() if p.requires_grad]
    best, best_value, began, step = copy.deepcopy(model.state_dict()), -1.0, time.monotonic(), 0
    truth = np.array([window.label for window in held])
    benign = [window for window in train if window.label == 0 and window.nodes < BESIDE_NODES_MAX]
    chances = (recipe.alone, recipe.beside, recipe.less_told)
    for epoch in range(recipe.epochs):
        model.train()
        losses = []
        chosen = [varied(train[number], benign, schema, chances, random) for number in sample(train, recipe, random)]
        groups = list(batches(chosen, recipe.nodes_max, range(len(chosen))))
        for number, group in enumerate(groups):
            done = (epoch + number / len(groups)) / recipe.epochs
            for part in optimizer.param_groups:
                part["lr"] = recipe.rate * min(1.0, (step + 1) / 30) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
            batch = disturbed(pack(group, schema), schema, recipe, random)
            xs, rest = tensors(batch)
            target = torch.from_numpy(batch.labels.astype(np.int64))
            loss = F.cross_entropy(model.logits(xs, *rest), target, label_smoothing=recipe.smoothing)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(learned, 1.0)
            optimizer.step()
            step += 1
            with torch.no_grad():
                torch._foreach_lerp_(averaged, learned, 1 - min(recipe.average, step / (step + 10)))
            losses.append(loss.item())
        value = float(epoch)
        if len(held):
            scores = margins(average, held, schema)
            value = roc_auc(scores, truth) + average_precision(scores, truth)
        if value >= best_value:
            best, best_value = copy.deepcopy(average.state_dict()), value
        if say:
            took = time.monotonic() - began
            print(f"  seed {seed} epoch {epoch} loss {np.mean(losses):.3f} held {value / 2:.4f} {took:.0f} s", flush=True)
        if time.monotonic() - began > recipe.seconds_max:
            break
    model.load_state_dict(best)
    return model


def rows(model: Surveyor, windows: Sequence[Window], schema: Schema) -> torch.Tensor:
    parts = []
    for group in batches(windows, 8000, range(len(windows))):
        xs, (src, _, rel, _, graph, inverse) = tensors(pack(group, schema))
        parts.append(model.row(xs, src, rel, graph, inverse.shape[0]))
    return torch.cat(parts)


def fit_surveyor(train: Sequence[Window], schema: Schema, seed: int, *, epochs: int = 8, size: int = 64, rate: float = 2e-3) -> Surveyor:
    """Every beginning sees the same windows, and is on its own otherwise."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = Surveyor(schema)
    table = rows(model, train, schema)
    truth = torch.tensor([window.label for window in train])
    deviation = table.std(0)
    varies = deviation > 1e-3
    model.centre.data = torch.where(varies, table.mean(0), 0.0)
    model.scale.data = torch.where(varies, 1 / deviation.clamp(min=0.05), 0.0)
    weight = len(truth) / torch.bincount(truth, minlength=2).clamp(min=1)
    learned = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(learned, lr=rate, weight_decay=0.3, fused=True)
    steps, step = epochs * max(1, len(truth) // size), 0
    model.train()
    for _ in range(epochs):
        for chosen in np.array_split(random.permutation(len(truth)), max(1, len(truth) // size)):
            for part in optimizer.param_groups:
                part["lr"] = rate * (1 - step / steps) + 1e-5
            answers = model.answers(table[chosen])
            loss = torch.stack([F.cross_entropy(one, truth[chosen], weight=weight, label_smoothing=0.04) for one in answers]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    return model.eval()


def calibrate(scores: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None) -> tuple[float, float]:
    """Temperature and offset that make the probabilities of held-out campaigns true (Newton on the log loss)."""
    weight = np.ones_like(scores) if weights is None else weights
    slope, offset = 1.0, 0.0
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(slope * scores + offset, -40, 40)))
        error, curve = weight * (p - labels), weight * p * (1 - p) + 1e-9
        gradient = np.array([(error * scores).sum(), error.sum()]) + np.array([1e-3 * (slope - 1), 0])
        hessian = np.array([[(curve * scores**2).sum() + 1e-3, (curve * scores).sum()], [(curve * scores).sum(), curve.sum()]])
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), gradient)
        slope, offset = slope - np.clip(step[0], -0.5, 0.5), offset - np.clip(step[1], -0.5, 0.5)
        slope = max(slope, 0.05)
    return 1.0 / slope, offset
