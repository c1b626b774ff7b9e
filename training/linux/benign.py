"""Ordinary work of Linux hosts, one function a family. Much of it uses what attackers use, too: that is the point."""

from __future__ import annotations

from collections.abc import Callable

from .plan import Plan
from .vary import Vary, encoded

Family = Callable[[Plan], None]


def looks(v: Vary) -> list[str]:
    """What people and agents look at on any host."""
    return [
        "uptime", "df -h", "free -m", "ps aux | head -20", "ps -ef --sort=-%cpu | head", "ls -la", "ls -lah /var/log", "who", "w", "last -n 5",
        "id", "hostname -f", "uname -a", "ss -tlnp", "ss -s", "ip addr", "ip route", "netstat -plnt", "cat /etc/os-release", "cat /proc/loadavg",
        "tail -n 50 /var/log/dpkg.log", "journalctl -n 20 --no-pager", "systemctl status " + v.service(), "systemctl list-units --failed",
        "dmesg | tail", "du -sh /var/* 2>/dev/null | sort -h", "find /var/log -name '*.gz' -mtime +7", "env | sort", "history | tail",
        "cat /etc/passwd | cut -d: -f1", "getent group sudo", "lsblk", "mount | column -t", "cat /etc/hosts", "crontab -l", "groups",
        "grep -i error /var/log/alternatives.log | wc -l", "stat /etc/hostname", "lsof -i -P 2>/dev/null | head", "vmstat 1 2", "top -bn1 | head -15",
    ]


def web_serving(p: Plan) -> None:
    v = p.vary
    server, user = v.choice([("/usr/sbin/nginx", "www-data"), ("/usr/sbin/apache2", "www-data"), ("/usr/sbin/httpd", "apache"), ("/usr/sbin/caddy", "caddy")])
    port, site = v.choice([80, 8080, 8000, 443]), v.domain()
    back = v.choice(["/usr/sbin/php-fpm8.2", "/usr/bin/gunicorn", "/usr/lib/jvm/java-17/bin/java", "/usr/local/bin/node", "/opt/app/bin/puma"])
    work = []
    for _ in range(v.randint(3, 10)):
        work += [f"write /var/log/nginx/{site}.access.log", f"connect 127.0.0.1 {v.choice([5432, 3306, 6379, 9200])}", v.wait()]
        if v.maybe(0.35):
            work.append(v.choice([
                f"sh convert /srv/{site}/uploads/{v.hex(8)}.jpg -resize 300x300 /srv/{site}/thumbs/{v.hex(8)}.jpg; identify /srv/{site}/thumbs/x.jpg",
                "sh /usr/sbin/sendmail -t -i", f"sh git -C /srv/{site} rev-parse HEAD", f"sh exiftool /tmp/php{v.hex(6)} 2>/dev/null; file /tmp/php{v.hex(6)}",
                f"sh date +%s > /srv/{site}/cache/stamp", "sh uname -s", "sh python3 -c 'import json,sys; print(json.dumps({}))'",
                f"sh pdftotext /tmp/{v.hex(8)}.pdf - | head -c 100", f"sh ffmpeg -i /srv/{site}/uploads/{v.word()}.mov -ss 1 -frames:v 1 /tmp/{v.hex(6)}.png",
            ]))
        if v.maybe(0.3):
            work.append(f"write /tmp/sess_{v.hex(16)}")
    p.files[f"/srv/{site}/cache/.keep"] = ""
    p.files[f"/srv/{site}/uploads/.keep"] = ""
    p.files[f"/var/log/nginx/{site}.access.log"] = ""
    p.root(back, [back.rsplit("/", 1)[1] + ": pool www" if "php" in back else back, *(["-jar", f"/opt/{v.service()}/app.jar"] if "java" in back else [])], work, waits=False)
    p.root(server, [f"{server.rsplit('/', 1)[1]}: worker process"], [f"serve {port} {v.randint(2, 6)}", f"connect 127.0.0.1 {v.choice([9000, 8000])}"], waits=False)
    for _ in range(v.randint(1, 3)):
        p.cron([f"curl -fsS -o /dev/null http://127.0.0.1:{port}/health"], pause=v.randint(5, 40))
    if v.maybe(0.5):
        p.root("/usr/bin/certbot", ["/usr/bin/certbot", "renew", "-q"], [f"connect acme.{v.domain()} 443", f"write /etc/letsencrypt/live/{site}/fullchain.pem", f"sh {server.rsplit('/', 1)[1]} -s reload"])


def cron_jobs(p: Plan) -> None:
    v = p.vary
    name = v.service()
    p.files[f"/opt/{name}/bin/nightly.sh"] = f"#!/bin/bash\nset -e\ncd /opt/{name}\ndate >> /var/log/{name}.log\nfind /tmp -name '{v.word()}*' -mtime +2 -delete\nls /opt/{name} | wc -l\nsort /etc/services | uniq -c | sort -rn | head -3 > /opt/{name}/report.txt\ngzip -c /opt/{name}/report.txt > /opt/{name}/report-$(date +%F).gz\n"
    p.files[f"/opt/{name}/clean.py"] = f"import os,time\nfor r,d,f in os.walk('/var/tmp'):\n    pass\nopen('/var/log/{name}-clean.log','a').write(str(time.time()))\n"
    jobs = [
        "cd / && run-parts --report /etc/cron.hourly", "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )",
        f"/opt/{name}/bin/nightly.sh >/dev/null 2>&1", f"python3 /opt/{name}/clean.py", "find /var/tmp -type f -atime +10 -delete",
        f"curl -s https://hc.{v.domain()}/ping/{v.hex(12)} >/dev/null", f"wget -q -O /tmp/{v.word()}.csv http://feeds.{v.domain()}/rates.csv",
        "/usr/lib/php/sessionclean", "command -v debian-sa1 > /dev/null && debian-sa1 1 1", "logrotate /etc/logrotate.conf", "sync; df / | tail -1 >> /var/log/df.log",
        f"mysqldump {name} | gzip > /var/backups/{name}.sql.gz", f"pg_dump {name} > /tmp/{name}.sql", "updatedb.mlocate", "apt-get update -qq", "mandb --quiet",
        "tar czf /var/backups/etc-$(date +\\%F).tgz /etc/cron.d /etc/apt", f"cd /opt/{name} && git pull -q", "ntpdate -u pool.ntp.org",
    ]
    for _ in range(v.randint(2, 5)):
        p.cron(v.some(jobs, 1, 3), user=v.choice(["root", "root", p.user]), pause=v.randint(10, 90))


def backup(p: Plan) -> None:
    v = p.vary
    target, name = v.private(), v.service()
    packer = v.choice(["tar czf", "tar cJf", "tar cf", "tar --zstd -cf"])
    place = v.choice(["/var/backups", "/mnt/backup", "/srv/backup", "/tmp/bk"])
    for number in range(v.randint(4, 25)):
        p.files[f"/srv/{name}/data/{v.word()}{number}.{v.choice(['db', 'txt', 'csv', 'docx', 'log'])}"] = v.hex(600)
    lines = ["set -u", f"mkdir -p {place}", f"{packer} {place}/{name}-$(date +%F).tar /srv/{name} /etc/apt", v.wait(), f"sha256sum {place}/{name}*.tar > {place}/SUMS", f"ls -la {place}"]
    p.shell_tool("/usr/bin/rsync", [f"connect {target} {v.choice([22, 873])}", "sleep 0.1", f"connect {target} 22"])
    p.shell_tool("/usr/bin/restic", [f"connect {v.domain()} 443", f"write /root/.cache/restic/{v.hex(8)}", f"connect {v.domain()} 443", "burn 0.1"])
    p.shell_tool("/usr/local/bin/aws", [f"connect s3.{v.domain()} 443"])
    p.shell_tool("/usr/bin/borg", [f"write {place}/borg/{v.hex(6)}", f"write {place}/borg/index.{v.randint(1, 99)}", f"connect {target} 22"])
    lines += v.some([
        f"rsync -az --delete /srv/{name}/ backup@{target}:/backup/{p.host}/", f"restic -r s3:s3.{v.domain()}/bk backup /srv/{name}", f"aws s3 cp {place}/{name}-$(date +%F).tar s3://{v.word()}/{p.host}/ --sse",
        f"scp -q -o BatchMode=yes {place}/SUMS backup@{target}:", f"curl -s -T {place}/SUMS http://{target}/upload/", f"openssl enc -aes-256-cbc -pbkdf2 -k $(hostname) -in {place}/SUMS -out {place}/SUMS.enc",
        f"gpg --batch --symmetric --passphrase x -o {place}/k.gpg {place}/SUMS", f"borg create {place}/borg::$(date +%F) /srv/{name}", f"find {place} -name '*.tar' -mtime +14 -delete",
        f"for f in /srv/{name}/data/*; do gzip -k $f; done", f"cp -a /etc/passwd /etc/shadow /etc/group {place}/", f"split -b 200 {place}/SUMS {place}/part-", f"xz -T1 -k {place}/SUMS",
    ], 2, 5)
    body = "\n".join(line for line in lines)
    p.files[f"/usr/local/sbin/backup-{name}.sh"] = f"#!/bin/bash\n{body}\n"
    v.choice([
        lambda: p.cron([f"/usr/local/sbin/backup-{name}.sh"]),
        lambda: p.root("/usr/sbin/anacron", ["/usr/sbin/anacron", "-s"], [f"sh /usr/local/sbin/backup-{name}.sh"]),
        lambda: p.ssh("root", [f"bash /usr/local/sbin/backup-{name}.sh", "ls -la " + place]),
    ])()


def admin_ssh(p: Plan) -> None:
    v = p.vary
    service, other = v.service(), v.person()
    key = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA{v.hex(40)} {other}@{v.word()}"
    jobs = [
        ["apt-get update", "apt list --upgradable 2>/dev/null | head", "apt-get install -y --no-install-recommends tree"],
        [f"useradd -m -s /bin/bash {other.replace('.', '')}", f"usermod -aG sudo {other.replace('.', '')}", f"passwd -S {other.replace('.', '')}", f"mkdir -p /home/{other}/.ssh", f"echo '{key}' >> /home/{other}/.ssh/authorized_keys", f"chmod 600 /home/{other}/.ssh/authorized_keys"],
        [f"systemctl restart {service}", f"systemctl status {service} --no-pager", f"journalctl -u {service} -n 50 --no-pager", f"tail -n 100 /var/log/{service}.log"],
        ["ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_new", "cat ~/.ssh/id_new.pub", f"ssh-copy-id -o ConnectTimeout=1 {other}@{v.private()}"],
        [f"cat > /etc/systemd/system/{service}.service <<X\n[Service]\nExecStart=/opt/{service}/run\n[Install]\nWantedBy=multi-user.target\nX", "systemctl daemon-reload", f"systemctl enable --now {service}"],
        [f"echo '*/10 * * * * root /opt/{service}/tick.sh' > /etc/cron.d/{service}", "chmod 644 /etc/cron.d/*", "ls -la /etc/cron.d"],
        ["vim -es -c wq /etc/hosts", "cp /etc/hosts /etc/hosts.bak", "sed -i 's/^#//' /etc/hosts", "diff /etc/hosts /etc/hosts.bak"],
        [f"curl -sSL https://get.{v.domain()}/install.sh -o /tmp/install.sh", "less /tmp/install.sh | head -3", "bash /tmp/install.sh", "rm /tmp/install.sh"],
        [f"wget -q https://downloads.{v.domain()}/{service}.tar.gz -P /opt", f"tar xzf /opt/{service}.tar.gz -C /opt", f"chmod +x /opt/{service}", f"ln -sf /opt/{service} /usr/local/bin/{service}"],
        ["find / -xdev -size +200M 2>/dev/null | head", "du -xh / --max-depth=1 2>/dev/null", "rm -rf /var/cache/apt/archives/*.deb", "journalctl --vacuum-time=7d"],
        [f"grep -r {v.word()} /etc 2>/dev/null | head", "cat /etc/shadow | grep -c '!'", "awk -F: '$3>=1000{print $1}' /etc/passwd", "lastlog | head", "faillog -a | head"],
        [f"openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/ssl/private/{service}.key -out /etc/ssl/certs/{service}.pem -days 90 -subj /CN={p.host}", f"openssl x509 -in /etc/ssl/certs/{service}.pem -noout -dates"],
        [f"ssh -o ConnectTimeout=1 -o StrictHostKeyChecking=no {v.private()} uptime", f"scp -q -o ConnectTimeout=1 /etc/hosts {v.private()}:/tmp/"],
        ["iptables -L -n", f"iptables -A INPUT -p tcp --dport {v.randint(1000, 9000)} -j ACCEPT", "iptables-save > /etc/iptables.rules"],
        [f"tcpdump -i any -c 10 port {v.choice([53, 443, 8080])} -w /tmp/{v.word()}.pcap", "ss -tnp"],
        ["chmod 750 /opt", f"chown -R {p.user}: {p.home}", f"setfacl -m u:{p.user}:rx /opt", "visudo -c", "sysctl -a 2>/dev/null | grep forward"],
        [f"pkill -HUP {service}", "kill -0 1", f"pgrep -fa {service}", "logrotate -f /etc/logrotate.conf", "truncate -s 0 /var/log/alternatives.log"],
        [f"nc -zv -w1 {v.private()} {v.choice([22, 443, 5432])}", f"dig +short {v.domain()}", f"ping -c1 -W1 {v.private()}", f"curl -I -s http://{v.private()}:8080/"],
        ["docker ps -a", "docker logs --tail 20 app", "docker system prune -f"],
        [f"echo {encoded('user=' + v.word())} | base64 -d", f"jq . /opt/{service}/config.json", "date -u", "cal"],
    ]
    for tool, effect in (("/usr/sbin/iptables", []), ("/usr/sbin/iptables-save", []), ("/usr/sbin/tcpdump", ["sleep 0.1", f"write /tmp/{v.word()}.pcap"]), ("/usr/bin/nc", [f"connect {v.private()} 443"]), ("/usr/bin/dig", ["datagram 8.8.8.8 53"]), ("/usr/bin/docker", ["sleep 0.05"])):
        p.shell_tool(tool, effect)
    p.files[f"/opt/{service}/config.json"] = "{}"
    lines: list[str] = []
    for job in v.some(jobs, 2, 6):
        lines += v.some(looks(v), 1, 4)
        for command in job:
            lines += [command if v.maybe(0.8) else f"nice {command}", v.short()]
        lines.append(v.wait())
    p.ssh(v.choice(["root", "root", p.user]), lines)


def package_management(p: Plan) -> None:
    v = p.vary
    name = f"{v.word()}-{v.choice(['agent', 'tools', 'common', 'server'])}"
    where = f"/tmp/{v.word()}"
    control = f"Package: {name}\\nVersion: {v.randint(1, 9)}.{v.randint(0, 30)}\\nArchitecture: all\\nMaintainer: {v.person()} <x@{v.domain()}>\\nDescription: {name}\\n"
    post = f"#!/bin/sh\\nset -e\\nuseradd -r -s /usr/sbin/nologin {v.word(3)} || true\\nmkdir -p /var/lib/{name} /etc/{name}\\nchmod 700 /var/lib/{name}\\nsystemctl daemon-reload || true\\n"
    build = [
        f"mkdir -p {where}/DEBIAN {where}/usr/bin {where}/lib/systemd/system {where}/etc/cron.d {where}/etc/{name}", f"printf '{control}' > {where}/DEBIAN/control", f"printf '{post}' > {where}/DEBIAN/postinst", f"chmod 755 {where}/DEBIAN/postinst",
        f"printf '#!/bin/sh\\nexit 0\\n' > {where}/usr/bin/{name}", f"chmod +x {where}/usr/bin/{name}", f"printf '[Service]\\nExecStart=/usr/bin/{name}\\n' > {where}/lib/systemd/system/{name}.service", f"printf '0 3 * * * root /usr/bin/{name}\\n' > {where}/etc/cron.d/{name}", f"dpkg-deb --build {where} /var/cache/apt/archives/{name}.deb",
    ]
    use = [f"dpkg -i /var/cache/apt/archives/{name}.deb", f"dpkg -L {name}", f"dpkg -s {name} | head", f"systemctl enable {name}", f"{name} --version", "ldconfig", f"dpkg -r {name}", f"dpkg --purge {name}"]
    query = ["apt-get update", "apt-cache policy bash", "apt-get -s upgrade", "apt-get install -y --download-only jq", "dpkg -l | wc -l", "apt-mark showhold", "dpkg --audit", "apt-get clean", "update-alternatives --list editor", "pip3 list 2>/dev/null | head", f"pip3 install -q --no-index {v.word()} || true", f"curl -fsSL https://packages.{v.domain()}/key.gpg | gpg --dearmor -o /usr/share/keyrings/{name}.gpg", f"echo 'deb https://packages.{v.domain()} stable main' > /etc/apt/sources.list.d/{name}.list"]
    lines = v.some(query, 1, 3) + build + [v.wait()] + use[: v.randint(3, len(use))] + [v.short()] + v.some(query, 1, 4)
    v.choice([
        lambda: p.ssh("root", lines),
        lambda: p.root("/usr/bin/unattended-upgrade", ["/usr/bin/python3", "/usr/bin/unattended-upgrade"], [f"typed {p.typed(lines)}"]),
        lambda: p.root("/usr/bin/cloud-init", ["/usr/bin/python3", "/usr/bin/cloud-init", "modules", "--mode=final"], [f"typed {p.typed(lines)}", "write /var/log/cloud-init.log"]),
    ])()


def ci_job(p: Plan) -> None:
    v = p.vary
    project, number = v.service(), v.randint(100, 9000)
    runner = v.choice([("/usr/bin/gitlab-runner", "/builds"), ("/home/runner/bin/Runner.Worker", "/home/runner/work"), ("/usr/bin/buildkite-agent", "/var/lib/buildkite-agent/builds"), ("/opt/teamcity/bin/agent", "/opt/teamcity/work"), ("/usr/bin/jenkins-agent", "/var/lib/jenkins/workspace")])
    work = f"{runner[1]}/{project}/{number}"
    p.files[f"/srv/git/{project}/main.py"] = "def add(a, b):\n    return a + b\n"
    p.files[f"/srv/git/{project}/test_main.py"] = "import unittest, main\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(main.add(1, 2), 3)\n"
    p.files[f"/srv/git/{project}/Makefile"] = "all: app\napp: a.o b.o\n\t$(CC) -o $@ $^\n%.o: %.c\n\t$(CC) -O1 -c $<\n"
    p.files[f"/srv/git/{project}/a.c"] = "int f(void);int main(){return f();}\n"
    p.files[f"/srv/git/{project}/b.c"] = "int f(void){return 0;}\n"
    p.files[f"/srv/git/{project}/package.json"] = '{"name":"x","version":"1.0.0","scripts":{"build":"node -e 1","test":"node -e 1"}}'
    p.shell_tool("/usr/bin/docker", [f"connect {v.domain()} 443", f"write /var/lib/docker/tmp/{v.hex(8)}", "sleep 0.2"])
    steps = ["set -eo pipefail", "export CI=true", f"mkdir -p {work}", f"cd /srv/git/{project} && git init -q && git add -A && git -c user.email=a@b -c user.name=ci commit -qm x", f"git clone -q /srv/git/{project} {work}/src", f"cd {work}/src", "git log -1 --format=%H"]
    steps += v.some([
        "python3 -m unittest -q", "make CC=gcc", "npm run build --silent", "npm test --silent", "python3 -m venv --without-pip .venv && .venv/bin/python -c 'print(1)'", f"docker build -t {project}:{number} .", f"docker push registry.{v.domain()}/{project}:{number}",
        f"curl -fsSL https://sh.{v.domain()}/install | sh -s -- -y", f"curl -s -F file=@Makefile https://coverage.{v.domain()}/upload", f"tar czf ../{project}-{number}.tgz .", f"curl -T ../{project}-{number}.tgz https://artifacts.{v.domain()}/{project}/", "find . -name '*.py' | xargs python3 -m py_compile",
        "grep -rn TODO . || true", f"echo {encoded(v.hex(30))} | base64 -d > .token && chmod 600 .token", "env | grep CI", "sha256sum * 2>/dev/null > SUMS || true", "chmod +x ./*.sh 2>/dev/null || true", f"wget -q https://github.{v.domain()}/releases/tool -O /tmp/tool-{v.hex(4)} && chmod +x /tmp/tool-*", "gcc -O2 -o /tmp/t a.c b.c && /tmp/t", "openssl dgst -sha256 Makefile", "ls -la && df -h . && nproc",
    ], 4, 10)
    steps.append(f"rm -rf {work}")
    script = []
    for step in steps:
        script += [step, v.short()] if v.maybe(0.5) else [step]
    p.files[f"/tmp/build-{number}.sh"] = "\n".join(script) + "\n"
    shell = v.choice([f"bash bash /tmp/build-{number}.sh", f"bash bash -e /tmp/build-{number}.sh", f"typed {p.typed(script)}"])
    p.root(runner[0], [runner[0], "run", "--job", str(number)], [f"connect git.{v.domain()} 443", shell, f"connect git.{v.domain()} 443"])


def developer(p: Plan) -> None:
    v = p.vary
    name = v.service()
    base = f"{p.home}/{v.choice(['src', 'code', 'projects', 'work'])}/{name}"
    p.files[f"{base}/app.py"] = "import http.server, socketserver, threading, urllib.request\ns=socketserver.TCPServer(('127.0.0.1',0),http.server.SimpleHTTPRequestHandler)\nthreading.Thread(target=s.serve_forever,daemon=True).start()\nprint(urllib.request.urlopen('http://127.0.0.1:%d/' % s.server_address[1]).status)\n"
    p.files[f"{base}/x.c"] = "#include <stdio.h>\nint main(){printf(\"%d\\n\",1);return 0;}\n"
    p.files[f"{base}/a.sh"] = "#!/bin/bash\nfor i in 1 2 3; do echo $i; done\n"
    p.files[f"{base}/m.js"] = "require('fs').writeFileSync('o.json', JSON.stringify({a: 1})); console.log(process.version)\n"
    jobs = [
        "git init -q . ; git add -A ; git -c user.email=a@b -c user.name=d commit -qm wip", "git status -s", "git diff HEAD --stat", "git log --oneline | head", "git checkout -qb fix", "python3 app.py", "node m.js", "gcc -g -o x x.c && ./x", "strace -f -o /tmp/trace.txt ./x",
        "gdb -batch -ex run -ex bt ./x", "bash a.sh", "chmod +x a.sh && ./a.sh", f"echo {encoded('hello ' + v.word())} | base64 -d", f"curl -s http://localhost:8080/api/{v.word()}", f"curl -s -X POST -d '{{}}' https://api.{v.domain()}/v1/{v.word()}", "grep -rn main . | head", "find . -name '*.py' -newer a.sh", "sed -i s/1/2/ m.js",
        f"ssh -o ConnectTimeout=1 {p.user}@{v.private()} hostname", "python3 -c 'import base64,os;print(base64.b64encode(os.urandom(9)))'", "perl -e 'print join(\",\", 1..5)'", "make -n 2>/dev/null; ls -la", "tar czf /tmp/src.tgz .", "python3 -m http.server --help >/dev/null", "cp x /tmp/x-test && /tmp/x-test", "npm --offline run 2>/dev/null | head -2",
        "xxd x | head -2", "strings x | head", "objdump -d x | tail -3", "readelf -h x", "ldd x", "nm x | head", "vim -es -c 'wq' a.sh", "cat ~/.ssh/config 2>/dev/null; ls ~/.ssh", "docker ps", "kubectl get pods", "sqlite3 t.db 'create table if not exists a(b); insert into a values(1); select * from a'", "jq .a o.json", "wc -l *", "rm -f x o.json", "(sleep 0.2; date) &", "for i in 1 2 3 4; do python3 -c 'print(1)'; done", "diff a.sh m.js | head -3",
        "sudo -n ls /root", "nc -l -p 9009 -w 1 < /dev/null", "openssl rand -hex 16", "ps aux | grep node | head -3",
    ]
    p.shell_tool("/usr/bin/sudo", [])
    p.shell_tool("/usr/bin/nc", ["serve 9009 0"])
    lines = [f"cd {base}"]
    for job in v.some(jobs, 6, 18):
        lines += [job, v.choice([v.short(), v.short(), v.wait()])]
    if v.maybe(0.5):
        server = v.choice([f"{p.home}/.vscode-server/bin/{v.hex(40)}/node", "/usr/lib/code-server/lib/node", f"/opt/jetbrains/{v.word()}/bin/idea", "/usr/bin/tmux: server", "/usr/libexec/gnome-terminal-server", "/usr/bin/konsole"]).replace(": server", "")
        p.root(server, [server, "--type=ptyHost"], [f"write {p.home}/.cache/{v.word()}/state.json", f"typed {p.typed(lines)}", f"connect {v.domain()} 443"], user=p.user)
    else:
        p.ssh(p.user, lines)


def build_c(p: Plan) -> None:
    v = p.vary
    name = v.word()
    base = v.choice([f"/usr/src/{name}-{v.randint(1, 9)}.{v.randint(0, 20)}", f"/tmp/{name}-build", f"{p.home}/{name}"])
    count = v.randint(4, 14)
    for number in range(count):
        p.files[f"{base}/src/f{number}.c"] = f"int f{number}(int a){{return a+{number};}}\n"
    p.files[f"{base}/src/main.c"] = "int f0(int);int main(){return f0(0);}\n"
    p.files[f"{base}/configure"] = "#!/bin/sh\nfor h in stdio string unistd math; do echo \"#include <$h.h>\" > conftest.c; echo 'int main(){return 0;}' >> conftest.c; gcc -o conftest conftest.c && ./conftest && echo yes; done\nuname -m; hostname; rm -f conftest*\nsed s/x/x/ Makefile.in > Makefile\n"
    p.files[f"{base}/Makefile.in"] = f"O = $(patsubst %.c,%.o,$(wildcard src/*.c))\nall: {name}\n{name}: lib.a src/main.o\n\t$(CC) -o $@ src/main.o lib.a\nlib.a: $(O)\n\tar rcs $@ $(O)\ninstall: all\n\tinstall -m755 {name} /usr/local/bin/{name}\ncheck: all\n\t./{name}\nclean:\n\trm -f src/*.o lib.a {name}\n"
    p.files[f"{base}/CMakeLists.txt"] = f"cmake_minimum_required(VERSION 3.5)\nproject({name} C)\nfile(GLOB S src/*.c)\nadd_executable({name} ${{S}})\n"
    lines = [f"cd {base}", *v.choice([["sh ./configure", "make -j2", "make check", "make install"], ["sh ./configure", "make"], ["mkdir -p b && cd b && cmake .. && make", "ls -la"]]), v.short(), f"strip {name} 2>/dev/null; file {name}", "make clean 2>/dev/null", "tar cf ../out.tar . "]
    v.choice([lambda: p.ssh(p.user if base.startswith("/home") else "root", lines), lambda: p.root("/usr/bin/dpkg-buildpackage", ["/usr/bin/perl", "/usr/bin/dpkg-buildpackage", "-b"], [f"typed {p.typed(lines)}"]), lambda: p.root("/usr/lib/rpm/rpmbuild", ["rpmbuild", "-bb", f"{name}.spec"], [f"typed {p.typed(lines)}"])])()


def build_script_languages(p: Plan) -> None:
    v = p.vary
    name = v.word()
    base = f"{p.home}/{name}"
    p.files[f"{base}/pkg/setup.py"] = f"from setuptools import setup\nsetup(name='{name}', version='1.0', py_modules=['m'])\n"
    p.files[f"{base}/pkg/m.py"] = "x = 1\n"
    p.files[f"{base}/web/package.json"] = '{"name":"w","version":"1.0.0","dependencies":{"l":"file:../l"},"scripts":{"build":"node b.js","postinstall":"node -e 0"}}'
    p.files[f"{base}/l/package.json"] = '{"name":"l","version":"1.0.0","scripts":{"install":"node -e 1","postinstall":"sh -c true"}}'
    p.files[f"{base}/web/b.js"] = "const {execSync}=require('child_process');const fs=require('fs');for(let i=0;i<5;i++)fs.writeFileSync('d'+i+'.js','x');execSync('git --version');\n"
    p.files[f"{base}/J.java"] = "public class J{public static void main(String[] a){System.out.println(1);}}\n"
    p.files[f"{base}/x.pl"] = "open(F,'>','o.txt');print F 1;close F;system('date');\n"
    jobs = [
        [f"cd {base}/pkg", "python3 setup.py -q build", "python3 setup.py -q sdist", "python3 -m compileall -q ."],
        [f"cd {base}/pkg", "python3 -m venv --system-site-packages /tmp/v", "/tmp/v/bin/python -c 'import m'", "rm -rf /tmp/v"],
        [f"cd {base}/web", "npm install --offline --no-audit --silent", "npm run build --silent", "ls node_modules"],
        [f"cd {base}", "javac J.java", "java -Xshare:auto J"],
        [f"cd {base}", "perl x.pl", "perl -MList::Util=sum -e 'print sum(1..10)'", "prove -V"],
        [f"cd {base}/web", "node b.js", "node -p process.arch", "npx --offline --no-install tsc --version"],
    ]
    lines = []
    for job in v.some(jobs, 2, 4):
        lines += [*job, v.short(), v.wait()]
    p.ssh(p.user, lines)


def monitoring(p: Plan) -> None:
    v = p.vary
    agent = v.choice(["/usr/bin/node_exporter", "/usr/bin/telegraf", "/usr/sbin/zabbix_agentd", "/usr/sbin/nrpe", "/opt/datadog-agent/bin/agent/agent", "/usr/bin/collectd", "/usr/share/metricbeat/bin/metricbeat", f"/opt/{v.word()}/bin/{v.word()}d", "/usr/bin/osqueryd", "/usr/bin/check_mk_agent"])
    server, port = v.private(), v.choice([10051, 9090, 8086, 443, 5666])
    checks = [
        "df -P | tail -n +2", "free -b", "cat /proc/loadavg", "ps -eo pid,comm,%cpu --sort=-%cpu | head -5", "ss -s", "ss -tan state established | wc -l", "who | wc -l", "uptime", "systemctl is-active ssh", "systemctl list-units --state=failed --no-legend", "cat /proc/net/dev", "iostat 1 1", "dmesg --level=err | tail -5", "test -f /var/run/reboot-required",
        "apt-get -s upgrade | grep -c ^Inst", f"curl -o /dev/null -s -w '%{{http_code}}' http://localhost:{v.choice([80, 8080])}/health", "find /var/spool -type f | wc -l", "openssl s_client -connect localhost:443 </dev/null | openssl x509 -noout -enddate", "python3 -c 'import os;print(os.getloadavg())'", "awk '/MemAvailable/{print $2}' /proc/meminfo", "lsof -n | wc -l", "getent passwd | wc -l", "ip -s link", "cat /etc/os-release", "uname -r", "dpkg-query -W | md5sum", "last -n 10", "find / -xdev -perm -4000 -type f 2>/dev/null | wc -l", "netstat -an | grep -c LISTEN", "ntpq -p", "mailq | tail -1", "smartctl -H /dev/sda",
    ]
    chosen = v.some(checks, 3, 12)
    ops = []
    for _ in range(v.randint(2, 5)):
        for check in chosen:
            ops.append(f"sh {check}")
        ops += [f"connect {server} {port}", f"write /var/log/{agent.rsplit('/', 1)[1]}.log", f"pause {v.choice([10, 15, 30, 60])}"]
    p.root(agent, [agent, *v.choice([[], ["-c", f"/etc/{v.word()}.conf"], ["--config", "/etc/agent.yaml", "--foreground"], ["-f"]])], ops, waits=v.maybe(0.5), user=v.choice(["root", p.user]))


def config_management(p: Plan) -> None:
    v = p.vary
    kind = v.choice(["ansible", "puppet", "salt", "chef", "fleet"])
    module = "import sys,os,json,base64,subprocess\nfor c in (['id','-u'],['uname','-a'],['dpkg-query','-W','bash']):\n    subprocess.run(c,stdout=subprocess.DEVNULL)\nopen('/etc/motd','w').write('managed')\nprint(json.dumps({'changed':True}))\n"
    name = v.service()
    edits = [f"echo '{v.word()} = {v.randint(1, 99)}' > /etc/{name}.conf", f"install -m 600 /etc/{name}.conf /etc/{name}.conf.d", "chmod 0644 /etc/motd", f"systemctl reload {name}", f"useradd -r {v.word(3)}", f"usermod -aG adm {p.user}", f"echo 'ssh-rsa AAAA{v.hex(30)} cm' > {p.home}/.ssh/authorized_keys", f"echo '{p.user} ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/{p.user}", "sysctl -w vm.swappiness=10", f"echo '0 4 * * * root /usr/local/bin/{name}' > /etc/cron.d/{name}", "apt-get install -y -qq curl", "update-ca-certificates", f"curl -fsSL -o /usr/local/bin/{name} https://repo.{v.domain()}/{name} && chmod 755 /usr/local/bin/{name}", "timedatectl set-timezone UTC", "locale-gen", "sed -i 's/^#*PermitRootLogin.*/PermitRootLogin no/' /etc/ssh/sshd_config", "getent passwd root", "stat /etc/ssh/sshd_config", "md5sum /etc/motd /etc/hosts"]
    if kind == "ansible":
        commands = []
        for _ in range(v.randint(2, 6)):
            tmp = f"ansible-tmp-{v.randint(10**9, 2 * 10**9)}.{v.randint(1, 99)}-{v.randint(10**4, 10**5)}-{v.randint(10**9, 10**10)}"
            p.files[f"/.w/mod{tmp}"] = module
            commands += ["/bin/sh -c 'echo ~ && sleep 0'", f"/bin/sh -c '( umask 77 && mkdir -p \"` echo ~/.ansible/tmp `\" && mkdir \"` echo ~/.ansible/tmp/{tmp} `\" ) && sleep 0'", f"cp /.w/mod{tmp} ~/.ansible/tmp/{tmp}/AnsiballZ_{v.choice(['setup', 'copy', 'file', 'apt', 'service', 'user', 'template'])}.py", f"/bin/sh -c 'chmod u+x ~/.ansible/tmp/{tmp}/ ~/.ansible/tmp/{tmp}/*.py && sleep 0'", f"/bin/sh -c 'python3 ~/.ansible/tmp/{tmp}/*.py && sleep 0'"]
            commands += [f"/bin/sh -c '{edit}'" for edit in v.some([e for e in edits if "'" not in e], 0, 3)]
            commands.append(f"/bin/sh -c 'rm -f -r ~/.ansible/tmp/{tmp}/ > /dev/null 2>&1 && sleep 0'")
        p.ssh_command(v.choice(["root", p.user]), commands)
    else:
        path = {"puppet": "/opt/puppetlabs/puppet/bin/ruby", "salt": "/usr/bin/salt-minion", "chef": "/opt/chef/embedded/bin/ruby", "fleet": f"/opt/{v.word()}/agent"}[kind]
        ops = [f"connect {v.private()} {v.choice([8140, 4505, 443])}"]
        for edit in v.some(edits, 4, 12):
            ops += [f"sh {edit}", v.short()] if v.maybe(0.7) else [f"write /var/lib/{kind}/state/{v.word()}.yaml", f"sh {edit}"]
        ops += [f"write /var/log/{kind}.log", f"connect {v.private()} {v.choice([8140, 4506, 443])}"]
        p.root(path, [path, *v.choice([["agent", "-t"], ["apply"], ["--daemonize"], []])], ops)


def database(p: Plan) -> None:
    v = p.vary
    name = v.service()
    server = v.choice(["/usr/lib/postgresql/15/bin/postgres", "/usr/sbin/mysqld", "/usr/bin/redis-server", "/usr/bin/mongod"])
    for tool in ("/usr/bin/mysqldump", "/usr/bin/redis-cli", "/usr/bin/mongodump"):
        p.shell_tool(tool, ["connect 127.0.0.1 5432", f"write /var/backups/{v.word()}.dump"])
    work = []
    for _ in range(v.randint(3, 8)):
        work += [f"write /var/lib/{server.rsplit('/', 1)[1]}/base/{v.randint(1000, 99999)}", f"write /var/lib/{server.rsplit('/', 1)[1]}/wal/{v.hex(24)}", v.wait()]
        if v.maybe(0.5):
            work.append(f"sh cp /var/lib/x/wal/{v.hex(24)} /mnt/archive/{v.hex(24)}; test ! -f /mnt/archive/{v.hex(4)}")
    p.root(server, [f"{server.rsplit('/', 1)[1]}: checkpointer"], work, waits=False)
    jobs = [f"psql -h 127.0.0.1 -c 'vacuum analyze' {name}", f"pg_dump -h 127.0.0.1 {name} | gzip > /var/backups/{name}.sql.gz", f"mysqldump --single-transaction {name} > /var/backups/{name}.sql", f"sqlite3 /srv/{name}.db 'pragma integrity_check; create table if not exists t(a); insert into t values (1);'", f"sqlite3 /srv/{name}.db .dump | gzip > /var/backups/{name}.db.gz", "redis-cli bgsave", f"mongodump --db {name}", "find /var/backups -mtime +10 -delete", f"tail -n 100 /var/log/{name}.log", "pg_isready -h 127.0.0.1", "vacuumdb --all -h 127.0.0.1", f"psql -h 127.0.0.1 -Atc 'select count(*) from users' {name}", "chown -R root: /var/backups", f"openssl enc -aes-256-cbc -pbkdf2 -pass pass:x -in /var/backups/{name}.sql -out /var/backups/{name}.enc", f"scp -o ConnectTimeout=1 /var/backups/{name}.sql {v.private()}:/b/"]
    lines = []
    for job in v.some(jobs, 3, 8):
        lines += [job, v.short()]
    v.choice([lambda: p.ssh("root", lines), lambda: p.cron([line for line in lines if not line.startswith("pause")])])()


def containers(p: Plan) -> None:
    v = p.vary
    shim = v.choice(["/usr/bin/containerd-shim-runc-v2", "/usr/bin/conmon", "/usr/bin/dockerd"])
    identity = v.hex(64)
    entry = v.choice(["/usr/local/bin/docker-entrypoint.sh", "/entrypoint.sh", "/app/start.sh"])
    p.files[entry] = f"#!/bin/sh\nset -e\nid -u\nmkdir -p /data\nchown -R root /data\nfor f in /etc/cron.d/*; do test -f $f; done\nenv > /data/env.txt\ncat /etc/hosts > /dev/null\ngetent hosts db.{v.domain()} || true\ndate > /data/started\nhostname\n"
    ops = [f"write /run/containerd/io.containerd.runtime.v2.task/default/{identity}/config.json", f"write /var/lib/docker/containers/{identity}/{identity}-json.log", f"run -\t{p.tool('/usr/bin/runc')}\trunc\t--root\t/run/runc\tcreate\t--bundle\t/run/{identity}\t{identity[:12]}", f"sh {entry}"]
    for _ in range(v.randint(2, 7)):
        ops += [f"sh {v.choice(['curl -f http://localhost:8080/healthz || exit 1', 'pg_isready -h 127.0.0.1', 'test -f /data/started', 'wget -qO- http://localhost:3000/ping', 'cat /data/started', 'ps | wc -l'])}", f"pause {v.choice([5, 10, 30])}"]
    p.root(shim, [shim, "-namespace", "moby", "-id", identity], ops, waits=False)
    if v.maybe(0.6):
        p.root(p.tool("/usr/bin/kubelet"), ["/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml"], [f"write /var/lib/kubelet/pods/{v.hex(8)}/volumes/token", f"connect {v.private()} 6443", "sh mount | wc -l", "sh iptables -t nat -S", "sh nsenter -t 1 -n ss -s", f"connect {v.private()} 10250", v.wait(), "sh du -s /var/lib/kubelet"])
    if v.maybe(0.5):
        p.shell_tool("/usr/bin/docker", [f"connect {v.domain()} 443"])
        p.ssh("root", ["docker ps", f"docker exec -it {identity[:12]} sh", "docker run --rm -v /:/host:ro alpine ls /host", f"docker cp {identity[:12]}:/data/env.txt /tmp/", v.wait(), "docker images", "docker system df", "ls /var/run/docker.sock", "cat /proc/1/cgroup", "capsh --print"])


def security_audit(p: Plan) -> None:
    v = p.vary
    checks = ["cat /etc/passwd", "awk -F: '($2==\"\"){print $1}' /etc/shadow", "find / -xdev -perm -4000 -type f 2>/dev/null", "find / -xdev -perm -2000 -type f 2>/dev/null | head", "find / -xdev -nouser 2>/dev/null | head", "ss -tulpn", "ps auxww", "cat /etc/sudoers", "ls -la /etc/cron.*", "cat /etc/crontab", "uname -a", "sysctl kernel.randomize_va_space", "lsmod", "mount", "cat /etc/ssh/sshd_config", "grep -E '^PermitRoot' /etc/ssh/sshd_config", "dpkg -l", "getcap -r /usr/bin 2>/dev/null", "ls -la /root /home", "last -n 20", "lastb -n 5", "stat -c '%a %n' /etc/shadow /etc/passwd", "iptables -L", "systemctl list-unit-files --state=enabled", "find /home -name authorized_keys", "find /home -name '.netrc' -o -name '.git-credentials'", "cat /proc/sys/kernel/core_pattern", "md5sum /usr/bin/ls /usr/bin/ps /usr/sbin/sshd", "find /tmp /var/tmp /dev/shm -type f -perm -111", "grep -r 'NOPASSWD' /etc/sudoers.d", "env", "umask", "arp -an", "cat /etc/resolv.conf", "getent group sudo", "id"]
    scanner = v.choice([("/usr/sbin/lynis", ["/bin/sh", "/usr/sbin/lynis", "audit", "system"]), ("/opt/nessus_agent/sbin/nessus-service", ["nessusd"]), ("/var/ossec/bin/wazuh-syscheckd", ["/var/ossec/bin/wazuh-syscheckd"]), ("/usr/bin/oscap", ["oscap", "xccdf", "eval"]), ("/opt/qualys/cloud-agent/bin/qualys-cloud-agent", ["qualys-cloud-agent"]), ("/usr/sbin/chkrootkit", ["/bin/sh", "/usr/sbin/chkrootkit"]), ("/usr/bin/aide", ["aide", "--check"]), (f"/opt/{v.word()}/scanner", ["scanner", "--inventory"])])
    ops = []
    for check in v.some(checks, 8, 26):
        ops.append(f"sh {check}")
        if v.maybe(0.2):
            ops.append(v.short())
    ops += [f"write /var/log/{scanner[0].rsplit('/', 1)[1]}.dat", f"connect {v.domain()} 443"]
    v.choice([lambda: p.root(scanner[0], scanner[1], ops), lambda: p.cron([f"{check} >> /var/log/audit.txt 2>&1" for check in v.some(checks, 5, 12)])])()


def data_job(p: Plan) -> None:
    v = p.vary
    base = f"{p.home}/{v.word()}"
    p.files[f"{base}/train.py"] = f"import csv,math,random,urllib.request,tempfile,os\ntry:\n    urllib.request.urlopen('http://data.{v.domain()}/set.csv',timeout=2).read()\nexcept OSError: pass\nrows=[[random.random() for _ in range(8)] for _ in range(2000)]\nx=sum(math.sin(a) for r in rows for a in r)\nfor i in range({v.randint(3, 9)}):\n    open('{base}/ckpt-%d.bin'%i,'wb').write(os.urandom(900))\nos.system('nvidia-smi || true')\n"
    jobs = [f"cd {base} && python3 train.py", f"python3 {base}/train.py --epochs {v.randint(1, 50)} > {base}/out.log 2>&1", f"nohup python3 {base}/train.py &", "python3 -c 'import hashlib\nfor i in range(60000): hashlib.sha256(b\"x\").hexdigest()'", f"wget -q http://data.{v.domain()}/part-{v.randint(0, 99)}.parquet -O {base}/p.parquet", f"curl -s http://mirror.{v.domain()}/model.bin -o {base}/model.bin", f"tar xf {base}/p.tar 2>/dev/null; ls {base}", "nproc; lscpu | head -3; free -g", f"md5sum {base}/*", f"sort -R {base}/train.py | head -2", "awk 'BEGIN{for(i=0;i<200000;i++)s+=i;print s}'", f"gzip -k {base}/ckpt-0.bin", f"aws s3 sync {base} s3://{v.word()}/", f"split -n 4 {base}/ckpt-1.bin {base}/shard-", "seq 1 2000 | xargs -n 200 echo | wc -c"]
    p.shell_tool("/usr/local/bin/aws", [f"connect s3.{v.domain()} 443"] * 3)
    lines = []
    for job in v.some(jobs, 4, 9):
        lines += [job, v.wait()]
    notebook = v.choice(["/opt/conda/bin/jupyter-lab", f"{p.home}/.local/bin/jupyter-notebook", "/usr/bin/airflow", "/opt/spark/bin/executor", "/usr/sbin/slurmstepd"])
    v.choice([lambda: p.ssh(p.user, lines), lambda: p.root(notebook, [notebook, "--no-browser"], [f"typed {p.typed(lines)}", f"write {base}/.ipynb_checkpoints/n.ipynb"], user=p.user)])()


def desktop(p: Plan) -> None:
    v = p.vary
    home = p.home
    browser = v.choice(["/usr/lib/firefox-esr/firefox-esr", "/opt/google/chrome/chrome", "/usr/bin/chromium", "/snap/brave/bin/brave"])
    ops = []
    for _ in range(v.randint(3, 9)):
        ops += [f"connect {v.domain()} 443", f"write {home}/.cache/{browser.rsplit('/', 1)[1]}/{v.hex(20)}", v.wait()]
    ops += [f"truncate {home}/Downloads/{v.word()}.zip", f"rename {home}/Downloads/{v.word()}.part {home}/Downloads/{v.word()}.pdf"]
    p.files[f"{home}/Downloads/app.sh"] = "#!/bin/bash\nmkdir -p ~/.local/share/app\ncp \"$0\" ~/.local/share/app/run\nprintf '[Desktop Entry]\\nExec=run\\n' > ~/.config/autostart/app.desktop\n"
    p.files[f"{home}/.config/autostart/.keep"] = ""
    p.root(browser, [browser, "--type=renderer"], ops, user=p.user, waits=False)
    tools = ["unzip -o ~/Downloads/a.zip -d ~/Downloads/a", "bash ~/Downloads/app.sh", "chmod +x ~/Downloads/app.sh && ~/Downloads/app.sh", "libreoffice --headless --convert-to pdf x.docx", "xdg-open ~/Downloads/x.pdf", "gio trash ~/Downloads/x", "cp ~/Downloads/app.sh /tmp/app-image && /tmp/app-image", "tar xzf ~/Downloads/x.tgz -C ~/", "ls ~/Documents", "python3 -c 'print(2**64)'", "ssh-add -l", "gpg --list-keys", "flatpak update -y", "convert a.png b.jpg", f"curl -LO https://{v.domain()}/x.AppImage", "notify-send done", "fc-list | head -3", "du -sh ~", "lp x.pdf", "xrandr", "setsid sh -c 'sleep 0.1' &"]
    shell = v.choice(["/usr/libexec/gnome-terminal-server", "/usr/bin/konsole", "/usr/bin/xfce4-terminal", "/usr/bin/gnome-shell"])
    lines = []
    for tool in v.some(tools, 3, 9):
        lines += [tool, v.wait()]
    p.root(shell, [shell], [f"typed {p.typed(lines)}", f"write {home}/.local/share/recently-used.xbel"], user=p.user)


def network_admin(p: Plan) -> None:
    v = p.vary
    hosts = [v.private() for _ in range(v.randint(3, 9))]
    for tool, effect in (("/usr/bin/dig", ["datagram 9.9.9.9 53"]), ("/usr/bin/traceroute", [f"datagram {hosts[0]} 33434"] * 3), ("/usr/bin/mtr", []), ("/usr/bin/snmpwalk", [f"datagram {hosts[0]} 161"]), ("/usr/bin/nmap", [f"scan {hosts[0]} 20 26"]), ("/usr/sbin/openvpn", [f"connect {v.public()} 443"]), ("/usr/sbin/arping", [])):
        p.shell_tool(tool, effect)
    lines = []
    for host in hosts:
        lines += v.some([f"ssh -o ConnectTimeout=1 -o BatchMode=yes {host} uptime", f"ping -c1 -W1 {host}", f"dig +short -x {host}", f"curl -sk -m 2 https://{host}/ -o /dev/null", f"ssh-keyscan -T 1 {host} >> ~/.ssh/known_hosts", f"timeout 1 bash -c '</dev/tcp/{host}/22' && echo up", f"snmpwalk -v2c -c public {host} system", f"traceroute -n {host}", f"scp -o ConnectTimeout=1 /etc/hosts {host}:/tmp"], 1, 3) + [v.short()]
    lines += v.some(["ip addr", "ip route", "ip neigh", "ss -tnp", "cat /etc/resolv.conf", "openvpn --config /etc/openvpn/c.conf", f"nmap -sT -p 22,80,443 {hosts[0]}", "arp -an", "ethtool eth0", "resolvectl status", "tcpdump -D", f"for h in {' '.join(hosts)}; do ping -c1 -W1 $h; done"], 3, 7)
    p.ssh(v.choice(["root", p.user]), lines)


def cloud_agents(p: Plan) -> None:
    v = p.vary
    meta = "169.254.169.254"
    agents = [("/usr/bin/google_guest_agent", [f"connect {meta} 80", "sh /usr/bin/google_metadata_script_runner startup", "write /var/log/guest.log"]), ("/usr/sbin/waagent", ["connect 168.63.129.16 80", "sh ip route", "sh cat /proc/net/route", "write /var/lib/waagent/GoalState.xml", "sh iptables -w -t security -C OUTPUT -d 168.63.129.16 -p tcp", "sh pidof dhclient"]), ("/usr/bin/amazon-ssm-agent", [f"connect {meta} 80", f"connect ssm.{v.domain()} 443", "sh dpkg-query -W", "sh uname -r", "bash systemctl is-active ssh; df -h; free", "write /var/lib/amazon/ssm/i.json"]), ("/usr/lib/snapd/snapd", [f"connect api.{v.domain()} 443", "write /var/lib/snapd/state.json.tmp", "rename /var/lib/snapd/state.json.tmp /var/lib/snapd/state.json"]), ("/usr/bin/osqueryd", ["sh ps ax", f"connect {v.domain()} 443", "write /var/log/osquery/r.log"]), ("/opt/edr/falcon-sensor", [f"connect ts01.{v.domain()} 443", "write /opt/edr/state.db"]), ("/usr/bin/fail2ban-server", ["sh iptables -n -L INPUT", "write /var/lib/fail2ban/f.sqlite3", "sh printf '%s' x | mail -s ban root"]), ("/usr/sbin/rsyslogd", ["write /var/log/syslog", "write /var/log/auth.log", f"connect {v.private()} 5044"]), ("/usr/lib/systemd/systemd-udevd", ["sh /usr/lib/udev/ata_id --export /dev/sda", "write /run/udev/data/b8:0"]), ("/usr/lib/apt/apt.systemd.daily", ["sh apt-get -qq update", "sh apt-config shell X Y", "write /var/lib/apt/periodic/update-stamp"]), ("/usr/sbin/sshd", ["serve 22 1"])]
    for path, ops in v.some(agents, 2, 6):
        repeated = []
        for _ in range(v.randint(1, 4)):
            repeated += [*ops, f"pause {v.choice([5, 15, 30, 60])}"]
        p.root(path, [path, *v.choice([[], ["-D"], ["--daemon"], ["run"]])], repeated, waits=v.maybe(0.5))


def hosting_panel(p: Plan) -> None:
    v = p.vary
    panel = v.choice(["/usr/local/psa/admin/bin/httpsd", "/usr/local/cpanel/cpsrvd", "/usr/share/webmin/miniserv.pl", "/opt/cloudpanel/php-fpm"])
    name, site = v.word(3), v.domain()
    ops = [f"sh useradd -m -d /var/www/{site} -s /bin/bash {name}", f"sh echo '{name}:{v.hex(10)}' | chpasswd", f"sh mkdir -p /var/www/{site}/html /var/www/{site}/logs", f"sh chown -R {name}: /var/www/{site}", f"sh printf 'server {{}}' > /etc/nginx/sites-enabled/{site}.conf", "sh nginx -t", "sh systemctl reload nginx", f"sh openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/ssl/private/{site}.key -out /etc/ssl/certs/{site}.crt -days 30 -subj /CN={site}", f"sh tar xzf /opt/wp.tgz -C /var/www/{site}/html; cp -r /etc/skel/. /var/www/{site}", f"bash for f in index about wp-config; do echo '<?php' > /var/www/{site}/html/$f.php; done", f"sh find /var/www/{site} -type d -exec chmod 755 {{}} +", f"sh mysql -e 'create database {name}'", f"sh setquota -u {name} 100 200 0 0 /", f"sh crontab -u {name} -l", f"sh curl -s http://{site}/ -o /dev/null", f"sh du -s /var/www/{site}", f"sh userdel {name}", f"sh passwd -l {name}"]
    p.files["/etc/nginx/sites-enabled/.keep"] = ""
    chosen = ops[:5] + v.some(ops[5:], 3, 11)
    script = []
    for op in chosen:
        script += [op, v.short()]
    p.root(panel, [panel], script + [f"write /var/log/{v.word()}.log"])


def idle_host(p: Plan) -> None:
    v = p.vary
    for _ in range(v.randint(1, 3)):
        v.choice([
            lambda: p.cron(["cd / && run-parts --report /etc/cron.hourly"], pause=v.randint(20, 120)),
            lambda: p.root("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D"], [f"serve 22 {v.randint(1, 3)}", "write /var/log/auth.log", "write /var/log/btmp"] * v.randint(1, 3), waits=False),
            lambda: p.root("/usr/lib/systemd/systemd-timesyncd", ["/usr/lib/systemd/systemd-timesyncd"], ["datagram 162.159.200.1 123", v.long(), "datagram 162.159.200.1 123"], waits=False),
            lambda: p.root("/usr/sbin/rsyslogd", ["/usr/sbin/rsyslogd", "-n"], ["write /var/log/syslog", v.wait(), "write /var/log/syslog"], waits=False),
            lambda: p.root("/usr/sbin/logrotate", ["/usr/sbin/logrotate", "/etc/logrotate.conf"], ["rename /var/log/syslog /var/log/syslog.1", "truncate /var/log/syslog", "sh gzip /var/log/syslog.1", "sh /usr/lib/rsyslog/rsyslog-rotate"]),
            lambda: p.root("/usr/bin/dbus-daemon", ["/usr/bin/dbus-daemon", "--system"], [v.wait()], waits=False),
        ])()
    # Somebody on the Internet tries names and passwords, and gets nowhere: that is every host's normal day.
    for _ in range(v.randint(0, 4)):
        p.root("/usr/sbin/sshd", ["sshd: unknown [priv]"], ["sleep 0.05", "write /var/log/auth.log", "write /var/log/btmp"], pause=v.randint(1, 9))


FAMILIES: dict[str, Family] = {
    "web_serving": web_serving, "cron_jobs": cron_jobs, "backup": backup, "admin_ssh": admin_ssh, "package_management": package_management, "ci_job": ci_job, "developer": developer,
    "build_c": build_c, "build_script_languages": build_script_languages, "monitoring": monitoring, "config_management": config_management, "database": database, "containers": containers,
    "security_audit": security_audit, "data_job": data_job, "desktop": desktop, "network_admin": network_admin, "cloud_agents": cloud_agents, "hosting_panel": hosting_panel, "idle_host": idle_host,
}
