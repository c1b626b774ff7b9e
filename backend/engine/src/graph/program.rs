//! What programs are for: facts about what comes with the operating systems, and about kinds of software that any site has.

mod linux;
mod windows;

use super::{
    facts::Platform,
    place::{Place, place},
    shape,
};
use std::{collections::HashMap, sync::LazyLock};

/// What a program is and can do; several bits may be set.
pub(super) mod is {
    pub const SHELL: u32 = 1;
    pub const INTERPRETER: u32 = 1 << 1;
    pub const BROWSER: u32 = 1 << 2;
    pub const DOCUMENTS: u32 = 1 << 3;
    pub const DEVELOPER: u32 = 1 << 4;
    pub const SERVICE_HOST: u32 = 1 << 5;
    pub const INSTALLER: u32 = 1 << 6;
    pub const AGENT: u32 = 1 << 7;
    pub const REMOTE: u32 = 1 << 8;
    pub const WEB_SERVER: u32 = 1 << 9;
    pub const DATABASE: u32 = 1 << 10;
    /// Runs code that others hand it.
    pub const EXECUTES: u32 = 1 << 11;
    pub const DOWNLOADS: u32 = 1 << 12;
    pub const CREDENTIALS: u32 = 1 << 13;
    pub const DISCOVERS: u32 = 1 << 14;
    pub const PERSISTS: u32 = 1 << 15;
    pub const EVADES: u32 = 1 << 16;
    pub const ARCHIVES: u32 = 1 << 17;
    /// The operating system's own, of which each has its parent.
    pub const CORE: u32 = 1 << 18;
    pub const DESKTOP: u32 = 1 << 19;
    pub const PLAIN: u32 = 1 << 20;
    pub const SCHEDULER: u32 = 1 << 21;
    pub const CONTAINERS: u32 = 1 << 22;
}

/// Where a program belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Home {
    /// Where the operating system keeps it; anywhere else it only has the name.
    System,
    Any,
}

/// Names in lower case, side by side.
type Row = (u32, Home, &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Program {
    /// Bits of [`is`].
    pub kind: u32,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// In the tables, and where it belongs as far as its place is known.
    InPlace,
    /// Has the name of a part of the operating system, but is somewhere else.
    Misplaced,
    /// In the tables, with no place of its own.
    Known,
    Unknown,
}

impl Program {
    pub fn any(self, kinds: u32) -> bool {
        self.kind & kinds != 0
    }
}

type Table = HashMap<&'static str, (u32, Home)>;

static WINDOWS: LazyLock<Table> = LazyLock::new(|| table(windows::PROGRAMS));
static LINUX: LazyLock<Table> = LazyLock::new(|| table(linux::PROGRAMS));

/// A name may be in several rows.
fn table(rows: &'static [Row]) -> Table {
    let mut table = Table::new();
    for (kind, home, names) in rows {
        for name in names.split_whitespace() {
            let known = table.entry(name).or_insert((0, *home));
            known.0 |= kind;
        }
    }
    table
}

/// The program at a path, or of a bare name; in lower case.
pub(super) fn program(path: &str, platform: Platform) -> Program {
    let name = shape::base_name(path);
    let found = match platform {
        Platform::Windows => WINDOWS.get(name).or_else(|| WINDOWS.get(name.strip_suffix(".exe")?)),
        Platform::Linux => LINUX.get(name).or_else(|| LINUX.get(unversioned(name))),
    };
    let Some((kind, home)) = found.copied() else {
        return Program {
            kind: kind_by_shape(name),
            standing: Standing::Unknown,
        };
    };
    let is_bare = name.len() == path.len();
    let standing = match home {
        Home::Any => Standing::Known,
        Home::System if is_bare || place(path, platform) == Place::System => Standing::InPlace,
        // What an administrator built himself has the same name with full right.
        Home::System if platform == Platform::Linux && place(path, platform) == Place::Programs => Standing::Known,
        Home::System => Standing::Misplaced,
    };
    Program { kind, standing }
}

/// `python3.11` → `python`, `gcc-12` → `gcc`.
fn unversioned(name: &str) -> &str {
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-');
    if base.len() >= 2 { base } else { name }
}

/// Software of a kind is called by what it does, whoever made it.
fn kind_by_shape(name: &str) -> u32 {
    const SHAPES: &[(u32, &[&str])] = &[
        (
            is::AGENT,
            &[
                "agent",
                "monitor",
                "exporter",
                "backup",
                "telemetry",
                "beat",
                "collector",
                "endpoint",
                "inventory",
                "watchdog",
            ],
        ),
        (is::INSTALLER, &["setup", "install", "update", "upgrade", "patch"]),
        (is::SERVICE_HOST, &["service", "svc", "daemon", "server", "host"]),
        (is::BROWSER, &["browser"]),
        (is::DATABASE, &["sqlserv", "database"]),
    ];
    let found = SHAPES.iter().filter(|(_, parts)| shape::contains_any(name, parts));
    found.fold(0, |kinds, (kind, _)| kinds | kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_only_where_it_belongs() {
        let of = |path: &str| program(path, Platform::Windows);
        assert_eq!(of(r"c:\windows\system32\svchost.exe").standing, Standing::InPlace);
        assert_eq!(of(r"c:\users\a\svchost.exe").standing, Standing::Misplaced);
        assert_eq!(of(r"c:\users\a\dropper.exe").standing, Standing::Unknown);
        assert!(of(r"c:\windows\system32\rundll32.exe").any(is::EXECUTES));
        let of = |path: &str| program(path, Platform::Linux);
        assert!(of("/usr/bin/python3.11").any(is::INTERPRETER));
        assert_eq!(of("/tmp/sshd").standing, Standing::Misplaced);
        assert_eq!(of("/usr/local/bin/curl").standing, Standing::Known);
        assert!(of("/opt/acme/acme-agent").any(is::AGENT));
    }
}
