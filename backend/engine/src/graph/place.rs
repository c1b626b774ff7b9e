//! Where a path is, in classes that every site has.

use super::{facts::Platform, shape};

/// Exclusive classes of a path; what is none of them is [`Place::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    System,
    Programs,
    UserProfile,
    Temp,
    Downloads,
    Share,
    /// Where programs and data seldom are and anybody may write, or what has no name in the file system at all.
    Unusual,
    Other,
}

/// Marks of a path beside its class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub web_root: bool,
    pub device: bool,
    pub autostart: bool,
    pub log: bool,
    pub settings: bool,
    pub credentials: bool,
}

/// Class of a path in lower case.
pub(super) fn place(path: &str, platform: Platform) -> Place {
    let (starts, contains): (&[_], &[_]) = match platform {
        Platform::Windows => (WINDOWS_STARTS, WINDOWS_CONTAINS),
        Platform::Linux => (LINUX_STARTS, LINUX_CONTAINS),
    };
    let path = match platform {
        Platform::Windows => windows_relative(path),
        Platform::Linux => path,
    };
    if let Some((place, _)) = contains.iter().find(|(_, parts)| shape::contains_any(path, parts)) {
        return *place;
    }
    let begins = |parts: &[&str]| parts.iter().any(|part| path.starts_with(part));
    let found = starts.iter().find(|(_, parts)| begins(parts));
    found.map_or(Place::Other, |(place, _)| *place)
}

/// Without drive, device or `\??\`: `\windows\system32\…`. A share keeps its two backslashes.
fn windows_relative(path: &str) -> &str {
    let path = path.trim_start_matches(r"\??\").trim_start_matches(r"\\?\");
    let path = path
        .strip_prefix(r"\device\harddiskvolume")
        .map_or(path, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    let path = path
        .strip_prefix(r"\systemroot")
        .map_or(path, |_| r"\windows\system32\");
    let path = path
        .strip_prefix("%systemroot%")
        .map_or(path, |_| r"\windows\system32\");
    match path.as_bytes() {
        [_, b':', ..] => path.get(2..).unwrap_or_default(),
        _ => path,
    }
}

type Parts = &'static [(Place, &'static [&'static str])];

const WINDOWS_CONTAINS: Parts = &[
    (
        Place::Temp,
        &[r"\temp\", r"\tmp\", r"\inetcache\", r"\temporary internet files\"],
    ),
    (
        Place::Unusual,
        &[
            r"\$recycle.bin\",
            r"\users\public\",
            r"\perflogs\",
            r"\recycler\",
            r"\windows\tasks\",
            r"\spool\drivers\color\",
            r"\windows\debug\",
            r"\windows\tracing\",
            r"\users\default\",
        ],
    ),
    (Place::Downloads, &[r"\downloads\", r"\desktop\", r"\content.outlook\"]),
];

const WINDOWS_STARTS: Parts = &[
    (Place::Share, &[r"\\", r"\device\mup", r"\device\lanmanredirector"]),
    (
        Place::System,
        &[
            r"\windows\system32\",
            r"\windows\syswow64\",
            r"\windows\winsxs\",
            r"\windows\microsoft.net\",
            r"\windows\servicing\",
            r"\windows\systemapps\",
            r"\windows\immersivecontrolpanel\",
            r"\windows\assembly\",
            r"\windows\explorer.exe",
            r"\windows\",
        ],
    ),
    (
        Place::Programs,
        &[
            r"\program files\",
            r"\program files (x86)\",
            r"\programdata\microsoft\windows defender\",
            r"\programdata\package cache\",
            r"\progra~",
        ],
    ),
    (Place::UserProfile, &[r"\users\", r"\documents and settings\"]),
    (Place::Unusual, &[r"\programdata\"]),
];

const LINUX_CONTAINS: Parts = &[
    (
        Place::Unusual,
        &[
            "/memfd:",
            "memfd:",
            "/dev/shm/",
            "/dev/mqueue/",
            " (deleted)",
            "/proc/self/fd/",
            "/.../",
            "/.. /",
        ],
    ),
    (Place::Downloads, &["/downloads/", "/desktop/"]),
];

const LINUX_STARTS: Parts = &[
    (Place::Temp, &["/tmp/", "/var/tmp/", "/run/user/"]),
    (
        Place::System,
        &[
            "/usr/bin/",
            "/usr/sbin/",
            "/bin/",
            "/sbin/",
            "/lib/",
            "/lib64/",
            "/lib32/",
            "/usr/lib",
            "/usr/libexec/",
            "/boot/",
            "/usr/include/",
            "/usr/share/",
            "/etc/",
            "/proc/",
            "/sys/",
            "/run/",
            "/dev/",
            "/var/lib/dpkg/",
            "/var/lib/apt/",
            "/var/cache/",
        ],
    ),
    (
        Place::Programs,
        &["/usr/local/", "/opt/", "/snap/", "/var/lib/", "/usr/", "/nix/", "/app/"],
    ),
    (Place::Share, &["/mnt/", "/media/", "/net/"]),
    (Place::UserProfile, &["/home/", "/root/", "/users/"]),
    (Place::Other, &["/srv/", "/var/"]),
];

/// What marks a path, by platform: web roots, autostart, credentials.
struct Marked {
    web_root: &'static [&'static str],
    autostart: &'static [&'static str],
    credentials: &'static [&'static str],
}

#[rustfmt::skip]
const WINDOWS_MARKS: Marked = Marked {
    web_root: &[r"\inetpub\", r"\wwwroot\", r"\htdocs\", r"\webapps\", r"\frontend\httpproxy\"],
    autostart: &[r"\start menu\programs\startup\", r"\windows\system32\tasks\", r"\windows\tasks\", r"\grouppolicy\",
        r"\windowspowershell\profile", r"microsoft.powershell_profile", r"\wbem\repository\"],
    credentials: &[r"\config\sam", r"\config\security", r"\config\system", "ntds.dit", r"\microsoft\protect\",
        r"\microsoft\credentials\", r"\microsoft\vault\", "login data", "logins.json", "key4.db", "lsass.dmp", "lsass_", r"\.ssh\", ".kdbx",
        r"\crypto\rsa\", r"\.aws\", r"\.azure\", "unattend.xml", "sysprep.inf"],
};

#[rustfmt::skip]
const LINUX_MARKS: Marked = Marked {
    web_root: &["/var/www/", "/srv/http/", "/usr/share/nginx/", "/htdocs/", "/webapps/", "/public_html/"],
    autostart: &["/etc/cron", "/var/spool/cron", "/etc/systemd/", "/lib/systemd/system/", "/.config/systemd/", "/etc/init.d/",
        "/etc/rc", "/etc/profile", "/.bashrc", "/.bash_profile", "/.profile", "/.zshrc", "/etc/ld.so.preload", "/etc/update-motd.d/",
        "/.config/autostart/", "/etc/xdg/autostart/", "/authorized_keys", "/etc/udev/rules.d/", "/etc/pam.d/", "/etc/modules",
        "/etc/bash.bashrc", "/etc/apt/apt.conf.d/", "/etc/at.", "/var/spool/at"],
    credentials: &["/etc/shadow", "/etc/gshadow", "/etc/passwd-", "/etc/sudoers", "/.ssh/id_", "/.aws/", "/.kube/", "/.gnupg/", "/.netrc",
        "/.pgpass", "/.git-credentials", "/.docker/config", "/etc/krb5.keytab", "/.config/gcloud", "/proc/kcore", "/dev/mem",
        "/var/lib/sss/", "/etc/security/opasswd", "krb5cc_", "/serviceaccount/token"],
};

/// Marks of a path in lower case.
pub(super) fn marks(path: &str, platform: Platform) -> Marks {
    let any = |parts: &[&str]| shape::contains_any(path, parts);
    let marked = match platform {
        Platform::Windows => WINDOWS_MARKS,
        Platform::Linux => LINUX_MARKS,
    };
    let (device, log, settings) = match platform {
        Platform::Windows => (
            path.starts_with(r"\device\") || path.starts_with(r"\\.\"),
            any(&[r"\winevt\logs\", r"\logs\", r"\logfiles\"]),
            any(&[r"\drivers\etc\", r"\system32\config\", r"\inf\"]),
        ),
        Platform::Linux => (
            path.starts_with("/dev/") && !path.starts_with("/dev/shm/"),
            path.starts_with("/var/log/") || any(&["_history", "/utmp", "/wtmp", "/btmp", "/lastlog"]),
            path.starts_with("/etc/"),
        ),
    };
    let reads_memory = path.starts_with("/proc/") && path.ends_with("/mem");
    Marks {
        web_root: any(marked.web_root),
        device,
        autostart: any(marked.autostart),
        log: log || path.ends_with(".log"),
        settings,
        credentials: any(marked.credentials) || reads_memory,
    }
}

/// Whether a command or datum points where ordinary accounts may write.
pub(super) fn names_writable(text: &str, platform: Platform) -> bool {
    match platform {
        Platform::Windows => shape::contains_any(
            text,
            &[
                r"\temp\",
                r"\tmp\",
                r"\appdata\",
                r"\users\public\",
                r"\programdata\",
                r"\downloads\",
                "%temp%",
                "%appdata%",
                "%localappdata%",
                "%public%",
                "$env:temp",
                "$env:appdata",
                r"\perflogs\",
                r"\windows\tasks\",
            ],
        ),
        Platform::Linux => shape::contains_any(text, &["/tmp/", "/dev/shm/", "/var/tmp/", "/run/user/", "/dev/mqueue"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told() {
        for (path, wanted) in [
            (r"c:\windows\system32\cmd.exe", Place::System),
            (r"\device\harddiskvolume3\windows\system32\cmd.exe", Place::System),
            (r"c:\users\a\appdata\local\temp\x.exe", Place::Temp),
            (r"c:\users\public\x.exe", Place::Unusual),
            (r"c:\users\a\appdata\roaming\x.exe", Place::UserProfile),
            (r"d:\program files\x\y.exe", Place::Programs),
            (r"\\server\admin$\x.exe", Place::Share),
            (r"c:\x.exe", Place::Other),
        ] {
            assert_eq!(place(path, Platform::Windows), wanted, "{path}");
        }
        for (path, wanted) in [
            ("/usr/bin/bash", Place::System),
            ("/dev/shm/x", Place::Unusual),
            ("/tmp/x", Place::Temp),
            ("/tmp/x (deleted)", Place::Unusual),
            ("/home/a/x", Place::UserProfile),
            ("/usr/local/bin/x", Place::Programs),
            ("/x", Place::Other),
        ] {
            assert_eq!(place(path, Platform::Linux), wanted, "{path}");
        }
        assert!(marks("/home/a/.ssh/authorized_keys", Platform::Linux).autostart);
        assert!(marks(r"c:\windows\ntds\ntds.dit", Platform::Windows).credentials);
    }
}
