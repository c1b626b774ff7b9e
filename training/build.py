"""Recordings to labelled windows: runs the product's exporter, then puts labels, folds and campaigns beside its tensors."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from . import labels
from .data import Schema, Window, read_windows

FILES_PER_CALL = 60
EXPORT_SECONDS_MAX = 3600


@dataclass(frozen=True)
class Session:
    """A file of a dataset. `fold` -1: never trained on. `certain`: whether its silent windows may be called benign."""

    name: str
    fold: int
    family: str
    attack: bool
    attack_lines: list[list[int]]
    certain: bool = True
    #: Folds of everything that is in it: it trains for none of these.
    folds: tuple[int, ...] = ()

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Session:
        return cls(
            raw["session"],
            raw["fold"],
            raw["family"],
            raw["attack"],
            raw["attack_lines"],
            raw.get("certain", True),
            tuple(raw.get("folds", [raw["fold"]])),
        )


def sessions(folder: Path) -> list[Session]:
    return [Session.of(json.loads(line)) for line in (folder / "sessions.jsonl").read_text().splitlines()]


def export(binary: Path, folder: Path, out: Path) -> None:
    """Tensors of every recording of `folder` that are not there yet."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "sessions.jsonl", out / "sessions.jsonl")
    wanted = [find(folder, session.name) for session in sessions(folder)]
    missing = [path for path in wanted if path and not (out / f"{path.stem}.safetensors").exists()]
    for at in range(0, len(missing), FILES_PER_CALL):
        files = [str(path) for path in missing[at : at + FILES_PER_CALL]]
        subprocess.run([str(binary), "training", "windows", *files, "--out", str(out)], check=True, timeout=EXPORT_SECONDS_MAX)


def find(folder: Path, name: str) -> Path | None:
    return next((path for ending in (".jsonl", ".evtx", ".json") if (path := folder / f"{name}{ending}").exists()), None)


def load(folders: Iterable[Path], *, nodes_max: int = 3000, per_session_max: int = 40) -> tuple[list[Window], Schema]:
    """Every labelled window. Of a long session, windows evenly spread over it; larger graphs than `nodes_max` are left to evaluation
    by the product, since one of them would fill a batch."""
    found: list[Window] = []
    schema: Schema | None = None
    for folder in folders:
        schema = Schema.read(folder / "schema.json")
        for session in sessions(folder):
            if not (folder / f"{session.name}.safetensors").exists():
                continue
            attack = labels.expand(session.attack_lines)
            kept = []
            for window in read_windows(folder, session.name, schema):
                window.label = labels.of_window(window.lines, attack)
                window.marked = np.array([line in attack for line in window.edge_lines.tolist()], np.bool_)
                if window.label == labels.BENIGN and not session.certain:
                    window.label = labels.UNKNOWN
                window.fold, window.folds, window.campaign = session.fold, session.folds, session.family
                window.source = f"{folder.name}/{session.name}"
                if window.label != labels.UNKNOWN and 0 < window.nodes <= nodes_max:
                    kept.append(window)
            found += kept[:: max(1, -(-len(kept) // per_session_max))]
    if schema is None:
        raise ValueError("no folder of windows was given")
    return found, schema
