//! How one source field becomes ECS fields. Every conversion is total: a text that does not fit is left out of ECS and stays
//! in the event data.

use super::{
    account,
    draft::{Draft, Related},
    time,
};
use crate::json::Value;
use std::net::{IpAddr, Ipv6Addr};

/// One cell of the table: source field → ECS field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub from: &'static str,
    /// An ECS field, or a section where the conversion fills several.
    pub to: &'static str,
    pub how: How,
}

pub(super) const fn field(from: &'static str, to: &'static str, how: How) -> Field {
    Field { from, to, how }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Text,
    /// Decimal or 0x… → number.
    Number,
    /// The same; zero is what Windows writes for no process.
    Pid,
    /// `Yes`/`true`/`1` → bool.
    Flag,
    /// Sysmon's GUID → `guid@endpoint`.
    Entity,
    /// Path of a program → section's `executable`, `name`.
    Program,
    /// Path → section's `path`, `name`, and for files `directory`, `extension`.
    File,
    /// Path of a library → section's `path`, `name`.
    Library,
    /// `MD5=…,SHA256=…,IMPHASH=…` → section's `hash.*`, `pe.imphash`.
    Hashes,
    /// `DOMAIN\name` → section's `domain`, `name`.
    Account,
    /// A name for the section's `name` and `related.user`.
    UserName,
    /// A name for `related.user` alone.
    OtherUser,
    HostName,
    Ip,
    Port,
    Time,
    /// `HKLM\…` → section's `path`, `hive`, `key`.
    RegistryKey,
    /// The same whose last part is a value's name.
    RegistryValue,
    /// `DWORD (0x…)` or text → `registry.data.*`.
    RegistryData,
    /// `tcp`, `6` → `tcp`.
    Transport,
    /// Sysmon's `Initiated`, the filtering platform's `Direction` → `network.direction`.
    Direction,
    LogonType,
    DnsAnswers,
    /// `0` → success.
    DnsStatus,
}

pub(super) fn apply(field: &Field, draft: &mut Draft<'_>, value: &Value) {
    let number;
    let text = match value {
        Value::String(text) => text.as_ref(),
        Value::Number(value) => {
            number = value.to_string();
            number.as_str()
        }
        _ => return,
    };
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return;
    }
    let to = field.to;
    match field.how {
        How::Text => draft.set(to, text.to_owned()),
        How::Number => set_some(draft, to, integer(text)),
        How::Pid => set_some(draft, to, integer(text).filter(|pid| *pid > 0)),
        How::Flag => draft.set(to, matches!(text, "true" | "True" | "TRUE" | "1" | "Yes" | "yes")),
        How::Entity => set_some(draft, to, entity_id(text, draft.host)),
        How::Program => named_path(draft, to, "executable", text),
        How::File => file(draft, to, text),
        How::Library => named_path(draft, to, "path", text),
        How::Hashes => hashes(draft, to, text),
        How::Account => account(draft, to, text),
        How::UserName => {
            draft.set(to, text.to_owned());
            Related::add(&mut draft.related.user, text);
        }
        How::OtherUser => Related::add(&mut draft.related.user, account::split(text).1),
        How::HostName => {
            let name = text.trim_start_matches('\\');
            draft.set(to, name.to_owned());
            Related::add(&mut draft.related.hosts, &name.to_lowercase());
        }
        How::Ip => {
            if let Some(ip) = ip(text) {
                Related::add(&mut draft.related.ip, &ip);
                draft.set(to, ip);
            }
        }
        How::Port => set_some(draft, to, integer(text).filter(|port| (1..=65_535).contains(port))),
        How::Time => set_some(draft, to, time::parse(text).ok().map(|time| time.to_string())),
        How::RegistryKey => registry(draft, to, text, false),
        How::RegistryValue => registry(draft, to, text, true),
        How::RegistryData => registry_data(draft, to, text),
        How::Transport => draft.set(to, transport(text)),
        How::Direction => set_some(draft, to, direction(text)),
        How::LogonType => set_some(draft, to, logon_type(text)),
        How::DnsAnswers => dns_answers(draft, to, text),
        How::DnsStatus => draft.set(to, if text == "0" { "success" } else { "failure" }),
    }
}

fn set_some(draft: &mut Draft<'_>, to: &'static str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        draft.set(to, value);
    }
}

pub(super) fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Sysmon's GUID is unique on one machine, but images cloned after Sysmon started share its first part; so the endpoint is in
/// the id. All zeros is Sysmon's word for an unknown process.
pub(super) fn entity_id(guid: &str, host: &str) -> Option<String> {
    let guid = guid.split('@').next()?.trim_matches(['{', '}']);
    let known = guid.bytes().any(|byte| byte != b'0' && byte != b'-');
    known.then(|| format!("{}@{host}", guid.to_ascii_lowercase()))
}

/// The last part of a Windows or device path.
pub(super) fn base_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

fn named_path(draft: &mut Draft<'_>, to: &'static str, path_name: &'static str, text: &str) {
    draft.set_under(to, path_name, text.to_owned());
    draft.set_under(to, "name", base_name(text).to_owned());
}

fn file(draft: &mut Draft<'_>, to: &'static str, text: &str) {
    named_path(draft, to, "path", text);
    let name = base_name(text);
    let directory = text[..text.len() - name.len()].trim_end_matches(['\\', '/']);
    if !directory.is_empty() {
        draft.set_under(to, "directory", directory.to_owned());
    }
    // An alternate data stream follows the extension.
    let plain = name.split(':').next().unwrap_or(name);
    if let Some((stem, extension)) = plain.rsplit_once('.')
        && !stem.is_empty()
        && !extension.is_empty()
    {
        draft.set_under(to, "extension", extension.to_ascii_lowercase());
    }
}

fn hashes(draft: &mut Draft<'_>, to: &'static str, text: &str) {
    for part in text.split(',') {
        let (algorithm, digits) = part.trim().split_once('=').unwrap_or(("", part.trim()));
        if digits.is_empty()
            || digits.bytes().any(|byte| !byte.is_ascii_hexdigit())
            || digits.bytes().all(|b| b == b'0')
        {
            continue;
        }
        let digits = digits.to_ascii_lowercase();
        let name = match (algorithm.to_ascii_lowercase().as_str(), digits.len()) {
            ("imphash", 32) => "pe.imphash",
            ("md5" | "", 32) => "hash.md5",
            ("sha1" | "", 40) => "hash.sha1",
            ("sha256" | "", 64) => "hash.sha256",
            _ => continue,
        };
        Related::add(&mut draft.related.hash, &digits);
        let (section, name) = name.split_once('.').unwrap_or((name, name));
        draft.set(format!("{to}.{section}.{name}"), digits);
    }
}

fn account(draft: &mut Draft<'_>, to: &'static str, text: &str) {
    let (domain, name) = account::split(text);
    if let Some(domain) = domain {
        draft.set_under(to, "domain", domain.to_owned());
    }
    draft.set_under(to, "name", name.to_owned());
    Related::add(&mut draft.related.user, name);
}

/// The address in its shortest form, an IPv4 address inside IPv6 as IPv4.
fn ip(text: &str) -> Option<String> {
    // `fe80::1%4` names an interface.
    let address: IpAddr = text.split('%').next()?.parse().ok()?;
    let address = match address {
        IpAddr::V6(address) if address != Ipv6Addr::LOCALHOST => address.to_canonical(),
        other => other,
    };
    Some(address.to_string())
}

/// Hives as Sysmon abbreviates and Security events spell them.
const HIVES: [(&str, &str); 10] = [
    ("HKLM", "HKLM"),
    ("HKU", "HKU"),
    ("HKCR", "HKCR"),
    ("HKCU", "HKCU"),
    (r"\REGISTRY\MACHINE", "HKLM"),
    (r"\REGISTRY\USER", "HKU"),
    ("HKEY_LOCAL_MACHINE", "HKLM"),
    ("HKEY_USERS", "HKU"),
    ("HKEY_CURRENT_USER", "HKCU"),
    ("HKEY_CLASSES_ROOT", "HKCR"),
];

fn registry(draft: &mut Draft<'_>, to: &'static str, text: &str, has_value: bool) {
    draft.set_under(to, "path", text.to_owned());
    let mut rest = text;
    for (prefix, hive) in HIVES {
        if let Some(head) = text.get(..prefix.len())
            && head.eq_ignore_ascii_case(prefix)
            && let Some(tail) = text[prefix.len()..].strip_prefix('\\')
        {
            draft.set_under(to, "hive", hive.to_owned());
            rest = tail;
            break;
        }
    }
    let (key, value) = match rest.rsplit_once('\\') {
        Some((key, value)) if has_value => (key, Some(value)),
        _ => (rest, None),
    };
    draft.set_under(to, "key", key.to_owned());
    if let Some(value) = value {
        draft.set_under(to, "value", value.to_owned());
    }
}

fn registry_data(draft: &mut Draft<'_>, to: &'static str, text: &str) {
    let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix(')');
    let (kind, value) = if let Some(value) = inside("DWORD (") {
        ("REG_DWORD", value)
    } else if let Some(value) = inside("QWORD (") {
        ("REG_QWORD", value)
    } else if text == "Binary Data" {
        return draft.set_under(to, "type", "REG_BINARY");
    } else {
        ("REG_SZ", text)
    };
    draft.set_under(to, "type", kind);
    draft.set_under(to, "strings", vec![value.to_owned()]);
}

/// IANA protocol numbers as the filtering platform writes them.
fn transport(text: &str) -> String {
    match text {
        "1" => "icmp".to_owned(),
        "6" => "tcp".to_owned(),
        "17" => "udp".to_owned(),
        "58" => "ipv6-icmp".to_owned(),
        other => other.to_ascii_lowercase(),
    }
}

fn direction(text: &str) -> Option<&'static str> {
    match text {
        "%%14592" | "Inbound" | "false" | "False" => Some("ingress"),
        "%%14593" | "Outbound" | "true" | "True" => Some("egress"),
        _ => None,
    }
}

fn logon_type(text: &str) -> Option<&'static str> {
    Some(match text {
        "0" => "System",
        "2" => "Interactive",
        "3" => "Network",
        "4" => "Batch",
        "5" => "Service",
        "7" => "Unlock",
        "8" => "NetworkCleartext",
        "9" => "NewCredentials",
        "10" => "RemoteInteractive",
        "11" => "CachedInteractive",
        "12" => "CachedRemoteInteractive",
        "13" => "CachedUnlock",
        _ => return None,
    })
}

/// `type:  5 name.example;::ffff:192.0.2.1;`: names and addresses, told apart by what they parse as.
fn dns_answers(draft: &mut Draft<'_>, to: &'static str, text: &str) {
    let mut ips = Vec::new();
    for part in text.split(';') {
        if let Some(ip) = ip(part.trim()) {
            Related::add(&mut draft.related.ip, &ip);
            if !ips.contains(&ip) {
                ips.push(ip);
            }
        } else if let Some(name) = part
            .trim()
            .strip_prefix("type:")
            .and_then(|rest| rest.split_whitespace().nth(1))
        {
            Related::add(&mut draft.related.hosts, &name.to_lowercase());
        }
    }
    if !ips.is_empty() {
        draft.set(to, ips);
    }
}
