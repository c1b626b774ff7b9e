//! Words in command lines and scripts that say what they do. Facts about the operating systems' own commands, interfaces and
//! stores; names of attack tools are left out on purpose, as they are the first thing that differs elsewhere.

/// All in lower case.
#[rustfmt::skip]
pub(super) const DOWNLOADS: &[&str] = &[
    "downloadstring", "downloadfile", "downloaddata", "invoke-webrequest", "iwr ", "invoke-restmethod",
    "start-bitstransfer", "net.webclient", "webclient", "-urlcache", "/transfer", "curl ", "wget ", "msxml2.xmlhttp",
    "winhttp", "urldownloadtofile", "httpwebrequest", "urllib", "requests.get", "lwp::", "file_get_contents",
    "httpclient", "scp ", "tftp", "ftp ", "urlopen", "net/http", "xmlhttprequest", "-verifyctl",
];

#[rustfmt::skip]
pub(super) const HIDDEN: &[&str] = &[
    "-enc", "-ec ", "-e ja", "-windowstyle", "-w hidden", "-w 1", "-noni", "-nop", "-sta ", "hidden", "bypass",
    "-noprofile", "vbhide", "createnowindow", ">/dev/null 2>&1", "&>/dev/null", "nohup ", "setsid ", "disown",
    "histfile", "unset history", "histsize=0", "exec -a",
];

#[rustfmt::skip]
pub(super) const SECRETS: &[&str] = &[
    "lsass", r"hklm\sam", r"hklm\security", r"\config\sam", "ntds", "/etc/shadow", "/etc/gshadow", "unshadow",
    "minidump", "id_rsa", ".ssh/id_", "wdigest", "dpapi", "vaultcmd", "credential", "password", "passwd", "cpassword",
    "gpp", "krbtgt", "dcsync", "lsadump", "login data", "logins.json", ".aws/cred", "/proc/kcore", "keytab", "krb5cc",
    "cryptunprotectdata", "samlib", "ntlm", "-ma ", "comsvcs", ".git-credentials", ".pgpass", "serviceaccount/token",
    "169.254.169.254", "kerberosrequestorsecuritytoken",
];

#[rustfmt::skip]
pub(super) const DISCOVERS: &[&str] = &[
    "whoami", "net user", "net group", "net localgroup", "net view", "net share", "domain admins", "domain_trusts",
    "nltest", "systeminfo", "tasklist", "ipconfig /all", "get-ad", "get-domain", "get-net", "dsquery",
    "directorysearcher", "adsisearcher", "get-process", "get-service", "get-wmiobject", "get-ciminstance",
    "get-localuser", "get-localgroup", "netstat", "arp -a", "route print", "quser", "qwinsta", "/etc/passwd",
    "uname -a", "/etc/issue", "/etc/os-release", "lsb_release", "ps aux", "ps -ef", "find / ", "-perm -4000",
    "-perm -u=s", "getcap -r", "sudo -l", "ss -", "ip addr", "ifconfig", "id;", "last -", "lsmod", "antivirusproduct",
    "securitycenter2", "samaccountname", "objectcategory", "netlogon", "enumerate",
];

#[rustfmt::skip]
pub(super) const PERSISTS: &[&str] = &[
    "/create", "schtasks", "sc create", "sc.exe create", "new-service", r"currentversion\run", "new-scheduledtask",
    "register-scheduledtask", "__eventfilter", "commandlineeventconsumer", "set-wmiinstance", "startup",
    "net user /add", "/add", "new-localuser", "useradd", "adduser", "usermod", "crontab", "/etc/cron",
    "systemctl enable", "/etc/systemd/system", ".bashrc", ".profile", "authorized_keys", "rc.local", "ld.so.preload",
    "ld_preload", "insmod", "update-rc.d", "image file execution", "winlogon", "userinit", "appinit",
    "new-itemproperty", "set-itemproperty", "reg add", "chmod u+s", "chmod +s", "chmod 4", "setcap ", "/etc/sudoers",
    "nopasswd", "@reboot",
];

#[rustfmt::skip]
pub(super) const EVADES: &[&str] = &[
    "delete shadows", "shadowcopy", "wevtutil cl", "clear-eventlog", "remove-eventlog", "set-mppreference",
    "disablerealtimemonitoring", "add-mppreference", "exclusionpath", "amsi", "etw", "advfirewall", "firewall set",
    "recoveryenabled", "bootstatuspolicy", "usn deletejournal", "auditpol", "/stop", "net stop", "sc stop",
    "sc config", "sc delete", "taskkill", "attrib +h", "+s +h", "icacls", "timestomp", "touch -r", "touch -t",
    "touch -d", "chattr", "setenforce", "iptables -f", "ufw disable", "history -c", "shred", "rm -rf /var/log",
    "> /var/log", "kill -9", "pkill", "systemctl stop", "auditctl -", "service auditd", "unlink", "creationtime",
    "lastwritetime", "copy-item env", "mpcmdrun", "eventlog", "minint", "zone.identifier", "unblock-file",
    "-removedefinitions",
];

#[rustfmt::skip]
pub(super) const SOCKET: &[&str] = &[
    "/dev/tcp/", "/dev/udp/", "nc -", "ncat ", "socat ", "mkfifo", "0>&1", "net.sockets", "tcpclient",
    "socket.socket", "io::socket", "fsockopen", "pty.spawn", "-e /bin", "-c /bin", "-e cmd", "tcplistener",
    "invoke-command", "-computername", "enter-pssession", "new-pssession", "/node:", r"\\127.0.0.1\",
    "openssl s_client", "ssh -r", "ssh -l", "ssh -d", "portproxy", "namedpipe", r"\pipe\", "admin$", r"\c$", "ipc$",
    "bind(", "listen(", "connect(",
];

#[rustfmt::skip]
pub(super) const EVALUATES: &[&str] = &[
    "iex", "invoke-expression", "frombase64string", "eval(", "exec(", "execute(", "executeglobal", "| sh", "|sh",
    "| bash", "|bash", "base64 -d", "base64 --decode", "xxd -r", "javascript:", "vbscript:", "scriptlet", "scrobj",
    "getobject", "createobject", "activexobject", "wscript.shell", "[scriptblock]", "invoke-command", ".invoke(",
    "compile(", "__import__", "marshal.loads", "pickle.loads", "python -c", "perl -e", "ruby -e", "php -r",
    "decompress", "gzipstream", "deflatestream", "os.system", "subprocess", "start-process", "shellexecute",
    "win32_process", "call create", "exec 5<>",
];

/// Interfaces below the interpreter: memory, threads, libraries.
#[rustfmt::skip]
pub(super) const NATIVE: &[&str] = &[
    "virtualalloc", "virtualprotect", "createremotethread", "writeprocessmemory", "readprocessmemory", "openprocess",
    "getprocaddress", "getmodulehandle", "loadlibrary", "dllimport", "add-type", "reflection.assembly",
    "definedynamicassembly", "unsafenativemethods", "marshal]::", "intptr", "getdelegateforfunctionpointer",
    "createthread", "queueuserapc", "ntmapview", "ntdll", "kernel32", "advapi32", "adjusttokenprivileges",
    "sedebugprivilege", "duplicatetoken", "impersonate", "ctypes", "memfd_create", "mprotect", "ptrace", "shellcode",
    "memorystream", "setthreadcontext", "minidumpwritedump", "logonuser",
];

#[rustfmt::skip]
pub(super) const COMPRESSED: &[&str] = &[
    "io.compression", "gzipstream", "deflatestream", "zlib", "gunzip", "decompress", "h4si",
];

/// What tidy code of vendors and administrators has.
#[rustfmt::skip]
pub(super) const MODULE_LIKE: &[&str] = &[
    "export-modulemember", "[cmdletbinding", "#region", ".synopsis", "param (", "param(", "# copyright",
    "microsoft corporation", "requires -version", "set-strictmode", "write-verbose", "validateset", "#!/bin",
    "set -e", "localizeddata", "# sig #",
];
