"""Names of the images that act in a window, from the recording itself. For the baseline that a model has to beat, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from .data import Window

IMAGE = re.compile(r'"(?:Image|SourceImage|NewProcessName|executable)":"([^"]*)"')
SEPARATORS = re.compile(r"[\\/]+")


def of_windows(windows: Sequence[Window], folders: Sequence[Path]) -> list[list[str]]:
    by_source: dict[str, list[str]] = {}
    for source in {window.source for window in windows}:
        path = next((found for folder in folders if (found := folder / f"{source}.jsonl").exists()), None)
        lines = path.read_text(errors="replace").splitlines() if path else []
        by_source[source] = [name_of(line) for line in lines]
    return [sorted({by_source[w.source][n] for n in w.lines.tolist() if n < len(by_source[w.source])} - {""}) for w in windows]


def name_of(line: str) -> str:
    found = IMAGE.search(line)
    return SEPARATORS.split(json.loads(f'"{found.group(1)}"'))[-1].lower() if found else ""
