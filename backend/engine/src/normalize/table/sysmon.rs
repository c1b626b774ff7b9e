//! Sysmon, all event ids of schema 4.90: 1–29 and 255.

use super::{Log, Row};
use crate::json::{Map, Value};
use crate::normalize::{
    convert::{Field, How::*, field},
    draft::Draft,
};

pub(super) const LOG: Log = Log {
    providers: &["Microsoft-Windows-Sysmon", "Linux-Sysmon"],
    channels: &["Microsoft-Windows-Sysmon/Operational", "Linux-Sysmon/Operational"],
    dataset: "windows.sysmon_operational",
    common: &COMMON,
    rows: &ROWS,
    writer_is_actor: false,
};

const COMMON: [Field; 5] = [
    field("RuleName", "rule.name", Text),
    field("ProcessGuid", "process.entity_id", Entity),
    field("ProcessId", "process.pid", Pid),
    field("Image", "process", Program),
    field("User", "user", Account),
];

const START: &[Field] = &[
    field("CommandLine", "process.command_line", Text),
    field("CurrentDirectory", "process.working_directory", Text),
    field("FileVersion", "process.pe.file_version", Text),
    field("Description", "process.pe.description", Text),
    field("Product", "process.pe.product", Text),
    field("Company", "process.pe.company", Text),
    field("OriginalFileName", "process.pe.original_file_name", Text),
    field("Hashes", "process", Hashes),
    field("LogonId", "winlog.logon.id", Text),
    field("ParentProcessGuid", "process.parent.entity_id", Entity),
    field("ParentProcessId", "process.parent.pid", Pid),
    field("ParentImage", "process.parent", Program),
    field("ParentCommandLine", "process.parent.command_line", Text),
    field("ParentUser", "process.parent.user", Account),
];

const TARGET_FILE: &[Field] = &[field("TargetFilename", "file", File)];
const CREATED: &[Field] = &[field("CreationUtcTime", "file.created", Time)];
const FILE_HASHES: &[Field] = &[field("Hashes", "file", Hashes)];
const STREAM: &[Field] = &[field("Hash", "file", Hashes)];

const NETWORK: &[Field] = &[
    field("Protocol", "network.transport", Transport),
    field("Initiated", "network.direction", Direction),
    field("SourceIp", "source.ip", Ip),
    field("SourceHostname", "source.domain", HostName),
    field("SourcePort", "source.port", Port),
    field("DestinationIp", "destination.ip", Ip),
    field("DestinationHostname", "destination.domain", HostName),
    field("DestinationPort", "destination.port", Port),
    field("DestinationPortName", "network.protocol", Text),
];

const DRIVER: &[Field] = &[
    field("ImageLoaded", "file", File),
    field("Hashes", "file", Hashes),
    field("Signed", "file.code_signature.exists", Flag),
    field("Signature", "file.code_signature.subject_name", Text),
    field("SignatureStatus", "file.code_signature.status", Text),
];

const LIBRARY: &[Field] = &[
    field("ImageLoaded", "dll", Library),
    field("Hashes", "dll", Hashes),
    field("FileVersion", "dll.pe.file_version", Text),
    field("Description", "dll.pe.description", Text),
    field("Product", "dll.pe.product", Text),
    field("Company", "dll.pe.company", Text),
    field("OriginalFileName", "dll.pe.original_file_name", Text),
    field("Signed", "dll.code_signature.exists", Flag),
    field("Signature", "dll.code_signature.subject_name", Text),
    field("SignatureStatus", "dll.code_signature.status", Text),
];

/// 8 spells its GUIDs `Guid`, 10 `GUID`.
const SOURCE: &[Field] = &[
    field("SourceProcessGUID", "process.entity_id", Entity),
    field("SourceProcessGuid", "process.entity_id", Entity),
    field("SourceProcessId", "process.pid", Pid),
    field("SourceImage", "process", Program),
    field("SourceThreadId", "process.thread.id", Number),
    field("SourceUser", "user", Account),
];

/// ECS has no name for the process that another one acts on; these are this product's.
const TARGET: &[Field] = &[
    field("TargetProcessGUID", "process.target.entity_id", Entity),
    field("TargetProcessGuid", "process.target.entity_id", Entity),
    field("TargetProcessId", "process.target.pid", Pid),
    field("TargetImage", "process.target", Program),
    field("TargetUser", "process.target.user", Account),
];

const REGISTRY_KEY: &[Field] = &[field("TargetObject", "registry", RegistryKey)];
const REGISTRY_VALUE: &[Field] = &[
    field("TargetObject", "registry", RegistryValue),
    field("Details", "registry.data", RegistryData),
];

const PIPE: &[Field] = &[field("PipeName", "file.name", Text)];

const DNS: &[Field] = &[
    field("QueryName", "dns.question.name", Text),
    field("QueryStatus", "event.outcome", DnsStatus),
    field("QueryResults", "dns.resolved_ip", DnsAnswers),
];

const DEVICE: &[Field] = &[field("Device", "file.path", Text)];
const CLIPBOARD: &[Field] = &[field("Hashes", "file", Hashes)];
const FAULT: &[Field] = &[
    field("Description", "error.message", Text),
    field("ID", "error.code", Text),
];

const ROWS: [Row; 30] = [
    Row::new(&[1], &["process"], &["start"], "process-created", &[START]),
    Row::new(
        &[2],
        &["file"],
        &["change"],
        "file-creation-time-changed",
        &[TARGET_FILE, CREATED],
    ),
    Row::new(
        &[3],
        &["network"],
        &["connection", "start"],
        "network-connection",
        &[NETWORK],
    ),
    Row::new(&[4], &["configuration"], &["change"], "sysmon-state-changed", &[]),
    Row::new(&[5], &["process"], &["end"], "process-terminated", &[]),
    Row::new(&[6], &["driver"], &["start"], "driver-loaded", &[DRIVER]),
    Row::new(&[7], &["library"], &["start"], "image-loaded", &[LIBRARY]),
    Row::new(
        &[8],
        &["process"],
        &["change"],
        "remote-thread-created",
        &[SOURCE, TARGET],
    ),
    Row::new(&[9], &["file"], &["access"], "raw-access-read", &[DEVICE]),
    Row::new(&[10], &["process"], &["access"], "process-accessed", &[SOURCE, TARGET]),
    Row::new(&[11], &["file"], &["creation"], "file-created", &[TARGET_FILE, CREATED]),
    Row::new(
        &[12],
        &["registry"],
        &["change"],
        "registry-object-changed",
        &[REGISTRY_KEY],
    )
    .refined(registry_object),
    Row::new(
        &[13],
        &["registry"],
        &["change"],
        "registry-value-set",
        &[REGISTRY_VALUE],
    ),
    Row::new(&[14], &["registry"], &["change"], "registry-renamed", &[REGISTRY_KEY]),
    Row::new(
        &[15],
        &["file"],
        &["creation"],
        "file-stream-created",
        &[TARGET_FILE, CREATED, STREAM],
    ),
    Row::new(
        &[16],
        &["configuration"],
        &["change"],
        "sysmon-configuration-changed",
        &[],
    ),
    Row::new(&[17], &["file"], &["creation"], "pipe-created", &[PIPE]),
    Row::new(&[18], &["file"], &["access"], "pipe-connected", &[PIPE]),
    Row::new(&[19], &["configuration"], &["creation"], "wmi-filter-registered", &[]),
    Row::new(&[20], &["configuration"], &["creation"], "wmi-consumer-registered", &[]),
    Row::new(&[21], &["configuration"], &["creation"], "wmi-consumer-bound", &[]),
    Row::new(&[22], &["network"], &["protocol", "info"], "dns-query", &[DNS]).refined(dns_protocol),
    Row::new(
        &[23],
        &["file"],
        &["deletion"],
        "file-deleted-archived",
        &[TARGET_FILE, FILE_HASHES],
    ),
    Row::new(&[24], &["host"], &["change"], "clipboard-changed", &[CLIPBOARD]),
    Row::new(&[25], &["process"], &["change"], "process-tampered", &[]),
    Row::new(
        &[26],
        &["file"],
        &["deletion"],
        "file-deleted",
        &[TARGET_FILE, FILE_HASHES],
    ),
    Row::new(
        &[27],
        &["file"],
        &["creation", "denied"],
        "executable-blocked",
        &[TARGET_FILE, FILE_HASHES],
    ),
    Row::new(
        &[28],
        &["file"],
        &["deletion", "denied"],
        "shredding-blocked",
        &[TARGET_FILE, FILE_HASHES],
    ),
    Row::new(
        &[29],
        &["file"],
        &["creation"],
        "executable-created",
        &[TARGET_FILE, FILE_HASHES],
    ),
    Row::new(&[255], &["host"], &["error"], "sysmon-error", &[FAULT]),
];

/// Event 12 is four events in one.
fn registry_object(draft: &mut Draft<'_>, data: &Map) {
    let (kind, action) = match data.get("EventType").and_then(Value::as_str) {
        Some("CreateKey") => ("creation", "registry-key-created"),
        Some("CreateValue") => ("creation", "registry-value-created"),
        Some("DeleteKey") => ("deletion", "registry-key-deleted"),
        Some("DeleteValue") => ("deletion", "registry-value-deleted"),
        _ => return,
    };
    draft.set("event.type", vec![kind]);
    draft.set("event.action", action);
}

fn dns_protocol(draft: &mut Draft<'_>, _: &Map) {
    draft.set("network.protocol", "dns");
}
