//! What the programs that let people in say: sshd, sudo, su, cron, PAM, systemd-logind. A row per wording: a pattern with
//! named places, and what it means.
//!
//! Invariant: matching is one pass over the message for each row of the program, without backtracking.

use crate::normalize::{
    document::{Class, Document, class},
    draft::Related,
};

const AUTH: &[&str] = &["authentication"];
const SESSION: &[&str] = &["session"];

/// One wording. In the pattern `{name}` takes a text up to the next literal, or to the end; the rest may follow.
struct Row {
    program: &'static str,
    pattern: &'static str,
    class: Class,
    outcome: Option<&'static str>,
}

const fn row(program: &'static str, pattern: &'static str, class: Class, outcome: Option<&'static str>) -> Row {
    Row {
        program,
        pattern,
        class,
        outcome,
    }
}

const LOGIN: Class = class(AUTH, &["start"], "logged-in");
const OPENED: Class = class(SESSION, &["start"], "started-session");
const CLOSED: Class = class(SESSION, &["end"], "ended-session");
const LOGIN_INFO: Class = class(AUTH, &["info"], "authenticated");
const COMMAND: Class = class(&["process"], &["start"], "ran-command");

const SUCCESS: Option<&str> = Some("success");
const FAILURE: Option<&str> = Some("failure");

/// The first that fits counts. A program of `*` is any.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("sshd", "Accepted {method} for {user} from {ip} port {port}", LOGIN, SUCCESS),
    row("sshd", "Failed {method} for invalid user {user} from {ip} port {port}", LOGIN, FAILURE),
    row("sshd", "Failed {method} for {user} from {ip} port {port}", LOGIN, FAILURE),
    row("sshd", "Invalid user {user} from {ip} port {port}", LOGIN, FAILURE),
    row("sshd", "Invalid user {user} from {ip}", LOGIN, FAILURE),
    row("sshd", "User {user} from {ip} not allowed because", LOGIN, FAILURE),
    row("sshd", "error: maximum authentication attempts exceeded for invalid user {user} from {ip} port {port}", LOGIN, FAILURE),
    row("sshd", "error: maximum authentication attempts exceeded for {user} from {ip} port {port}", LOGIN, FAILURE),
    row("sshd", "Connection closed by authenticating user {user} {ip} port {port}", LOGIN_INFO, FAILURE),
    row("sshd", "Connection closed by invalid user {user} {ip} port {port}", LOGIN_INFO, FAILURE),
    row("sshd", "Disconnected from authenticating user {user} {ip} port {port}", LOGIN_INFO, FAILURE),
    row("sshd", "Disconnected from invalid user {user} {ip} port {port}", LOGIN_INFO, FAILURE),
    row("sshd", "Disconnected from user {user} {ip} port {port}", class(AUTH, &["end"], "logged-out"), None),
    row("sshd", "Received disconnect from {ip} port {port}", class(&["network"], &["connection", "end"], "disconnected"), None),
    row("sshd", "Connection closed by {ip} port {port}", class(&["network"], &["connection", "end"], "disconnected"), None),
    row("sshd", "Connection from {ip} port {port}", class(&["network"], &["connection", "start"], "connected"), None),
    row("sudo", "{user} : command not allowed ; TTY={tty} ; PWD={directory} ; USER={target} ; COMMAND={command}", COMMAND, FAILURE),
    row("sudo", "{user} : user NOT in sudoers ; TTY={tty} ; PWD={directory} ; USER={target} ; COMMAND={command}", COMMAND, FAILURE),
    row("sudo", "{user} : {attempts} incorrect password attempts ; TTY={tty} ; PWD={directory} ; USER={target} ; COMMAND={command}", LOGIN, FAILURE),
    row("sudo", "{user} : {attempts} incorrect password attempt ; TTY={tty} ; PWD={directory} ; USER={target} ; COMMAND={command}", LOGIN, FAILURE),
    row("sudo", "{user} : TTY={tty} ; PWD={directory} ; USER={target} ; COMMAND={command}", COMMAND, SUCCESS),
    row("sudo", "{user} : PWD={directory} ; USER={target} ; COMMAND={command}", COMMAND, SUCCESS),
    row("su", "FAILED SU (to {target}) {user} on {tty}", LOGIN, FAILURE),
    row("su", "FAILED su for {target} by {user}", LOGIN, FAILURE),
    row("su", "(to {target}) {user} on {tty}", LOGIN, SUCCESS),
    row("su", "Successful su for {target} by {user}", LOGIN, SUCCESS),
    row("cron", "({user}) CMD ({command})", COMMAND, SUCCESS),
    row("crond", "({user}) CMD ({command})", COMMAND, SUCCESS),
    row("crontab", "({user}) {verb} ({target})", class(&["configuration"], &["change"], "changed-crontab"), None),
    row("systemd-logind", "New session {session} of user {user}.", OPENED, SUCCESS),
    row("systemd-logind", "New session '{session}' of user '{user}'", OPENED, SUCCESS),
    row("systemd-logind", "Session {session} logged out.", CLOSED, None),
    row("systemd-logind", "Removed session {session}.", CLOSED, None),
    row("useradd", "new user: name={target}, UID={uid}, GID={gid}", class(&["iam"], &["user", "creation"], "added-user-account"), SUCCESS),
    row("userdel", "delete user '{target}'", class(&["iam"], &["user", "deletion"], "deleted-user-account"), SUCCESS),
    row("usermod", "add '{target}' to group '{group}'", class(&["iam"], &["group", "change"], "modified-group-account"), SUCCESS),
    row("passwd", "pam_unix(passwd:chauthtok): password changed for {target}", class(&["iam"], &["user", "change"], "changed-password"), SUCCESS),
    row("*", "pam_unix({service}:session): session opened for user {user}(uid={uid}) by", OPENED, SUCCESS),
    row("*", "pam_unix({service}:session): session opened for user {user} by", OPENED, SUCCESS),
    row("*", "pam_unix({service}:session): session closed for user {user}", CLOSED, SUCCESS),
    row("*", "pam_unix({service}:auth): authentication failure; {pairs}", LOGIN_INFO, FAILURE),
    row("*", "PAM {attempts} more authentication failures; {pairs}", LOGIN_INFO, FAILURE),
    row("*", "PAM {attempts} more authentication failure; {pairs}", LOGIN_INFO, FAILURE),
];

pub(in crate::normalize) fn understand(document: &mut Document, program: &str, message: &str) {
    let program = program.rsplit('/').next().unwrap_or(program);
    // OpenSSH 9.8 and later split the daemon.
    let program = if program == "sshd-session" {
        "sshd".to_owned()
    } else {
        program.to_ascii_lowercase()
    };
    let message = message.trim();
    let of_program = ROWS.iter().filter(|row| row.program == "*" || row.program == program);
    for row in of_program {
        if let Some(places) = places(row.pattern, message) {
            document.class(&row.class);
            document.set_some("event", "outcome", row.outcome);
            for (name, text) in places {
                place(document, name, text);
            }
            return;
        }
    }
}

/// The named texts; `None` if the pattern does not fit.
fn places<'m>(pattern: &'static str, message: &'m str) -> Option<Vec<(&'static str, &'m str)>> {
    let mut found = Vec::new();
    let mut rest = message;
    let mut pattern = pattern;
    while let Some((literal, after)) = pattern.split_once('{') {
        rest = rest.strip_prefix(literal)?;
        let (name, after) = after.split_once('}')?;
        let next = after.split('{').next().unwrap_or_default();
        // A name can hold blanks, an address cannot: the last ` from ` is the one that counts.
        let end = match (next, name) {
            ("", _) => rest.len(),
            (" from ", "user") | (_, "command") => rest.rfind(next)?,
            _ => rest.find(next)?,
        };
        found.push((name, rest.get(..end)?));
        rest = rest.get(end..)?;
        pattern = after;
    }
    rest.starts_with(pattern).then_some(found)
}

fn place(document: &mut Document, name: &str, text: &str) {
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    match name {
        "user" => {
            // `root(uid=0)` and `eve:root`.
            let name = text.split(['(', ':']).next().unwrap_or(text);
            document.user("user", name);
        }
        "target" => document.user("user.target", text.split(['(', ':']).next().unwrap_or(text)),
        "ip" if document.address("source", text) => {}
        "ip" => {
            Related::add(&mut document.related.hosts, &text.to_lowercase());
            document.set("source", "domain", text.to_owned());
        }
        "port" => {
            let digits = text.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            document.port("source", digits.parse().unwrap_or_default());
        }
        "command" => document.set("process", "command_line", text.to_owned()),
        "directory" => document.set("process", "working_directory", text.to_owned()),
        "tty" => document.set("process.tty", "name", text.to_owned()),
        "uid" => document.set("user.target", "id", text.to_owned()),
        "group" => document.set("group", "name", text.to_owned()),
        "service" => document.set("service", "name", text.to_owned()),
        "session" => document.set("syslog", "session", text.to_owned()),
        "method" => document.set("syslog", "method", text.trim_end_matches("/pam").to_owned()),
        "pairs" => pairs(document, text),
        _ => {}
    }
}

/// `logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=eve`.
fn pairs(document: &mut Document, text: &str) {
    for (key, value) in text.split_whitespace().filter_map(|pair| pair.split_once('=')) {
        match key {
            "user" => place(document, "user", value),
            "rhost" => place(document, "ip", value),
            "tty" => place(document, "tty", value),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(program: &str, message: &str) -> Vec<String> {
        let mut document = Document::default();
        understand(&mut document, program, message);
        let text = |section: &str, name: &str| document.text(section, name).unwrap_or("-").to_owned();
        vec![
            text("event", "action"),
            text("event", "outcome"),
            text("user", "name"),
            text("user.target", "name"),
            text("source", "ip"),
        ]
    }

    #[test]
    fn who_came_from_where_and_whether_they_got_in() {
        for (program, message, expected) in [
            (
                "sshd",
                "Accepted publickey for eve from 192.0.2.1 port 50000 ssh2: RSA SHA256:x",
                ["logged-in", "success", "eve", "-", "192.0.2.1"],
            ),
            (
                "sshd",
                "Failed password for invalid user a from b from ::1 port 2 ssh2",
                ["logged-in", "failure", "a from b", "-", "::1"],
            ),
            (
                "sshd-session",
                "Invalid user admin from 192.0.2.1 port 1",
                ["logged-in", "failure", "admin", "-", "192.0.2.1"],
            ),
            (
                "sshd",
                "pam_unix(sshd:session): session opened for user eve(uid=1000) by (uid=0)",
                ["started-session", "success", "eve", "-", "-"],
            ),
            (
                "sshd",
                "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1  user=eve",
                ["authenticated", "failure", "eve", "-", "192.0.2.1"],
            ),
            (
                "sudo",
                "     eve : TTY=pts/0 ; PWD=/home/eve ; USER=root ; COMMAND=/bin/sh -c id",
                ["ran-command", "success", "eve", "root", "-"],
            ),
            (
                "sudo",
                "eve : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
                ["ran-command", "failure", "eve", "root", "-"],
            ),
            (
                "su",
                "(to root) eve on pts/0",
                ["logged-in", "success", "eve", "root", "-"],
            ),
            (
                "CRON",
                "(root) CMD (run-parts /etc/cron.hourly)",
                ["ran-command", "success", "root", "-", "-"],
            ),
            (
                "systemd-logind",
                "New session 5 of user eve.",
                ["started-session", "success", "eve", "-", "-"],
            ),
            (
                "nginx",
                "Accepted password for eve from 192.0.2.1 port 1",
                ["-", "-", "-", "-", "-"],
            ),
        ] {
            assert_eq!(said(program, message), expected, "{message}");
        }
    }

    #[test]
    fn a_command_is_kept_without_the_brackets_around_it() {
        let mut document = Document::default();
        understand(&mut document, "CRON", "(root) CMD (run-parts /etc/cron.hourly)");
        assert_eq!(
            document.text("process", "command_line"),
            Some("run-parts /etc/cron.hourly")
        );
    }
}
