//! Event data that Winlogbeat's modules moved into ECS, put back under its own name.
//!
//! The modules rename fields instead of copying them, so `winlog.event_data.Image` is gone and `process.executable` has its
//! value. Rules are written against the event data. The same table that leads from event data to ECS leads back.

use super::convert::{Field, How};
use crate::event::get;
use crate::json::{Map, Value};

/// Sections that show that a module has been at work.
const SECTIONS: [&str; 8] = [
    "process",
    "file",
    "registry",
    "dns",
    "source",
    "destination",
    "dll",
    "network",
];

pub(super) fn was_moved(ecs: &Map) -> bool {
    SECTIONS.iter().any(|section| ecs.contains_key(section))
}

/// Fills `data[field.from]` from the document where it is missing.
pub(super) fn restore(data: &mut Map, ecs: &Map, field: &Field) {
    if data.contains_key(field.from) {
        return;
    }
    if let Some(text) = original(ecs, field) {
        data.insert(field.from, text);
    }
}

fn original(ecs: &Map, field: &Field) -> Option<String> {
    let at = |path: &str| super::record::scalar(get(ecs, path)?);
    let under = |name: &str| at(&format!("{}.{name}", field.to));
    match field.how {
        How::Text | How::Number | How::Pid | How::Port | How::Ip | How::UserName | How::HostName | How::Transport => {
            at(field.to)
        }
        How::Entity => at(field.to).map(|id| {
            format!(
                "{{{}}}",
                id.split('@').next().unwrap_or_default().trim_matches(['{', '}'])
            )
        }),
        How::Program => under("executable"),
        How::File => under("path"),
        How::Library => under("path").or_else(|| at("file.path")),
        How::Account => match (under("domain"), under("name")?) {
            (Some(domain), name) => Some(format!("{domain}\\{name}")),
            (None, name) => Some(name),
        },
        How::Hashes => hashes(ecs, field.to).or_else(|| hashes(ecs, "file")),
        How::RegistryKey | How::RegistryValue => under("path"),
        How::RegistryData => registry_data(ecs, field.to),
        How::Direction => match at(field.to)?.as_str() {
            "egress" | "outbound" => Some("true".to_owned()),
            "ingress" | "inbound" => Some("false".to_owned()),
            _ => None,
        },
        How::Time => at(field.to).map(|text| text.replacen('T', " ", 1).trim_end_matches('Z').to_owned()),
        How::DnsAnswers => list(ecs, field.to).map(|ips| ips.join(";") + ";"),
        How::Flag | How::LogonType | How::DnsStatus | How::OtherUser => None,
    }
}

fn hashes(ecs: &Map, section: &str) -> Option<String> {
    let names = [
        ("SHA1", "hash.sha1"),
        ("MD5", "hash.md5"),
        ("SHA256", "hash.sha256"),
        ("IMPHASH", "pe.imphash"),
    ];
    let parts: Vec<String> = names
        .iter()
        .filter_map(|(algorithm, path)| {
            let digits = get(ecs, &format!("{section}.{path}"))?.as_str()?;
            Some(format!("{algorithm}={}", digits.to_ascii_uppercase()))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn registry_data(ecs: &Map, to: &str) -> Option<String> {
    let text = list(ecs, &format!("{to}.strings"))?.join(" ");
    match get(ecs, &format!("{to}.type")).and_then(Value::as_str) {
        Some("REG_DWORD" | "SZ_DWORD") => Some(format!("DWORD ({text})")),
        Some("REG_QWORD" | "SZ_QWORD") => Some(format!("QWORD ({text})")),
        _ => Some(text),
    }
}

fn list(ecs: &Map, path: &str) -> Option<Vec<String>> {
    match get(ecs, path)? {
        Value::Array(list) => Some(list.iter().filter_map(super::record::scalar).collect()),
        other => super::record::scalar(other).map(|text| vec![text]),
    }
}
