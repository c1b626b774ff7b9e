//! The event data of each [`Action`], field by field as Windows has it; here Sysmon's.

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

/// Event id, role of the process, and the fields of its own.
type Part = (u32, &'static str, Vec<(&'static str, String)>);

/// What an action's data is made with.
pub(super) struct Scene<'a> {
    pub host: &'a Host,
    pub peers: &'a [(String, String)],
    pub at: Timestamp,
}

pub(super) fn event(channel: Channel, code: u32, fields: Vec<(&str, String)>) -> Event {
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
        if let Action::Access {
            role,
            target,
            granted,
            trace,
        } = *action
        {
            return self.two_processes(10, role, target, granted, trace);
        }
        if let Action::Inject { role, target } = *action {
            return self.two_processes(8, role, target, "", "");
        }
        let (code, role, fields) = self
            .of_process(action, random)
            .or_else(|| self.of_object(action, random))?;
        Some(self.by_process(code, role, fields))
    }

    /// What a process is and whom it talks to.
    fn of_process(&self, action: &Action, random: &mut StdRng) -> Option<Part> {
        Some(match *action {
            Action::Start { role, .. } => (1, role, self.start(self.host.process(role)?)),
            Action::End { role } => (5, role, vec![]),
            Action::Load { role, library, signed } => (7, role, load(library, signed)),
            Action::Resolve { role, name, address } => {
                let fields = vec![
                    ("QueryName", name.to_owned()),
                    ("QueryStatus", "0".to_owned()),
                    ("QueryResults", format!("::ffff:{address};")),
                ];
                (22, role, fields)
            }
            Action::Connect {
                role,
                name,
                address,
                port,
            } => (3, role, self.connect(name, address, port, random)),
            _ => return None,
        })
    }

    /// Files, registry and pipes that a process touches.
    fn of_object(&self, action: &Action, random: &mut StdRng) -> Option<Part> {
        let mut fill = |text: &str| self.host.fill(text, self.peers, random);
        let kind = |kind: &str| ("EventType", kind.to_owned());
        Some(match *action {
            Action::Create { role, file } => (
                11,
                role,
                vec![("TargetFilename", fill(file)), ("CreationUtcTime", self.utc())],
            ),
            Action::Download { role, file, url } => {
                let fields = vec![
                    ("TargetFilename", format!("{}:Zone.Identifier", fill(file))),
                    ("CreationUtcTime", self.utc()),
                    ("Hash", hashes(file)),
                    ("Contents", format!("[ZoneTransfer]  ZoneId=3  HostUrl={url}")),
                ];
                (15, role, fields)
            }
            Action::Delete { role, file } => {
                let fields = vec![
                    ("TargetFilename", fill(file)),
                    ("Hashes", hashes(file)),
                    ("IsExecutable", "false".to_owned()),
                    ("Archived", "true".to_owned()),
                ];
                (23, role, fields)
            }
            Action::SetValue { role, key, details } => (
                13,
                role,
                vec![
                    kind("SetValue"),
                    ("TargetObject", fill(key)),
                    ("Details", fill(details)),
                ],
            ),
            Action::CreateKey { role, key } => (12, role, vec![kind("CreateKey"), ("TargetObject", fill(key))]),
            Action::CreatePipe { role, pipe } => (17, role, vec![kind("CreatePipe"), ("PipeName", fill(pipe))]),
            Action::ConnectPipe { role, pipe } => (18, role, vec![kind("ConnectPipe"), ("PipeName", fill(pipe))]),
            _ => return None,
        })
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
