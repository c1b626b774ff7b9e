"""Reads what the sensor spooled, and tells whose each record is by the ancestry of its process."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAGIC = b"WFSPOOL1"
HEADER_BYTES = 8 + 8 + 8 + 8 + 36 + 4
FRONT_BYTES = 8
#: Position, place, flag, length of the source's name.
FIXED_BYTES = 26

Record = dict[str, Any]


@dataclass
class Spool:
    """A growing folder of segments, read in order from where the last read ended."""

    folder: Path
    done: dict[str, int] = field(default_factory=dict)

    def read(self) -> Iterator[Record]:
        for segment in sorted(self.folder.glob("*.spool")):
            offset = self.done.get(segment.name, HEADER_BYTES)
            with segment.open("rb") as file:
                if file.read(len(MAGIC)) != MAGIC:
                    continue
                file.seek(offset)
                content = file.read()
            taken = 0
            while (frame := decode(content, taken)) is not None:
                record, taken = frame
                yield json.loads(record)
            self.done[segment.name] = offset + taken

    def forget_read(self) -> None:
        """Removes every segment but the one that grows."""
        for segment in sorted(self.folder.glob("*.spool"))[:-1]:
            segment.unlink()
            self.done.pop(segment.name, None)


def decode(content: bytes, at: int) -> tuple[bytes, int] | None:
    """One record and the offset behind it; None where no whole frame is left."""
    if len(content) < at + FRONT_BYTES:
        return None
    (length,) = struct.unpack_from("<I", content, at)
    end = at + FRONT_BYTES + length
    if length < FIXED_BYTES or len(content) < end:
        return None
    source_bytes = content[at + FRONT_BYTES + FIXED_BYTES - 1]
    return content[at + FRONT_BYTES + FIXED_BYTES + source_bytes : end], end


@dataclass
class Lineage:
    """Which session a process belongs to: that of the process which forked it."""

    session_of: dict[int, str] = field(default_factory=dict)
    #: First processes of sessions whose own fork has not been read yet.
    expected: set[int] = field(default_factory=set)

    def add(self, session: str, pid: int) -> None:
        self.session_of[pid] = session
        self.expected.add(pid)

    def of(self, record: Record) -> str | None:
        process = record["process"]
        pid = process["pid"]
        session = self.session_of.get(pid) or self.session_of.get(process["ppid"])
        if session:
            self.session_of[pid] = session
        if record["event"] == "process_fork":
            child = record["child_pid"]
            if session:
                self.session_of[child] = session
            elif child in self.expected:
                self.expected.discard(child)
            else:
                self.session_of.pop(child, None)
        return session
