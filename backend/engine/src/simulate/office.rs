//! Office life: what people and their machines do all day, in short episodes of one event after the other.

use super::action::{Action, Who};
use rand::{Rng, rngs::StdRng};
use std::collections::VecDeque;

/// What a host does when nothing happens.
pub(super) const IDLE: Action = Action::Resolve {
    role: "svchost",
    name: "time.corp.example",
    address: "192.0.2.10",
};

const OUTLOOK: &str = r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE";
const EXCEL: &str = r"C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE";
const WORD: &str = r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE";
const CHROME: &str = r"C:\Program Files\Google\Chrome\Application\chrome.exe";
const TEAMS: &str = r"C:\Program Files\WindowsApps\MSTeams\ms-teams.exe";
const SVCHOST: &str = r"C:\Windows\System32\svchost.exe";

const fn start(role: &'static str, parent: &'static str, image: &'static str, command: &'static str) -> Action {
    Action::Start {
        role,
        parent,
        image,
        command,
        who: Who::Owner,
    }
}

const fn service(role: &'static str, parent: &'static str, image: &'static str, command: &'static str) -> Action {
    Action::Start {
        role,
        parent,
        image,
        command,
        who: Who::System,
    }
}

/// Machines are switched on and people log in, so that later processes have ancestors.
const MORNING: [Action; 9] = [
    service(
        "services",
        "system",
        r"C:\Windows\System32\services.exe",
        r"C:\Windows\system32\services.exe",
    ),
    service(
        "svchost",
        "services",
        SVCHOST,
        r"C:\Windows\system32\svchost.exe -k netsvcs -p",
    ),
    service(
        "defender",
        "services",
        r"C:\ProgramData\Microsoft\Windows Defender\Platform\MsMpEng.exe",
        "MsMpEng.exe",
    ),
    service(
        "winlogon",
        "system",
        r"C:\Windows\System32\winlogon.exe",
        "winlogon.exe",
    ),
    start(
        "userinit",
        "winlogon",
        r"C:\Windows\System32\userinit.exe",
        r"C:\Windows\system32\userinit.exe",
    ),
    start(
        "explorer",
        "userinit",
        r"C:\Windows\explorer.exe",
        r"C:\Windows\Explorer.EXE",
    ),
    start(
        "mail",
        "explorer",
        OUTLOOK,
        r#""C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE""#,
    ),
    start(
        "chrome",
        "explorer",
        CHROME,
        r#""C:\Program Files\Google\Chrome\Application\chrome.exe""#,
    ),
    start("teams", "explorer", TEAMS, "ms-teams.exe"),
];

pub(super) fn morning(hosts: usize) -> VecDeque<(usize, Action)> {
    (0..hosts)
        .flat_map(|host| MORNING.map(|action| (host, action)))
        .collect()
}

/// Episodes of a workstation with how often each comes.
const WORKSTATION: &[(u32, &[Action])] = &[
    (
        30,
        &[
            Action::Resolve {
                role: "chrome",
                name: "www.news-daily.example",
                address: "198.51.100.80",
            },
            Action::Connect {
                role: "chrome",
                name: "www.news-daily.example",
                address: "198.51.100.80",
                port: 443,
            },
            start(
                "tab",
                "chrome",
                CHROME,
                r#""C:\Program Files\Google\Chrome\Application\chrome.exe" --type=renderer --renderer-client-id={n}"#,
            ),
            Action::Create {
                role: "chrome",
                file: r"C:\Users\{user}\AppData\Local\Google\Chrome\User Data\Default\Cache\f_{n}",
            },
            Action::End { role: "tab" },
        ],
    ),
    (
        20,
        &[
            Action::Resolve {
                role: "mail",
                name: "mail.corp.example",
                address: "192.0.2.11",
            },
            Action::Connect {
                role: "mail",
                name: "mail.corp.example",
                address: "192.0.2.11",
                port: 443,
            },
            Action::Create {
                role: "mail",
                file: r"C:\Users\{user}\AppData\Local\Microsoft\Outlook\RoamCache\Stream_{n}.dat",
            },
        ],
    ),
    (
        12,
        &[
            start(
                "excel",
                "explorer",
                EXCEL,
                r#""C:\Program Files\Microsoft Office\root\Office16\EXCEL.EXE" "C:\Users\{user}\Documents\Plan {n}.xlsx""#,
            ),
            Action::Load {
                role: "excel",
                library: r"C:\Windows\System32\mscoree.dll",
                signed: true,
            },
            Action::Create {
                role: "excel",
                file: r"C:\Users\{user}\Documents\~$Plan {n}.xlsx",
            },
            Action::SetValue {
                role: "excel",
                key: r"HKU\S-1-5-21-1004-2003-3002-1107\Software\Microsoft\Office\16.0\Excel\File MRU\Item 1",
                details: r"[F00000000]*C:\Users\{user}\Documents\Plan {n}.xlsx",
            },
            Action::End { role: "excel" },
        ],
    ),
    (
        8,
        &[
            start(
                "letter",
                "explorer",
                WORD,
                r#""C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "C:\Users\{user}\Documents\Letter {n}.docx""#,
            ),
            Action::Create {
                role: "letter",
                file: r"C:\Users\{user}\Documents\Letter {n}.docx",
            },
            Action::End { role: "letter" },
        ],
    ),
    (
        12,
        &[
            Action::Resolve {
                role: "teams",
                name: "chat.collab.example",
                address: "198.51.100.14",
            },
            Action::Connect {
                role: "teams",
                name: "chat.collab.example",
                address: "198.51.100.14",
                port: 443,
            },
        ],
    ),
    (
        10,
        &[
            Action::Access {
                role: "defender",
                target: "chrome",
                granted: "0x1000",
                trace: r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e",
            },
            Action::Load {
                role: "svchost",
                library: r"C:\Windows\System32\wuapi.dll",
                signed: true,
            },
        ],
    ),
    (
        8,
        &[
            service(
                "taskhost",
                "svchost",
                r"C:\Windows\System32\taskhostw.exe",
                "taskhostw.exe",
            ),
            Action::SetValue {
                role: "svchost",
                key: r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\LastCheck",
                details: "DWORD (0x00000001)",
            },
            Action::End { role: "taskhost" },
        ],
    ),
    (
        6,
        &[
            start(
                "reader",
                "explorer",
                r"C:\Program Files\PDF Reader\reader.exe",
                r#""C:\Program Files\PDF Reader\reader.exe" "C:\Users\{user}\Downloads\Offer {n}.pdf""#,
            ),
            Action::End { role: "reader" },
        ],
    ),
    (
        4,
        &[
            Action::ConnectPipe {
                role: "svchost",
                pipe: r"\wkssvc",
            },
            IDLE,
        ],
    ),
];

const SERVER: &[(u32, &[Action])] = &[
    (
        30,
        &[
            Action::Logon {
                who: Who::Owner,
                from: 4,
                kind: "3",
            },
            Action::Share {
                who: Who::Owner,
                from: 4,
                share: r"\\*\Finance",
                file: r"Plan {n}.xlsx",
            },
            Action::Logoff { who: Who::Owner },
        ],
    ),
    (
        10,
        &[
            Action::ConnectPipe {
                role: "system",
                pipe: r"\srvsvc",
            },
            IDLE,
        ],
    ),
    (
        6,
        &[Action::Create {
            role: "svchost",
            file: r"C:\Windows\System32\LogFiles\W3SVC\u_ex{n}.log",
        }],
    ),
    (
        4,
        &[
            service(
                "backup",
                "services",
                r"C:\Program Files\Backup\agent.exe",
                "agent.exe --incremental",
            ),
            Action::Connect {
                role: "backup",
                name: "backup.corp.example",
                address: "192.0.2.12",
                port: 8400,
            },
            Action::End { role: "backup" },
        ],
    ),
];

/// What happens next on a host.
pub(super) fn episode(host: usize, is_server: bool, random: &mut StdRng) -> VecDeque<(usize, Action)> {
    let episodes = if is_server { SERVER } else { WORKSTATION };
    let total: u32 = episodes.iter().map(|(weight, _)| weight).sum();
    let mut pick = random.random_range(0..total.max(1));
    for (weight, actions) in episodes {
        if pick < *weight {
            return actions.iter().map(|action| (host, *action)).collect();
        }
        pick -= weight;
    }
    VecDeque::from([(host, IDLE)])
}
