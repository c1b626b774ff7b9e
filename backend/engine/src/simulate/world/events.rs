//! The event data of each [`Action`], field by field as Windows has it.

use super::{Host, Process, hashes};
use crate::simulate::{
    action::{Action, Who},
    line::Channel,
};
use rand::{Rng, rngs::StdRng};
use serde_json::{Map, Value};
use watchfloor_shared::Timestamp;

pub(in crate::simulate) struct Event {
    pub channel: Channel,
    pub provider: &'static str,
    pub code: u32,
    pub data: Map<String, Value>,
}

/// What an action's data is made with.
struct Scene<'a> {
    host: &'a Host,
    peers: &'a [(String, String)],
    at: Timestamp,
}

fn event(channel: Channel, code: u32, fields: Vec<(&str, String)>) -> Event {
    let data = fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value)))
        .collect();
    Event {
        channel,
        provider: channel.provider(),
        code,
        data,
    }
}

impl Host {
    pub(super) fn event(
        &mut self,
        action: &Action,
        at: Timestamp,
        peers: &[(String, String)],
        random: &mut StdRng,
    ) -> Event {
        if let Action::Start {
            role,
            parent,
            image,
            command,
            who,
        } = *action
        {
            let (image, command) = (self.fill(image, peers, random), self.fill(command, peers, random));
            self.spawn(role, parent, &image, &command, who, random);
        }
        let scene = Scene { host: self, peers, at };
        scene
            .sysmon(action, random)
            .or_else(|| scene.other(action, random))
            .unwrap_or_else(|| scene.logoff(Who::System))
    }
}

impl Scene<'_> {
    fn sysmon(&self, action: &Action, random: &mut StdRng) -> Option<Event> {
        let fill = |text: &str, random: &mut StdRng| self.host.fill(text, self.peers, random);
        let (code, role, fields) = match *action {
            Action::Start { role, .. } => (1, role, self.start(self.host.process(role)?)),
            Action::End { role } => (5, role, vec![]),
            Action::Load { role, library, signed } => (7, role, load(library, signed)),
            Action::Resolve { role, name, address } => (
                22,
                role,
                vec![
                    ("QueryName", name.to_owned()),
                    ("QueryStatus", "0".to_owned()),
                    ("QueryResults", format!("::ffff:{address};")),
                ],
            ),
            Action::Connect {
                role,
                name,
                address,
                port,
            } => (3, role, self.connect(name, address, port, random)),
            Action::Create { role, file } => (
                11,
                role,
                vec![("TargetFilename", fill(file, random)), ("CreationUtcTime", self.utc())],
            ),
            Action::Download { role, file, url } => (
                15,
                role,
                vec![
                    ("TargetFilename", format!("{}:Zone.Identifier", fill(file, random))),
                    ("CreationUtcTime", self.utc()),
                    ("Hash", hashes(file)),
                    ("Contents", format!("[ZoneTransfer]  ZoneId=3  HostUrl={url}")),
                ],
            ),
            Action::Delete { role, file } => (
                23,
                role,
                vec![
                    ("TargetFilename", fill(file, random)),
                    ("Hashes", hashes(file)),
                    ("IsExecutable", "false".to_owned()),
                    ("Archived", "true".to_owned()),
                ],
            ),
            Action::SetValue { role, key, details } => (
                13,
                role,
                vec![
                    ("EventType", "SetValue".to_owned()),
                    ("TargetObject", fill(key, random)),
                    ("Details", fill(details, random)),
                ],
            ),
            Action::CreateKey { role, key } => (
                12,
                role,
                vec![
                    ("EventType", "CreateKey".to_owned()),
                    ("TargetObject", fill(key, random)),
                ],
            ),
            Action::CreatePipe { role, pipe } => (
                17,
                role,
                vec![("EventType", "CreatePipe".to_owned()), ("PipeName", fill(pipe, random))],
            ),
            Action::ConnectPipe { role, pipe } => (
                18,
                role,
                vec![
                    ("EventType", "ConnectPipe".to_owned()),
                    ("PipeName", fill(pipe, random)),
                ],
            ),
            Action::Access {
                role,
                target,
                granted,
                trace,
            } => return self.two_processes(10, role, target, granted, trace),
            Action::Inject { role, target } => return self.two_processes(8, role, target, "", ""),
            _ => return None,
        };
        Some(self.by_process(code, role, fields))
    }

    /// A Sysmon event about one process.
    fn by_process(&self, code: u32, role: &str, mut fields: Vec<(&str, String)>) -> Event {
        let mut all = vec![("RuleName", "-".to_owned()), ("UtcTime", self.utc())];
        if let Some(process) = self.host.process(role) {
            all.push(("ProcessGuid", process.guid.clone()));
            all.push(("ProcessId", process.pid.to_string()));
            all.push(("Image", process.image.clone()));
            all.push(("User", self.host.account(process.who)));
        }
        all.append(&mut fields);
        event(Channel::Sysmon, code, all)
    }

    fn start(&self, process: &Process) -> Vec<(&'static str, String)> {
        let name = process.image.rsplit('\\').next().unwrap_or_default();
        let (parent_guid, parent_pid, parent_image) = process.parent.clone().unwrap_or_default();
        let home = match process.who {
            Who::Owner => format!(r"C:\Users\{}\", self.host.owner),
            _ => r"C:\Windows\System32\".to_owned(),
        };
        vec![
            ("CommandLine", process.command.clone()),
            ("CurrentDirectory", home),
            ("Company", company(&process.image).to_owned()),
            ("OriginalFileName", original_name(name)),
            ("LogonId", format!("{:#x}", 0x3e7_u64 + 0x1000 * process.who as u64)),
            (
                "IntegrityLevel",
                if process.who == Who::Owner { "Medium" } else { "System" }.to_owned(),
            ),
            ("Hashes", hashes(&process.image)),
            ("ParentProcessGuid", parent_guid),
            ("ParentProcessId", parent_pid.to_string()),
            ("ParentImage", parent_image.clone()),
            (
                "ParentCommandLine",
                self.command_of_parent(process).unwrap_or(parent_image),
            ),
            ("ParentUser", self.host.account(process.who)),
        ]
    }

    fn command_of_parent(&self, process: &Process) -> Option<String> {
        let (guid, ..) = process.parent.as_ref()?;
        let parent = self.host.processes.values().find(|parent| parent.guid == *guid)?;
        Some(parent.command.clone())
    }

    fn connect(&self, name: &str, address: &str, port: u16, random: &mut StdRng) -> Vec<(&'static str, String)> {
        let text = str::to_owned;
        // An address of the form `#2` is another host of the scenario.
        let peer = address
            .strip_prefix('#')
            .and_then(|index| self.peers.get(index.parse::<usize>().ok()?));
        let (name, address) = match peer {
            Some((short, address)) => (format!("{}.corp.example", short.to_lowercase()), address.clone()),
            None => (text(name), text(address)),
        };
        vec![
            ("Protocol", text("tcp")),
            ("Initiated", text("true")),
            ("SourceIsIpv6", text("false")),
            ("SourceIp", self.host.address.clone()),
            ("SourceHostname", self.host.name.clone()),
            ("SourcePort", random.random_range(49_152..65_000).to_string()),
            ("DestinationIsIpv6", text("false")),
            ("DestinationIp", address),
            ("DestinationHostname", name),
            ("DestinationPort", port.to_string()),
        ]
    }

    fn two_processes(&self, code: u32, role: &str, target: &str, granted: &str, trace: &str) -> Option<Event> {
        let (source, target) = (self.host.process(role)?, self.host.process(target)?);
        let guid = if code == 10 {
            ("SourceProcessGUID", "TargetProcessGUID")
        } else {
            ("SourceProcessGuid", "TargetProcessGuid")
        };
        let mut fields = vec![
            ("RuleName", "-".to_owned()),
            ("UtcTime", self.utc()),
            (guid.0, source.guid.clone()),
            ("SourceProcessId", source.pid.to_string()),
            ("SourceImage", source.image.clone()),
            (guid.1, target.guid.clone()),
            ("TargetProcessId", target.pid.to_string()),
            ("TargetImage", target.image.clone()),
            ("SourceUser", self.host.account(source.who)),
            ("TargetUser", self.host.account(target.who)),
        ];
        if code == 10 {
            fields.push(("SourceThreadId", (source.pid + 8).to_string()));
            fields.push(("GrantedAccess", granted.to_owned()));
            fields.push(("CallTrace", trace.to_owned()));
        } else {
            fields.push(("NewThreadId", (target.pid + 12).to_string()));
            fields.push(("StartAddress", "0x00007FFB2D4A0000".to_owned()));
            fields.push(("StartModule", r"C:\Windows\System32\KERNEL32.DLL".to_owned()));
            fields.push(("StartFunction", "LoadLibraryA".to_owned()));
        }
        Some(event(Channel::Sysmon, code, fields))
    }

    fn other(&self, action: &Action, random: &mut StdRng) -> Option<Event> {
        let fill = |text: &str, random: &mut StdRng| self.host.fill(text, self.peers, random);
        Some(match *action {
            Action::Audit { role } => self.audit(self.host.process(role)?),
            Action::Script { role, text } => self.script(role, fill(text, random), random),
            Action::Logon { who, from, kind } => self.logon(who, from, kind, random),
            Action::Privileges { who } => {
                let mut fields = self.subject(who);
                fields.push(("PrivilegeList", "SeDebugPrivilege\n\t\t\tSeBackupPrivilege".to_owned()));
                event(Channel::Security, 4672, fields)
            }
            Action::Logoff { who } => self.logoff(who),
            Action::Share { who, from, share, file } => self.share(who, from, share, &fill(file, random), random),
            Action::Service { name, path } => event(
                Channel::System,
                7045,
                vec![
                    ("ServiceName", name.to_owned()),
                    ("ImagePath", path.to_owned()),
                    ("ServiceType", "user mode service".to_owned()),
                    ("StartType", "demand start".to_owned()),
                    ("AccountName", "LocalSystem".to_owned()),
                ],
            ),
            Action::Task { who, name, command } => {
                let mut fields = self.subject(who);
                fields.push(("TaskName", name.to_owned()));
                fields.push((
                    "TaskContent",
                    format!("<Task><Actions><Exec><Command>{command}</Command></Exec></Actions></Task>"),
                ));
                event(Channel::Security, 4698, fields)
            }
            Action::ClearLog { who } => {
                let cleared = event(Channel::Security, 1102, self.subject(who));
                Event {
                    provider: "Microsoft-Windows-Eventlog",
                    ..cleared
                }
            }
            _ => return None,
        })
    }

    fn audit(&self, process: &Process) -> Event {
        let (_, parent_pid, parent_image) = process.parent.clone().unwrap_or_default();
        let mut fields = self.subject(process.who);
        fields.extend([
            ("NewProcessId", format!("{:#x}", process.pid)),
            ("NewProcessName", process.image.clone()),
            ("TokenElevationType", "%%1936".to_owned()),
            ("ProcessId", format!("{parent_pid:#x}")),
            ("CommandLine", process.command.clone()),
            ("ParentProcessName", parent_image),
        ]);
        event(Channel::Security, 4688, fields)
    }

    fn script(&self, role: &str, text: String, random: &mut StdRng) -> Event {
        let pid = self.host.process(role).map_or(0, |process| process.pid);
        let fields = vec![
            ("MessageNumber", "1".to_owned()),
            ("MessageTotal", "1".to_owned()),
            ("ScriptBlockText", text),
            (
                "ScriptBlockId",
                format!("{:08x}-{pid:04x}-4a1e-9d54-000000000001", random.random::<u32>()),
            ),
        ];
        event(Channel::PowerShell, 4104, fields)
    }

    fn logon(&self, who: Who, from: usize, kind: &str, random: &mut StdRng) -> Event {
        let (workstation, address) = self.peers.get(from).cloned().unwrap_or_default();
        let fields = vec![
            ("SubjectUserSid", "S-1-0-0".to_owned()),
            ("SubjectUserName", "-".to_owned()),
            ("SubjectDomainName", "-".to_owned()),
            ("SubjectLogonId", "0x0".to_owned()),
            ("TargetUserSid", sid(self.host.account_name(who))),
            ("TargetUserName", self.host.account_name(who).to_owned()),
            ("TargetDomainName", super::DOMAIN.to_owned()),
            (
                "TargetLogonId",
                format!("{:#x}", random.random_range(0x10_0000..0xff_ffff_u32)),
            ),
            ("LogonType", kind.to_owned()),
            ("LogonProcessName", "Kerberos".to_owned()),
            ("AuthenticationPackageName", "Kerberos".to_owned()),
            ("WorkstationName", workstation),
            ("IpAddress", address),
            ("IpPort", random.random_range(49_152..65_000).to_string()),
        ];
        event(Channel::Security, 4624, fields)
    }

    fn logoff(&self, who: Who) -> Event {
        let name = self.host.account_name(who);
        let fields = vec![
            ("TargetUserSid", sid(name)),
            ("TargetUserName", name.to_owned()),
            ("TargetDomainName", super::DOMAIN.to_owned()),
            ("LogonType", "3".to_owned()),
        ];
        event(Channel::Security, 4634, fields)
    }

    fn share(&self, who: Who, from: usize, share: &str, file: &str, random: &mut StdRng) -> Event {
        let mut fields = self.subject(who);
        fields.extend([
            ("ObjectType", "File".to_owned()),
            (
                "IpAddress",
                self.peers
                    .get(from)
                    .map(|(_, address)| address.clone())
                    .unwrap_or_default(),
            ),
            ("IpPort", random.random_range(49_152..65_000).to_string()),
            ("ShareName", share.to_owned()),
            ("RelativeTargetName", file.to_owned()),
            ("AccessMask", "0x2".to_owned()),
        ]);
        event(Channel::Security, 5145, fields)
    }

    fn subject(&self, who: Who) -> Vec<(&'static str, String)> {
        let name = self.host.account_name(who);
        vec![
            ("SubjectUserSid", sid(name)),
            ("SubjectUserName", name.to_owned()),
            ("SubjectDomainName", super::DOMAIN.to_owned()),
            ("SubjectLogonId", format!("{:#x}", 0x3e7_u64 + 0x1000 * who as u64)),
        ]
    }

    fn utc(&self) -> String {
        // Sysmon's own form: milliseconds, a blank, no zone.
        let text = Timestamp::from_millis(self.at.millis()).to_string();
        let (date, clock) = text
            .trim_end_matches('Z')
            .split_once('T')
            .unwrap_or((&text, "00:00:00"));
        let (whole, part) = clock.split_once('.').unwrap_or((clock, ""));
        format!("{date} {whole}.{part:0<3}")
    }
}

fn sid(name: &str) -> String {
    match name {
        "SYSTEM" => "S-1-5-18".to_owned(),
        _ => format!(
            "S-1-5-21-1004-2003-3002-{}",
            1100 + u32::from(xxhash_rust::xxh3::xxh3_64(name.as_bytes()) as u16) % 900
        ),
    }
}

fn load(library: &str, signed: bool) -> Vec<(&'static str, String)> {
    let name = library.rsplit('\\').next().unwrap_or_default();
    vec![
        ("ImageLoaded", library.to_owned()),
        ("OriginalFileName", name.to_owned()),
        ("Hashes", hashes(library)),
        ("Signed", signed.to_string()),
        ("Signature", if signed { "Microsoft Windows" } else { "-" }.to_owned()),
        (
            "SignatureStatus",
            if signed { "Valid" } else { "Unavailable" }.to_owned(),
        ),
    ]
}

fn company(image: &str) -> &'static str {
    match image {
        image if image.starts_with(r"C:\Windows\") || image.contains("Microsoft") => "Microsoft Corporation",
        image if image.contains("Google") => "Google LLC",
        _ => "-",
    }
}

/// Names inside the binaries that rules know; any other is its file's name.
fn original_name(name: &str) -> String {
    match name.to_lowercase().as_str() {
        "powershell.exe" => "PowerShell.EXE".to_owned(),
        "cmd.exe" => "Cmd.Exe".to_owned(),
        "rundll32.exe" => "RUNDLL32.EXE".to_owned(),
        "certutil.exe" => "CertUtil.exe".to_owned(),
        "vssadmin.exe" => "VSSADMIN.EXE".to_owned(),
        "winword.exe" => "WinWord.exe".to_owned(),
        _ => name.to_owned(),
    }
}
