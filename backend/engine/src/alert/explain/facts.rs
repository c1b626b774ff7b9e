//! What an event says, by the source's own names and ECS.

use super::text;
use crate::Event;
use crate::json::{Map, Value};

/// The event's fields at hand.
pub(super) struct Facts<'a> {
    event: &'a Event,
    data: Option<&'a Map>,
    channel: &'a str,
    pub(super) event_id: u64,
}

/// What kind of thing happened, with the parts that the sentence is made of. Empty parts are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    ProcessStart {
        image: &'a str,
        command_line: &'a str,
        parent: &'a str,
    },
    Network {
        image: &'a str,
        address: &'a str,
        port: &'a str,
        host: &'a str,
        outgoing: bool,
    },
    File {
        image: &'a str,
        path: &'a str,
        done: &'static str,
    },
    Registry {
        image: &'a str,
        key: &'a str,
        value: &'a str,
        done: &'static str,
    },
    ProcessAccess {
        image: &'a str,
        target: &'a str,
        rights: &'a str,
    },
    RemoteThread {
        image: &'a str,
        target: &'a str,
    },
    ImageLoad {
        image: &'a str,
        library: &'a str,
    },
    DriverLoad {
        driver: &'a str,
    },
    Pipe {
        image: &'a str,
        pipe: &'a str,
        done: &'static str,
    },
    Wmi {
        name: &'a str,
        content: &'a str,
    },
    Dns {
        image: &'a str,
        name: &'a str,
    },
    Service {
        name: &'a str,
        path: &'a str,
    },
    Task {
        name: &'a str,
    },
    Logon {
        user: &'a str,
        from: &'a str,
        logon_type: &'a str,
        failed: bool,
    },
    Script {
        text: &'a str,
    },
    LogCleared {
        log: &'a str,
    },
    Account {
        target: &'a str,
        group: &'a str,
        done: &'static str,
    },
    Other {
        image: &'a str,
    },
}

impl<'a> Facts<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        let event_id = event.get("winlog.event_id");
        let event_id = event_id.and_then(|id| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
        Self {
            event,
            data: event.get("winlog.event_data").and_then(Value::as_object),
            channel: event
                .text("winlog.channel")
                .or_else(|| event.text("winlog.provider_name"))
                .unwrap_or_default(),
            event_id: event_id.unwrap_or_default(),
        }
    }

    /// A field by the source's own name; `-` is Windows' way to say nothing.
    pub(super) fn data(&self, name: &str) -> Option<&'a str> {
        let value = self.data?.get(name)?.as_str()?;
        (!value.is_empty() && value != "-").then_some(value)
    }

    fn first(&self, names: &[&str]) -> &'a str {
        let found = names.iter().find_map(|name| match name.contains('.') {
            true => self.event.text(name),
            false => self.data(name),
        });
        found.unwrap_or_default()
    }

    pub(super) fn provider(&self) -> &'a str {
        self.first(&["winlog.provider_name"])
    }

    pub(super) fn message(&self) -> &'a str {
        self.first(&["message"])
    }

    /// `domain\user`: who did it, or whose logon it is.
    pub(super) fn user(&self, kind: &Kind<'_>) -> Option<String> {
        let joined = |domain: &str, name: &str| match (domain, name) {
            (_, "") => None,
            ("", name) => Some(name.to_owned()),
            (domain, name) => Some(format!("{domain}\\{name}")),
        };
        let named = |domain: &[&str], name: &[&str]| joined(self.first(domain), self.first(name));
        if matches!(kind, Kind::Logon { .. }) {
            return named(&["TargetDomainName"], &["TargetUserName"]);
        }
        let ecs = || named(&["user.domain"], &["user.name"]);
        let own = self.data("User").or_else(|| self.data("SourceUser")).map(str::to_owned);
        own.or_else(ecs)
            .or_else(|| named(&["SubjectDomainName"], &["SubjectUserName"]))
    }

    /// Of the file that the event is about, in lower case.
    pub(super) fn sha256(&self) -> Option<String> {
        let paths = ["file.hash.sha256", "dll.hash.sha256", "process.hash.sha256"];
        let hash = paths.iter().find_map(|path| self.event.text(path));
        let hash = hash.or_else(|| {
            let hashes = self.data("Hashes")?.split(',').map(str::trim);
            hashes.filter_map(|hash| hash.strip_prefix("SHA256=")).next()
        })?;
        Some(hash.to_ascii_lowercase())
    }
}

impl<'a> Kind<'a> {
    pub(super) fn of(facts: &Facts<'a>) -> Self {
        let channel = facts.channel.to_ascii_lowercase();
        let kind = if channel.starts_with("microsoft-windows-sysmon") {
            Self::sysmon(facts)
        } else if channel == "security" || channel == "microsoft-windows-security-auditing" {
            Self::security(facts)
        } else {
            Self::elsewhere(facts)
        };
        kind.unwrap_or(Kind::Other {
            image: facts.first(&["Image", "process.executable", "ProcessName"]),
        })
    }

    fn sysmon(facts: &Facts<'a>) -> Option<Self> {
        let get = |name| facts.data(name).unwrap_or_default();
        let image = get("Image");
        let pipe = |done| Kind::Pipe {
            image,
            pipe: get("PipeName"),
            done,
        };
        if let Some(kind) = Self::file_or_key(facts) {
            return Some(kind);
        }
        Some(match facts.event_id {
            1 => Kind::ProcessStart {
                image,
                command_line: get("CommandLine"),
                parent: get("ParentImage"),
            },
            3 => Self::network(facts),
            6 => Kind::DriverLoad {
                driver: get("ImageLoaded"),
            },
            7 => Kind::ImageLoad {
                image,
                library: get("ImageLoaded"),
            },
            8 => Kind::RemoteThread {
                image: get("SourceImage"),
                target: get("TargetImage"),
            },
            10 => Kind::ProcessAccess {
                image: get("SourceImage"),
                target: get("TargetImage"),
                rights: get("GrantedAccess"),
            },
            17 => pipe("created"),
            18 => pipe("connected to"),
            19 | 20 => Kind::Wmi {
                name: get("Name"),
                content: facts.first(&["Query", "Destination"]),
            },
            21 => Kind::Wmi {
                name: get("Consumer"),
                content: get("Filter"),
            },
            22 => Kind::Dns {
                image,
                name: get("QueryName"),
            },
            _ => return None,
        })
    }

    /// What Sysmon tells about files and the registry.
    fn file_or_key(facts: &Facts<'a>) -> Option<Self> {
        let get = |name| facts.data(name).unwrap_or_default();
        let file = |done| Kind::File {
            image: get("Image"),
            path: get("TargetFilename"),
            done,
        };
        let registry = |done| Kind::Registry {
            image: get("Image"),
            key: get("TargetObject"),
            value: get("Details"),
            done,
        };
        Some(match facts.event_id {
            2 => file("changed the creation time of"),
            11 => file("wrote"),
            12 if get("EventType").starts_with("Delete") => registry("deleted"),
            12 => registry("created"),
            13 => registry("set"),
            14 => registry("renamed"),
            15 => file("wrote the stream"),
            23 | 26 => file("deleted"),
            29 => file("wrote the program"),
            _ => return None,
        })
    }

    /// Seen from this host: the other end is what matters.
    fn network(facts: &Facts<'a>) -> Self {
        let outgoing = facts
            .data("Initiated")
            .is_none_or(|initiated| !initiated.eq_ignore_ascii_case("false"));
        let (address, port, host) = if outgoing {
            ("DestinationIp", "DestinationPort", "DestinationHostname")
        } else {
            ("SourceIp", "SourcePort", "SourceHostname")
        };
        let get = |name| facts.data(name).unwrap_or_default();
        Kind::Network {
            image: get("Image"),
            address: get(address),
            port: get(port),
            host: get(host),
            outgoing,
        }
    }

    fn security(facts: &Facts<'a>) -> Option<Self> {
        let get = |name| facts.data(name).unwrap_or_default();
        let logon = |failed| Kind::Logon {
            user: get("TargetUserName"),
            from: facts.first(&["IpAddress", "WorkstationName"]),
            logon_type: facts.first(&["LogonType", "winlog.logon.type"]),
            failed,
        };
        let group = |done| Kind::Account {
            target: facts.first(&["MemberName", "MemberSid"]),
            group: get("TargetUserName"),
            done,
        };
        let account = |done| Kind::Account {
            target: get("TargetUserName"),
            group: "",
            done,
        };
        Some(match facts.event_id {
            1102 => Kind::LogCleared { log: "Security" },
            4624 => logon(false),
            4625 => logon(true),
            4663 | 4656 => Kind::File {
                image: get("ProcessName"),
                path: get("ObjectName"),
                done: "asked for",
            },
            4688 => Kind::ProcessStart {
                image: get("NewProcessName"),
                command_line: get("CommandLine"),
                parent: get("ParentProcessName"),
            },
            4697 => Kind::Service {
                name: get("ServiceName"),
                path: get("ServiceFileName"),
            },
            4698 => Kind::Task { name: get("TaskName") },
            4720 => account("created"),
            4722 => account("enabled"),
            4724 => account("given a new password"),
            4726 => account("deleted"),
            4728 | 4732 | 4756 => group("added to"),
            _ => return None,
        })
    }

    fn elsewhere(facts: &Facts<'a>) -> Option<Self> {
        let get = |name| facts.data(name).unwrap_or_default();
        Some(match facts.event_id {
            7045 => Kind::Service {
                name: get("ServiceName"),
                path: get("ImagePath"),
            },
            4104 => Kind::Script {
                text: get("ScriptBlockText"),
            },
            4103 => Kind::Script { text: get("Payload") },
            104 => Kind::LogCleared {
                log: facts.first(&["Channel", "winlog.user_data.Channel"]),
            },
            _ => return None,
        })
    }

    /// The program that acted, or that was started.
    pub(super) fn actor(&self) -> Option<&'a str> {
        let image = match *self {
            Kind::ProcessStart { image, .. }
            | Kind::Network { image, .. }
            | Kind::File { image, .. }
            | Kind::Registry { image, .. }
            | Kind::ProcessAccess { image, .. }
            | Kind::RemoteThread { image, .. }
            | Kind::ImageLoad { image, .. }
            | Kind::Pipe { image, .. }
            | Kind::Dns { image, .. }
            | Kind::Other { image } => image,
            _ => "",
        };
        (!image.is_empty()).then_some(image)
    }

    /// Its file name.
    pub(super) fn actor_name(&self) -> &'a str {
        self.actor().map(text::file_name).unwrap_or_default()
    }
}
