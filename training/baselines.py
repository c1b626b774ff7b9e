"""What simpler means get from the same windows: the number a network has to beat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from .data import Schema, Window

NAMES_MAX = 400


def event_count(windows: Sequence[Window]) -> np.ndarray:
    return np.log1p([window.events for window in windows])


def pooled(windows: Sequence[Window], schema: Schema) -> np.ndarray:
    """A window as one row: per node type its number and its features' means and maxima; per relation its number of edges."""
    rows = []
    for window in windows:
        parts = [np.log1p([window.events, window.nodes, len(window.src)])]
        for x in window.x:
            parts.append(np.log1p([len(x)]))
            parts.append(x.mean(0) if len(x) else np.zeros(x.shape[1]))
            parts.append(x.max(0) if len(x) else np.zeros(x.shape[1]))
        parts.append(np.log1p(np.bincount(window.rel, minlength=len(schema.relations))))
        rows.append(np.concatenate(parts))
    table = np.array(rows, np.float32)
    return table[:, table.std(0) > 0]


def boosted(train: np.ndarray, labels: np.ndarray, test: np.ndarray, seed: int = 0) -> np.ndarray:
    model = HistGradientBoostingClassifier(max_iter=200, learning_rate=0.08, l2_regularization=1.0, random_state=seed)
    return model.fit(train, labels).predict_proba(test)[:, 1]


def forest(train: np.ndarray, labels: np.ndarray, test: np.ndarray, seed: int = 0) -> np.ndarray:
    model = RandomForestClassifier(100, min_samples_leaf=2, n_jobs=1, random_state=seed, class_weight="balanced")
    return model.fit(train, labels).predict_proba(test)[:, 1]


def names_forest(train: Sequence[Sequence[str]], labels: np.ndarray, test: Sequence[Sequence[str]]) -> np.ndarray:
    """A forest on which images ran, by name: good where it learned, lost elsewhere."""
    counts = Counter(name for names in train for name in set(names))
    column = {name: number for number, (name, _) in enumerate(counts.most_common(NAMES_MAX))}

    def table(rows: Sequence[Sequence[str]]) -> np.ndarray:
        out = np.zeros((len(rows), len(column)), np.float32)
        for number, names in enumerate(rows):
            for name in names:
                if name in column:
                    out[number, column[name]] += 1
        return np.log1p(out)

    return forest(table(train), labels, table(test))
