//! Keeps the tree as docs/ARCHITECTURE.md says it is. The allow-lists may only shrink.

use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
/// Path and name of functions that are longer, with the reason.
const LONG_FUNCTIONS: &[(&str, &str)] = &[];
/// What would give the engine IO, a clock or an async runtime.
const NOT_IN_ENGINE: &[&str] = &[
    "tokio", "async", "futures", "sqlx", "axum", "hyper", "reqwest", "rdkafka", "redis", "tantivy", "notify", "libc",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Production Rust files: path below the root, and text without its test module.
fn sources() -> Vec<(String, String)> {
    let mut sources = Vec::new();
    for folder in [
        "shared/src",
        "backend",
        "src-tauri/src",
        "ui/src",
        "xtask/src",
        "tests/src",
    ] {
        for entry in walkdir::WalkDir::new(root().join(folder)).sort_by_file_name() {
            let entry = entry.unwrap();
            let path = entry.path();
            let is_test = path.components().any(|part| part.as_os_str() == "tests")
                && !path.starts_with(root().join("tests/src"))
                || path.file_stem().is_some_and(|stem| stem == "tests");
            if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
                let text = std::fs::read_to_string(path).unwrap();
                let production = text.split("\n#[cfg(test)]").next().unwrap_or_default().to_owned();
                sources.push((path.strip_prefix(root()).unwrap().display().to_string(), production));
            }
        }
    }
    assert!(sources.len() > 50, "the tree has moved: {} files found", sources.len());
    sources
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    assert!(
        long.is_empty(),
        "longer than {FILE_LINES_MAX} lines, so the design asks for something: {long:#?}"
    );
}

#[test]
fn no_function_is_too_long() {
    let mut long = Vec::new();
    for (path, text) in sources() {
        for (name, lines) in functions(&text) {
            let allowed = LONG_FUNCTIONS
                .iter()
                .any(|(file, function)| *file == path && *function == name);
            if lines > FUNCTION_LINES_MAX && !allowed {
                long.push(format!("{path}: {name}, {lines} lines"));
            }
        }
    }
    assert!(long.is_empty(), "longer than {FUNCTION_LINES_MAX} lines: {long:#?}");
}

/// Name and length of each function. Relies on rustfmt: a function ends at the first `}` of its own indentation.
fn functions(text: &str) -> Vec<(String, usize)> {
    let lines: Vec<_> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        let Some((before, after)) = trimmed.split_once("fn ") else {
            continue;
        };
        let is_declaration = before.split_whitespace().all(|word| {
            word.starts_with("pub")
                || ["async", "const", "unsafe", "extern", "\"C\"", "(crate)", "(super)"].contains(&word)
        });
        if !is_declaration || trimmed.starts_with("//") {
            continue;
        }
        // A declaration without a body, as traits and foreign blocks have them, ends with its head.
        let head_ends = lines[start..].iter().find(|line| line.ends_with(['{', ';', '}']));
        if head_ends.is_some_and(|line| !line.ends_with('{')) {
            continue;
        }
        let indent = line.len() - trimmed.len();
        let end = format!("{}}}", " ".repeat(indent));
        let name = after
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or_default();
        if let Some(length) = lines[start..].iter().position(|line| *line == end) {
            found.push((name.to_owned(), length + 1));
        }
    }
    found
}

#[test]
fn the_function_counter_counts() {
    let text = "impl A {\n    pub async fn long(\n        a: u8,\n    ) {\n        if a {\n        }\n    }\n}\nfn short() {\n}\ntrait B {\n    fn none(&self);\n}\n";
    assert_eq!(functions(text), [("long".to_owned(), 6), ("short".to_owned(), 2)]);
}

#[test]
fn the_engine_stays_pure() {
    let manifest = std::fs::read_to_string(root().join("backend/engine/Cargo.toml")).unwrap();
    let dependencies = manifest
        .split("[dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[")
        .next()
        .unwrap();
    for line in dependencies.lines().filter(|line| !line.trim().is_empty()) {
        let name = line.split(['.', ' ', '=']).next().unwrap();
        assert!(
            !NOT_IN_ENGINE.iter().any(|banned| name.starts_with(banned)),
            "{name} would bring IO, a clock or an async runtime into the engine"
        );
    }
}

#[test]
fn every_module_says_its_purpose() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| !text.trim_start().starts_with("//!"))
        .map(|(path, _)| path)
        .collect();
    assert!(silent.is_empty(), "no module header: {silent:#?}");
}

#[test]
fn the_readme_shows_the_tree_that_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let tree = readme
        .split("## The tree")
        .nth(1)
        .and_then(|rest| rest.split("```").nth(1))
        .expect("README has a tree");
    let mut shown: Vec<_> = tree
        .lines()
        .filter(|line| !line.starts_with(' ') && !line.is_empty() && *line != "text")
        .map(|line| line.split_whitespace().next().unwrap().trim_end_matches('/').to_owned())
        .collect();
    let ignored = ["target", "node_modules", "LICENSE", "Cargo.lock", "package-lock.json"];
    let mut there: Vec<_> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && !ignored.contains(&name.as_str()))
        .filter(|name| root().join(name).is_dir() || name == "README.md" || name == "Cargo.toml")
        .collect();
    shown.sort();
    there.sort();
    assert_eq!(
        shown, there,
        "the tree in README.md (left) and the folders on disk (right)"
    );
}
