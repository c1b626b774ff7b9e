"""From a session's raw records and its journal to a recording: the harness taken out, pauses put in, attack lines told."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .capture import Record

NS = 1_000_000_000
SYSTEMD = {"pid": 1, "comm": "systemd", "executable": "/usr/lib/systemd/systemd", "args": ["/sbin/init"], "start_ns": 4_000_000}
#: The sandbox's own folder, and what stands there in a recording.
HARNESS = "sandbox.py"
HIDDEN, SHOWN = "/.w/", "/var/lib/fleet/"


@dataclass
class Journal:
    """What the sandbox wrote down, in its clock."""

    began: float = 0.0
    ended: float = float("inf")
    driver: int = 0
    pauses: list[tuple[int, int]] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Journal:
        journal = cls()
        for line in path.read_text(errors="replace").splitlines():
            words = line.replace(",", ".").split()
            try:
                at = float(words[1])
                if words[0] == "s":
                    journal.began = at
                elif words[0] == "e":
                    journal.ended = at
                elif words[0] == "d":
                    journal.driver = int(words[2])
                elif words[0] == "a":
                    journal.marks.append((int(at * NS), int(words[2])))
                elif words[0] == "p":
                    journal.pauses.append((int(at * NS), int(float(words[2]) * NS)))
            except (IndexError, ValueError):
                continue
        journal.pauses.sort()
        journal.marks.sort()
        return journal


def nanoseconds(text: str) -> int:
    seconds, _, fraction = text.rstrip("Z").partition(".")
    whole = int(datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp())
    return whole * NS + int(fraction.ljust(9, "0")[:9] or 0)


def text(time: int) -> str:
    return f"{datetime.fromtimestamp(time // NS, UTC):%Y-%m-%dT%H:%M:%S}.{time % NS:09d}Z"


def attack_processes(records: list[tuple[int, Record]], marks: list[tuple[int, int]]) -> list[bool]:
    """For each record, whether its process descends from a marked one."""
    marked: set[int] = set()
    waiting = list(marks)
    told = []
    for time, record in records:
        while waiting and waiting[0][0] <= time:
            marked.add(waiting.pop(0)[1])
        pid = record["process"]["pid"]
        is_attack = pid in marked
        if record["event"] == "process_fork":
            (marked.add if is_attack else marked.discard)(record["child_pid"])
        told.append(is_attack)
    return told


def finish(
    raw: list[Record], journal: Journal, plan: dict[str, Any], boot: str, start: int, outside: tuple[str, ...] = ()
) -> tuple[list[str], list[int]]:
    """Lines of the recording, and which of them are the attack's. `start`: its first moment in nanoseconds since 1970.
    `outside`: folders of this machine that a working directory may name where the sensor looked before the change of root."""
    began, ended = int(journal.began * NS), journal.ended * NS
    timed = sorted(((nanoseconds(record["time"]), record) for record in raw), key=lambda pair: pair[0])
    timed = [(time, record) for time, record in timed if began <= time <= ended + NS and record["event"] != "lost"]
    told = attack_processes(timed, journal.marks)
    moments = [at for at, _ in journal.pauses]
    sums = [0]
    for _, length in journal.pauses:
        sums.append(sums[-1] + length)
    names = {user["uid"]: user["name"] for user in plan["users"]}
    lines: list[str] = []
    attack: list[int] = []
    for (time, record), is_attack in zip(timed, told, strict=True):
        process = record["process"]
        is_harness = process["pid"] == journal.driver or any(HARNESS in word for word in process.get("args", ()))
        if is_harness or record.get("path", "").startswith(HIDDEN):
            continue
        if process["ppid"] == journal.driver:
            process["ppid"] = 1
            process["parent"] = SYSTEMD
        process.pop("container_id", None)
        if process.get("working_directory", "/").startswith(outside):
            process["working_directory"] = "/"
        if process["uid"] in names:
            process["user_name"] = names[process["uid"]]
        moved = start + time - began + sums[bisect_right(moments, time)]
        record |= {"host": plan["host"], "boot_id": boot, "sequence": len(lines) + 1, "time": text(moved)}
        if is_attack:
            attack.append(len(lines))
        lines.append(json.dumps(record, separators=(",", ":"), ensure_ascii=False).replace(HIDDEN, SHOWN))
    return lines, attack


def runs(numbers: list[int]) -> list[list[int]]:
    """Ascending numbers as [first, behind the last] pairs."""
    pairs: list[list[int]] = []
    for number in numbers:
        if pairs and pairs[-1][1] == number:
            pairs[-1][1] += 1
        else:
            pairs.append([number, number + 1])
    return pairs
