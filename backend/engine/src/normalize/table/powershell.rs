//! PowerShell's two logs.

use super::{Log, Row};
use crate::json::{Map, Value};
use crate::normalize::{
    convert::{Field, How::*, field},
    draft::Draft,
};

pub(super) const LOGS: [&Log; 2] = [&OPERATIONAL, &CLASSIC];

const OPERATIONAL: Log = Log {
    providers: &["Microsoft-Windows-PowerShell", "PowerShellCore"],
    channels: &["Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"],
    dataset: "windows.powershell_operational",
    common: &[],
    rows: &OPERATIONAL_ROWS,
    writer_is_actor: true,
};

const CLASSIC: Log = Log {
    providers: &["PowerShell"],
    channels: &["Windows PowerShell"],
    dataset: "windows.powershell",
    common: &[],
    rows: &CLASSIC_ROWS,
    writer_is_actor: true,
};

const SCRIPT: &[Field] = &[
    field("ScriptBlockText", "powershell.file.script_block_text", Text),
    field("ScriptBlockId", "powershell.file.script_block_id", Text),
    field("MessageNumber", "powershell.sequence", Number),
    field("MessageTotal", "powershell.total", Number),
    field("Path", "file", File),
];

const OPERATIONAL_ROWS: [Row; 5] = [
    Row::new(&[4103], &["process"], &["info"], "powershell-command-invoked", &[]).refined(context),
    Row::new(&[4104], &["process"], &["info"], "powershell-script-block", &[SCRIPT]),
    Row::new(
        &[4105],
        &["process"],
        &["start"],
        "powershell-script-block-started",
        &[SCRIPT],
    ),
    Row::new(
        &[4106],
        &["process"],
        &["end"],
        "powershell-script-block-stopped",
        &[SCRIPT],
    ),
    Row::new(
        &[40961, 40962, 53504],
        &["process"],
        &["start"],
        "powershell-console-started",
        &[],
    ),
];

const CLASSIC_ROWS: [Row; 4] = [
    Row::new(&[400], &["process"], &["start"], "powershell-engine-started", &[]).refined(classic_context),
    Row::new(&[403], &["process"], &["end"], "powershell-engine-stopped", &[]).refined(classic_context),
    Row::new(&[600], &["process"], &["info"], "powershell-provider-started", &[]).refined(classic_context),
    Row::new(&[800], &["process"], &["info"], "powershell-pipeline-executed", &[]).refined(classic_context),
];

/// 4103 has who and what in the lines of one text, `Host Application = powershell.exe -enc …`.
fn context(draft: &mut Draft<'_>, data: &Map) {
    let Some(text) = data.get("ContextInfo").and_then(Value::as_str) else {
        return;
    };
    set(
        draft,
        "Command Name",
        "powershell.command.name",
        Text,
        line(text, "Command Name = "),
    );
    set(
        draft,
        "Host Application",
        "process.command_line",
        Text,
        line(text, "Host Application = "),
    );
    set(draft, "Script Name", "file", File, line(text, "Script Name = "));
    set(draft, "User", "user", Account, line(text, "User = "));
}

/// The classic events have it in one of their unnamed parts, `HostApplication=powershell.exe -enc …`.
fn classic_context(draft: &mut Draft<'_>, data: &Map) {
    let parts = data.values().flat_map(|value| match value {
        Value::Array(list) => list.as_slice(),
        other => std::slice::from_ref(other),
    });
    for text in parts.filter_map(Value::as_str) {
        set(
            draft,
            "HostApplication",
            "process.command_line",
            Text,
            line(text, "HostApplication="),
        );
        set(draft, "UserId", "user", Account, line(text, "UserId="));
        set(draft, "ScriptName", "file", File, line(text, "ScriptName="));
    }
}

fn set(
    draft: &mut Draft<'_>,
    from: &'static str,
    to: &'static str,
    how: crate::normalize::convert::How,
    text: Option<&str>,
) {
    if let Some(text) = text {
        crate::normalize::convert::apply(&field(from, to, how), draft, &Value::from(text.to_owned()));
    }
}

/// The rest of the line that begins with `key`.
fn line<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .find_map(|line| line.trim_start().strip_prefix(key))
        .map(str::trim)
}
