//! What audit records and system calls are in ECS. Facts: the audit system's record types, Linux system calls.

use crate::normalize::document::{Class, class};

const PROCESS: &[&str] = &["process"];
const FILE: &[&str] = &["file"];
const NETWORK: &[&str] = &["network"];
const AUTH: &[&str] = &["authentication"];
const SESSION: &[&str] = &["session"];
const IAM: &[&str] = &["iam"];
const CONFIGURATION: &[&str] = &["configuration"];
const HOST: &[&str] = &["host"];

/// By the calls of a SYSCALL record.
const SYSCALLS: &[(&[&str], Class)] = &[
    (&["execve", "execveat"], class(PROCESS, &["start"], "executed")),
    (
        &["fork", "vfork", "clone", "clone3"],
        class(PROCESS, &["start"], "forked"),
    ),
    (&["exit", "exit_group"], class(PROCESS, &["end"], "exited")),
    (
        &["kill", "tkill", "tgkill", "pidfd_send_signal"],
        class(PROCESS, &["info"], "signalled"),
    ),
    (
        &["ptrace", "process_vm_readv", "process_vm_writev"],
        class(PROCESS, &["access"], "traced"),
    ),
    (
        &[
            "setuid",
            "setgid",
            "setreuid",
            "setregid",
            "setresuid",
            "setresgid",
            "setfsuid",
            "setfsgid",
            "capset",
        ],
        class(PROCESS, &["change"], "changed-identity"),
    ),
    (
        &["open", "openat", "openat2", "open_by_handle_at"],
        class(FILE, &["access"], "opened-file"),
    ),
    (&["mknod", "mknodat"], class(FILE, &["creation"], "make-device")),
    (&["creat"], class(FILE, &["creation"], "created-file")),
    (&["mkdir", "mkdirat"], class(FILE, &["creation"], "created-directory")),
    (
        &["link", "linkat", "symlink", "symlinkat"],
        class(FILE, &["creation"], "linked-file"),
    ),
    (
        &["rename", "renameat", "renameat2"],
        class(FILE, &["change"], "renamed"),
    ),
    (&["unlink", "unlinkat", "rmdir"], class(FILE, &["deletion"], "deleted")),
    (
        &["truncate", "ftruncate", "fallocate"],
        class(FILE, &["change"], "changed-file"),
    ),
    (
        &["chmod", "fchmod", "fchmodat", "fchmodat2"],
        class(FILE, &["change"], "changed-file-permissions-of"),
    ),
    (
        &["chown", "fchown", "lchown", "fchownat"],
        class(FILE, &["change"], "changed-file-ownership-of"),
    ),
    (
        &[
            "setxattr",
            "lsetxattr",
            "fsetxattr",
            "removexattr",
            "lremovexattr",
            "fremovexattr",
        ],
        class(FILE, &["change"], "changed-file-attributes-of"),
    ),
    (
        &["utime", "utimes", "utimensat", "futimesat"],
        class(FILE, &["change"], "changed-timestamp-of"),
    ),
    (
        &[
            "stat",
            "lstat",
            "statx",
            "newfstatat",
            "access",
            "faccessat",
            "readlink",
        ],
        class(FILE, &["access"], "checked-file"),
    ),
    (&["connect"], class(NETWORK, &["connection", "start"], "connected-to")),
    (
        &["accept", "accept4"],
        class(NETWORK, &["connection", "start"], "accepted-connection-from"),
    ),
    (&["bind"], class(NETWORK, &["info"], "bound-socket")),
    (&["listen"], class(NETWORK, &["info"], "listen-for-connections")),
    (
        &["sendto", "sendmsg", "sendmmsg"],
        class(NETWORK, &["connection", "info"], "sent-to"),
    ),
    (
        &["recvfrom", "recvmsg", "recvmmsg"],
        class(NETWORK, &["connection", "info"], "received-from"),
    ),
    (&["socket"], class(NETWORK, &["info"], "created-socket")),
    (
        &["mount", "umount", "umount2", "move_mount"],
        class(FILE, &["change"], "mounted"),
    ),
    (
        &["init_module", "finit_module"],
        class(&["driver"], &["start"], "loaded-kernel-module"),
    ),
    (
        &["delete_module"],
        class(&["driver"], &["end"], "unloaded-kernel-module"),
    ),
    (&["bpf"], class(PROCESS, &["info"], "used-bpf")),
    (
        &["adjtimex", "settimeofday", "clock_settime", "clock_adjtime"],
        class(HOST, &["change"], "changed-system-time"),
    ),
    (
        &["sethostname", "setdomainname"],
        class(HOST, &["change"], "changed-system-name"),
    ),
];

/// By the type of a record that is not about a system call, or says more than it.
const RECORDS: &[(&[&str], Class)] = &[
    (&["USER_LOGIN"], class(AUTH, &["start"], "logged-in")),
    (&["USER_LOGOUT"], class(AUTH, &["end"], "logged-out")),
    (&["USER_AUTH"], class(AUTH, &["info"], "authenticated")),
    (&["USER_ACCT"], class(AUTH, &["info"], "was-authorized")),
    (&["USER_START"], class(SESSION, &["start"], "started-session")),
    (&["USER_END"], class(SESSION, &["end"], "ended-session")),
    (&["USER_CMD"], class(PROCESS, &["start"], "ran-command")),
    (&["USER_ERR"], class(AUTH, &["info"], "error")),
    (&["USER_CHAUTHTOK"], class(IAM, &["user", "change"], "changed-password")),
    (
        &["USER_MGMT", "ACCT_LOCK", "ACCT_UNLOCK"],
        class(IAM, &["user", "change"], "modified-user-account"),
    ),
    (&["ADD_USER"], class(IAM, &["user", "creation"], "added-user-account")),
    (&["DEL_USER"], class(IAM, &["user", "deletion"], "deleted-user-account")),
    (
        &["ADD_GROUP"],
        class(IAM, &["group", "creation"], "added-group-account-to"),
    ),
    (
        &["DEL_GROUP"],
        class(IAM, &["group", "deletion"], "deleted-group-account-from"),
    ),
    (
        &["GRP_MGMT", "GRP_CHAUTHTOK"],
        class(IAM, &["group", "change"], "modified-group-account"),
    ),
    (&["CRED_ACQ"], class(AUTH, &["info"], "acquired-credentials")),
    (&["CRED_DISP"], class(AUTH, &["info"], "disposed-credentials")),
    (&["CRED_REFR"], class(AUTH, &["info"], "refreshed-credentials")),
    (&["LOGIN"], class(AUTH, &["info"], "changed-login-id-to")),
    (&["SERVICE_START"], class(PROCESS, &["start"], "started-service")),
    (&["SERVICE_STOP"], class(PROCESS, &["end"], "stopped-service")),
    (&["SYSTEM_BOOT"], class(HOST, &["start"], "booted-system")),
    (&["SYSTEM_SHUTDOWN"], class(HOST, &["end"], "shutdown-system")),
    (&["DAEMON_START"], class(CONFIGURATION, &["start"], "started-audit")),
    (
        &["DAEMON_END", "DAEMON_ABORT"],
        class(CONFIGURATION, &["end"], "shutdown-audit"),
    ),
    (
        &["DAEMON_CONFIG", "CONFIG_CHANGE"],
        class(CONFIGURATION, &["change"], "changed-audit-configuration"),
    ),
    (
        &["NETFILTER_CFG"],
        class(CONFIGURATION, &["change"], "loaded-firewall-rule-to"),
    ),
    (
        &["MAC_STATUS", "MAC_POLICY_LOAD", "MAC_CONFIG_CHANGE"],
        class(CONFIGURATION, &["change"], "changed-selinux"),
    ),
    (&["KERN_MODULE"], class(&["driver"], &["start"], "loaded-kernel-module")),
    (&["TTY", "USER_TTY"], class(PROCESS, &["info"], "typed")),
    (&["CRYPTO_KEY_USER"], class(PROCESS, &["info"], "negotiated-crypto-key")),
    (&["CRYPTO_SESSION"], class(PROCESS, &["info"], "started-crypto-session")),
    (&["CRYPTO_LOGIN"], class(AUTH, &["start"], "logged-in")),
    (
        &["TIME_ADJNTPVAL", "TIME_INJOFFSET"],
        class(HOST, &["change"], "changed-system-time"),
    ),
    (&["SECCOMP"], class(PROCESS, &["denied"], "violated-seccomp-policy")),
];

/// Records that the audit system or a security module raises an alarm with.
const ALARMS: &[(&[&str], Class)] = &[
    (
        &["ANOM_PROMISCUOUS"],
        class(
            &["intrusion_detection", "network"],
            &["info"],
            "changed-promiscuous-mode-on-device",
        ),
    ),
    (
        &["ANOM_ABEND"],
        class(&["intrusion_detection", "process"], &["end"], "crashed-program"),
    ),
    (
        &["ANOM_LOGIN_FAILURES"],
        class(
            &["intrusion_detection", "authentication"],
            &["denied"],
            "failed-log-in-too-many-times-to",
        ),
    ),
    (
        &["AVC", "USER_AVC"],
        class(&["intrusion_detection"], &["info"], "violated-access-policy"),
    ),
];

fn find(table: &'static [(&'static [&'static str], Class)], name: &str) -> Option<&'static Class> {
    let row = table.iter().find(|(names, _)| names.contains(&name));
    row.map(|(_, class)| class)
}

pub(super) fn of_syscall(name: &str) -> Option<&'static Class> {
    find(SYSCALLS, name)
}

pub(super) fn of_record(kind: &str) -> Option<&'static Class> {
    find(RECORDS, kind)
}

pub(super) fn of_alarm(kind: &str) -> Option<&'static Class> {
    find(ALARMS, kind)
}
