//! Groups of fields that events of the Security log share.

use crate::normalize::convert::{Field, How::*, field};

/// Who acted.
pub const SUBJECT: &[Field] = &[
    field("SubjectUserSid", "user.id", Text),
    field("SubjectUserName", "user.name", UserName),
    field("SubjectDomainName", "user.domain", Text),
    field("SubjectLogonId", "winlog.logon.id", Text),
];

/// Who acted, where another account is the event's user.
pub const BY: &[Field] = &[field("SubjectUserName", "related", OtherUser)];

/// The account that logged on.
pub const LOGGED_ON: &[Field] = &[
    field("TargetUserSid", "user.id", Text),
    field("TargetUserName", "user.name", UserName),
    field("TargetDomainName", "user.domain", Text),
    field("TargetLogonId", "winlog.logon.id", Text),
    field("LogonType", "winlog.logon.type", LogonType),
    field("Status", "winlog.logon.failure.status", Text),
    field("SubStatus", "winlog.logon.failure.sub_status", Text),
];

/// The account that was acted on.
pub const TARGET_USER: &[Field] = &[
    field("TargetUserName", "user.target.name", UserName),
    field("TargetDomainName", "user.target.domain", Text),
    field("TargetUserSid", "user.target.id", Text),
    field("TargetSid", "user.target.id", Text),
];

pub const GROUP: &[Field] = &[
    field("TargetUserName", "group.name", Text),
    field("TargetDomainName", "group.domain", Text),
    field("TargetSid", "group.id", Text),
    field("MemberName", "user.target.name", UserName),
    field("MemberSid", "user.target.id", Text),
];

pub const FROM: &[Field] = &[
    field("IpAddress", "source.ip", Ip),
    field("IpPort", "source.port", Port),
    field("WorkstationName", "source.domain", HostName),
    field("Workstation", "source.domain", HostName),
];

pub const PROCESS: &[Field] = &[
    field("ProcessId", "process.pid", Pid),
    field("ProcessName", "process", Program),
];

pub const CALLER: &[Field] = &[
    field("CallerProcessId", "process.pid", Pid),
    field("CallerProcessName", "process", Program),
];

pub const CLIENT: &[Field] = &[
    field("ClientProcessId", "process.pid", Pid),
    field("ParentProcessId", "process.parent.pid", Pid),
];

pub const NEW_PROCESS: &[Field] = &[
    field("NewProcessId", "process.pid", Pid),
    field("NewProcessName", "process", Program),
    field("CommandLine", "process.command_line", Text),
    field("ProcessId", "process.parent.pid", Pid),
    field("ParentProcessName", "process.parent", Program),
    field("TargetUserName", "related", OtherUser),
];

pub const FILTERED: &[Field] = &[
    field("ProcessId", "process.pid", Pid),
    field("ProcessID", "process.pid", Pid),
    field("Application", "process", Program),
    field("Direction", "network.direction", Direction),
    field("Protocol", "network.transport", Transport),
    field("SourceAddress", "source.ip", Ip),
    field("SourcePort", "source.port", Port),
    field("DestAddress", "destination.ip", Ip),
    field("DestPort", "destination.port", Port),
];

pub const SHARE: &[Field] = &[
    field("ShareName", "file.share", Text),
    field("RelativeTargetName", "file.name", Text),
    field("IpAddress", "source.ip", Ip),
    field("IpPort", "source.port", Port),
];

pub const SERVICE: &[Field] = &[
    field("ServiceName", "service.name", Text),
    field("ServiceFileName", "service.path", Text),
];

pub const TICKET: &[Field] = &[
    field("ServiceName", "service.name", Text),
    field("Status", "winlog.logon.failure.status", Text),
];

pub const REGISTRY: &[Field] = &[
    field("ObjectName", "registry", RegistryKey),
    field("ObjectValueName", "registry.value", Text),
    field("NewValue", "registry.data.strings", Text),
];

pub const SESSION: &[Field] = &[
    field("AccountName", "user.name", UserName),
    field("AccountDomain", "user.domain", Text),
    field("LogonID", "winlog.logon.id", Text),
    field("ClientName", "source.domain", HostName),
    field("ClientAddress", "source.ip", Ip),
];

/// Inside user data.
pub const CLEARED: &[Field] = &[
    field("SubjectUserSid", "user.id", Text),
    field("SubjectUserName", "user.name", UserName),
    field("SubjectDomainName", "user.domain", Text),
];
