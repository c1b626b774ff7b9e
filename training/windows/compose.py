"""Writes Windows recordings that were put together: synthetic days and intrusions, and recorded ones moved to other machines.

`python -m training.windows.compose --recordings FOLDER --out FOLDER --sessions 900`
Every session is one endpoint in one file, with a line in `sessions.jsonl` that says its fold, its family and which lines are the attack's.
"""

from __future__ import annotations

import argparse
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..linux.session import runs
from ..linux.vary import Vary
from . import attacks, benign
from .folds import FOLDS, fold_of_recording
from .labels import fields_of
from .machine import Machine

Event = tuple[float, dict[str, Any], bool]
TIME_KEYS = ("TimeCreated", "@timestamp", "EventTime")
DROPPED = ("TimeCreated", "@timestamp", "EventTime", "EventReceivedTime", "SystemTime", "host", "port", "tags", "RecordNumber")
GUID = re.compile(r"\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?")
ADDRESS = re.compile(r"\b(?:10|172|192)\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
DAYS = 900


def moment(record: dict[str, Any]) -> float | None:
    for key in TIME_KEYS:
        text = str(record.get(key, "")).replace("Z", "").replace(" ", "T")[:26]
        try:
            return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    return None


class Recording:
    """One endpoint of a recording: what is the attack's, and what went on beside it."""

    def __init__(self, name: str, host: str, events: list[Event]) -> None:
        self.name, self.host = name, host
        self.fold = fold_of_recording(name)
        first = min(at for at, _, _ in events)
        self.events = [(at - first, record, is_attack) for at, record, is_attack in events]
        self.attack = [event for event in self.events if event[2]]
        self.background = [event for event in self.events if not event[2]]


def recordings(folder: Path, labels: dict[str, list[bool]]) -> list[Recording]:
    found = []
    for path in (folder / name for name in sorted(labels)):
        by_host: dict[str, list[Event]] = {}
        with path.open(errors="replace") as lines:
            for line, is_attack in zip(lines, labels[path.name], strict=True):
                record = fields_of(line)
                at = moment(record)
                if at is not None and record.get("Hostname"):
                    by_host.setdefault(str(record["Hostname"]), []).append((at, record, is_attack))
        found += [Recording(path.stem, host, events) for host, events in by_host.items() if len(events) >= 20]
    return found


def renamed(events: list[Event], v: Vary, machine: Machine) -> list[Event]:
    """The same events on another site: other hosts, users, addresses, identities and payload names, each always replaced by the same."""
    text = json.dumps([record for _, record, _ in events])
    for old in (
        "theshire",
        "pgustavo",
        "nmartha",
        "mordordc",
        "workstation5",
        "workstation6",
        "workstation7",
        "sbeavers",
        "lrodriguez",
        "pedro-computer",
        "pedro01",
        "pedro",
        "wardog",
        "desktop-cqf82l6",
        "mordor",
        "payload",
        "shire",
    ):
        text = re.sub(old, v.word(2), text, flags=re.IGNORECASE)
    known: dict[str, str] = {}

    def address(match: re.Match[str]) -> str:
        return known.setdefault(
            match.group(), v.public() if match.group() in ("10.10.10.5", "192.168.56.40") and v.maybe(0.5) else v.private()
        )

    def identity(match: re.Match[str]) -> str:
        fresh = f"{v.hex(8)}-{v.hex(4)}-{v.hex(4)}-{v.hex(4)}-{v.hex(12)}"
        return known.setdefault(match.group(), "{" + fresh + "}" if match.group().startswith("{") else fresh)

    text = GUID.sub(identity, ADDRESS.sub(address, text))
    for record in (moved := json.loads(text)):
        record["Hostname"] = machine.name
    return [(at, record, is_attack) for (at, _, is_attack), record in zip(events, moved, strict=True)]


def within(events: list[Event], begin: float, end: float, limit: int) -> list[Event]:
    return [event for event in events if begin <= event[0] < end][:limit]


def compose(v: Vary, known: list[Recording]) -> tuple[list[Event], Machine, int, str, bool]:
    """One session: events, the machine, the fold, the family and whether it holds an attack."""
    fold = v.randrange(len(FOLDS))
    mine = [recording for recording in known if recording.fold == fold]
    machine = Machine.new(v)
    kind = v.choice(
        ["benign", "benign", "benign", "intrusion", "intrusion", "transplant", "transplant", "busy_recording", "intrusion_on_recording"]
    )
    background = [recording for recording in mine if len(recording.background) > 200]
    length = v.choice([20, 60, 150, 240, 400, 700])
    family = v.choice(FOLDS[fold]["benign"])
    if kind in ("busy_recording", "intrusion_on_recording") and background:
        source = v.choice(background)
        begin = v.uniform(0, max(1.0, source.background[-1][0] - 60))
        slice_ = within(source.background, begin, begin + length, v.choice([300, 1000, 3000]))
        machine.events += [(at - begin, record, False) for at, record, _ in renamed(slice_, v, machine)]
    elif v.maybe(0.7):
        machine.noise(length)
    is_attack = kind in ("intrusion", "transplant", "intrusion_on_recording")
    work = [benign.FAMILIES[name] for name in v.some(FOLDS[fold]["benign"], 0 if is_attack else 1, 3)]
    for activity in work:
        machine.now = v.uniform(0, length)
        activity(machine)
    if kind in ("intrusion", "intrusion_on_recording"):
        family = v.choice(FOLDS[fold]["attack"])
        machine.now, machine.is_attack = v.uniform(0, length * 0.7), True
        attacks.FAMILIES[family](machine)
    elif kind == "transplant":
        with_attack = [recording for recording in mine if len(recording.attack) >= 5]
        source = v.choice(with_attack)
        family = source.name
        offset = v.uniform(0, length * 0.6)
        begin = source.attack[0][0]
        chosen = [event for event in source.attack if v.maybe(0.9)][: v.choice([60, 300, 1500])]
        machine.events += [(at - begin + offset, record, True) for at, record, _ in renamed(chosen, v, machine)]
    events = audited(v, sorted(machine.events, key=lambda event: event[0]))
    return events, machine, fold, family, is_attack


def audited(v: Vary, events: list[Event]) -> list[Event]:
    """What is left of a session where less is logged: some kinds of event, or a few. Small windows are no sign of anything."""
    kinds = sorted({(str(record.get("Channel")), str(record.get("EventID"))) for _, record, _ in events})
    level = v.choice(["all", "all", "some", "few"])
    if level == "all":
        return events
    if level == "some":
        kept = {kind for kind in kinds if v.maybe(0.7)}
    else:
        kept = {kind for kind in kinds if kind[1] in ("1", "4688")} | set(v.some(kinds, 1, 4))
    left = [event for event in events if (str(event[1].get("Channel")), str(event[1].get("EventID"))) in kept]
    had, has = sum(event[2] for event in events), sum(event[2] for event in left)
    return left if len(left) >= 5 and (had == 0 or has >= 3) else events


def write(path: Path, events: list[Event], machine: Machine, start: float, batch: float) -> list[int]:
    """`batch`: seconds by which a collector rounds its times, as many do. Gives the attack's lines."""
    attack = []
    with path.open("w") as out:
        for number, (at, record, is_attack) in enumerate(events):
            when = start + at
            rounded = when if batch == 0 else (when // batch + 1) * batch
            text = datetime.fromtimestamp(rounded, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            record = {key: value for key, value in record.items() if key not in DROPPED} | {
                "@timestamp": text,
                "Hostname": f"{machine.name}.{machine.domain.lower()}.example",
                "RecordNumber": number + 1,
            }
            if str(record.get("Channel", "")).endswith("Sysmon/Operational"):
                record["UtcTime"] = datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
            out.write(json.dumps(record, separators=(",", ":")) + "\n")
            if is_attack:
                attack.append(number)
    return attack


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, required=True, help="JSONL recordings, with labels.json beside them")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sessions", type=int, default=900)
    parser.add_argument("--seed", default="1")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    labels = json.loads((arguments.recordings / "labels.json").read_text())
    known = recordings(arguments.recordings, labels)
    with (arguments.out / "sessions.jsonl").open("w") as index:
        for number in range(arguments.sessions):
            v = Vary(f"{arguments.seed}/{number}")
            events, machine, fold, family, is_attack = compose(v, known)
            if len(events) < 5:
                continue
            name = f"w{number:05d}"
            start = 1_650_000_000 + v.randrange(DAYS * 86_400) + v.random()
            attack = write(arguments.out / f"{name}.jsonl", events, machine, start, v.choice([0, 0, 0.5, 2.0]))
            index.write(
                json.dumps(
                    {
                        "session": name,
                        "host": machine.name,
                        "fold": fold,
                        "family": family,
                        "attack": is_attack,
                        "lines": len(events),
                        "attack_lines": runs(attack),
                    }
                )
                + "\n"
            )


if __name__ == "__main__":
    main()
