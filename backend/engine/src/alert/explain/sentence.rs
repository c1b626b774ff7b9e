//! One or two short sentences that say what happened, the machine's words set apart.

use super::{
    evidence::telling,
    facts::{Facts, Kind},
    text::{arguments, around, file_name, path_end},
};
use watchfloor_shared::alert::{MatchedField, Phrase};

/// Who acted, where the event does not name it.
const SOMETHING: &str = "A process";
/// A machine word is never longer than this many characters.
const MACHINE_CHARS_MAX: usize = 160;

/// A sentence under construction: words and machine words with a space between, none before punctuation.
#[derive(Default)]
pub(super) struct Sentence {
    phrases: Vec<Phrase>,
}

impl Sentence {
    pub(super) fn words(&mut self, words: &str) {
        let start = if self.phrases.is_empty() || words.starts_with([',', '.']) {
            ""
        } else {
            " "
        };
        match self.phrases.last_mut() {
            Some(Phrase::Words(last)) => {
                last.push_str(if last.ends_with(' ') { "" } else { start });
                last.push_str(words);
            }
            _ => self.phrases.push(Phrase::Words(format!("{start}{words}"))),
        }
    }

    /// An empty machine word is left out, so callers ask first where a sentence needs it.
    pub(super) fn machine(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.phrases.last_mut() {
            Some(Phrase::Words(last)) => last.push(' '),
            Some(Phrase::Machine(_)) => self.phrases.push(Phrase::Words(" ".to_owned())),
            None => {}
        }
        self.phrases.push(Phrase::Machine(path_end(text, MACHINE_CHARS_MAX)));
    }

    fn quote(&mut self, line: &str, matched: &[MatchedField]) {
        let shown = around(line, telling(line, matched), MACHINE_CHARS_MAX);
        self.machine(&shown);
    }

    fn subject(&mut self, name: &str, otherwise: &str) {
        if name.is_empty() {
            self.words(otherwise)
        } else {
            self.machine(name)
        }
    }

    pub(super) fn end(&mut self) {
        self.words(".");
    }

    pub(super) fn phrases(self) -> Vec<Phrase> {
        self.phrases
    }
}

pub(super) fn what_happened(facts: &Facts<'_>, kind: &Kind<'_>, matched: &[MatchedField]) -> Vec<Phrase> {
    let mut told = Sentence::default();
    let known =
        process(&mut told, kind, matched) || object(&mut told, kind, matched) || system(&mut told, kind, matched);
    if !known {
        told.subject(kind.actor_name(), "The host");
        told.words("logged event");
        told.machine(&facts.event_id.to_string());
        if !facts.provider().is_empty() {
            told.words("of");
            told.machine(facts.provider());
        }
    }
    told.end();
    told.phrases()
}

/// What a process did to another or on the network; `false` for another kind of event.
fn process(told: &mut Sentence, kind: &Kind<'_>, matched: &[MatchedField]) -> bool {
    let actor = kind.actor_name();
    match *kind {
        Kind::ProcessStart {
            image,
            command_line,
            parent,
        } => {
            told.subject(actor, SOMETHING);
            told.words("started");
            let line = arguments(command_line, image);
            if !line.is_empty() {
                told.words("with");
                told.quote(line, matched);
            }
            if !parent.is_empty() {
                told.words("by");
                told.machine(file_name(parent));
            }
        }
        Kind::Network {
            address,
            port,
            host,
            outgoing,
            ..
        } => {
            told.subject(actor, SOMETHING);
            told.words(if outgoing { "connected to" } else { "was reached from" });
            told.machine(if host.is_empty() { address } else { host });
            if !port.is_empty() {
                told.words("on port");
                told.machine(port);
            }
        }
        Kind::ProcessAccess { target, rights, .. } => {
            told.subject(actor, SOMETHING);
            told.words("opened");
            told.machine(file_name(target));
            if !rights.is_empty() {
                told.words("with the rights");
                told.machine(rights);
            }
        }
        Kind::RemoteThread { target, .. } => {
            told.subject(actor, SOMETHING);
            told.words("started a thread inside");
            told.machine(file_name(target));
        }
        Kind::ImageLoad { library, .. } => {
            told.subject(actor, SOMETHING);
            told.words("loaded");
            told.machine(library);
        }
        Kind::Dns { name, .. } => {
            told.subject(actor, SOMETHING);
            told.words("looked up");
            told.machine(name);
        }
        _ => return false,
    }
    true
}

/// What a process did to a file, a key or a pipe; `false` for another kind of event.
fn object(told: &mut Sentence, kind: &Kind<'_>, matched: &[MatchedField]) -> bool {
    let actor = kind.actor_name();
    match *kind {
        Kind::File { path, done, .. } => {
            told.subject(actor, SOMETHING);
            told.words(done);
            told.machine(path);
        }
        Kind::Registry { key, value, done, .. } => {
            told.subject(actor, SOMETHING);
            told.words(&format!("{done} the registry entry"));
            told.machine(key);
            if !value.is_empty() {
                told.words("to");
                told.quote(value, matched);
            }
        }
        Kind::Pipe { pipe, done, .. } => {
            told.subject(actor, SOMETHING);
            told.words(&format!("{done} the named pipe"));
            told.machine(pipe);
        }
        _ => return false,
    }
    true
}

/// What happened to the system; `false` for another kind of event.
fn system(told: &mut Sentence, kind: &Kind<'_>, matched: &[MatchedField]) -> bool {
    match *kind {
        Kind::DriverLoad { driver } => {
            told.words("The kernel loaded the driver");
            told.machine(driver);
        }
        Kind::Wmi { name, content } => {
            told.words("The WMI subscription");
            told.machine(name);
            told.words("was registered");
            if !content.is_empty() {
                told.words("with");
                told.quote(content, matched);
            }
        }
        Kind::Service { name, path } => {
            told.words("The service");
            told.machine(name);
            told.words("was installed");
            if !path.is_empty() {
                told.words("and runs");
                told.quote(path, matched);
            }
        }
        Kind::Task { name } => {
            told.words("The scheduled task");
            told.machine(name);
            told.words("was created");
        }
        Kind::Logon {
            user,
            from,
            logon_type,
            failed,
        } => {
            told.subject(user, "Someone");
            told.words(if failed { "failed to log on" } else { "logged on" });
            if !from.is_empty() {
                told.words("from");
                told.machine(from);
            }
            if let Some(way) = logon_way(logon_type) {
                told.words(way);
            }
        }
        Kind::Script { text } => {
            told.words("PowerShell ran");
            told.quote(text, matched);
        }
        Kind::LogCleared { log } => {
            told.words("The event log");
            told.machine(log);
            told.words("was cleared");
        }
        Kind::Account { target, group, done } => {
            told.words("The account");
            told.machine(target);
            told.words(&format!("was {done}"));
            if !group.is_empty() {
                told.words("the group");
                told.machine(group);
            }
        }
        _ => return false,
    }
    true
}

/// Windows' logon types in words.
fn logon_way(logon_type: &str) -> Option<&'static str> {
    Some(match logon_type {
        "2" => "at the console",
        "3" => "over the network",
        "4" => "as a batch job",
        "5" => "as a service",
        "7" => "by unlocking",
        "8" => "over the network with a clear-text password",
        "9" => "with other credentials for the network",
        "10" => "by remote desktop",
        "11" => "with cached credentials",
        _ => return None,
    })
}
