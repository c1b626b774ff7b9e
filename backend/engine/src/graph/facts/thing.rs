//! Events about what a process did to files, the registry, libraries, scripts and peers.

use super::{Act, Draft, NodeKind, Relation, key, path_key};
use crate::graph::describe::{self, script};
use crate::json::Value;

/// Answers of one name that become nodes.
const ANSWERS_MAX: usize = 4;
/// The kernel's process on Windows, which loads drivers and serves shares.
const WINDOWS_KERNEL: u32 = 4;

impl Draft<'_> {
    pub(super) fn thing(&mut self, act: Act) {
        match act {
            Act::Registry => self.registry(),
            Act::Library | Act::Driver => self.library(act == Act::Driver),
            Act::Script => self.script(),
            _ => self.file(act),
        }
    }

    fn file(&mut self, act: Act) {
        let Some(actor) = self.actor() else { return };
        let action = self.text("event.action").unwrap_or_default();
        let Some(path) = self.text("file.path").or_else(|| self.text("file.name")) else {
            return;
        };
        let platform = self.platform;
        let traits = match action.starts_with("pipe-") {
            true => describe::file::pipe(path),
            false => describe::file::file(path, platform),
        };
        let credentials = describe::file::file(path, platform);
        let is_secret = credentials
            .as_bytes()
            .get(usize::from(crate::graph::schema::OfFile::CredentialStore))
            == Some(&u8::MAX);
        let file = self.add(NodeKind::File, path_key(path, platform), traits, path);
        let runs = describe::file::runs(path);
        match act {
            Act::Delete => self.link(Relation::Deleted, actor, file, runs.unwrap_or(40)),
            Act::Read => {
                let weight = match (is_secret, action) {
                    (true, _) => 255,
                    (_, "raw-access-read") => 160,
                    _ => 30,
                };
                self.link(Relation::Read, actor, file, weight);
            }
            _ => {
                let changes_time = matches!(action, "file-creation-time-changed" | "changed-timestamp-of");
                let weight = if changes_time { 200 } else { runs.unwrap_or(40) };
                self.link(Relation::Wrote, actor, file, weight);
            }
        }
    }

    fn registry(&mut self) {
        let actor = self.actor();
        let Some(path) = self.text("registry.path") else { return };
        let strings = self.event.get("registry.data.strings");
        let data = strings.and_then(|strings| strings.as_str().or_else(|| strings.as_array()?.first()?.as_str()));
        let action = self.text("event.action").unwrap_or_default();
        let removed = action.contains("deleted");
        let traits = describe::registry::registry(path, data, removed);
        let weight = describe::registry::weight(&traits);
        let key_of = key(&["registry", &path.to_lowercase()]);
        let node = self.add(NodeKind::Registry, key_of, traits, path);
        let reads = action.starts_with("object-");
        if let Some(actor) = actor {
            let relation = if reads {
                Relation::ReadRegistry
            } else {
                Relation::SetRegistry
            };
            self.link(relation, actor, node, weight);
        }
    }

    fn library(&mut self, driver: bool) {
        let actor = match self.actor() {
            Some(actor) => Some(actor),
            None if driver => Some(self.process_number(WINDOWS_KERNEL)),
            None => None,
        };
        let names = [
            "dll.path",
            "file.path",
            "auditd.kern_module.name",
            "dll.name",
            "file.name",
        ];
        let Some(path) = names.into_iter().find_map(|name| self.text(name)) else {
            return;
        };
        let empty = crate::json::Map::new();
        let section = self.section("dll").or_else(|| self.section("file")).unwrap_or(&empty);
        let traits = describe::module::module(section, path, driver, self.platform);
        let weight = if driver { 120 } else { describe::module::weight(&traits) };
        let module = self.add(NodeKind::Module, path_key(path, self.platform), traits, path);
        if let Some(actor) = actor {
            self.link(Relation::Loaded, actor, module, weight);
        }
    }

    fn script(&mut self) {
        let actor = self.actor();
        let path = self.text("file.path");
        let block = self.text("powershell.file.script_block_text");
        let command = self.data("Payload").or_else(|| self.text("process.command_line"));
        let Some(text) = block.or(command) else { return };
        let traits = script::code(text, path, script::Language::PowerShell, self.platform);
        let key_of = match self.text("powershell.file.script_block_id") {
            Some(id) => key(&["block", id]),
            None => key(&["code", text]),
        };
        let script = self.add(NodeKind::Script, key_of, traits, path.unwrap_or(text));
        if let Some(actor) = actor {
            self.link(Relation::Ran, actor, script, 60);
        }
    }

    pub(super) fn network(&mut self, act: Act) {
        match act {
            Act::Resolve => self.resolve(),
            Act::Share => self.share(),
            _ => self.connect(),
        }
    }

    fn connect(&mut self) {
        let Some(actor) = self.actor() else { return };
        let ingress = self.text("network.direction") == Some("ingress");
        let section = if ingress { "source" } else { "destination" };
        let section = if self.section(section).is_some() {
            section
        } else {
            "server"
        };
        let part = |name: &str| self.text(&format!("{section}.{name}"));
        let Some(host) = part("ip").or_else(|| part("domain")) else {
            return;
        };
        // Whoever comes in chose the port here; his own says nothing.
        let port = if ingress {
            "destination.port".to_owned()
        } else {
            format!("{section}.port")
        };
        let port = self.event.get(&port).and_then(Value::as_i64);
        let mut traits = describe::address::address(host, port);
        if self.failed || self.text("event.action") == Some("connection-blocked") {
            describe::address::mark_failed(&mut traits);
        }
        let weight = if describe::address::is_public(&traits) { 120 } else { 40 };
        let address = self.add(NodeKind::Address, key(&["address", host]), traits, host);
        let relation = if ingress {
            Relation::Accepted
        } else {
            Relation::Connected
        };
        self.link(relation, actor, address, weight);
    }

    fn resolve(&mut self) {
        let Some(name) = self.text("dns.question.name") else {
            return;
        };
        let actor = self.actor();
        let traits = describe::address::address(name, None);
        let node = self.add(NodeKind::Address, key(&["address", &name.to_lowercase()]), traits, name);
        let Some(actor) = actor else { return };
        self.link(Relation::Resolved, actor, node, 30);
        let answers = self.event.get("dns.resolved_ip").and_then(Value::as_array);
        for answer in answers
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .take(ANSWERS_MAX)
        {
            let mut traits = describe::address::address(answer, None);
            describe::address::mark_answer(&mut traits);
            let node = self.add(NodeKind::Address, key(&["address", answer]), traits, answer);
            self.link(Relation::Resolved, actor, node, 10);
        }
    }

    /// The kernel serves shares: it accepts the peer and opens the file for it.
    fn share(&mut self) {
        let Some(share) = self.text("file.share") else { return };
        let relative = self.text("file.name").unwrap_or_default();
        let kernel = self.process_number(WINDOWS_KERNEL);
        let traits = describe::file::share(share, relative, self.platform);
        let path = format!("{share}\\{relative}");
        let file = self.add(NodeKind::File, path_key(&path, self.platform), traits, &path);
        let rights = self
            .data("AccessMask")
            .and_then(|text| u32::from_str_radix(text.trim_start_matches("0x"), 16).ok());
        let writes = rights.is_some_and(|rights| rights & 0x6 != 0);
        match writes {
            true => self.link(
                Relation::Wrote,
                kernel,
                file,
                describe::file::runs(relative).unwrap_or(60),
            ),
            false => self.link(Relation::Read, kernel, file, 30),
        }
        let user = self.user_in("user");
        let Some(host) = self.text("source.ip") else { return };
        let mut traits = describe::address::address(host, Some(445));
        describe::address::mark_logon_source(&mut traits);
        let peer = self.add(NodeKind::Address, key(&["address", host]), traits, host);
        self.link(Relation::Accepted, kernel, peer, 60);
        if let Some(user) = user {
            self.link(Relation::LoggedOn, user, peer, 40);
        }
    }
}
