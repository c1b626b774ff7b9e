"""What a window is, from what its lines are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BENIGN, ATTACK, UNKNOWN = 0, 1, -1
#: So many of the attack's lines make an attack; fewer do when they are a good part of a small window.
LINES_MIN = 3
SHARE_MIN = 0.1


def of_window(lines: NDArray[np.int64], attack: set[int]) -> int:
    """Attack, benign, or neither: a trace too faint to ask anyone to find it, or to call quiet."""
    hits = sum(1 for line in lines.tolist() if line in attack)
    if hits == 0:
        return BENIGN
    return ATTACK if hits >= LINES_MIN or hits >= SHARE_MIN * len(lines) else UNKNOWN


def expand(pairs: list[list[int]]) -> set[int]:
    """[first, behind the last] pairs as the numbers themselves."""
    return {number for first, end in pairs for number in range(first, end)}
