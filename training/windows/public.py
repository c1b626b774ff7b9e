"""Public recordings as data sets: labels for those with a background, whole recordings as attacks where there is none.

`python -m training.windows.public --shared FOLDER --out FOLDER` reads the project's shared recordings, which are never committed.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from ..linux.session import runs
from .folds import fold_of_recording
from .labels import label

#: More records than any of the short recordings has.
WHOLE = [[0, 20_000]]


def entry(name: str, fold: int, family: str, attack: list[list[int]], certain: bool) -> dict[str, Any]:
    return {"session": name, "host": "", "fold": fold, "family": family, "attack": bool(attack), "attack_lines": attack, "certain": certain}


def index(out: Path, entries: list[dict[str, Any]]) -> None:
    (out / "sessions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in entries))


def laboratory(shared: Path, out: Path) -> None:
    """One recording a technique, minutes long, several endpoints: labelled by taint."""
    out.mkdir(parents=True, exist_ok=True)
    root = shared / "data/train/windows/otrf"
    entries, all_labels = [], {}
    for packed in sorted(root.glob("*/*.jsonl.zst")):
        name = f"{packed.parent.name}__{packed.name.removesuffix('.jsonl.zst')}"
        path = out / f"{name}.jsonl"
        if not path.exists():
            subprocess.run(["zstd", "-dqf", packed, "-o", path], check=True)
        with path.open(errors="replace") as lines:
            told = label(list(lines))
        all_labels[path.name] = told
        attack = [number for number, is_attack in enumerate(told) if is_attack]
        # Where the taint found next to nothing, what is silent is not known to be benign.
        entries.append(entry(name, fold_of_recording(name), name, runs(attack), len(attack) >= 20))
    index(out, entries)
    (out / "labels.json").write_text(json.dumps(all_labels))


def short_recordings(shared: Path, out: Path) -> None:
    """Single techniques as EVTX: hardly any background, so the whole recording counts as the attack's."""
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        for packed, kind in (
            ("data/train/windows/evtx_attack_samples.tar.zst", "samples"),
            ("data/oracles/sigma_regression_dev.tar.zst", "regression"),
        ):
            target = Path(folder, kind)
            target.mkdir()
            subprocess.run(["tar", "--zstd", "-xf", shared / packed, "-C", target], check=True)
            for number, path in enumerate(sorted(target.rglob("*.evtx"))):
                name = f"{kind}-{number:03d}-{re.sub(r'[^A-Za-z0-9]+', '_', path.stem)[:60]}"
                shutil.copy(path, out / f"{name}.evtx")
                entries.append(entry(name, -1, f"{kind}:{path.parent.name}", WHOLE, True))
    index(out, entries)


def dense_recordings(shared: Path, out: Path) -> None:
    """Two short runs of many techniques on one desktop: JSON arrays of Sysmon fields without a host."""
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    for number, packed in enumerate(sorted((shared / "data/train/windows/eqllib").glob("*.json.gz"))):
        with gzip.open(packed, "rt", encoding="utf-8-sig") as text:
            events = json.load(text)
        events.sort(key=lambda event: event["UtcTime"])
        lines = []
        for event in events:
            fields = {key: value for key, value in event.items() if value is not None and key != "EventId"}
            fields |= {
                "EventID": event["EventId"],
                "Channel": "Microsoft-Windows-Sysmon/Operational",
                "SourceName": "Microsoft-Windows-Sysmon",
                "Hostname": f"DESKTOP-{number}",
                "@timestamp": event["UtcTime"].replace(" ", "T") + "Z",
            }
            lines.append(json.dumps(fields))
        name = packed.name.removesuffix(".json.gz")
        (out / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        attack = [n for n, is_attack in enumerate(label(lines)) if is_attack]
        entries.append(entry(name, -1, name, runs(attack), True))
    index(out, entries)


def quiet_recordings(shared: Path, out: Path) -> None:
    """Event logs of ordinary machines: nothing in them is an attack's."""
    out.mkdir(parents=True, exist_ok=True)
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        with tempfile.NamedTemporaryFile(suffix=".tar") as plain:
            subprocess.run(["zstd", "-dqf", shared / "data/oracles/evtx_parser_samples.tar.zst", "-o", plain.name], check=True)
            with tarfile.open(plain.name) as archive:
                archive.extractall(folder, filter="data")
        for number, path in enumerate(sorted(Path(folder).rglob("*.evtx"))):
            name = f"quiet-{number:02d}-{re.sub(r'[^A-Za-z0-9]+', '_', path.stem)[:50]}"
            shutil.copy(path, out / f"{name}.evtx")
            entries.append(entry(name, -1, name, [], True))
    index(out, entries)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    for kind, make in (("short", short_recordings), ("dense", dense_recordings), ("quiet", quiet_recordings), ("laboratory", laboratory)):
        make(arguments.shared, arguments.out / kind)
        print(kind, sum(1 for _ in (arguments.out / kind / "sessions.jsonl").open()), flush=True)


if __name__ == "__main__":
    main()
