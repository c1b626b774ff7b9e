//! Events about processes alone: starts, ends, and one working in another.

use super::{Act, Draft, NodeKind, Relation};
use crate::graph::{
    describe::{self, script},
    facts::path_key,
    program::{is, program},
    schema::OfProcess as F,
    shape,
};
use crate::json::Value;

impl Draft<'_> {
    pub(super) fn process(&mut self, act: Act) {
        match act {
            Act::Start => self.start(),
            Act::Fork => self.fork(),
            Act::End => {
                if let Some(at) = self.actor() {
                    self.trait_of(at, F::Ended, u8::MAX);
                }
            }
            Act::Tamper => {
                if let Some(at) = self.actor() {
                    self.trait_of(at, F::ImageDeleted, u8::MAX);
                }
            }
            Act::Inject | Act::Access => self.other(act),
            _ => self.trace(),
        }
    }

    fn trait_of(&mut self, at: usize, feature: F, level: u8) {
        if let Some(mention) = self.mentions.get_mut(at) {
            mention.traits.raise(feature, level);
        }
    }

    fn start(&mut self) {
        let Some(child) = self.process_in("process") else {
            return;
        };
        let parent = self.process_in("process.parent");
        let Some(section) = self.section("process") else {
            return;
        };
        let parent_path = self.section("process.parent").and_then(describe::process::path_of);
        let integrity = self.data("IntegrityLevel").or_else(|| self.data("MandatoryLabel"));
        let platform = self.platform;
        if let Some(mention) = self.mentions.get_mut(child) {
            describe::process::start(&mut mention.traits, section, parent_path, platform);
            if let Some(level) = integrity {
                describe::process::integrity(&mut mention.traits, level);
            }
        }
        self.identity(child);
        if self.failed {
            self.trait_of(child, F::Denied, u8::MAX);
        }
        if let Some(parent) = parent {
            let weight = self.level_of(child, F::ParentImplausible);
            self.link(Relation::Spawned, parent, child, weight);
        }
        if let Some(path) = describe::process::path_of(section) {
            let traits = describe::file::file(path, platform);
            let file = self.add(NodeKind::File, path_key(path, platform), traits, path);
            self.link(Relation::Executed, child, file, 60);
        }
        if let Some(user) = self.user_in("user") {
            self.link(Relation::Owns, user, child, 20);
        }
        self.given(child);
    }

    fn level_of(&self, at: usize, feature: F) -> u8 {
        let traits = self.mentions.get(at).map(|mention| mention.traits.as_bytes());
        traits
            .and_then(|traits| traits.get(usize::from(feature)))
            .copied()
            .unwrap_or_default()
    }

    /// Who it runs as on Linux, where integrity is a number of the account.
    fn identity(&mut self, at: usize) {
        let effective = self.text("user.effective.id").or_else(|| self.text("user.id"));
        let login = self.text("user.audit.id");
        match (effective, login) {
            (Some("0"), Some(login)) if login != "0" => self.trait_of(at, F::IntegrityHigh, u8::MAX),
            (Some("0"), _) => self.trait_of(at, F::IntegritySystem, u8::MAX),
            (Some(id), _) if id.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.trait_of(at, F::IntegrityOrdinary, u8::MAX)
            }
            _ => {}
        }
    }

    /// What an interpreter was given to run.
    fn given(&mut self, child: usize) {
        let Some(path) = self.section("process").and_then(describe::process::path_of) else {
            return;
        };
        let lower = path.to_lowercase();
        let known = program(&lower, self.platform);
        if !known.any(is::SHELL | is::INTERPRETER) {
            return;
        }
        let args = self.event.get("process.args").and_then(Value::as_array);
        let given = match args {
            Some(args) => script::given(&args.iter().filter_map(Value::as_str).collect::<Vec<_>>()),
            None => script::given_line(self.text("process.command_line").unwrap_or_default()),
        };
        let language = match known.any(is::SHELL) {
            true if shape::base_name(&lower).starts_with("p") => script::Language::PowerShell,
            true => script::Language::Shell,
            false => script::Language::Other,
        };
        let platform = self.platform;
        let (key, traits, name) = match given {
            Some(script::Given::Code(code)) => (
                super::key(&["code", code]),
                script::code(code, None, language, platform),
                code,
            ),
            Some(script::Given::File(path)) => (path_key(path, platform), script::file(path, language, platform), path),
            None => return,
        };
        let script = self.add(NodeKind::Script, key, traits, name);
        self.link(Relation::Ran, child, script, 60);
    }

    fn fork(&mut self) {
        let Some(at) = self.actor() else { return };
        // The audit system reports a fork by the parent, whose call gives the child; the sensor by the child.
        let child = self
            .text("auditd.syscall.exit")
            .and_then(|exit| exit.parse::<u32>().ok())
            .filter(|pid| *pid > 0);
        match child {
            Some(pid) => {
                let child = self.process_number(pid);
                self.link(Relation::Spawned, at, child, 10);
            }
            None => {
                if let Some(parent) = self.process_in("process.parent") {
                    self.link(Relation::Spawned, parent, at, 10);
                }
            }
        }
    }

    fn other(&mut self, act: Act) {
        let (Some(from), Some(to)) = (self.actor(), self.process_in("process.target")) else {
            return;
        };
        if act == Act::Inject {
            return self.link(Relation::Injected, from, to, 220);
        }
        let access = self.data("GrantedAccess").or_else(|| self.data("AccessMask"));
        let access = access
            .and_then(|text| u32::from_str_radix(text.trim_start_matches("0x").trim_start_matches("0X"), 16).ok());
        let is_secret = self.section("process.target").and_then(describe::process::path_of);
        let is_secret = is_secret.is_some_and(|path| shape::base_name(path).eq_ignore_ascii_case("lsass.exe"));
        let mut weight = access_class(access.unwrap_or_default());
        // A call that did not come from a file has no name in the trace.
        let floats = self.data("CallTrace").is_some_and(|trace| trace.contains("UNKNOWN"));
        if weight >= 128 && (is_secret || floats) {
            weight = 255;
        }
        self.link(Relation::Accessed, from, to, weight);
    }

    fn trace(&mut self) {
        let Some(from) = self.actor() else { return };
        let call = self.text("auditd.syscall_name").unwrap_or_default();
        let hex = |name: &str| {
            let text = self.text(name)?;
            u64::from_str_radix(text, 16).ok()
        };
        let (target, request) = match call {
            "ptrace" => (hex("auditd.syscall.a1"), hex("auditd.syscall.a0")),
            _ => (hex("auditd.syscall.a0"), None),
        };
        let Some(pid) = target.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0) else {
            return;
        };
        let to = self.process_number(pid);
        // POKETEXT, POKEDATA, SETREGS.
        let writes = call == "process_vm_writev" || matches!(request, Some(4 | 5 | 13));
        match writes {
            true => self.link(Relation::Injected, from, to, 220),
            false => self.link(Relation::Accessed, from, to, 180),
        }
    }
}

/// Of 255, by the rights that were granted: writing and threads, reading memory, duplicating handles, asking.
fn access_class(rights: u32) -> u8 {
    match rights {
        rights if rights & 0x001f_0fff == 0x001f_0fff => 230,
        rights if rights & 0x2a != 0 => 200,
        rights if rights & 0x10 != 0 => 140,
        rights if rights & 0x0c0 != 0 => 110,
        rights if rights & 0x0f01 != 0 => 50,
        _ => 15,
    }
}
