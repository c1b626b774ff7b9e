"""Campaigns: a way in, and what an intruder of this kind does then. One function a family; labels are the ancestry of `attack` processes."""

from __future__ import annotations

from collections.abc import Callable

from .plan import Plan
from .techniques import ALL, Intruder

Campaign = Callable[[Plan], None]
#: What every intruder may do besides what his kind is known for.
COMMON = ["system_discovery", "user_discovery", "process_discovery", "network_discovery", "file_discovery", "clear_history", "living_off_the_land"]


def steps(i: Intruder, own: list[str], least: int, most: int, *, common: int = 2) -> list[str]:
    """Some of the campaign's techniques, in its order, with others between, and pauses."""
    v = i.vary
    chosen = [name for name in own if name in set(v.some(own, least, most))]
    for name in v.some(COMMON, 0, common):
        chosen.insert(v.randint(0, len(chosen)), name)
    if v.maybe(0.25):
        v.shuffle(chosen)
    lines: list[str] = []
    for name in chosen:
        number, function = ALL[name]
        i.plan.techniques.append(number)
        lines += [*function(i), v.choice([v.short(), v.short(), v.wait(), v.long()])]
    return lines


def by_web(i: Intruder, lines: list[str]) -> None:
    """Commands come one by one through a hole in a web application."""
    p, v = i.plan, i.vary
    server = v.choice(["/usr/sbin/php-fpm8.1", "/usr/sbin/apache2", "/usr/lib/jvm/java-11/bin/java", "/usr/local/bin/node", "/usr/bin/gunicorn", "/usr/sbin/nginx", "/opt/tomcat/bin/jsvc", "/usr/bin/uwsgi", "/usr/sbin/lighttpd", "/opt/confluence/jre/bin/java", "/usr/bin/ruby3.1"])
    user = v.choice(["www-data", "www-data", "root"])
    ops = [f"write /var/log/{v.word()}.log", "attack"]
    single = [line for line in lines if "\n" not in line]
    if v.maybe(0.5):
        for line in single:
            ops.append(line if line.startswith("pause ") else f"{v.choice(['sh', 'bash'])} {line}")
    else:
        ops.append(f"{'typed'} {p.typed(lines)}")
    p.root(server, [server, *v.choice([[], ["-k", "start"], ["worker"], ["-jar", "/opt/app.jar"]])], ops, user=user, waits=True)


def by_ssh(i: Intruder, lines: list[str]) -> None:
    v = i.vary
    i.plan.ssh(v.choice(["root", "root", i.plan.user]), lines, attack=True)


def by_commands(i: Intruder, lines: list[str]) -> None:
    """A botnet's login: one command after the other, no terminal."""
    i.plan.ssh_command("root", [line for line in lines if "\n" not in line and not line.startswith("pause")], attack=True)


def by_cron(i: Intruder, lines: list[str]) -> None:
    p, v = i.plan, i.vary
    path = f"{i.den}/{v.choice(['.cron', i.handle, 'update.sh', 'run'])}"
    p.files[path] = "#!/bin/bash\n" + "\n".join(lines) + "\n"
    p.cron([v.choice([path, f"bash {path} >/dev/null 2>&1", f"{path} > /dev/null 2>&1 &sleep 2"])], attack=True)


def by_service(i: Intruder, lines: list[str]) -> None:
    p, v = i.plan, i.vary
    path = f"{i.den}/{v.choice([i.handle, 'dbus', 'kworkerd', 'agent'])}"
    p.root(path, [path], [f"{v.choice(['typed', 'typed', 'login'])} {p.typed(lines)}"], attack=True)


def by_database(i: Intruder, lines: list[str]) -> None:
    p, v = i.plan, i.vary
    server = v.choice(["/usr/lib/postgresql/14/bin/postgres", "/usr/bin/redis-server", "/usr/sbin/mysqld", "/usr/share/elasticsearch/jdk/bin/java"])
    p.root(server, [f"{server.rsplit('/', 1)[1]}: client backend"], ["attack", *[line if line.startswith("pause ") else f"sh {line}" for line in lines if "\n" not in line]])


def by_container(i: Intruder, lines: list[str]) -> None:
    p, v = i.plan, i.vary
    p.root("/usr/bin/containerd-shim-runc-v2", ["/usr/bin/containerd-shim-runc-v2", "-id", v.hex(64)], ["attack", f"typed {p.typed(lines)}"])


def by_build(i: Intruder, lines: list[str]) -> None:
    """A dependency that is not what it says: its install script runs in somebody's build."""
    p, v = i.plan, i.vary
    runner = v.choice(["/usr/bin/gitlab-runner", "/usr/local/bin/node", "/usr/bin/pip3", "/home/runner/bin/Runner.Worker", "/usr/bin/make"])
    quick = [line for line in lines if "\n" not in line]
    p.root(runner, [runner, *v.choice([["install"], ["run"], ["--job", "7"]])], [f"write /tmp/{v.word()}/package.json", "sh node --version", "attack", *[line if line.startswith("pause ") else f"sh {line}" for line in quick]], user=v.choice(["root", p.user]))


def by_desktop(i: Intruder, lines: list[str]) -> None:
    p, v = i.plan, i.vary
    program = v.choice(["/usr/libexec/gnome-terminal-server", "/usr/lib/libreoffice/program/soffice.bin", "/usr/lib/firefox-esr/firefox-esr", "/usr/bin/nautilus", "/opt/google/chrome/chrome"])
    p.root(program, [program], ["attack", f"typed {p.typed(lines)}"], user=p.user)


def web_intrusion(p: Plan) -> None:
    i = Intruder.of(p)
    by_web(i, steps(i, ["user_discovery", "system_discovery", "network_discovery", "credentials_in_files", "webshell", "tool_transfer", "reverse_shell", "encoded_payload"], 3, 6))


def web_miner(p: Plan) -> None:
    i = Intruder.of(p)
    by_web(i, steps(i, ["disable_defences", "tool_transfer", "miner", "cron_persistence", "clear_logs"], 3, 5, common=1))


def ssh_botnet(p: Plan) -> None:
    i = Intruder.of(p)
    by_commands(i, steps(i, ["system_discovery", "user_discovery", "authorized_keys", "tool_transfer", "create_account", "brute_force", "clear_history"], 3, 6))


def hands_on_keyboard(p: Plan) -> None:
    i = Intruder.of(p)
    by_ssh(i, steps(i, ["clear_history", "system_discovery", "user_discovery", "security_software_discovery", "file_discovery", "private_keys", "shadow_read", "ssh_lateral", "stage_and_pack", "exfiltrate", "clear_logs"], 4, 9))


def credential_theft(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_service, by_database])(i, steps(i, ["shadow_read", "private_keys", "credentials_in_files", "shell_history", "proc_memory", "cloud_metadata", "collect_input", "exfiltrate"], 3, 7))


def persistence_kit(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_web, by_commands])(i, steps(i, ["tool_transfer", "cron_persistence", "systemd_persistence", "rc_persistence", "shell_profile", "authorized_keys", "create_account", "setuid_shell", "timestomp", "hide"], 3, 8, common=1))


def rootkit(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_service])(i, steps(i, ["system_discovery", "disable_defences", "kernel_module", "ld_preload", "trojan_binary", "tamper_with_lookup", "hide", "masquerade", "clear_logs"], 3, 7, common=1))


def command_and_control(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_service, by_cron, by_desktop])(i, steps(i, ["beacon", "memory_execution", "masquerade", "encoded_payload", "tunnel", "process_discovery", "exfiltrate"], 2, 5))


def reverse_shells(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_web, by_database, by_cron, by_desktop])(i, steps(i, ["user_discovery", "reverse_shell", "setuid_shell", "bind_shell"], 2, 4, common=1))


def container_breakout(p: Plan) -> None:
    i = Intruder.of(p)
    by_container(i, steps(i, ["container_escape", "cloud_metadata", "network_discovery", "tool_transfer", "probe_services", "miner", "reverse_shell"], 2, 5))


def lateral_movement(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_service])(i, steps(i, ["network_discovery", "private_keys", "port_scan", "directory_query", "ssh_lateral", "brute_force", "probe_services", "tunnel"], 3, 6))


def worm(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_service, by_database, by_cron])(i, steps(i, ["tool_transfer", "disable_defences", "authorized_keys", "port_scan", "brute_force", "ssh_lateral", "cron_persistence", "miner"], 3, 6, common=1))


def ransomware(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_service, by_web])(i, steps(i, ["security_software_discovery", "disable_defences", "file_discovery", "stage_and_pack", "exfiltrate", "encrypt_files", "wipe", "clear_logs"], 3, 6, common=1))


def supply_chain(p: Plan) -> None:
    i = Intruder.of(p)
    by_build(i, steps(i, ["system_discovery", "credentials_in_files", "private_keys", "cloud_metadata", "encoded_payload", "exfiltrate", "tool_transfer", "shell_profile"], 2, 5, common=1))


def insider(p: Plan) -> None:
    i = Intruder.of(p)
    by_ssh(i, steps(i, ["file_discovery", "credentials_in_files", "shell_history", "stage_and_pack", "exfiltrate", "sudo_abuse", "clear_history", "wipe"], 2, 6, common=1))


def privilege_escalation(p: Plan) -> None:
    i = Intruder.of(p)
    i.vary.choice([by_ssh, by_web])(i, steps(i, ["system_discovery", "sudo_abuse", "file_discovery", "tool_transfer", "setuid_shell", "living_off_the_land", "shadow_read", "ld_preload"], 3, 6))


FAMILIES: dict[str, Campaign] = {
    "web_intrusion": web_intrusion, "web_miner": web_miner, "ssh_botnet": ssh_botnet, "hands_on_keyboard": hands_on_keyboard, "credential_theft": credential_theft, "persistence_kit": persistence_kit,
    "rootkit": rootkit, "command_and_control": command_and_control, "reverse_shells": reverse_shells, "container_breakout": container_breakout, "lateral_movement": lateral_movement, "worm": worm,
    "ransomware": ransomware, "supply_chain": supply_chain, "insider": insider, "privilege_escalation": privilege_escalation,
}
