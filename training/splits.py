"""Who is held out: whole folds for the measure, whole campaigns of what is left for deciding when to stop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .data import Window


def by_fold(windows: Sequence[Window], fold: int) -> tuple[list[Window], list[Window]]:
    """Training and test. What belongs to no fold (-1) is in neither."""
    train = [window for window in windows if window.fold != -1 and fold not in (window.folds or (window.fold,))]
    test = [window for window in windows if window.fold == fold]
    return train, test


def stop_set(train: Sequence[Window], seed: int, share: float = 0.2) -> tuple[list[Window], list[Window]]:
    """Campaigns taken out of the training set, of both classes, to stop on; none for a share of 0."""
    if share == 0:
        return list(train), []
    random = np.random.default_rng(seed)
    held: set[str] = set()
    for label in (0, 1):
        names = sorted({window.campaign for window in train if window.label == label})
        held |= set(random.permutation(names)[: max(1, round(share * len(names)))].tolist())
    return [w for w in train if w.campaign not in held], [w for w in train if w.campaign in held]


def shuffled(windows: Sequence[Window], seed: int) -> dict[str, int]:
    """A label drawn for each session: what a model learns from these is nothing, or the test is broken."""
    random = np.random.default_rng(seed)
    names = sorted({window.source for window in windows})
    return dict(zip(names, random.integers(0, 2, len(names)).tolist(), strict=True))
