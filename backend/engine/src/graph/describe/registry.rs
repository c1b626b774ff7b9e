//! Registry keys by what Windows uses them for, and their data by shape. Also where other settings that start programs are kept:
//! services, tasks and subscriptions as events report them.

use crate::graph::{
    facts::Platform,
    place::names_writable,
    schema::{NodeKind, OfRegistry as F},
    shape,
    traits::Traits,
};

const CLASSES: &[(F, &[&str])] = &[
    (
        F::RunKey,
        &[
            r"\currentversion\run",
            r"\currentversion\policies\explorer\run",
            r"\windows\load",
            r"\windows\run",
            r"\command processor\autorun",
            r"\explorer\shell folders",
            r"\explorer\user shell folders",
            r"\active setup\installed components",
            r"\userinitmprlogonscript",
            r"\screensaver",
        ],
    ),
    (F::Service, &[r"\services\"]),
    (
        F::ImageHijack,
        &[
            r"\image file execution options\",
            r"\silentprocessexit\",
            r"\appcompatflags\custom",
            r"\appcompatflags\installedsdb",
            r"\aedebug",
        ],
    ),
    (
        F::Lsa,
        &[
            r"\control\lsa",
            r"\securityproviders",
            r"\wdigest",
            r"\control\securepipeservers",
            r"\netlogon\parameters",
            r"\credssp",
        ],
    ),
    (F::Policy, &[r"\policies\"]),
    (
        F::ComClass,
        &[
            r"\clsid\",
            r"\inprocserver32",
            r"\localserver32",
            r"\typelib\",
            r"\treatas",
            r"\progid",
        ],
    ),
    (F::Winlogon, &[r"\winlogon"]),
    (
        F::Secrets,
        &[
            r"\sam\sam",
            r"hklm\security",
            r"\machine\security",
            r"\policy\secrets",
            r"\security\cache",
            r"\software\simontatham",
            r"\vault\",
        ],
    ),
    (F::Task, &[r"\schedule\taskcache", r"\task:"]),
    (
        F::Protection,
        &[
            r"\windows defender",
            r"\security center",
            r"\amsi",
            r"\eventtranscript",
            r"\deviceguard",
            r"\smartscreen",
            r"enablelua",
            r"consentpromptbehavior",
            r"localaccounttokenfilterpolicy",
            r"scriptblocklogging",
            r"\safeboot",
        ],
    ),
    (F::Firewall, &[r"\firewallpolicy", r"\sharedaccess\"]),
    (
        F::Proxy,
        &[r"\internet settings", r"\proxyenable", r"\zonemap", r"\portproxy"],
    ),
    (
        F::EventLogs,
        &[
            r"\eventlog\",
            r"\winevt\",
            r"\autologger\",
            r"\control\minint",
            r"\wmi\autologger",
            r"auditbaseobjects",
        ],
    ),
    (
        F::OpenCommand,
        &[
            r"\shell\open\command",
            r"\ms-settings",
            r"\exefile\",
            r"\mscfile",
            r"\app paths\",
            r"\shell\runas",
            r"delegateexecute",
        ],
    ),
    (
        F::ApplicationLoad,
        &[
            r"appinit_dlls",
            r"appcertdlls",
            r"\knowndlls",
            r"bootexecute",
            r"\print\monitors",
            r"\print\environments",
            r"\timeproviders",
            r"\netsh",
            r"\cor_profiler",
            r"coreclr_profiler",
            r"\shelliconoverlay",
            r"\browser helper objects",
            r"\office test\",
            r"\addins\",
            r"\natural language\",
            r"\dnsserver",
        ],
    ),
    (
        F::Driver,
        &[r"\control\class\", r"\enum\", r"\deviceclasses", r"\mounteddevices"],
    ),
    (
        F::RemoteAccess,
        &[
            r"\terminal server",
            r"fdenytsconnections",
            r"\winrm",
            r"\wsman",
            r"\openssh",
            r"\remoteregistry",
            r"\rdp-tcp",
        ],
    ),
    (F::Environment, &[r"\environment"]),
    (
        F::Installer,
        &[
            r"\uninstall\",
            r"\installer\",
            r"\component based servicing",
            r"\windowsupdate",
            r"\sidebyside",
            r"\appx",
            r"\packages\",
        ],
    ),
    (
        F::UserTraces,
        &[
            r"\userassist",
            r"\recentdocs",
            r"\mrulist",
            r"\runmru",
            r"\bam\",
            r"\muicache",
            r"\shellbags",
            r"\bagmru",
            r"\wordwheelquery",
            r"\opensavepidlmru",
            r"\typedurls",
            r"\featureusage",
            r"\notifications",
            r"\appswitched",
            r"\cloudstore",
        ],
    ),
    (
        F::NetworkSettings,
        &[
            r"\tcpip\",
            r"\nlasvc",
            r"\networklist",
            r"\network\",
            r"\dhcp",
            r"\netbt",
            r"\dnscache",
        ],
    ),
    (
        F::Certificates,
        &[
            r"\systemcertificates",
            r"\cryptography",
            r"\rootcertificates",
            r"\enterprisecertificates",
        ],
    ),
];

pub(in crate::graph) fn registry(path: &str, data: Option<&str>, removed: bool) -> Traits {
    let mut traits = Traits::new(NodeKind::Registry);
    let lower = path.to_lowercase();
    traits.mark_if(
        F::MachineHive,
        lower.starts_with("hklm") || lower.contains(r"\machine\") || lower.starts_with("hkey_local"),
    );
    traits.mark_if(
        F::UserHive,
        lower.starts_with("hku") || lower.starts_with("hkc") || lower.contains(r"\registry\user"),
    );
    for (feature, parts) in CLASSES {
        traits.mark_if(*feature, shape::contains_any(&lower, parts));
    }
    traits.mark_if(F::Removed, removed);
    if let Some(data) = data.filter(|data| !data.is_empty()) {
        set_data(&mut traits, data);
    }
    traits
}

/// What an event about a service, a task or a subscription says it runs.
pub(in crate::graph) fn starter(class: Starter, runs: &str) -> Traits {
    let mut traits = Traits::new(NodeKind::Registry);
    traits.mark(F::MachineHive);
    traits.mark(match class {
        Starter::Service => F::Service,
        Starter::Task => F::Task,
        Starter::Subscription => F::Subscription,
    });
    set_data(&mut traits, runs);
    traits
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Starter {
    Service,
    Task,
    Subscription,
}

fn set_data(traits: &mut Traits, data: &str) {
    let data = shape::head(data);
    let lower = data.to_lowercase();
    traits.mark(F::HasData);
    traits.level(F::DataLength, data.len(), 2048);
    traits.mark_if(
        F::DataExecutable,
        shape::contains_any(&lower, &[".exe", ".dll", ".sys", ".scr", ".com", ".ocx"]),
    );
    traits.mark_if(
        F::DataScript,
        shape::has_url(&lower)
            || shape::contains_any(
                &lower,
                &[
                    "powershell",
                    "cmd ",
                    "cmd.exe",
                    "%comspec%",
                    "mshta",
                    "wscript",
                    "cscript",
                    "rundll32",
                    "regsvr32",
                    ".ps1",
                    ".vbs",
                    ".js",
                    ".bat",
                    ".hta",
                    ".sct",
                    "javascript:",
                    "iex",
                ],
            ),
    );
    traits.mark_if(
        F::DataWritablePath,
        names_writable(&lower, Platform::Windows) || lower.contains("admin$") || lower.contains(r"\\127.0.0.1"),
    );
    traits.share(F::DataEncoded, shape::encoded_share(data));
}

/// Whether writing there makes something start or weakens the host, of 255.
pub(in crate::graph) fn weight(traits: &Traits) -> u8 {
    const WEIGHTY: [F; 14] = [
        F::RunKey,
        F::ImageHijack,
        F::Lsa,
        F::Winlogon,
        F::Secrets,
        F::Task,
        F::Protection,
        F::Firewall,
        F::EventLogs,
        F::OpenCommand,
        F::ApplicationLoad,
        F::RemoteAccess,
        F::Subscription,
        F::Environment,
    ];
    let bytes = traits.as_bytes();
    let has = |feature: F| bytes.get(usize::from(feature)).is_some_and(|level| *level > 0);
    match () {
        () if WEIGHTY.into_iter().any(has) => 255,
        () if has(F::Service) || has(F::ComClass) || has(F::Policy) || has(F::Proxy) => 140,
        () if has(F::UserTraces) || has(F::NetworkSettings) || has(F::Certificates) || has(F::Installer) => 10,
        () => 50,
    }
}
