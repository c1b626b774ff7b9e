"""Recorded sessions as committed fixtures, one compressed file a fold, and back.

`python -m training.linux.fixtures pack --sessions FOLDER` writes `training/linux/fixtures/`; `unpack --out FOLDER` gives the
recordings back.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "fixtures"
BYTES_MAX = 40 << 20
LEVEL = "-19"


def pack(sessions: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    entries = [json.loads(line) for line in (sessions / "sessions.jsonl").read_text().splitlines()]
    for fold in sorted({entry["fold"] for entry in entries}):
        chosen = [entry for entry in entries if entry["fold"] == fold]
        content = "".join((sessions / f"{entry['session']}.jsonl").read_text() for entry in chosen)
        compress(content, FOLDER / f"fold{fold}.jsonl.zst")
    compress("".join(json.dumps(entry) + "\n" for entry in entries), FOLDER / "sessions.jsonl.zst")
    total = sum(path.stat().st_size for path in FOLDER.glob("*.zst"))
    if total > BYTES_MAX:
        raise ValueError(f"the fixtures have {total} bytes, more than {BYTES_MAX}")
    print(f"{len(entries)} sessions, {total} bytes")


def compress(text: str, path: Path) -> None:
    subprocess.run(["zstd", "-qf", LEVEL, "--long=27", "-o", path], input=text.encode(), check=True)


def expand(path: Path) -> str:
    return subprocess.run(["zstd", "-dqc", "--long=27", path], check=True, capture_output=True).stdout.decode()


def unpack(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    listed = expand(FOLDER / "sessions.jsonl.zst")
    (out / "sessions.jsonl").write_text(listed)
    entries = [json.loads(line) for line in listed.splitlines()]
    for fold in sorted({entry["fold"] for entry in entries}):
        lines = expand(FOLDER / f"fold{fold}.jsonl.zst").splitlines(keepends=True)
        at = 0
        for entry in (entry for entry in entries if entry["fold"] == fold):
            (out / f"{entry['session']}.jsonl").write_text("".join(lines[at : at + entry["lines"]]))
            at += entry["lines"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("pack")
    one.add_argument("--sessions", type=Path, required=True)
    one.set_defaults(run=lambda arguments: pack(arguments.sessions))
    one = commands.add_parser("unpack")
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=lambda arguments: unpack(arguments.out))
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
