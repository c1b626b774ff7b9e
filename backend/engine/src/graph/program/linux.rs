//! Programs on Linux. Facts: what distributions ship, and the usual software of servers and developers.

use super::{Home::*, Row, is::*};

#[rustfmt::skip]
pub(super) const PROGRAMS: &[Row] = &[
    (SHELL, System, "sh dash bash zsh ksh mksh fish ash tcsh csh rbash busybox"),
    (INTERPRETER, System, "python perl ruby php lua awk gawk mawk tclsh expect node nodejs osascript jjs guile Rscript"),
    (INTERPRETER, Any, "java deno bun julia"),
    (CORE, System, "systemd init systemd-journald systemd-udevd udevd systemd-logind systemd-resolved systemd-networkd systemd-timesyncd
        systemd-executor systemd-tmpfiles systemd-cgroups-agent systemd-user-runtime-dir systemd-sysctl systemd-hostnamed systemd-localed
        systemd-timedated systemd-userwork systemd-userdbd kthreadd kworker dbus-daemon dbus-broker dbus-broker-launch polkitd rsyslogd
        syslogd auditd auditctl augenrules agetty getty login irqbalance networkmanager wpa_supplicant dhclient dhcpcd acpid chronyd ntpd
        accounts-daemon udisksd upowerd snapd gdm lightdm xorg gnome-shell modemmanager thermald multipathd lvmetad rpcbind avahi-daemon
        unattended-upgrade networkd-dispatcher (sd-pam) sd-pam modprobe kmod udevadm ldconfig"),
    (SERVICE_HOST, System, "systemd init supervisord runsvdir runit s6-svscan xinetd inetd start-stop-daemon"),
    (SCHEDULER, System, "cron crond anacron atd run-parts systemd-run fcron"),
    (REMOTE, System, "sshd ssh scp sftp sftp-server rsync telnet rlogin rsh mosh-server sshd-session sshd-auth ssh-agent sshpass autossh
        xfreerdp rdesktop vncserver in.telnetd"),
    (REMOTE | EXECUTES, System, "nc ncat netcat nc.openbsd nc.traditional socat"),
    (DOWNLOADS, System, "curl wget ftp tftp lftp aria2c axel fetch lynx w3m scp sftp rsync"),
    (EXECUTES, System, "env nohup setsid xargs find timeout nice ionice stdbuf script strace ltrace gdb unshare nsenter chroot capsh setarch
        busybox ld.so ld-linux-x86-64.so.2 flock watch parallel make vi vim ed less man tee awk screen tmux daemonize dd"),
    (CREDENTIALS, System, "passwd chpasswd unshadow getent chage gpasswd vipw vigr keyctl secret-tool gpg ssh-keygen kinit klist ktutil
        sudo su pkexec doas newgrp runuser sudoedit visudo gcore tcpdump tshark dumpcap pwck"),
    (DISCOVERS, System, "whoami id uname hostname hostnamectl who w last lastlog users groups ps pstree top ss netstat ifconfig ip route arp
        lsof lsblk df mount findmnt lscpu lspci lsusb lsmod dmidecode dmesg getent getcap find locate cat nmap ping traceroute
        tracepath dig host nslookup uptime printenv env showmount smbclient rpcclient ldapsearch arp-scan nbtscan systemctl crontab
        sysctl free vmstat iptables-save getenforce sestatus aa-status dpkg-query rpm nmblookup masscan fping mtr nproc"),
    (PERSISTS, System, "crontab at systemctl update-rc.d chkconfig useradd adduser usermod groupadd addgroup insmod modprobe ldconfig
        ssh-copy-id ssh-keygen rc-update loginctl setcap visudo systemd-run depmod"),
    (EVADES, System, "chattr setfattr setenforce auditctl iptables ip6tables nft ufw firewall-cmd shred wipe touch history unset rmmod
        killall pkill kill sysctl setcap chmod chown logrotate journalctl apparmor_parser aa-disable aa-teardown truncate swapoff
        mount umount rm insmod service"),
    (ARCHIVES, System, "tar gzip gunzip bzip2 xz zip unzip zstd 7z 7za 7zr cpio ar base64 base32 xxd openssl uuencode uudecode od hexdump
        gpg split pigz lz4 rar unrar"),
    (PLAIN, System, "ls cp mv mkdir rmdir rm ln cat echo printf grep egrep fgrep sed head tail sort uniq wc cut tr date sleep test true
        false seq basename dirname readlink realpath stat file which tty stty clear more tput expr diff cmp comm paste join fold
        fmt nl pwd mktemp install sync mawk locale locale-check logger lesspipe dircolors run-parts savelog rename chgrp tee nano cmp
        md5sum sha256sum sha1sum sha512sum cksum b2sum numfmt shuf yes mkfifo mknod link unlink dir vdir arch logname nproc getopt
        debconf-communicate ischroot tempfile ucf pager sensible-editor editor bc dc jq xmllint less yq rev tac expand column"),
    (DEVELOPER, Any, "git gcc g++ cc c++ cc1 cc1plus clang clang++ ld ld.bfd ld.gold lld collect2 as make gmake cmake ninja cargo rustc rustup
        go compile npm npx yarn pnpm pip pip3 poetry mvn gradle javac meson autoconf automake m4 libtool pkg-config strip objdump nm
        ar ranlib bison flex gdb valgrind perf pytest tox uv ruff mypy eslint tsc webpack docker-compose terraform ansible ansible-playbook
        helm kubectl code code-server git-remote-https git-upload-pack git-receive-pack swig rust-lld build-script-build cmp dpkg-buildpackage
        debhelper dh sccache ccache bazel buck conda ctest x86_64-linux-gnu-gcc x86_64-linux-gnu-ld.bfd x86_64-linux-gnu-as pre-commit"),
    (INSTALLER, System, "apt apt-get apt-cache apt-key aptitude dpkg dpkg-deb dpkg-split dpkg-preconfigure rpm yum dnf zypper apk pacman snap
        flatpak unattended-upgrade packagekitd update-alternatives deb-systemd-helper deb-systemd-invoke dpkg-trigger dpkg-divert
        apt-config mandb update-initramfs mkinitramfs needrestart frontend fwupd fwupdmgr depmod ldconfig.real dpkg-maintscript-helper
        apt.systemd.daily http https gpgv store file dpkg-query update-motd-updates-available rpmdb yum-builddep"),
    (INSTALLER, Any, "pip pip3 npm gem cargo cpan composer"),
    (AGENT, Any, "osqueryd filebeat auditbeat metricbeat packetbeat wazuh-agentd wazuh-modulesd ossec-agentd zabbix_agentd node_exporter telegraf
        collectd nrpe nagios munin-node splunkd falcon-sensor falcond mdatp wdavdaemon clamd freshclam clamscan rkhunter aide lynis
        puppet chef-client salt-minion cloud-init waagent google_guest_agent amazon-ssm-agent ssm-agent-worker snmpd monit
        bacula-fd borg restic duplicity rsnapshot bareos-fd veeamservice fluentd fluent-bit td-agent vector promtail datadog-agent
        newrelic-infra qemu-ga vmtoolsd vboxservice needrestart logrotate watchfloor-sensor laurel go-audit sysmon audispd sedispatch
        etckeeper debsecan mlocate updatedb updatedb.plocate man-db"),
    (WEB_SERVER, Any, "nginx apache2 httpd lighttpd caddy php-fpm uwsgi gunicorn unicorn puma catalina haproxy traefik envoy squid
        http-server node-server tomcat jetty varnishd php-cgi uvicorn"),
    (DATABASE, Any, "postgres mysqld mariadbd mongod redis-server redis-cli sqlservr oracle clickhouse-server influxd memcached cassandra
        elasticsearch slapd named exim4 exim postfix master sendmail dovecot smbd nmbd vsftpd proftpd cupsd samba couchdb rabbitmq-server beam.smp"),
    (CONTAINERS, Any, "dockerd containerd containerd-shim containerd-shim-runc-v2 runc crun podman conmon docker docker-proxy kubelet
        kube-proxy crio buildkitd docker-init tini dumb-init lxc-start ctr nerdctl"),
    (BROWSER, Any, "firefox firefox-esr chrome chromium chromium-browser google-chrome brave opera msedge epiphany"),
    (DOCUMENTS, Any, "soffice.bin libreoffice evince okular thunderbird xpdf zathura"),
    (DESKTOP, Any, "gnome-terminal-server gnome-terminal konsole xterm nautilus dolphin plasmashell xfce4-terminal tilix alacritty"),
];
