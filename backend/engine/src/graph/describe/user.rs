//! Accounts by class, and what happened to them.

use crate::graph::{
    facts::Platform,
    schema::{NodeKind, OfUser as F},
    traits::Traits,
};

/// An account as a section of an event names it: any part may be missing.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::graph) struct Account<'a> {
    pub id: Option<&'a str>,
    pub name: Option<&'a str>,
    pub domain: Option<&'a str>,
}

pub(in crate::graph) fn user(account: Account<'_>, platform: Platform) -> Traits {
    let mut traits = Traits::new(NodeKind::User);
    let name = account.name.unwrap_or_default().to_lowercase();
    let domain = account.domain.unwrap_or_default().to_lowercase();
    let id = account.id.unwrap_or_default();
    let class = match platform {
        Platform::Windows => windows(id, &name, &domain),
        Platform::Linux => linux(id, &name),
    };
    traits.mark(class);
    let is_builtin = matches!(
        domain.as_str(),
        "" | "-" | "nt authority" | "nt service" | "window manager" | "font driver host" | "builtin"
    );
    traits.mark_if(F::Domain, platform == Platform::Windows && !is_builtin);
    traits
}

fn windows(id: &str, name: &str, domain: &str) -> F {
    match id {
        "S-1-5-18" => return F::System,
        "S-1-5-19" | "S-1-5-20" => return F::Service,
        "S-1-5-7" => return F::Anonymous,
        _ => {}
    }
    match name {
        "system" => F::System,
        "local service" | "network service" | "localservice" | "networkservice" => F::Service,
        "anonymous logon" | "guest" | "-" | "" => F::Anonymous,
        _ if id.ends_with("-500") || is_administrator(name) => F::Administrator,
        _ if name.ends_with('$') => F::Machine,
        _ if matches!(
            domain,
            "nt service" | "iis apppool" | "window manager" | "font driver host"
        ) || id.starts_with("S-1-5-80-") =>
        {
            F::Service
        }
        _ if name.starts_with("svc") || name.contains("service") || name.starts_with("sql") => F::Service,
        _ => F::Ordinary,
    }
}

fn linux(id: &str, name: &str) -> F {
    let number = id.parse::<u32>().ok();
    match (number, name) {
        (Some(0), _) | (None, "root") => F::System,
        (Some(65534), _) | (_, "nobody" | "(unknown user)" | "(invalid user)") => F::Anonymous,
        (Some(1..1000), _) => F::Daemon,
        (
            None,
            "www-data" | "nginx" | "apache" | "postgres" | "mysql" | "daemon" | "syslog" | "messagebus" | "sshd"
            | "systemd-network",
        ) => F::Daemon,
        _ if is_administrator(name) => F::Administrator,
        _ => F::Ordinary,
    }
}

fn is_administrator(name: &str) -> bool {
    name.starts_with("admin")
        || name.ends_with("admin")
        || name.starts_with("adm")
        || name.ends_with("-adm")
        || name == "administrator"
}

/// How the account logged on, by the number or the name of Windows' logon type.
pub(in crate::graph) fn logon(traits: &mut Traits, kind: &str) {
    traits.mark(match kind {
        "2" | "Interactive" | "11" | "CachedInteractive" | "7" | "Unlock" | "13" => F::Interactive,
        "3" | "Network" => F::Network,
        "4" | "Batch" => F::Batch,
        "5" | "Service" | "0" | "System" => F::ServiceLogon,
        "8" | "NetworkCleartext" => F::Cleartext,
        "9" | "NewCredentials" => F::NewCredentials,
        "10" | "RemoteInteractive" | "12" | "CachedRemoteInteractive" => F::RemoteInteractive,
        _ => return,
    });
}

/// What an event without a thing of its own did to the account, or the account did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::graph) enum Act {
    Failed,
    Explicit,
    Privileged,
    AccountChanged,
    GroupChanged,
    /// Logs cleared, auditing or protection turned off.
    Tampered,
    ConfigurationChanged,
    DirectoryAccess,
    TicketWeak,
    Elevated,
}

pub(in crate::graph) fn act(traits: &mut Traits, act: Act) {
    traits.mark(match act {
        Act::Failed => F::Failed,
        Act::Explicit => F::Explicit,
        Act::Privileged => F::Privileged,
        Act::AccountChanged => F::AccountChanged,
        Act::GroupChanged => F::GroupChanged,
        Act::Tampered => F::Tampered,
        Act::ConfigurationChanged => F::ConfigurationChanged,
        Act::DirectoryAccess => F::DirectoryAccess,
        Act::TicketWeak => F::TicketWeak,
        Act::Elevated => F::Elevated,
    });
}
