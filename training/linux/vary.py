"""Seeded variety: names, addresses and pauses, none of them of a real site."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

ONSETS = ["b", "br", "c", "cl", "d", "dr", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "z"]
VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "io"]
CODAS = ["", "", "n", "r", "s", "l", "t", "x", "nd", "m"]
FIRST_NAMES = ["anna", "ben", "carla", "dirk", "elif", "farid", "grace", "hana", "ivan", "jon", "kim", "lea", "marco", "nina", "omar", "petra", "quinn", "raj", "sara", "tom", "uma", "vera", "wen", "yusuf", "zoe"]
ROLES = ["web", "app", "api", "db", "cache", "build", "ci", "files", "mail", "proxy", "jump", "batch", "edge", "node", "worker", "ml", "vpn", "log", "mon", "git"]
SERVICES = ["billing", "orders", "catalog", "auth", "search", "media", "report", "ledger", "notify", "sync", "gateway", "portal", "stock", "invoice", "session", "queue"]
ACCOUNTS = ["deploy", "svc-app", "ubuntu", "admin", "ops", "jenkins", "appuser", "backup", "ec2-user", "operator"]
SUFFIXES = ["example.net", "example.org", "example.com", "corp.example", "internal.example", "lan"]


class Vary(random.Random):
    def word(self, syllables: int = 2) -> str:
        return "".join(self.choice(ONSETS) + self.choice(VOWELS) + self.choice(CODAS) for _ in range(syllables))

    def maybe(self, share: float) -> bool:
        return self.random() < share

    def some(self, items: Sequence[T], least: int, most: int) -> list[T]:
        return self.sample(list(items), min(len(items), self.randint(least, most)))

    def person(self) -> str:
        name = self.choice(FIRST_NAMES)
        return self.choice([name, name[0] + self.word(2), f"{name}.{self.word(2)}", f"{name}{self.randint(1, 99)}"])

    def account(self) -> str:
        return self.choice([self.person(), self.person(), self.choice(ACCOUNTS), self.word(2)])

    def host(self) -> str:
        role = self.choice(ROLES)
        return self.choice([f"{role}-{self.randint(1, 40):02d}", f"{self.word(1)}-{role}{self.randint(1, 9)}", f"{self.word(2)}", f"ip-10-{self.randint(0, 250)}-{self.randint(0, 250)}-{self.randint(2, 250)}"])

    def service(self) -> str:
        return self.choice([self.choice(SERVICES), f"{self.choice(SERVICES)}-{self.word(1)}", self.word(2)])

    def domain(self) -> str:
        return f"{self.word(2)}.{self.choice(SUFFIXES)}"

    def public(self) -> str:
        return f"{self.choice([5, 23, 31, 45, 51, 62, 78, 80, 91, 104, 139, 141, 146, 159, 167, 185, 193, 212])}.{self.randint(1, 250)}.{self.randint(1, 250)}.{self.randint(2, 250)}"

    def private(self) -> str:
        return self.choice([f"10.{self.randint(0, 250)}.{self.randint(0, 250)}.{self.randint(2, 250)}", f"192.168.{self.randint(0, 250)}.{self.randint(2, 250)}", f"172.{self.randint(16, 31)}.{self.randint(0, 250)}.{self.randint(2, 250)}"])

    def short(self) -> str:
        return f"pause {self.randint(1, 6)}"

    def wait(self) -> str:
        return f"pause {self.choice([4, 8, 12, 20, 30, 45, 60])}"

    def long(self) -> str:
        return f"pause {self.randint(40, 150)}"

    def hex(self, digits: int) -> str:
        return f"{self.getrandbits(4 * digits):0{digits}x}"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
