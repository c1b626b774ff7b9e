"""Cross-validation over folds of campaigns, the baselines on the same folds, and the model that ships."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from . import baselines, metrics
from .data import Schema, Window
from .fit import Recipe, calibrate, fit, fit_surveyor, margins
from .model import Committee, FastHGAT, Surveyor
from .splits import by_fold, shuffled, stop_set

#: How rare attacks are taken to be when scores become probabilities: as benign windows outweigh them by so much.
BENIGN_WEIGHT = 5.0
THRESHOLD = 0.7

Image = Callable[[Window], list[str]]


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(values, -40, 40)))


def labels_of(windows: Sequence[Window]) -> np.ndarray:
    return np.array([window.label for window in windows], np.int64)


def cross_validate(windows: Sequence[Window], schema: Schema, recipe: Recipe, seed: int, keep: Path) -> np.ndarray:
    """Margins of every window by a network that saw nothing of its fold. Each fold's is kept, and not made again."""
    out = np.full(len(windows), np.nan)
    for fold in sorted({window.fold for window in windows} - {-1}):
        stored = keep / f"fold{fold}-seed{seed}.npy"
        members = [number for number, window in enumerate(windows) if window.fold == fold]
        if not stored.exists():
            train, test = by_fold(windows, fold)
            inner, held = stop_set(train, seed, recipe.stop_share)
            model = fit(inner, held, schema, recipe, seed)
            np.save(stored, margins(model, test, schema))
            torch.save(model.state_dict(), keep / f"fold{fold}-seed{seed}.pt")
        out[members] = np.load(stored)
        truth = labels_of([windows[number] for number in members])
        auc, precision = metrics.roc_auc(out[members], truth), metrics.average_precision(out[members], truth)
        print(f"fold {fold} seed {seed}: AUC {auc:.4f} AP {precision:.4f}", flush=True)
    return out


def survey_folds(windows: Sequence[Window], schema: Schema, keep: Path) -> np.ndarray:
    """Margins of every window by a surveyor that saw nothing of its fold."""
    stored = keep / "surveyor.npy"
    if not stored.exists():
        out = np.full(len(windows), np.nan)
        for fold in sorted({window.fold for window in windows}):
            train, test = by_fold(windows, fold)
            out[[number for number, window in enumerate(windows) if window.fold == fold]] = margins(
                fit_surveyor(train, schema, 0), test, schema
            )
        np.save(stored, out)
    return np.load(stored)


def fit_probabilities(scores: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    weight = BENIGN_WEIGHT * truth.sum() / max(1, (truth == 0).sum())
    return calibrate(scores, truth, np.where(truth == 0, weight, 1.0))


def probabilities(scores: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    """What each window's margin says by a temperature and an offset that were fitted to the other folds' margins."""
    truth, folds = labels_of(windows), np.array([window.fold for window in windows])
    out = np.zeros(len(windows))
    for fold in np.unique(folds):
        temperature, offset = fit_probabilities(scores[folds != fold], truth[folds != fold])
        out[folds == fold] = sigmoid(scores[folds == fold] / temperature + offset)
    return out


def summary(reports: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and deviation of each measure over seeds."""
    found = {}
    for name in metrics.MEASURES:
        values = [report[name]["value"] for report in reports]
        deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
        found[name] = {"mean": round(float(np.mean(values)), 4), "deviation": round(float(deviation), 4)}
    return found


def measure(scores: np.ndarray, windows: Sequence[Window]) -> dict[str, Any]:
    return metrics.report(scores, labels_of(windows), [window.campaign for window in windows])


def compare(windows: Sequence[Window], schema: Schema, names: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The baselines, each fold by a model of the others."""
    table = baselines.pooled(windows, schema)
    truth = labels_of(windows)
    folds = np.array([window.fold for window in windows])
    scores = {name: np.full(len(windows), np.nan) for name in ("boosted_trees", "random_forest", "image_names_forest")}
    for fold in sorted(set(folds) - {-1}):
        train = np.array([window.fold != -1 and fold not in (window.folds or (window.fold,)) for window in windows])
        test = folds == fold
        scores["boosted_trees"][test] = baselines.boosted(table[train], truth[train], table[test])
        scores["random_forest"][test] = baselines.forest(table[train], truth[train], table[test])
        scores["image_names_forest"][test] = baselines.names_forest(
            [names[n] for n in np.nonzero(train)[0]], truth[train], [names[n] for n in np.nonzero(test)[0]]
        )
    inside = np.nonzero(folds != -1)[0]
    chosen = [windows[number] for number in inside]
    found = {name: measure(values[inside], chosen) for name, values in scores.items()}
    counts = baselines.event_count(chosen)
    found["event_count"] = measure(counts / max(counts.max(), 1e-9), chosen)
    return found


def label_shuffle(windows: Sequence[Window], schema: Schema, recipe: Recipe, fold: int) -> float:
    """AUC on a fold of a network that learned labels drawn at random: near a half."""
    train, test = by_fold(windows, fold)
    drawn = shuffled(train, fold)
    fake = [dataclasses.replace(window, label=drawn[window.source]) for window in train]
    model = fit(fake, [], schema, recipe, fold, say=False)
    return metrics.roc_auc(margins(model, test, schema), labels_of(test))


def finished(members: Sequence[FastHGAT], surveyor: Surveyor, temperature: float, offset: float) -> Committee:
    model = Committee(copy.deepcopy(list(members)), surveyor).eval()
    model.temperature.data.fill_(temperature)
    model.offset.data.fill_(offset)
    return model


def save(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")
