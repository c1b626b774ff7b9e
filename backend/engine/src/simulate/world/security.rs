//! The events of the Security, System and PowerShell logs.

use super::{
    DOMAIN, Process,
    events::{Event, Scene, event},
};
use crate::simulate::{
    action::{Action, Who},
    line::Channel,
};
use rand::{Rng, rngs::StdRng};

impl Scene<'_> {
    pub(super) fn other(&self, action: &Action, random: &mut StdRng) -> Option<Event> {
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
            ("TargetDomainName", DOMAIN.to_owned()),
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

    pub(super) fn logoff(&self, who: Who) -> Event {
        let name = self.host.account_name(who);
        let fields = vec![
            ("TargetUserSid", sid(name)),
            ("TargetUserName", name.to_owned()),
            ("TargetDomainName", DOMAIN.to_owned()),
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
            ("SubjectDomainName", DOMAIN.to_owned()),
            ("SubjectLogonId", format!("{:#x}", 0x3e7_u64 + 0x1000 * who as u64)),
        ]
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
