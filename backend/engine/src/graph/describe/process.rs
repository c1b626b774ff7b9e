//! Processes: program, place, command line, parent, integrity, version.

use super::{command, mark_place, odd_name};
use crate::graph::{
    facts::Platform,
    lineage,
    place::{names_writable, place},
    program::{Program, Standing, is, program},
    schema::{NodeKind, OfProcess as F},
    shape,
    traits::Traits,
};
use crate::json::{Map, Value};

/// A section of an event that is about a process: `process`, `process.parent`, `process.target`.
pub(in crate::graph) fn process(section: &Map, platform: Platform) -> Traits {
    let mut traits = Traits::new(NodeKind::Process);
    if let Some(path) = path_of(section) {
        image(&mut traits, path, platform);
    }
    if let Some(line) = section
        .get("command_line")
        .and_then(Value::as_str)
        .filter(|line| !line.is_empty())
    {
        command_line(&mut traits, line, platform);
    }
    traits
}

pub(in crate::graph) fn path_of(section: &Map) -> Option<&str> {
    let text = |name: &str| {
        section
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !matches!(*text, "" | "-" | "?"))
    };
    text("executable").or_else(|| text("name"))
}

const KINDS: &[(u32, F)] = &[
    (is::SHELL, F::Shell),
    (is::INTERPRETER, F::Interpreter),
    (is::BROWSER, F::Browser),
    (is::DOCUMENTS, F::Documents),
    (is::DEVELOPER, F::Developer),
    (is::SERVICE_HOST, F::ServiceHost),
    (is::INSTALLER, F::Installer),
    (is::AGENT, F::Agent),
    (is::REMOTE, F::Remote),
    (is::WEB_SERVER, F::WebServer),
    (is::DATABASE, F::Database),
    (is::EXECUTES, F::Executes),
    (is::DOWNLOADS, F::Downloads),
    (is::CREDENTIALS, F::Credentials),
    (is::DISCOVERS, F::Discovers),
    (is::PERSISTS, F::Persists),
    (is::EVADES, F::Evades),
    (is::ARCHIVES, F::Archives),
    (is::CORE, F::CoreProcess),
];

fn image(traits: &mut Traits, path: &str, platform: Platform) {
    let lower = path.to_lowercase();
    let known = program(&lower, platform);
    let name = shape::base_name(path);
    match known.standing {
        Standing::InPlace => traits.mark(F::KnownInPlace),
        Standing::Misplaced => traits.mark(F::Misplaced),
        Standing::Unknown => traits.mark(F::UnknownProgram),
        Standing::Known => {}
    }
    // What a program is called is worth less than what it is: a guess by shape counts half.
    let level = if known.standing == Standing::Unknown { 128 } else { 255 };
    for (kind, feature) in KINDS {
        if known.any(*kind) {
            traits.raise(*feature, level);
        }
    }
    mark_place(
        traits,
        place(&lower, platform),
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
    traits.mark_if(
        F::ImageDeleted,
        lower.ends_with("(deleted)") || lower.contains("memfd:"),
    );
    if known.standing == Standing::Unknown {
        traits.share(F::NameEntropy, shape::entropy(name) * 2.0);
        traits.share(F::NameDigits, shape::digit_share(name));
        traits.raise(F::NameOdd, odd_name(name));
    }
}

fn command_line(traits: &mut Traits, line: &str, platform: Platform) {
    let line = shape::head(line);
    let lower = line.to_lowercase();
    // The program's own path says nothing more here.
    let arguments = arguments(&lower);
    traits.mark(F::CommandKnown);
    traits.level(F::CommandLength, line.len(), 4096);
    traits.share(F::CommandEntropy, shape::entropy(line));
    let is_flag = |word: &&str| {
        word.len() > 1
            && (word.starts_with('-') || word.starts_with('/') && !word.get(1..).unwrap_or_default().contains('/'))
    };
    traits.level(
        F::CommandFlags,
        arguments.split_whitespace().filter(is_flag).count(),
        16,
    );
    traits.share(F::CommandEncoded, shape::encoded_share(line));
    traits.mark_if(F::CommandUrl, shape::has_url(arguments));
    traits.mark_if(F::CommandAddress, shape::has_address(arguments));
    let chained = shape::count_of(arguments, &["|", "&&", "; ", " > ", ">>", "$(", "& ", "||"]);
    traits.share(F::CommandChained, steps(chained, 3));
    traits.share(F::CommandObfuscated, steps(obfuscations(arguments), 4));
    for (feature, words, full) in [
        (F::CommandHidden, command::HIDDEN, 2),
        (F::CommandDownloads, command::DOWNLOADS, 2),
        (F::CommandSecrets, command::SECRETS, 2),
        (F::CommandSocket, command::SOCKET, 2),
        (F::CommandInline, command::EVALUATES, 2),
        (F::CommandPersists, command::PERSISTS, 2),
        (F::CommandEvades, command::EVADES, 2),
        (F::CommandDiscovers, command::DISCOVERS, 2),
    ] {
        traits.share(feature, steps(shape::count_of(&lower, words), full));
    }
    traits.mark_if(F::CommandWritablePath, names_writable(arguments, platform));
}

/// A count as a share of what counts as many.
#[allow(clippy::cast_precision_loss, reason = "small counts")]
pub(super) fn steps(count: usize, full: usize) -> f32 {
    count as f32 / full as f32
}

/// What follows the program in a command line.
fn arguments(line: &str) -> &str {
    let line = line.trim_start();
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map_or("", |(_, rest)| rest),
        None => line.split_once(' ').map_or("", |(_, rest)| rest),
    }
}

/// Ways to write a command that people do not use.
pub(super) fn obfuscations(text: &str) -> usize {
    let count = |c: char| text.matches(c).count();
    let marks = [
        count('^') > 3,
        count('`') > 3,
        text.contains("'+'") || text.contains("\"+\"") || text.contains("' + '"),
        text.contains("%comspec%") || text.contains("$env:comspec") || text.contains("cmd /v") || text.contains("!!"),
        text.contains("${ifs}") || text.contains("$ifs") || text.contains("$@") && text.contains("''"),
        text.contains("[char]") || text.contains("chr(") || text.contains("-join") || text.contains("-split"),
        text.contains("{0}") && text.contains("-f"),
        text.contains(r"\x") && text.matches(r"\x").count() > 4,
        text.contains("::-1]") || text.contains("strreverse") || text.contains("rev|") || text.contains("| rev"),
        text.contains("replace(") && text.contains("iex") || text.contains(".replace('"),
    ];
    marks.into_iter().filter(|mark| *mark).count()
}

/// What a start says beside the program: parent, integrity, version.
pub(in crate::graph) fn start(traits: &mut Traits, section: &Map, parent: Option<&str>, platform: Platform) {
    traits.mark(F::Started);
    if let (Some(parent), Some(child)) = (parent, path_of(section)) {
        let (parent, child) = (parent.to_lowercase(), child.to_lowercase());
        traits.mark(F::ParentKnown);
        let pair = |path: &str| -> Program { program(path, platform) };
        let level = lineage::implausible((&parent, pair(&parent)), (&child, pair(&child)), platform);
        traits.raise(F::ParentImplausible, level);
    }
    version(traits, section);
}

fn version(traits: &mut Traits, section: &Map) {
    let Some(version) = section.get("pe").and_then(Value::as_object) else {
        return;
    };
    let text = |name: &str| {
        version
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !matches!(*text, "" | "-" | "?"))
    };
    let company = text("company");
    traits.mark_if(F::VersionKnown, company.is_some());
    traits.mark_if(
        F::VersionMicrosoft,
        company.is_some_and(|company| company.to_lowercase().contains("microsoft")),
    );
    if let (Some(original), Some(path)) = (text("original_file_name"), path_of(section)) {
        traits.mark_if(F::OriginalNameDiffers, differs(original, shape::base_name(path)));
    }
}

/// Whether a file was renamed: names in version data may lack their end, or have `.mui` behind it.
pub(super) fn differs(original: &str, name: &str) -> bool {
    let stem = |name: &str| {
        let lower = name.to_lowercase();
        let lower = lower.trim_end_matches(".mui");
        lower.rsplit_once('.').map_or(lower, |(stem, _)| stem).to_owned()
    };
    let (original, name) = (stem(original), stem(name));
    original != name && !original.starts_with(&name) && !name.starts_with(&original)
}

/// `High`, `System`, or the identifier that the Security log writes.
pub(in crate::graph) fn integrity(traits: &mut Traits, level: &str) {
    let feature = match level.to_lowercase().as_str() {
        "system" | "s-1-16-16384" => F::IntegritySystem,
        "high" | "s-1-16-12288" => F::IntegrityHigh,
        "medium" | "mediumplus" | "s-1-16-8192" | "s-1-16-8448" => F::IntegrityOrdinary,
        "low" | "untrusted" | "appcontainer" | "s-1-16-4096" | "s-1-16-0" => F::IntegrityLow,
        _ => return,
    };
    traits.mark(feature);
}
