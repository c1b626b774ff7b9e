"""Names of the images that act in a window, from the recording itself. For the baseline that a model has to beat, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from .data import Window

IMAGE = re.compile(r'"(?:Image|SourceImage|NewProcessName|executable)":"([^"]*)"')
SEPARATORS = re.compile(r"[\\/]+")


def of_windows(windows: Sequence[Window], folders: dict[str, Path]) -> list[list[str]]:
    """`folders`: of the recordings, by the name of the folder of their windows."""
    by_source: dict[str, list[str]] = {}
    for source in {window.source for window in windows}:
        folder, name = source.split("/")
        path = folders[folder] / f"{name}.jsonl" if folder in folders else None
        lines = path.read_text(errors="replace").splitlines() if path and path.exists() else []
        by_source[source] = [name_of(line) for line in lines]
    return [sorted({by_source[w.source][n] for n in w.lines.tolist() if n < len(by_source[w.source])} - {""}) for w in windows]


def name_of(line: str) -> str:
    found = IMAGE.search(line)
    return SEPARATORS.split(json.loads(f'"{found.group(1)}"'))[-1].lower() if found else ""
