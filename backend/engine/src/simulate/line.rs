//! Winlogbeat's envelope around one event.

use serde_json::{Map, Value, json};
use watchfloor_shared::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Sysmon,
    Security,
    System,
    PowerShell,
}

impl Channel {
    pub const COUNT: usize = 4;

    pub const fn name(self) -> &'static str {
        match self {
            Channel::Sysmon => "Microsoft-Windows-Sysmon/Operational",
            Channel::Security => "Security",
            Channel::System => "System",
            Channel::PowerShell => "Microsoft-Windows-PowerShell/Operational",
        }
    }

    pub const fn provider(self) -> &'static str {
        match self {
            Channel::Sysmon => "Microsoft-Windows-Sysmon",
            Channel::Security => "Microsoft-Windows-Security-Auditing",
            Channel::System => "Service Control Manager",
            Channel::PowerShell => "Microsoft-Windows-PowerShell",
        }
    }
}

/// What is the same in all of a host's events.
pub(super) struct Envelope<'a> {
    pub computer: &'a str,
    pub agent: &'a str,
    pub channel: Channel,
    pub provider: &'a str,
    pub code: u32,
    pub record: u64,
    pub at: Timestamp,
}

pub(super) fn encode(envelope: &Envelope<'_>, data: Map<String, Value>) -> Vec<u8> {
    let code = envelope.code.to_string();
    let mut winlog = json!({
        "api": "wineventlog",
        "channel": envelope.channel.name(),
        "computer_name": envelope.computer,
        "event_data": data,
        "event_id": code,
        "provider_name": envelope.provider,
        "record_id": envelope.record,
    });
    if envelope.channel == Channel::Security {
        winlog["keywords"] = json!(["Audit Success"]);
    }
    let line = json!({
        "@timestamp": envelope.at.to_string(),
        "agent": { "name": envelope.agent, "type": "winlogbeat", "version": "8.13.4" },
        "ecs": { "version": "8.0.0" },
        "event": { "code": code, "kind": "event", "provider": envelope.provider },
        "host": { "name": envelope.computer },
        "labels": { "simulated": "true" },
        "log": { "level": "information" },
        "winlog": winlog,
    });
    serde_json::to_vec(&line).unwrap_or_default()
}
