//! What kind of act an event reports, by this product's own actions, else by ECS's categories.

use crate::Event;
use crate::json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    Start,
    Fork,
    End,
    Inject,
    Access,
    /// One process works in another by a system call.
    Trace,
    /// The image of a running process was changed.
    Tamper,
    Write,
    Read,
    Delete,
    Registry,
    Library,
    Driver,
    Script,
    Connect,
    Resolve,
    Share,
    Logon,
    Service,
    Task,
    Subscription,
    Account,
    Group,
    Privilege,
    Directory,
    Ticket,
    /// Logs or protection were turned off.
    Silence,
    Configure,
    /// A program told the audit system what it was asked to run.
    Command,
    Other,
}

const ACTIONS: &[(Act, &[&str])] = &[
    (Act::Start, &["process-created", "process-started", "executed"]),
    (Act::Fork, &["process-forked", "forked"]),
    (Act::End, &["process-terminated", "process-ended", "exited"]),
    (Act::Inject, &["remote-thread-created"]),
    (Act::Access, &["process-accessed"]),
    (Act::Trace, &["traced"]),
    (Act::Tamper, &["process-tampered"]),
    (
        Act::Write,
        &[
            "file-created",
            "file-opened-for-write",
            "executable-created",
            "file-stream-created",
            "file-creation-time-changed",
            "pipe-created",
            "created-file",
            "created-directory",
            "linked-file",
            "renamed",
            "changed-file",
            "changed-file-permissions-of",
            "changed-file-ownership-of",
            "changed-file-attributes-of",
            "changed-timestamp-of",
            "make-device",
            "mounted",
            "executable-blocked",
            "object-permissions-changed",
        ],
    ),
    (
        Act::Read,
        &[
            "raw-access-read",
            "pipe-connected",
            "opened-file",
            "checked-file",
            "object-accessed",
            "object-handle-requested",
        ],
    ),
    (
        Act::Delete,
        &[
            "file-deleted",
            "file-deleted-archived",
            "deleted",
            "shredding-blocked",
            "object-deleted",
        ],
    ),
    (Act::Library, &["image-loaded"]),
    (Act::Driver, &["driver-loaded", "loaded-kernel-module"]),
    (
        Act::Script,
        &[
            "powershell-script-block",
            "powershell-command-invoked",
            "powershell-pipeline-executed",
            "powershell-engine-started",
        ],
    ),
    (
        Act::Connect,
        &[
            "network-connection",
            "connection-permitted",
            "connection-blocked",
            "connected-to",
            "accepted-connection-from",
            "bound-socket",
            "sent-to",
            "received-from",
        ],
    ),
    (Act::Resolve, &["dns-query"]),
    (Act::Share, &["share-accessed"]),
    (
        Act::Logon,
        &[
            "logged-in",
            "logon-failed",
            "logged-in-explicit",
            "credential-validated",
            "session-reconnected",
            "authenticated",
            "was-authorized",
            "started-session",
            "acquired-credentials",
            "kerberos-preauth-failed",
        ],
    ),
    (
        Act::Ticket,
        &["kerberos-ticket-requested", "kerberos-service-ticket-requested"],
    ),
    (Act::Service, &["service-installed", "service-start-type-changed"]),
    (
        Act::Task,
        &[
            "scheduled-task-created",
            "scheduled-task-changed",
            "scheduled-task-process",
        ],
    ),
    (
        Act::Subscription,
        &["wmi-filter-registered", "wmi-consumer-registered", "wmi-consumer-bound"],
    ),
    (
        Act::Account,
        &[
            "account-created",
            "account-changed",
            "password-changed",
            "account-deleted",
            "account-locked",
            "changed-password",
            "modified-user-account",
            "added-user-account",
            "deleted-user-account",
        ],
    ),
    (
        Act::Group,
        &[
            "group-created",
            "group-member-added",
            "group-member-removed",
            "group-deleted",
            "group-changed",
            "added-group-account-to",
            "modified-group-account",
        ],
    ),
    (
        Act::Privilege,
        &[
            "special-privileges-assigned",
            "privilege-used",
            "token-right-adjusted",
            "changed-identity",
        ],
    ),
    (
        Act::Directory,
        &[
            "directory-object-accessed",
            "directory-object-changed",
            "directory-object-handle-requested",
            "membership-enumerated",
            "stored-credentials-read",
            "protected-data-accessed",
        ],
    ),
    (
        Act::Silence,
        &[
            "audit-log-cleared",
            "logging-stopped",
            "audit-policy-changed",
            "antivirus-protection-changed",
            "antivirus-configuration-changed",
            "firewall-settings-changed",
            "system-time-changed",
            "shutdown-audit",
            "changed-audit-configuration",
            "changed-selinux",
            "sysmon-state-changed",
            "sysmon-configuration-changed",
        ],
    ),
    (
        Act::Configure,
        &[
            "firewall-rule-added",
            "firewall-rule-changed",
            "firewall-rule-deleted",
            "domain-policy-changed",
            "user-right-changed",
            "loaded-firewall-rule-to",
            "changed-system-time",
            "used-bpf",
        ],
    ),
    (Act::Command, &["ran-command"]),
];

pub(super) fn act(event: &Event) -> Act {
    let action = event.text("event.action").unwrap_or_default();
    let found = ACTIONS.iter().find(|(_, actions)| actions.contains(&action));
    match found {
        Some((Act::Read, _)) if has(event, "event.category", "registry") => Act::Registry,
        Some((Act::Read, _)) if event.get("process.target").is_some() => Act::Access,
        Some((act, _)) => *act,
        None => by_category(event),
    }
}

fn by_category(event: &Event) -> Act {
    let category = |word: &str| has(event, "event.category", word);
    let kind = |word: &str| has(event, "event.type", word);
    match () {
        () if category("registry") => Act::Registry,
        () if category("process") && kind("start") => Act::Start,
        () if category("process") && kind("end") => Act::End,
        () if category("library") => Act::Library,
        () if category("driver") => Act::Driver,
        () if event.get("dns.question.name").is_some() => Act::Resolve,
        () if category("network") => Act::Connect,
        () if category("file") && kind("deletion") => Act::Delete,
        () if category("file") && kind("access") => Act::Read,
        () if category("file") => Act::Write,
        () if category("authentication") => Act::Logon,
        () => Act::Other,
    }
}

fn has(event: &Event, field: &str, word: &str) -> bool {
    match event.get(field) {
        Some(Value::String(text)) => text == word,
        Some(Value::Array(items)) => items.iter().any(|item| item.as_str() == Some(word)),
        _ => false,
    }
}
