//! Files, pipes and shares by place, kind and name.

use super::{mark_place, odd_name};
use crate::graph::{
    facts::Platform,
    place::{marks, place},
    program::{Standing, program},
    schema::{NodeKind, OfFile as F},
    shape,
    traits::Traits,
};

const KINDS: &[(F, &[&str])] = &[
    (
        F::Executable,
        &[
            "exe", "com", "scr", "msi", "msp", "cpl", "bin", "elf", "run", "appimage", "deb", "rpm", "apk", "jar",
        ],
    ),
    (
        F::Script,
        &[
            "ps1", "psm1", "psd1", "bat", "cmd", "vbs", "vbe", "js", "jse", "wsf", "wsh", "hta", "sct", "py", "pyc",
            "pl", "rb", "sh", "php", "asp", "aspx", "ashx", "jsp", "jspx", "lua", "inf", "mof", "cgi",
        ],
    ),
    (
        F::Library,
        &["dll", "ocx", "sys", "drv", "so", "ko", "dylib", "xll", "node"],
    ),
    (
        F::Document,
        &[
            "doc", "docx", "docm", "dotm", "xls", "xlsx", "xlsm", "ppt", "pptx", "pdf", "rtf", "odt", "txt", "csv",
            "html", "htm", "eml", "msg", "one",
        ],
    ),
    (
        F::Archive,
        &[
            "zip", "7z", "rar", "gz", "tgz", "tar", "xz", "bz2", "cab", "iso", "img", "vhd", "zst", "lz4",
        ],
    ),
    (
        F::Shortcut,
        &["lnk", "url", "desktop", "library-ms", "scf", "service", "timer"],
    ),
    (
        F::Dump,
        &[
            "dmp", "mdmp", "dit", "hiv", "hive", "save", "sav", "kirbi", "ccache", "pcap", "core", "kdbx", "pfx",
            "pem", "key", "sqlite", "db", "bak",
        ],
    ),
];

/// What runs when somebody opens it.
pub(in crate::graph) fn runs(path: &str) -> Option<u8> {
    let name = shape::base_name(path).to_lowercase();
    let extension = shape::extension(&name)?;
    let of = |at: usize| KINDS.get(at).is_some_and(|(_, names)| names.contains(&extension));
    match () {
        () if of(0) || of(2) => Some(255),
        () if of(1) => Some(200),
        () => None,
    }
}

pub(in crate::graph) fn file(path: &str, platform: Platform) -> Traits {
    let mut traits = Traits::new(NodeKind::File);
    let lower = path.to_lowercase();
    let (path, stream) = match (platform, lower.get(2..).and_then(|rest| rest.find(':'))) {
        (Platform::Windows, Some(at)) => (lower.get(..at + 2).unwrap_or_default(), true),
        _ => (lower.as_str(), false),
    };
    traits.mark_if(F::Stream, stream);
    mark_place(
        &mut traits,
        place(path, platform),
        [
            Some(F::InSystem),
            Some(F::InPrograms),
            Some(F::InUserProfile),
            Some(F::InTemp),
            Some(F::InDownloads),
            Some(F::InShare),
            Some(F::InUnusual),
        ],
    );
    let marks = marks(path, platform);
    for (feature, is_set) in [
        (F::InWebRoot, marks.web_root),
        (F::Device, marks.device),
        (F::Autostart, marks.autostart),
        (F::Log, marks.log),
        (F::Settings, marks.settings),
        (F::CredentialStore, marks.credentials),
    ] {
        traits.mark_if(feature, is_set);
    }
    name(&mut traits, path, platform);
    traits
}

fn name(traits: &mut Traits, path: &str, platform: Platform) {
    let name = shape::base_name(path);
    let extension = shape::extension(name);
    traits.mark_if(F::NoExtension, extension.is_none());
    for (feature, names) in KINDS {
        traits.mark_if(*feature, extension.is_some_and(|extension| names.contains(&extension)));
    }
    traits.mark_if(F::DoubleExtension, shape::has_double_extension(name));
    traits.mark_if(
        F::Hidden,
        platform == Platform::Linux && (name.starts_with('.') || path.contains("/.")),
    );
    traits.mark_if(F::Masquerade, program(path, platform).standing == Standing::Misplaced);
    traits.share(F::NameEntropy, shape::entropy(name) * 2.0);
    traits.share(F::NameDigits, shape::digit_share(name));
    traits.level(F::NameLength, name.len(), 64);
    if odd_name(name) > 200 {
        traits.mark(F::DoubleExtension);
    }
}

/// A named pipe: its name alone, as pipes have no place.
pub(in crate::graph) fn pipe(name: &str) -> Traits {
    let mut traits = Traits::new(NodeKind::File);
    traits.mark(F::Pipe);
    traits.share(F::NameEntropy, shape::entropy(name) * 2.0);
    traits.share(F::NameDigits, shape::digit_share(name));
    traits.level(F::NameLength, name.len(), 64);
    traits
}

/// `\\*\ADMIN$` and what was opened on it.
pub(in crate::graph) fn share(share: &str, relative: &str, platform: Platform) -> Traits {
    let mut traits = file(relative, platform);
    traits.mark(F::InShare);
    let share = share.to_lowercase();
    traits.mark_if(
        F::InUnusual,
        share.ends_with("admin$") || share.len() >= 2 && share.ends_with('$') && !share.ends_with("ipc$"),
    );
    traits.mark_if(F::Pipe, share.ends_with("ipc$"));
    traits
}

pub(in crate::graph) fn mark_service_image(traits: &mut Traits) {
    traits.mark(F::ServiceImage);
}
