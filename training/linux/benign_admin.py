"""More ordinary work of Linux hosts: what administrators type, look into and change when nobody is intruding."""

from __future__ import annotations

from .benign import Family, looks
from .plan import Plan
from .vary import Vary, encoded


def told(p: Plan, lines: list[str]) -> None:
    """Typed by somebody who logged in, as root or as himself with sudo before the commands."""
    v = p.vary
    p.shell_tool("/usr/bin/sudo", [])
    user = v.choice(["root", "root", p.user])
    if user != "root" and v.maybe(0.6):
        lines = [f"sudo {line}" if v.maybe(0.3) and not line.startswith(("pause", "cd ", "for ", "export")) else line for line in lines]
    p.ssh(user, lines)


def mixed(v: Vary, commands: list[str], least: int, most: int, *, looking: int = 3) -> list[str]:
    lines = v.some(looks(v), 0, looking)
    for command in v.some(commands, least, most):
        lines += [command, v.choice([v.short(), v.short(), v.wait()])]
        if v.maybe(0.2):
            lines += v.some(looks(v), 1, 2)
    return lines


def troubleshooting(p: Plan) -> None:
    v = p.vary
    name = v.service()
    for tool in ("/usr/sbin/tcpdump", "/usr/bin/iostat", "/usr/bin/pidstat", "/usr/bin/sar", "/usr/sbin/iotop"):
        p.shell_tool(tool, ["sleep 0.1"])
    told(p, mixed(v, ["ps auxf", "ps -eo pid,ppid,user,%cpu,%mem,cmd --sort=-%mem | head -15", "ss -tnp state established", "ss -lntup", "lsof -i :443", f"lsof -p $(pgrep -o {name})", "netstat -s | head -20", f"journalctl -u {name} --since '1 hour ago' --no-pager | tail -50", f"grep -c ERROR /var/log/{name}.log", "dmesg -T | tail -30", "last -20", "lastb | head", "cat /proc/meminfo | head -5", "cat /proc/1/status", "ls -la /proc/1/fd | head", f"strace -c -p $(pgrep -o {name}) & sleep 0.2; kill %1", "tcpdump -ni any port 53 -c 5", "iostat -x 1 2", "find / -xdev -mmin -60 -type f -size +10M 2>/dev/null | head", "find /tmp /var/tmp -type f -ls | head", "cat /etc/crontab; ls /etc/cron.d", f"curl -sv http://localhost:8080/{v.word()} -o /dev/null", f"kill -9 $(pgrep -f {name}-{v.word()})", "gdb -p 1 -batch -ex bt 2>/dev/null | tail -2", "free -h; swapon --show", f"tail -n 200 /var/log/{name}.log | grep -i timeout", f"md5sum /usr/bin/{v.choice(['ssh', 'ls', 'ps'])}", "env | sort | head", "ulimit -a", "cat /proc/sys/fs/file-nr"], 6, 18))


def onboarding(p: Plan) -> None:
    v = p.vary
    lines: list[str] = []
    for _ in range(v.randint(1, 4)):
        name = v.word(2)
        lines += mixed(v, [f"useradd -m -s /bin/bash -c '{v.word()} {v.word()}' {name}", f"usermod -aG {v.choice(['sudo', 'adm', 'docker', 'users'])} {name}", f"echo '{name}:{v.hex(10)}' | chpasswd", f"chage -d 0 {name}", f"mkdir -p /home/{name}/.ssh && echo 'ssh-ed25519 AAAA{v.hex(40)} {name}@laptop' > /home/{name}/.ssh/authorized_keys && chmod 700 /home/{name}/.ssh && chown -R {name}: /home/{name}", f"echo '{name} ALL=(ALL) ALL' > /etc/sudoers.d/{name}; chmod 440 /etc/sudoers.d/{name}", f"passwd -l {v.word(2)}", f"userdel -r {v.word(2)}", f"groupadd {v.word(2)}", f"id {name}; groups {name}", f"getent passwd {name}", "grep -E ':[0-9]{4}:' /etc/passwd | cut -d: -f1", "visudo -c", f"cp /etc/skel/.bashrc /home/{name}/", f"chsh -s /bin/bash {name}"], 4, 9, looking=1)
    told(p, lines)


def migration(p: Plan) -> None:
    v = p.vary
    target, name = v.private(), v.service()
    p.shell_tool("/usr/bin/rsync", [f"connect {target} 22"] * 3)
    p.shell_tool("/usr/bin/mysqldump", ["connect 127.0.0.1 3306"])
    for n in range(v.randint(3, 12)):
        p.files[f"/srv/{name}/{v.word()}{n}.{v.choice(['conf', 'sql', 'php', 'html', 'csv'])}"] = v.hex(200)
    told(p, mixed(v, [f"tar czf /tmp/{name}.tgz /srv/{name}", f"tar cf - /srv/{name} | ssh -oBatchMode=yes -oConnectTimeout=1 {target} 'tar xf - -C /'", f"rsync -aHAX /home/ {target}:/home/", f"scp -oBatchMode=yes -oConnectTimeout=1 /tmp/{name}.tgz root@{target}:/tmp/", f"mysqldump --all-databases | gzip > /tmp/all-{v.hex(4)}.sql.gz", f"rsync -a /etc/ssh {target}:/etc/", "getent passwd | awk -F: '$3>=1000' > /tmp/users.txt", "dpkg --get-selections > /tmp/packages.txt", "cp -a /etc /root/etc-backup", "crontab -l > /tmp/cron.txt", f"curl -sI http://{target}/", f"ssh-keyscan -T1 {target} >> ~/.ssh/known_hosts", f"ssh -oBatchMode=yes -oConnectTimeout=1 {target} 'systemctl stop {name}'", f"sha256sum /tmp/{name}.tgz", f"sed -i 's/{v.private()}/{target}/' /etc/hosts", f"openssl enc -aes-256-cbc -pbkdf2 -k {v.hex(6)} -in /tmp/users.txt -out /tmp/users.enc", f"split -b 1000 /tmp/{name}.tgz /tmp/{name}.part.", f"rm -rf /tmp/{name}*", f"curl -s -T /tmp/users.txt http://{target}:8080/"], 6, 14))


def cluster_admin(p: Plan) -> None:
    v = p.vary
    api = v.private()
    for tool in ("/usr/local/bin/kubectl", "/usr/local/bin/helm", "/usr/bin/crictl", "/usr/bin/kubeadm", "/usr/local/bin/terraform", "/usr/bin/ansible-playbook"):
        p.shell_tool(tool, [f"connect {api} 6443", *v.some([f"write {p.home}/.kube/cache/{v.hex(8)}", "sleep 0.1", f"connect {v.domain()} 443"], 0, 2)])
    p.shell_tool("/usr/bin/docker", [f"connect {v.domain()} 443"])
    told(p, mixed(v, ["kubectl get pods -A", f"kubectl describe pod {v.word()}-{v.hex(5)}", f"kubectl logs {v.word()} --tail=50", f"kubectl exec -it {v.word()} -- sh", f"kubectl get secret {v.word()} -o jsonpath='{{.data.password}}' | base64 -d", f"kubectl apply -f https://raw.{v.domain()}/deploy.yaml", f"helm upgrade --install {v.word()} ./chart", f"echo -n '{v.hex(8)}' | base64", f"curl -fsSL https://get.helm.{v.domain()}/helm | bash", "kubeadm certs check-expiration", "crictl ps -a", "crictl pull registry/x", "docker run --rm -it --privileged alpine sh", "cat ~/.kube/config | head -3", f"kubectl port-forward svc/{v.word()} 8080:80 & sleep 0.1", "terraform plan", "ansible-playbook -i hosts site.yml", "kubectl create token default", "cat /proc/self/cgroup", "mount | grep overlay", "ls /var/lib/kubelet/pods", "nsenter -t 1 -n ip addr", f"kubectl cp {v.word()}:/tmp/dump.tgz /tmp/", "kubectl auth can-i --list"], 6, 16))


def mail_and_web_admin(p: Plan) -> None:
    v = p.vary
    site = v.domain()
    for tool in ("/usr/sbin/postfix", "/usr/sbin/postqueue", "/usr/bin/doveadm", "/usr/sbin/nginx", "/usr/bin/certbot", "/usr/bin/wp", "/usr/bin/composer"):
        p.shell_tool(tool, v.choice([[], ["write /var/log/mail.log"], [f"connect {v.domain()} 443"]]))
    p.files[f"/var/www/{site}/index.php"] = "<?php\n"
    told(p, mixed(v, ["postqueue -p | tail -3", "doveadm user '*'", "nginx -t && systemctl reload nginx", f"certbot certonly --webroot -w /var/www/{site} -d {site}", f"cd /var/www/{site} && wp plugin update --all", f"curl -sS https://getcomposer.{v.domain()}/installer | php", f"wget -q https://wordpress.{v.domain()}/latest.tar.gz -O /tmp/wp.tgz", "tar xzf /tmp/wp.tgz -C /var/www", f"chown -R www-data: /var/www/{site}", "find /var/www -name '*.php' -mtime -1 | head", "grep -rlE 'eval\\(|base64_decode' /var/www | head", f"vim -es -c wq /etc/nginx/sites-enabled/{site}", "tail -n 100 /var/log/nginx/access.log | awk '{print $1}' | sort | uniq -c | sort -rn | head", f"openssl s_client -connect {site}:443 </dev/null 2>/dev/null | openssl x509 -noout -dates", f"echo test | mail -s test {v.word()}@{site}", "cat /var/log/mail.log | grep -c reject", f"htpasswd -bc /etc/nginx/.htpasswd {v.word()} x", f"rm -rf /var/www/{site}/cache/*", "php -v", "mysql -e 'show databases'", f"echo '<?php phpinfo();' > /var/www/{site}/i.php", f"curl -s http://localhost/i.php | head -2; rm /var/www/{site}/i.php", f"ln -s /etc/nginx/sites-available/{site} /etc/nginx/sites-enabled/"], 6, 15))


def installers(p: Plan) -> None:
    """Software that is brought by a script from the Internet, as its own pages tell people to."""
    v = p.vary
    name, version = v.word(), f"{v.randint(0, 9)}.{v.randint(0, 20)}.{v.randint(0, 9)}"
    script = f"#!/bin/sh\nset -e\nos=$(uname -s); arch=$(uname -m)\ncommand -v curl >/dev/null\nid -u >/dev/null\ntmp=$(mktemp -d)\ncurl -fsSL https://dl.{v.domain()}/{name}-$os-$arch -o $tmp/{name} || true\necho '#!/bin/sh' > $tmp/{name}; chmod +x $tmp/{name}\n$tmp/{name} --version || true\nmkdir -p $HOME/.{name}/bin; mv $tmp/{name} $HOME/.{name}/bin/\necho 'export PATH=$HOME/.{name}/bin:$PATH' >> $HOME/.profile\nrm -rf $tmp\n"
    p.web[f"/{name}.sh"] = script
    site = v.domain()
    p.shell_tool("/usr/bin/snap", [f"connect {v.domain()} 443"])
    p.shell_tool("/usr/bin/brew", [f"connect {v.domain()} 443", f"write /opt/brew/{v.word()}"])
    told(p, mixed(v, [f"curl -fsSL http://{site}/{name}.sh | sh", f"curl -sSf http://{site}/{name}.sh -o /tmp/{name}.sh && sh /tmp/{name}.sh", f"wget -qO- http://{site}/{name}.sh | bash", f"bash -c \"$(curl -fsSL http://{site}/{name}.sh)\"", f"curl -LO https://github.{site}/releases/{name}_{version}_linux_amd64.tar.gz", f"wget -q https://{site}/{name}_{version}.deb -O /tmp/{name}.deb; dpkg -i /tmp/{name}.deb", f"pip3 install --user --no-index {name} 2>/dev/null; ls ~/.local/bin", f"install -m 755 ~/.{name}/bin/{name} /usr/local/bin/", f"npm install -g --offline {name} 2>/dev/null", f"chmod +x /tmp/{name}*; /tmp/{name}.sh --help", f"mkdir -p /opt/{name} && cp /usr/bin/true /opt/{name}/{name} && /opt/{name}/{name}", f"ln -sf /opt/{name}/{name} /usr/local/bin/{name}", f"printf '[Unit]\\nDescription={name}\\n[Service]\\nExecStart=/opt/{name}/{name}\\nUser={name}\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/{name}.service; systemctl daemon-reload; systemctl enable {name}", f"useradd -r -s /usr/sbin/nologin {name}", "snap install x", f"echo '{encoded(v.hex(20))}' | base64 -d > /etc/{name}.license", f"sha256sum -c /tmp/{name}.sha256 2>/dev/null", f"git clone -q https://{site}/{name}.git /tmp/{name}-src 2>/dev/null", f"cp /usr/bin/id /tmp/{name}-bin && /tmp/{name}-bin --version", f"rm -rf /tmp/{name}*", "source ~/.profile; echo $PATH"], 5, 13))


def hardening(p: Plan) -> None:
    v = p.vary
    for tool in ("/usr/sbin/ufw", "/usr/sbin/auditctl", "/usr/bin/fail2ban-client", "/usr/sbin/iptables", "/usr/sbin/aa-status", "/usr/bin/rkhunter", "/usr/bin/clamscan"):
        p.shell_tool(tool, v.choice([[], [f"write /var/log/{v.word()}.log"]]))
    told(p, mixed(v, ["ufw default deny incoming; ufw allow 22/tcp; ufw enable", "sed -i 's/^#*PasswordAuthentication.*/PasswordAuthentication no/' /etc/ssh/sshd_config; sshd -t; systemctl restart ssh", "echo 'kernel.kptr_restrict = 2' > /etc/sysctl.d/99-h.conf; sysctl --system", "chmod 600 /etc/shadow; stat -c %a /etc/shadow", "find / -xdev -perm -4000 -type f 2>/dev/null", "chmod u-s /usr/bin/chfn", "auditctl -w /etc/shadow -p wa -k shadow", "auditctl -l", "fail2ban-client status sshd", "passwd -l games; usermod -s /usr/sbin/nologin games", "awk -F: '$3==0' /etc/passwd", "rkhunter --check --sk", "clamscan -r /home", "chattr +i /etc/resolv.conf; lsattr /etc/resolv.conf; chattr -i /etc/resolv.conf", "iptables -P INPUT DROP; iptables -A INPUT -i lo -j ACCEPT", "aa-status", "systemctl disable --now avahi-daemon cups", "apt-get purge -y telnet 2>/dev/null", "grep -r NOPASSWD /etc/sudoers.d", "ls -la /home/*/.ssh /root/.ssh", "cat /home/*/.ssh/authorized_keys", "echo 'auth required pam_faillock.so' >> /etc/pam.d/common-auth", "ss -lntup", "last -30; lastb -10", "cat /etc/ld.so.preload 2>/dev/null", "lsmod", "debsums -s", "crontab -l; cat /etc/crontab", "getcap -r /usr 2>/dev/null", "history -c"], 6, 18))


def storage_and_tuning(p: Plan) -> None:
    v = p.vary
    for tool in ("/usr/sbin/lvs", "/usr/sbin/lvextend", "/usr/sbin/mdadm", "/usr/sbin/smartctl", "/usr/bin/fio", "/usr/bin/stress-ng", "/usr/sbin/zpool"):
        p.shell_tool(tool, v.choice([[], ["burn 0.3"], [f"write /mnt/{v.word()}.tmp"]]))
    told(p, mixed(v, ["lsblk -f", "blkid", "lvs; lvextend -L +5G vg0/data", "smartctl -a /dev/sda", "cat /proc/mdstat", "dd if=/dev/zero of=/srv/t.img bs=64k count=40 2>&1; rm /srv/t.img", "mkfs.ext4 -q -F /srv/disk.img 2>/dev/null", "fallocate -l 4M /srv/disk.img", "fio --name=t --size=1M", "stress-ng --cpu 1 --timeout 1", "nproc; lscpu", "sysctl -w vm.nr_hugepages=64", "sysctl -w vm.swappiness=5", "echo never > /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null", "du -xsh /* 2>/dev/null | sort -h | tail", "find / -xdev -type f -size +100M 2>/dev/null", "df -i", "rm -rf /var/cache/apt/*", "truncate -s 0 /var/log/dpkg.log", "find /var/log -name '*.gz' -mtime +30 -delete", "journalctl --vacuum-size=100M", "shred -n1 -u /srv/disk.img", "mount -a", f"mkdir -p /mnt/{v.word()}; mount -t nfs {v.private()}:/x /mnt 2>/dev/null", "zpool status", "renice -n 5 -p $$", "ionice -c3 true", "cp -a /srv /var/tmp/srv-copy", "openssl speed -seconds 1 sha256 2>/dev/null | tail -1", "rsync --version | head -1"], 6, 15))


def scripted_maintenance(p: Plan) -> None:
    """A homegrown script that somebody's predecessor wrote, called by cron, a timer or a person."""
    v = p.vary
    name, where = v.word(), v.choice(["/usr/local/bin", "/opt/scripts", "/root/bin", "/home/scripts", "/srv/ops", "/etc/cron.daily"])
    lines = ["#!/bin/bash", f"LOG=/var/log/{name}.log", "exec >>$LOG 2>&1", "date"]
    lines += v.some(["for u in $(cut -d: -f1 /etc/passwd | tail -5); do id $u; done", "for h in a b c; do getent hosts $h.example.net; done", f"curl -s -X POST -d \"host=$(hostname)&load=$(cut -d' ' -f1 /proc/loadavg)\" https://hooks.{v.domain()}/x", "df -P | awk '$5+0>80'", "find /tmp -type f -mtime +1 -delete", "ps -eo user,comm | sort | uniq -c", "tar czf /var/backups/etc.tgz /etc/passwd /etc/group /etc/hosts", f"scp -oBatchMode=yes -oConnectTimeout=1 /var/backups/etc.tgz {v.private()}:", "python3 -c 'import shutil;print(shutil.disk_usage(\"/\"))'", "perl -ne 'print if /root/' /etc/passwd", "awk -F: '{print $7}' /etc/passwd | sort | uniq -c", "grep -h Failed /var/log/*.log | wc -l", "ss -s | head -1", "systemctl list-timers | head -3", f"echo {encoded(v.hex(16))} | base64 -d | md5sum", "gzip -kf $LOG; rm -f $LOG.gz", "ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub", "logger done", f"wget -q http://repo.{v.domain()}/list.txt -O /tmp/list.txt", "chmod 640 $LOG; chown root:adm $LOG", "kill -0 1", "sqlite3 /var/tmp/s.db 'create table if not exists t(a)'", "openssl rand -hex 8 > /var/tmp/nonce", "ip -o addr | awk '{print $4}'", "dpkg -l | wc -l", "nohup sleep 0.1 &"], 5, 16)
    p.files[f"{where}/{name}.sh"] = "\n".join(lines) + "\n"
    start = f"{where}/{name}.sh"
    v.choice([lambda: p.cron([start], user=v.choice(["root", "root", p.user])), lambda: p.ssh("root", [f"bash -x {start}", f"tail -3 /var/log/{name}.log"]), lambda: p.root("/usr/sbin/anacron", ["anacron", "-s"], [f"sh {start}"]), lambda: p.root("/usr/bin/rundeckd", ["/usr/bin/java", "-jar", "rundeck.war"], [f"bash {start}"]), lambda: p.root(where + "/runner", ["runner"], [f"sh {start}", v.wait(), f"sh {start}"])])()


def student(p: Plan) -> None:
    """Somebody learns: tries things out, mistypes, reads manuals, compiles, looks around."""
    v = p.vary
    p.files[f"{p.home}/a.c"] = "int main(){return 0;}\n"
    p.files[f"{p.home}/a.py"] = "print(sum(range(10)))\n"
    told(p, mixed(v, ["ls -la", "cd /; ls; cd", "cat /etc/passwd", "cat /etc/shadow", "whoami; id", "uname -a", "man ls | head -3", "gcc a.c -o a && ./a", "python3 a.py", "sl; gti status", "history", "find / -name '*.conf' 2>/dev/null | head -5", "grep -r root /etc 2>/dev/null | head -3", "echo hello > /tmp/hello.txt; cat /tmp/hello.txt", "chmod 777 a; ./a", f"curl -s http://{v.domain()}/lesson.txt", f"wget -q http://{v.domain()}/book.pdf", "ps aux | grep bash", "top -bn1 | head -3", "echo aGVsbG8= | base64 -d", "ssh localhost -oBatchMode=yes -oConnectTimeout=1", "ssh-keygen -q -t rsa -N '' -f ~/.ssh/k", "crontab -l", "sudo -n -l", "python3 -m http.server --help > /dev/null", "nc -l -p 1234 -w 1", "for i in 1 2 3; do echo $i; done", "bash -c 'echo $0'", "perl -e 'print 42'", "cp /bin/ls /tmp/myls && /tmp/myls /", "tar cf x.tar a.c a.py; tar tf x.tar", "ln -s a b; readlink b", "env | head -3", "awk 'BEGIN{print 1}'", "xxd a | head -2", "./nothere", "cat /proc/cpuinfo | head -3", "netstat -tln; ip a"], 8, 22))
    p.shell_tool("/usr/bin/nc", [])


FAMILIES: dict[str, Family] = {
    "troubleshooting": troubleshooting, "onboarding": onboarding, "migration": migration, "cluster_admin": cluster_admin, "mail_and_web_admin": mail_and_web_admin, "installers": installers,
    "hardening": hardening, "storage_and_tuning": storage_and_tuning, "scripted_maintenance": scripted_maintenance, "student": student,
}
