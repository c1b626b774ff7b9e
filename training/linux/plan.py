"""What happens in one recorded session, as `sandbox.py` reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .vary import Vary

SCRIPTS = "/.w"
ON_PATH = {"/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}
PORTS = [
    21,
    22,
    25,
    80,
    88,
    110,
    143,
    389,
    443,
    445,
    465,
    587,
    636,
    873,
    993,
    1433,
    2049,
    2375,
    2379,
    3000,
    3128,
    3306,
    3333,
    4444,
    4505,
    4506,
]
PORTS += [
    5000,
    5044,
    5432,
    5601,
    5672,
    6379,
    6443,
    6667,
    7000,
    8000,
    8080,
    8081,
    8086,
    8140,
    8443,
    8888,
    9000,
    9001,
    9090,
    9092,
    9100,
    9200,
    9999,
]
PORTS += [10050, 10051, 10250, 11211, 14444, 27017]


@dataclass
class Plan:
    vary: Vary
    family: str
    platform: str = "linux"
    seconds_max: float = 40.0
    techniques: list[str] = field(default_factory=list)
    families: list[str] = field(default_factory=list)
    entry: str = ""
    stubs: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    roots: list[dict[str, Any]] = field(default_factory=list)
    web: dict[str, str] = field(default_factory=dict)
    shells: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        v = self.vary
        self.host = v.host()
        self.address = v.private()
        names = list(dict.fromkeys(name for name in (v.account() for _ in range(4)) if re.fullmatch(r"[a-z][a-z0-9._-]*", name)))
        self.users = [{"name": name, "uid": 2000 + number + v.randint(0, 3) * 10} for number, name in enumerate(names)]

    @property
    def user(self) -> str:
        return self.users[0]["name"]

    @property
    def home(self) -> str:
        return f"/home/{self.user}"

    def uid(self, user: str) -> int:
        return next((entry["uid"] for entry in self.users if entry["name"] == user), 33 if user == "www-data" else 0)

    def script(self, lines: list[str]) -> str:
        path = f"{SCRIPTS}/{len(self.files):03d}"
        self.files[path] = "\n".join(lines) + "\n"
        return path

    def tool(self, path: str) -> str:
        """A stand-in at this path."""
        self.stubs.add(path)
        return path

    def act(self, path: str, args: list[str], lines: list[str], *, waits: bool = True) -> str:
        """The operation by which a stand-in runs another one."""
        self.tool(path)
        return "\t".join(["run " + self.script(lines) if waits else "start " + self.script(lines), path, *args])

    def shell_tool(self, path: str, lines: list[str]) -> str:
        """A tool that a shell may call: without a script of its own it reads the one that belongs to its path."""
        self.tool(path)
        self.files[f"{SCRIPTS}/tool{path.replace('/', '_')}"] = "\n".join(lines) + "\n"
        return path.rsplit("/", 1)[1] if path.rsplit("/", 1)[0] in ON_PATH else path

    def root(
        self,
        exe: str,
        argv: list[str],
        lines: list[str],
        *,
        user: str = "root",
        attack: bool = False,
        waits: bool = True,
        pause: int = 0,
    ) -> None:
        self.tool(exe)
        self.roots.append(
            {
                "exe": exe,
                "argv": argv,
                "script": self.script(lines),
                "uid": self.uid(user),
                "user": user,
                "home": f"/home/{user}" if user in {u["name"] for u in self.users} else ("/root" if user == "root" else "/tmp"),
                "attack": attack,
                "waits": waits,
                "pause": pause,
                "seconds_max": 20.0,
            }
        )

    def typed(self, lines: list[str]) -> str:
        """A file of lines for an interactive shell's input."""
        return self.script(lines)

    def ssh(self, user: str, lines: list[str], *, attack: bool = False, waits: bool = True, pause: int = 0) -> None:
        """Someone logs in and types."""
        session = [f"user {self.uid(user)}"] if user != "root" else []
        session += (["attack"] if attack else []) + [f"login {self.typed(lines)}"]
        terminal = self.vary.randint(0, 4)
        inner = self.act("/usr/sbin/sshd", [f"sshd: {user}@pts/{terminal}"], session)
        self.root("/usr/sbin/sshd", [f"sshd: {user} [priv]"], [inner], waits=waits, pause=pause)

    def ssh_command(self, user: str, commands: list[str], *, attack: bool = False) -> None:
        """Commands given on the line, as a tool of administration does: a login shell for each."""
        ops = [f"user {self.uid(user)}"] if user != "root" else []
        ops += ["attack"] if attack else []
        for command in commands:
            ops += [f"bash {command}", f"pause {self.vary.randint(0, 3)}"]
        inner = self.act("/usr/sbin/sshd", [f"sshd: {user}@notty"], ops)
        self.root("/usr/sbin/sshd", [f"sshd: {user} [priv]"], [inner])

    def cron(self, commands: list[str], *, user: str = "root", attack: bool = False, pause: int = 0) -> None:
        ops = ["attack"] if attack else []
        for command in commands:
            ops += [f"sh {command}", f"pause {self.vary.randint(0, 8)}"]
        path = self.vary.choice(["/usr/sbin/cron", "/usr/sbin/crond"])
        inner = self.act(path, [path.rsplit("/", 1)[1].upper() if "crond" not in path else "/usr/sbin/CROND", "-f"], ops)
        self.root(path, [path, self.vary.choice(["-f", "-n"])], [inner], user=user, pause=pause)

    def json(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "address": self.address,
            "users": self.users,
            "stubs": sorted(self.stubs),
            "files": self.files,
            "roots": self.roots,
            "web": self.web,
            "shells": {str(port): lines for port, lines in self.shells.items()},
            "ports": [port for port in PORTS if port not in self.shells],
            "seconds_max": self.seconds_max,
        }
