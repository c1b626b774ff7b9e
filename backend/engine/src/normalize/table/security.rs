//! The Security log: the events that detection rules use.

mod fields;

use super::{Log, Row};
use crate::json::{Map, Value};
use crate::normalize::{
    convert::{How::*, field},
    draft::Draft,
};
use fields::*;

pub(super) const LOG: Log = Log {
    providers: &["Microsoft-Windows-Security-Auditing"],
    channels: &["Security"],
    dataset: "system.security",
    common: &[],
    rows: &ROWS,
    writer_is_actor: false,
};

const AUTH: &[&str] = &["authentication"];
const IAM: &[&str] = &["iam"];
const CONFIGURATION: &[&str] = &["configuration"];

const ROWS: [Row; 55] = [
    Row::new(
        &[1102, 517],
        CONFIGURATION,
        &["deletion"],
        "audit-log-cleared",
        &[CLEARED],
    )
    .outcome("success"),
    Row::new(&[1100], CONFIGURATION, &["end"], "logging-stopped", &[]),
    Row::new(
        &[4611],
        CONFIGURATION,
        &["change"],
        "logon-process-registered",
        &[SUBJECT],
    ),
    Row::new(
        &[4616],
        CONFIGURATION,
        &["change"],
        "system-time-changed",
        &[SUBJECT, PROCESS],
    ),
    Row::new(&[4624], AUTH, &["start"], "logged-in", &[LOGGED_ON, PROCESS, FROM, BY]).outcome("success"),
    Row::new(
        &[4625],
        AUTH,
        &["start"],
        "logon-failed",
        &[LOGGED_ON, PROCESS, FROM, BY],
    )
    .outcome("failure"),
    Row::new(&[4627], AUTH, &["info"], "group-membership-info", &[LOGGED_ON, BY]),
    Row::new(&[4634, 4647], AUTH, &["end"], "logged-out", &[LOGGED_ON]),
    Row::new(
        &[4648],
        AUTH,
        &["start"],
        "logged-in-explicit",
        &[SUBJECT, TARGET_USER, PROCESS, FROM],
    ),
    Row::new(
        &[4649],
        AUTH,
        &["info"],
        "replay-attack-detected",
        &[SUBJECT, TARGET_USER, FROM],
    ),
    Row::new(
        &[4656],
        &["file"],
        &["access"],
        "object-handle-requested",
        &[SUBJECT, PROCESS],
    )
    .refined(object),
    Row::new(
        &[4657],
        &["registry"],
        &["change"],
        "registry-value-modified",
        &[SUBJECT, PROCESS, REGISTRY],
    ),
    Row::new(
        &[4658, 4690],
        &["file"],
        &["access"],
        "object-handle-changed",
        &[SUBJECT, PROCESS],
    ),
    Row::new(&[4660], &["file"], &["deletion"], "object-deleted", &[SUBJECT, PROCESS]),
    Row::new(
        &[4661],
        IAM,
        &["access"],
        "directory-object-handle-requested",
        &[SUBJECT, PROCESS],
    ),
    Row::new(&[4662], IAM, &["access"], "directory-object-accessed", &[SUBJECT]),
    Row::new(&[4663], &["file"], &["access"], "object-accessed", &[SUBJECT, PROCESS]).refined(object),
    Row::new(
        &[4670],
        &["file"],
        &["change"],
        "object-permissions-changed",
        &[SUBJECT, PROCESS],
    )
    .refined(object),
    Row::new(
        &[4672, 4964],
        IAM,
        &["admin"],
        "special-privileges-assigned",
        &[SUBJECT],
    ),
    Row::new(&[4673, 4674], IAM, &["admin"], "privilege-used", &[SUBJECT, PROCESS]),
    Row::new(
        &[4688],
        &["process"],
        &["start"],
        "process-created",
        &[SUBJECT, NEW_PROCESS],
    ),
    Row::new(
        &[4689],
        &["process"],
        &["end"],
        "process-terminated",
        &[SUBJECT, PROCESS],
    ),
    Row::new(&[4692, 4695], IAM, &["access"], "protected-data-accessed", &[SUBJECT]),
    Row::new(
        &[4697],
        CONFIGURATION,
        &["creation"],
        "service-installed",
        &[SUBJECT, SERVICE, CLIENT],
    ),
    Row::new(
        &[4698],
        CONFIGURATION,
        &["creation"],
        "scheduled-task-created",
        &[SUBJECT, CLIENT],
    ),
    Row::new(
        &[4699],
        CONFIGURATION,
        &["deletion"],
        "scheduled-task-deleted",
        &[SUBJECT, CLIENT],
    ),
    Row::new(
        &[4700, 4701, 4702],
        CONFIGURATION,
        &["change"],
        "scheduled-task-changed",
        &[SUBJECT, CLIENT],
    ),
    Row::new(
        &[4703],
        IAM,
        &["change"],
        "token-right-adjusted",
        &[SUBJECT, TARGET_USER, PROCESS],
    ),
    Row::new(
        &[4704, 4705, 4717, 4718],
        IAM,
        &["change"],
        "user-right-changed",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4706, 4707, 4713, 4739],
        CONFIGURATION,
        &["change"],
        "domain-policy-changed",
        &[SUBJECT],
    ),
    Row::new(
        &[4719, 4902, 4904, 4905, 4907, 4912],
        CONFIGURATION,
        &["change"],
        "audit-policy-changed",
        &[SUBJECT],
    ),
    Row::new(
        &[4720, 4741],
        IAM,
        &["user", "creation"],
        "account-created",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4722, 4725, 4738, 4742, 4765, 4766, 4767, 4781, 4794],
        IAM,
        &["user", "change"],
        "account-changed",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4723, 4724],
        IAM,
        &["user", "change"],
        "password-changed",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4726, 4743],
        IAM,
        &["user", "deletion"],
        "account-deleted",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4740],
        IAM,
        &["user", "change"],
        "account-locked",
        &[SUBJECT, TARGET_USER],
    ),
    Row::new(
        &[4727, 4731, 4754],
        IAM,
        &["group", "creation"],
        "group-created",
        &[SUBJECT, GROUP],
    ),
    Row::new(
        &[4728, 4732, 4756],
        IAM,
        &["group", "change"],
        "group-member-added",
        &[SUBJECT, GROUP],
    ),
    Row::new(
        &[4729, 4733, 4757],
        IAM,
        &["group", "change"],
        "group-member-removed",
        &[SUBJECT, GROUP],
    ),
    Row::new(
        &[4730, 4734, 4758],
        IAM,
        &["group", "deletion"],
        "group-deleted",
        &[SUBJECT, GROUP],
    ),
    Row::new(
        &[4735, 4737, 4755],
        IAM,
        &["group", "change"],
        "group-changed",
        &[SUBJECT, GROUP],
    ),
    Row::new(
        &[4768],
        AUTH,
        &["start"],
        "kerberos-ticket-requested",
        &[LOGGED_ON, TICKET, FROM],
    ),
    Row::new(
        &[4769, 4770],
        AUTH,
        &["start"],
        "kerberos-service-ticket-requested",
        &[LOGGED_ON, TICKET, FROM],
    ),
    Row::new(
        &[4771],
        AUTH,
        &["start"],
        "kerberos-preauth-failed",
        &[LOGGED_ON, TICKET, FROM],
    )
    .outcome("failure"),
    Row::new(&[4776], AUTH, &["start"], "credential-validated", &[LOGGED_ON, FROM]),
    Row::new(&[4778], &["session"], &["start"], "session-reconnected", &[SESSION]),
    Row::new(&[4779], &["session"], &["end"], "session-disconnected", &[SESSION]),
    Row::new(
        &[4798, 4799],
        IAM,
        &["info"],
        "membership-enumerated",
        &[SUBJECT, CALLER],
    ),
    Row::new(
        &[4800, 4801],
        &["session"],
        &["change"],
        "workstation-lock-changed",
        &[LOGGED_ON],
    ),
    Row::new(
        &[5136, 5137, 5141],
        IAM,
        &["change"],
        "directory-object-changed",
        &[SUBJECT],
    ),
    Row::new(
        &[5140, 5142, 5145],
        &["file", "network"],
        &["access"],
        "share-accessed",
        &[SUBJECT, SHARE],
    ),
    Row::new(
        &[
            4944, 4945, 4946, 4947, 4948, 4950, 4953, 4956, 4957, 5440, 5441, 5442, 5443, 5444, 5446, 5447, 5448, 5449,
            5450,
        ],
        CONFIGURATION,
        &["change"],
        "filtering-policy-changed",
        &[FILTERED],
    ),
    Row::new(
        &[5152, 5157],
        &["network"],
        &["connection", "denied"],
        "connection-blocked",
        &[FILTERED],
    ),
    Row::new(
        &[5154, 5156, 5158],
        &["network"],
        &["connection", "allowed"],
        "connection-permitted",
        &[FILTERED],
    ),
    Row::new(
        &[5379, 5380, 5381, 5382],
        IAM,
        &["access"],
        "stored-credentials-read",
        &[SUBJECT, CLIENT],
    ),
];

/// Object access is about files, registry keys, processes and more; the object's type says which.
fn object(draft: &mut Draft<'_>, data: &Map) {
    use crate::normalize::convert::apply;
    let Some(name) = data.get("ObjectName") else {
        return;
    };
    match data.get("ObjectType").and_then(Value::as_str) {
        Some("File") => apply(&field("ObjectName", "file", File), draft, name),
        Some("Key") => {
            draft.set("event.category", vec!["registry"]);
            apply(&field("ObjectName", "registry", RegistryKey), draft, name);
        }
        Some("Process") => {
            draft.set("event.category", vec!["process"]);
            apply(&field("ObjectName", "process.target", Program), draft, name);
        }
        _ => {}
    }
}
