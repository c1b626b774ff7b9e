//! What can happen on a host, each as one event: the words of the intrusion's script and of office life.

/// One event. Processes are named by their role on the host (`explorer`, `stager`); texts may hold the placeholders that
/// [`super::world::Host::fill`] knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// Sysmon 1.
    Start {
        role: &'static str,
        parent: &'static str,
        image: &'static str,
        command: &'static str,
        who: Who,
    },
    /// Security 4688 for a process that has started.
    Audit {
        role: &'static str,
    },
    /// Sysmon 5.
    End {
        role: &'static str,
    },
    /// Sysmon 7.
    Load {
        role: &'static str,
        library: &'static str,
        signed: bool,
    },
    /// Sysmon 22.
    Resolve {
        role: &'static str,
        name: &'static str,
        address: &'static str,
    },
    /// Sysmon 3.
    Connect {
        role: &'static str,
        name: &'static str,
        address: &'static str,
        port: u16,
    },
    /// Sysmon 11.
    Create {
        role: &'static str,
        file: &'static str,
    },
    /// Sysmon 15: the mark of the web.
    Download {
        role: &'static str,
        file: &'static str,
        url: &'static str,
    },
    /// Sysmon 23.
    Delete {
        role: &'static str,
        file: &'static str,
    },
    /// Sysmon 13.
    SetValue {
        role: &'static str,
        key: &'static str,
        details: &'static str,
    },
    /// Sysmon 12.
    CreateKey {
        role: &'static str,
        key: &'static str,
    },
    /// Sysmon 17, 18.
    CreatePipe {
        role: &'static str,
        pipe: &'static str,
    },
    ConnectPipe {
        role: &'static str,
        pipe: &'static str,
    },
    /// Sysmon 10.
    Access {
        role: &'static str,
        target: &'static str,
        granted: &'static str,
        trace: &'static str,
    },
    /// Sysmon 8.
    Inject {
        role: &'static str,
        target: &'static str,
    },
    /// PowerShell 4104.
    Script {
        role: &'static str,
        text: &'static str,
    },
    /// Security 4624.
    Logon {
        who: Who,
        from: usize,
        kind: &'static str,
    },
    /// Security 4672.
    Privileges {
        who: Who,
    },
    /// Security 4634.
    Logoff {
        who: Who,
    },
    /// Security 5145.
    Share {
        who: Who,
        from: usize,
        share: &'static str,
        file: &'static str,
    },
    /// System 7045.
    Service {
        name: &'static str,
        path: &'static str,
    },
    /// Security 4698.
    Task {
        who: Who,
        name: &'static str,
        command: &'static str,
    },
    /// Security 1102.
    ClearLog {
        who: Who,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The person whose workstation it is.
    Owner,
    /// The administrator whose password the intruder finds.
    Admin,
    System,
}
