//! How far a program is from what usually starts it. Hand-made from what the classes are for, so that it holds at any site.

use super::{
    facts::Platform,
    program::{Program, Standing, is},
    shape,
};

/// Processes of Windows that only ever one parent starts.
const WINDOWS_PARENTS: &[(&str, &[&str])] = &[
    ("svchost.exe", &["services.exe", "msmpeng.exe", "svchost.exe"]),
    ("lsass.exe", &["wininit.exe"]),
    ("lsaiso.exe", &["wininit.exe"]),
    ("services.exe", &["wininit.exe"]),
    ("wininit.exe", &["smss.exe"]),
    ("winlogon.exe", &["smss.exe"]),
    ("csrss.exe", &["smss.exe"]),
    ("smss.exe", &["smss.exe", "system"]),
    ("userinit.exe", &["winlogon.exe"]),
    ("logonui.exe", &["winlogon.exe", "wininit.exe"]),
    ("spoolsv.exe", &["services.exe"]),
    ("taskhostw.exe", &["svchost.exe"]),
    ("runtimebroker.exe", &["svchost.exe"]),
    ("dllhost.exe", &["svchost.exe", "services.exe"]),
    ("wmiprvse.exe", &["svchost.exe"]),
    ("wsmprovhost.exe", &["svchost.exe"]),
    ("sihost.exe", &["svchost.exe"]),
    ("searchindexer.exe", &["services.exe"]),
    ("trustedinstaller.exe", &["services.exe"]),
    ("tiworker.exe", &["svchost.exe"]),
    ("consent.exe", &["svchost.exe"]),
];

/// Those of Windows that start nothing but their own.
const WINDOWS_CHILDLESS: &[&str] = &[
    "lsass.exe",
    "spoolsv.exe",
    "csrss.exe",
    "dns.exe",
    "searchindexer.exe",
    "fontdrvhost.exe",
    "logonui.exe",
];

const RUNS: u32 = is::SHELL | is::INTERPRETER | is::EXECUTES;
const TOOLS: u32 = is::DOWNLOADS | is::CREDENTIALS | is::DISCOVERS | is::PERSISTS | is::EVADES;

/// Kinds of the parent, kinds of the child, how implausible of 255. The greatest counts.
const PAIRS: &[(u32, u32, u8)] = &[
    (is::DOCUMENTS, RUNS, 240),
    (is::DOCUMENTS, TOOLS, 240),
    (is::WEB_SERVER, RUNS, 230),
    (is::WEB_SERVER, TOOLS, 240),
    (is::DATABASE, RUNS, 200),
    (is::DATABASE, TOOLS, 230),
    (is::BROWSER, RUNS | TOOLS, 170),
    (is::EXECUTES, RUNS, 130),
    (is::EXECUTES, is::DOWNLOADS | is::CREDENTIALS | is::PERSISTS, 150),
    (is::INTERPRETER, is::CREDENTIALS | is::PERSISTS | is::EVADES, 140),
    (is::INTERPRETER, is::SHELL | is::EXECUTES, 90),
    (is::INTERPRETER, is::DOWNLOADS | is::DISCOVERS, 100),
    (is::SHELL, is::CREDENTIALS | is::EVADES, 100),
    (is::SHELL, is::DISCOVERS | is::DOWNLOADS | is::PERSISTS, 60),
    (is::SHELL, RUNS, 50),
    (is::SERVICE_HOST, RUNS, 90),
    (is::SCHEDULER, is::DOWNLOADS | is::CREDENTIALS, 120),
    (is::CONTAINERS, is::CREDENTIALS | is::EVADES, 120),
    (is::REMOTE, RUNS | TOOLS, 110),
    (is::AGENT, RUNS | TOOLS, 70),
    (is::INSTALLER, TOOLS, 50),
    (is::DEVELOPER, RUNS, 30),
];

/// Paths in lower case. Of 255; a pair that nothing is said of is 20.
pub(super) fn implausible(parent: (&str, Program), child: (&str, Program), platform: Platform) -> u8 {
    const USUAL: u8 = 20;
    let (parent_path, parent) = parent;
    let (child_path, child) = child;
    let of_pairs = PAIRS
        .iter()
        .filter(|(from, to, _)| parent.any(*from) && child.any(*to))
        .map(|(_, _, level)| *level)
        .max();
    let of_standing = match (parent.standing, child.standing) {
        (Standing::Misplaced, _) | (_, Standing::Misplaced) => 200,
        (Standing::Unknown, _) if child.any(RUNS | TOOLS) => 90,
        (_, Standing::Unknown) if parent.any(RUNS | is::DOCUMENTS) => 110,
        (_, Standing::Unknown) if parent.any(is::WEB_SERVER | is::DATABASE) => 180,
        _ => 0,
    };
    let of_system = match platform {
        Platform::Windows => of_windows(shape::base_name(parent_path), shape::base_name(child_path)),
        Platform::Linux => 0,
    };
    of_pairs.unwrap_or(USUAL).max(of_standing).max(of_system)
}

fn of_windows(parent: &str, child: &str) -> u8 {
    let row = WINDOWS_PARENTS.iter().find(|(name, _)| *name == child);
    let of_child = row.is_some_and(|(_, parents)| !parents.contains(&parent));
    let of_parent =
        WINDOWS_CHILDLESS.contains(&parent) && !matches!(child, "werfault.exe" | "conhost.exe") && child != parent;
    match (of_child, of_parent) {
        (true, _) => 250,
        (_, true) => 220,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::program;
    use super::*;

    #[test]
    fn the_implausible_is_told_from_the_usual() {
        let of = |platform, parent: &str, child: &str| {
            implausible(
                (parent, program(parent, platform)),
                (child, program(child, platform)),
                platform,
            )
        };
        let windows = |parent: &str, child: &str| {
            of(
                Platform::Windows,
                &format!(r"c:\windows\system32\{parent}"),
                &format!(r"c:\windows\system32\{child}"),
            )
        };
        assert!(windows("services.exe", "svchost.exe") < 100);
        assert!(windows("cmd.exe", "svchost.exe") > 200);
        assert!(windows("lsass.exe", "cmd.exe") > 200);
        assert!(
            of(
                Platform::Windows,
                r"c:\program files\microsoft office\winword.exe",
                r"c:\windows\system32\cmd.exe"
            ) > 200
        );
        assert!(of(Platform::Linux, "/usr/sbin/nginx", "/usr/bin/bash") > 200);
        assert!(of(Platform::Linux, "/usr/sbin/sshd", "/usr/bin/bash") < 150);
        assert!(of(Platform::Linux, "/usr/bin/make", "/usr/bin/gcc") < 50);
    }
}
