"""The rest of the world of a sandbox: name service, web, mail, shells of an adversary. Every address leads here.

Standard library only (see `sandbox.py`). It answers; it never starts anything.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable

REQUEST_BYTES_MAX = 1 << 20
PAGE = b"<html><body>ok</body></html>\n"


class World:
    """Answers by the plan: `web` path -> body, `shells` port -> lines typed into whoever connects, `ports` all others."""

    def __init__(self, plan: dict, journal: Callable[[str], None]) -> None:
        self.plan = plan
        self.journal = journal

    def open(self) -> None:
        context = None
        if self.plan.get("certificate"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.plan["certificate"])
        threading.Thread(target=self.names, daemon=True).start()
        for port in self.plan["ports"]:
            self.listen(port, lambda peer, tls=port in (443, 8443), c=context: self.answer(peer, c if tls else None))
        for port, lines in self.plan["shells"].items():
            self.listen(int(port), lambda peer, lines=lines: self.type_in(peer, lines))

    def listen(self, port: int, serve: Callable[[socket.socket], None]) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))
        except OSError:
            return
        listener.listen(64)

        def accept() -> None:
            while True:
                peer, _ = listener.accept()
                threading.Thread(target=serve, args=(peer,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()

    def answer(self, peer: socket.socket, context: ssl.SSLContext | None) -> None:
        peer.settimeout(3)
        try:
            if context:
                peer = context.wrap_socket(peer, server_side=True)
            elif peer.getsockname()[1] == 22:
                peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            request = peer.recv(65536)
            head, _, body = request.partition(b"\r\n\r\n")
            words = head.split(b" ")
            if b"Expect: 100-continue" in head:
                peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
            while len(body) < min(length, REQUEST_BYTES_MAX):
                more = peer.recv(65536)
                if not more:
                    break
                body += more
            path = words[1].decode(errors="replace") if len(words) > 2 else "/"
            page = self.plan["web"].get(path, "").encode() or PAGE
            peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(page) + page)
        except OSError:
            pass
        finally:
            peer.close()

    def type_in(self, peer: socket.socket, lines: list[str]) -> None:
        """An adversary at a remote shell."""
        try:
            for line in lines:
                if line.startswith("pause "):
                    self.journal(f"p {time.time():.6f} {line.split()[1]}")
                else:
                    peer.sendall(line.encode() + b"\n")
                    time.sleep(0.08)
            time.sleep(0.3)
            peer.sendall(b"exit\n")
            time.sleep(0.2)
        except OSError:
            pass
        finally:
            peer.close()

    def names(self) -> None:
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("0.0.0.0", 53))
        while True:
            query, peer = server.recvfrom(2048)
            end = query.find(b"\0", 12)
            if end < 0:
                continue
            name = query[12:end].lower()
            kind = struct.unpack(">H", query[end + 1 : end + 3])[0]
            question = query[12 : end + 5]
            answers = b""
            if kind == 1:
                digest = hashlib.sha256(name + self.plan["host"].encode()).digest()
                address = bytes([23 + digest[0] % 170, digest[1], digest[2], 1 + digest[3] % 253])
                answers = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + address
            head = query[:2] + b"\x81\x80\x00\x01" + (b"\x00\x01" if answers else b"\x00\x00") + b"\0\0\0\0"
            server.sendto(head + question + answers, peer)
