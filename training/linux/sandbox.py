"""The sandbox of one recorded session: its process 1.

Started in new mount, PID, network, UTS and IPC namespaces (`record.py`). It lays a throw-away file system over the host's, hides what
belongs to people, makes every address of the Internet end on the sandbox's own loopback, gives up the rights that reach beyond the
namespaces, and starts what the plan says. Nothing outlives the process: all that is written is in memory.

Standard library only, and nothing imported after the change of root: the host's interpreter runs this file.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import world  # noqa: E402  (a sibling: this file runs as a script)

OUTER_PROC = 8
JOURNAL = 9
MEMORY_MIB = 700
PROCESS_SECONDS_MAX = 25
SCRIPTS = "/.w"
#: CAP_* that act on the kernel rather than on a namespace, and SYS_ADMIN, which could undo what is hidden.
FORBIDDEN = {
    "NET_ADMIN": 12,
    "SYS_MODULE": 16,
    "SYS_RAWIO": 17,
    "SYS_ADMIN": 21,
    "SYS_BOOT": 22,
    "SYS_TIME": 25,
    "MKNOD": 27,
    "AUDIT_CONTROL": 30,
    "MAC_OVERRIDE": 32,
    "MAC_ADMIN": 33,
    "SYSLOG": 34,
    "PERFMON": 38,
    "BPF": 39,
}
PR_CAPBSET_DROP = 24
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
#: Only the kernel's own names for what a shell function is called give a script its `pause`.
PAUSE = '() { printf "p %s %s\\n" $EPOCHREALTIME $1 >&9; }'


def journal(line: str) -> None:
    os.write(JOURNAL, f"{line}\n".encode())


def mount(*args: str) -> None:
    subprocess.run(["mount", *args], check=True)


def enter_root(work: Path) -> None:
    """An overlay in memory as the root, with a small /dev, a read-only /sys, and empty homes."""
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "-o", f"size={MEMORY_MIB}m", "sandbox", str(work))
    upper, scratch, merged = (work / name for name in ("upper", "scratch", "merged"))
    for path in (upper, scratch, merged):
        path.mkdir()
    mount("-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={scratch}", str(merged))
    os.chdir(merged)
    Path(".old").mkdir()
    subprocess.run(["pivot_root", ".", ".old"], check=True)
    os.chdir("/")
    mount("-t", "proc", "proc", "/proc")
    mount("--bind", "/proc/sys", "/proc/sys")
    mount("-o", "remount,bind,ro", "/proc/sys")
    mount("-t", "tmpfs", "-o", "size=64m", "dev", "/dev")
    for name in DEVICES:
        Path("/dev", name).touch()
        mount("--bind", f"/.old/dev/{name}", f"/dev/{name}")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1")):
        os.symlink(target, f"/dev/{name}")
    os.makedirs("/dev/shm", mode=0o1777)
    os.chmod("/dev/shm", 0o1777)
    subprocess.run(["umount", "-l", "/.old"], check=True)
    os.rmdir("/.old")


def hide(paths: list[str]) -> None:
    """What is the machine's own business is not there for a scenario."""
    for path in paths:
        if Path(path).is_dir():
            mount("-t", "tmpfs", "-o", "size=200m,mode=0755", "empty", path)


def set_up_network(address: str) -> None:
    for command in (
        "link set lo up",
        f"addr add {address}/24 dev lo",
        f"route add local 0.0.0.0/0 dev lo src {address}",
    ):
        subprocess.run(["ip", *command.split()], check=True)


def fill(plan: dict) -> None:
    subprocess.run(["hostname", plan["host"]], check=True)
    Path("/etc/hostname").write_text(plan["host"] + "\n")
    Path("/etc/resolv.conf").write_text(f"nameserver {plan['address']}\n")
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost\n{plan['address']} {plan['host']}\n")
    Path("/etc/wgetrc").write_text("check_certificate = off\ntries = 1\ntimeout = 3\n")
    for user in plan["users"]:
        subprocess.run(["useradd", "-m", "-N", "-s", "/bin/bash", "-u", str(user["uid"]), user["name"]], check=False)
    for home in ["/root", *(f"/home/{user['name']}" for user in plan["users"])]:
        os.makedirs(f"{home}/.ssh", exist_ok=True)
        Path(home, ".curlrc").write_text("insecure\nmax-time = 4\n")
    stand_in = Path(plan["stand_in_copy"])
    for path in plan["stubs"]:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        shutil.copy(stand_in, target)
        target.chmod(0o755)
    for path, content in plan["files"].items():
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
        target.chmod(0o755)
    for user in plan["users"]:
        subprocess.run(["chown", "-R", user["name"], f"/home/{user['name']}"], check=False)


def drop_rights() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    for number in FORBIDDEN.values():
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESS_SECONDS_MAX, PROCESS_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (128 << 20, 128 << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def start(root: dict) -> subprocess.Popen:
    """One process of the plan, a child of process 1 as a daemon is."""

    def prepare() -> None:
        os.setsid()
        if root["attack"]:
            journal(f"a {time.time():.6f} {os.readlink('self', dir_fd=OUTER_PROC)}")
        if root["uid"]:
            os.setgroups([])
            os.setgid(root["uid"])
            os.setuid(root["uid"])

    environment = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": root["home"],
        "USER": root["user"],
        "LANG": "C.UTF-8",
        "TERM": "xterm",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DEBIAN_FRONTEND": "noninteractive",
        "npm_config_offline": "true",
        "BASH_FUNC_pause%%": PAUSE,
        "STAND_IN": root["script"],
    }
    return subprocess.Popen(
        root["argv"],
        executable=root["exe"],
        env=environment,
        cwd=root["home"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(OUTER_PROC, JOURNAL),
        preexec_fn=prepare,
    )


def reap(_signal: int, _frame: object) -> None:
    """Orphans end with process 1 as their parent; Popen's own are left to it."""


def main() -> None:
    plan = json.loads(Path(sys.argv[1]).read_text())
    stand_in = Path(plan["stand_in"]).read_bytes()
    work = Path(plan["work"])
    signal.signal(signal.SIGCHLD, reap)
    enter_root(work)
    os.makedirs(SCRIPTS)
    Path(SCRIPTS, "stand-in").write_bytes(stand_in)
    plan["stand_in_copy"] = f"{SCRIPTS}/stand-in"
    hide(plan["hidden"])
    set_up_network(plan["address"])
    fill(plan)
    outside = world.World(plan, journal)
    outside.open()
    drop_rights()
    journal(f"d {time.time():.6f} {os.readlink('self', dir_fd=OUTER_PROC)}")
    journal(f"s {time.time():.6f}")
    deadline = time.monotonic() + plan["seconds_max"]
    running: list[subprocess.Popen] = []
    for root in plan["roots"]:
        if time.monotonic() > deadline:
            break
        if root["pause"]:
            journal(f"p {time.time():.6f} {root['pause']}")
        process = start(root)
        running.append(process)
        if root["waits"]:
            wait(process, min(deadline, time.monotonic() + root["seconds_max"]))
        else:
            time.sleep(0.05)
    for process in running:
        wait(process, deadline)
    journal(f"e {time.time():.6f}")
    os._exit(0)


def wait(process: subprocess.Popen, until: float) -> None:
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return


if __name__ == "__main__":
    threading.excepthook = lambda _args: None
    main()
