"""Measures of a classifier, and how sure they are: intervals by drawing whole campaigns anew, never single windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Labels = NDArray[np.int64]
Measure = Callable[[Scores, Labels], float]


def roc_auc(scores: Scores, labels: Labels) -> float:
    """The chance that an attack scores above a benign window; ties count half. NaN where a class is missing."""
    positive = int(labels.sum())
    negative = len(labels) - positive
    if positive == 0 or negative == 0:
        return float("nan")
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return float((ranks[inverse][labels == 1].sum() - positive * (positive + 1) / 2) / (positive * negative))


def average_precision(scores: Scores, labels: Labels) -> float:
    """Precision averaged over recall, ties taken together. NaN without an attack."""
    if labels.sum() == 0:
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    hits = labels[order]
    last = np.append(np.nonzero(np.diff(scores[order]))[0], len(hits) - 1)
    found = np.cumsum(hits)[last]
    precision = found / (last + 1)
    recall = found / labels.sum()
    return float(np.sum(np.diff(np.concatenate([[0.0], recall])) * precision))


def false_positive_rate(scores: Scores, labels: Labels, threshold: float = 0.7) -> float:
    benign = scores[labels == 0]
    return float(np.mean(benign >= threshold)) if len(benign) else float("nan")


def recall(scores: Scores, labels: Labels, threshold: float = 0.7) -> float:
    attacks = scores[labels == 1]
    return float(np.mean(attacks >= threshold)) if len(attacks) else float("nan")


def calibration_error(scores: Scores, labels: Labels, bins: int = 10) -> float:
    """Mean distance between what was said and what was so, weighted by how often it was said."""
    total = 0.0
    for said, was, count in reliability(scores, labels, bins):
        total += count * abs(said - was)
    return total / max(1, len(scores))


def reliability(scores: Scores, labels: Labels, bins: int = 10) -> list[tuple[float, float, int]]:
    """Per bin: mean score, share of attacks, number of windows."""
    which = np.minimum((scores * bins).astype(np.int64), bins - 1)
    return [
        (float(scores[which == b].mean()), float(labels[which == b].mean()), int((which == b).sum()))
        for b in range(bins)
        if (which == b).any()
    ]


def interval(
    measure: Measure, scores: Scores, labels: Labels, groups: Sequence[str], *, rounds: int = 300, seed: int = 0
) -> tuple[float, float]:
    """95 % by bootstrap over groups."""
    random = np.random.default_rng(seed)
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    members = [np.nonzero(which == number)[0] for number in range(len(names))]
    drawn = []
    for _ in range(rounds):
        chosen = np.concatenate([members[number] for number in random.integers(0, len(names), len(names))])
        value = measure(scores[chosen], labels[chosen])
        if not np.isnan(value):
            drawn.append(value)
    if not drawn:
        return float("nan"), float("nan")
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


MEASURES: dict[str, Measure] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "false_positive_rate": false_positive_rate,
    "recall": recall,
    "calibration_error": calibration_error,
}


def report(scores: Scores, labels: Labels, groups: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {"windows": len(labels), "attacks": int(labels.sum()), "campaigns": len(set(groups))}
    for name, measure in MEASURES.items():
        low, high = interval(measure, scores, labels, groups)
        found[name] = {"value": round(measure(scores, labels), 4), "low": round(low, 4), "high": round(high, 4)}
    return found
