"""Records labelled scenarios on this machine with the project's own sensor.

`python -m training.linux.record --sensor PATH --out FOLDER --minutes 60`, as root. Each session runs in namespaces of its own
(`sandbox.py`); the sensor sees the whole machine, and what does not descend from a session is not kept.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from fcntl import F_DUPFD, fcntl
from pathlib import Path

from . import attacks, benign, benign_admin
from .capture import Lineage, Record, Spool
from .families import FOLDS, folds_of
from .plan import Plan
from .session import Journal, finish, runs
from .vary import Vary

OUTER_PROC, JOURNAL = 8, 9
ORDINARY = benign.FAMILIES | benign_admin.FAMILIES
HERE = Path(__file__).resolve().parent
SETTLE_SECONDS = 2.5
SESSION_SECONDS_MAX = 75
HIDDEN = ["/root", "/home", "/tmp", "/mnt", "/media", "/srv", "/run"]
DAYS = 700


class Recorder:
    def __init__(self, work: Path, out: Path, hidden: list[str], seed: str) -> None:
        self.work, self.out, self.hidden, self.seed = work, out, hidden, seed
        self.lock = threading.Lock()
        self.outside = (str(Path.cwd()), *self.hidden[len(HIDDEN) :], str(work))
        self.lineage = Lineage()
        self.records: dict[str, list[Record]] = {}
        self.spool = Spool(work / "sensor")
        self.stopped = threading.Event()
        self.number = sum(1 for _ in out.glob("*.jsonl"))
        self.certificate = self.make_certificate()
        subprocess.run(["gcc", "-O1", "-o", work / "stand-in", HERE / "stand_in.c"], check=True)

    def make_certificate(self) -> str:
        both = self.work / "certificate.pem"
        command = "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=world -keyout {0}.key -out {0}.crt".format(self.work / "c")
        subprocess.run(command.split(), check=True, capture_output=True)
        both.write_text((self.work / "c.key").read_text() + (self.work / "c.crt").read_text())
        return both.read_text()

    def collect(self) -> None:
        """Follows the spool, and keeps what belongs to a session."""
        while not self.stopped.wait(0.4):
            with self.lock:
                for record in self.spool.read():
                    session = self.lineage.of(record)
                    if session in self.records:
                        self.records[session].append(record)
                self.spool.forget_read()

    def plan(self, name: str) -> tuple[Plan, int, bool]:
        v = Vary(f"{self.seed}/{name}")
        fold = v.randrange(len(FOLDS))
        is_attack = v.maybe(0.5)
        ordinary = FOLDS[fold]["benign"]
        family = v.choice(FOLDS[fold]["attack"] if is_attack else ordinary)
        plan = Plan(v, family)
        background = v.some(ordinary, 0, 2) if is_attack else [family, *v.some([other for other in ordinary if other != family], 0, 1)]
        work = [(name, ORDINARY[name]) for name in background] + ([(family, attacks.FAMILIES[family])] if is_attack else [])
        plan.families = sorted({family, *background})
        v.shuffle(work)
        for _, scenario in work:
            scenario(plan)
            if plan.roots and v.maybe(0.6):
                plan.roots[-1]["pause"] += v.randint(0, 120)
            if plan.roots and v.maybe(0.3):
                plan.roots[-1]["waits"] = False
        return plan, fold, is_attack

    def run(self, _number: int) -> None:
        with self.lock:
            self.number += 1
            name = f"s{self.number:05d}"
        plan, fold, is_attack = self.plan(name)
        folder = Path(tempfile.mkdtemp(prefix="session-", dir=self.work))
        mounted = folder / "root"
        mounted.mkdir()
        content = plan.json() | {
            "stand_in": str(self.work / "stand-in"),
            "work": str(mounted),
            "hidden": self.hidden,
            "certificate": "/.w/world.pem",
        }
        content["files"] = content["files"] | {"/.w/world.pem": self.certificate}
        (folder / "plan.json").write_text(json.dumps(content))
        journal_path = folder / "journal"
        outer, journal = os.open("/proc", os.O_RDONLY), os.open(journal_path, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        command = [
            "nice",
            "-n",
            "5",
            "unshare",
            "-m",
            "-p",
            "-n",
            "-u",
            "-i",
            "--fork",
            "--kill-child",
            "/usr/bin/python3",
            "-B",
            str(HERE / "sandbox.py"),
            str(folder / "plan.json"),
        ]
        with self.lock:
            self.records[name] = []
            process = subprocess.Popen(
                command,
                preexec_fn=lambda: inherit(outer, journal),
                close_fds=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=(folder / "errors").open("wb"),
            )
            self.lineage.add(name, process.pid)
        os.close(outer)
        os.close(journal)
        try:
            process.wait(SESSION_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        time.sleep(SETTLE_SECONDS)
        with self.lock:
            raw = self.records.pop(name)
        self.keep(name, plan, fold, is_attack, raw, Journal.read(journal_path))
        errors = (folder / "errors").read_text(errors="replace")
        if errors:
            print(name, errors[-500:], flush=True)
        shutil.rmtree(folder, ignore_errors=True)

    def keep(self, name: str, plan: Plan, fold: int, is_attack: bool, raw: list[Record], journal: Journal) -> None:
        v = plan.vary
        start = (1_718_000_000 + v.randrange(DAYS * 86_400)) * 1_000_000_000 + v.randrange(1_000_000_000)
        lines, attack = finish(raw, journal, plan.json(), str(uuid.UUID(int=v.getrandbits(128), version=4)), start, self.outside)
        if len(lines) < 5 or (is_attack and not attack):
            print(name, plan.family, "left out:", len(lines), "lines,", len(attack), "of the attack", flush=True)
            return
        (self.out / f"{name}.jsonl").write_text("\n".join(lines) + "\n")
        entry = {
            "session": name,
            "host": plan.host,
            "fold": fold,
            "folds": folds_of(plan.families),
            "families": plan.families,
            "family": plan.family,
            "attack": is_attack,
            "techniques": sorted(set(plan.techniques)),
            "lines": len(lines),
            "attack_lines": runs(attack),
        }
        with self.lock, (self.out / "sessions.jsonl").open("a") as index:
            index.write(json.dumps(entry) + "\n")


def inherit(outer: int, journal: int) -> None:
    """The two descriptors that `sandbox.py` expects, and no others."""
    outer, journal = fcntl(outer, F_DUPFD, 20), fcntl(journal, F_DUPFD, 20)
    os.dup2(outer, OUTER_PROC)
    os.dup2(journal, JOURNAL)
    os.closerange(JOURNAL + 1, 256)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sensor", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--hide", action="append", default=[], help="a folder that no scenario may see")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="recording-", dir="/var/tmp") as folder:
        work = Path(folder)
        sensor = subprocess.Popen(
            [
                arguments.sensor,
                "--set",
                f"data_dir={work / 'state'}",
                "--set",
                'capture.methods=["ebpf"]',
                "--set",
                "spool.bytes_max=2000000000",
                "run",
            ],
            stdout=subprocess.DEVNULL,
            stderr=(arguments.out / "sensor.log").open("wb"),
        )
        recorder = Recorder(work, arguments.out, [*HIDDEN, *arguments.hide], arguments.seed)
        time.sleep(2)
        recorder.spool.folder = next(iter(work.glob("state/**/*.spool"))).parent
        follower = threading.Thread(target=recorder.collect, daemon=True)
        follower.start()
        until = time.monotonic() + arguments.minutes * 60
        with ThreadPoolExecutor(arguments.at_once) as pool:
            waiting = set()
            for number in range(arguments.sessions):
                if time.monotonic() > until:
                    break
                while len(waiting) >= arguments.at_once:
                    waiting = {future for future in waiting if not future.done()}
                    time.sleep(0.1)
                waiting.add(pool.submit(recorder.run, number))
        recorder.stopped.set()
        follower.join(10)
        sensor.terminate()
        sensor.wait(10)


if __name__ == "__main__":
    main()
