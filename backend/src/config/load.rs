//! File, then environment, then flags.

use super::{Config, alias};
use figment::{
    Figment,
    error::{Actual, Kind},
    providers::{Env, Serialized},
};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings file {0} cannot be read")]
    Missing(PathBuf),
    #[error("the settings file {file}, line {line}: {why}")]
    Syntax { file: PathBuf, line: usize, why: String },
    #[error("settings: {0}")]
    Refused(String),
    #[error("settings: {key} {why}")]
    Invalid { key: String, why: String },
    #[error("settings: {0} is still the placeholder {{{{…}}}}; give it a value")]
    Placeholder(String),
}

/// Where settings come from besides the environment.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub file: Option<PathBuf>,
    /// Dotted key and value, as `--set http.listen=…`.
    pub set: Vec<(String, String)>,
    pub data_dir: Option<PathBuf>,
}

/// Reads and checks the settings.
pub fn load(flags: &Flags) -> Result<Config, ConfigError> {
    let mut figment = Figment::new();
    let mut theirs = Figment::new();
    if let Some(file) = &flags.file {
        let mut table = table(file)?;
        theirs = theirs.merge(Serialized::defaults(alias::take_sections(&mut table)));
        figment = figment.merge(Serialized::defaults(table));
    }
    theirs = theirs.merge(Serialized::defaults(alias::environment()));
    refuse_placeholders(&theirs)?;
    let theirs = theirs
        .extract()
        .map_err(|error| ConfigError::Refused(describe(error)))?;
    figment = figment.join(Serialized::defaults(alias::translate(theirs)?));
    figment = figment.merge(Env::prefixed("WATCHFLOOR__").split("__"));
    if let Some(data_dir) = &flags.data_dir {
        figment = figment.merge(Serialized::default("data_dir", data_dir));
    }
    for (key, value) in &flags.set {
        let value: figment::value::Value = value.parse().unwrap_or_else(|never| match never {});
        figment = figment.merge(Serialized::default(key, value));
    }
    refuse_placeholders(&figment)?;
    let config: Config = figment
        .extract()
        .map_err(|error| ConfigError::Refused(describe(error)))?;
    config.validate()?;
    Ok(config)
}

fn table(file: &Path) -> Result<toml::Table, ConfigError> {
    let text = std::fs::read_to_string(file).map_err(|_| ConfigError::Missing(file.to_owned()))?;
    toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        ConfigError::Syntax {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            // The message alone: printed whole, the error would show the line, and a secret in it.
            why: error.message().to_owned(),
        }
    })
}

fn describe(error: figment::Error) -> String {
    let causes: Vec<String> = error
        .into_iter()
        .map(|cause| format!("{} {}", cause.path.join("."), refusal(&cause.kind)))
        .collect();
    causes.join("; ")
}

/// Why a value is refused. Says what kind of value was found, never the value: it may be a secret in the wrong place.
fn refusal(kind: &Kind) -> String {
    match kind {
        Kind::UnknownField(_, known) => format!("is not a setting; known here: {}", known.join(", ")),
        Kind::UnknownVariant(_, known) => format!("must be one of: {}", known.join(", ")),
        Kind::InvalidType(found, wanted) | Kind::InvalidValue(found, wanted) => {
            format!("must be {}, not {}", expectation(wanted), noun(found))
        }
        Kind::Message(text) => format!("cannot be used: {text}"),
        other => format!("cannot be used: {other}"),
    }
}

/// What serde calls a type, in words.
fn expectation(wanted: &str) -> &str {
    match wanted {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number",
        "path string" => "a path",
        "socket address" => "an address such as 127.0.0.1:7700",
        "a sequence" => "a list",
        structure if structure.starts_with("struct ") => "a section",
        other => other,
    }
}

fn noun(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "true or false",
        Actual::Signed(..0) => "a negative number",
        Actual::Unsigned(_) | Actual::Signed(_) => "a whole number",
        Actual::Float(_) => "a decimal number",
        Actual::Char(_) | Actual::Str(_) => "a text",
        Actual::Seq => "a list",
        Actual::Map => "a section",
        Actual::Unit | Actual::Option => "nothing",
        _ => "that",
    }
}

/// `{{placeholder}}` left in a template must not become a password or a host name.
fn refuse_placeholders(figment: &Figment) -> Result<(), ConfigError> {
    let Ok(values) = figment.extract::<figment::value::Dict>() else {
        return Ok(());
    };
    match placeholder(&figment::value::Value::from(values), "") {
        Some(key) => Err(ConfigError::Placeholder(key)),
        None => Ok(()),
    }
}

fn placeholder(value: &figment::value::Value, key: &str) -> Option<String> {
    use figment::value::Value;
    match value {
        Value::String(_, text) if text.starts_with("{{") && text.ends_with("}}") => Some(key.to_owned()),
        Value::Dict(_, dict) => dict.iter().find_map(|(name, inner)| {
            let path = if key.is_empty() {
                name.clone()
            } else {
                format!("{key}.{name}")
            };
            placeholder(inner, &path)
        }),
        Value::Array(_, items) => items.iter().find_map(|inner| placeholder(inner, key)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("watchfloor.toml");
        std::fs::write(&file, text).unwrap();
        load(&Flags {
            file: Some(file),
            ..Flags::default()
        })
    }

    #[test]
    fn nothing_given_is_a_working_configuration() {
        let config = load(&Flags::default()).unwrap();
        assert_eq!(
            serde_json::to_value(config).unwrap(),
            serde_json::to_value(Config::default()).unwrap()
        );
    }

    fn with_flag(key: &str, value: &str) -> Result<Config, ConfigError> {
        load(&Flags {
            set: vec![(key.to_owned(), value.to_owned())],
            ..Flags::default()
        })
    }

    /// Where, what, and the whole message: names, no place in the source, no value.
    #[test]
    fn a_refused_setting_is_named_with_what_it_must_be() {
        let from_file = [
            (
                "[http]\nlisen = \"127.0.0.1:1\"",
                "settings: http.lisen is not a setting; known here: listen, public_url, tls",
            ),
            (
                "[alerts]\ndedup_window_seconds = \"hunter2\"",
                "settings: alerts.dedup_window_seconds must be a whole number, not a text",
            ),
            (
                "[database]\nurl = 7",
                "settings: database.url must be a string, not a whole number",
            ),
            (
                "[log]\nformat = \"hunter2\"",
                "settings: log.format must be one of: text, json",
            ),
            (
                "[http]\nlisten = \"hunter2\"",
                "settings: http.listen cannot be used: invalid socket address syntax",
            ),
            ("rules = true", "settings: rules must be a section, not true or false"),
            (
                "[rules]\nfolders = \"here\"",
                "settings: rules.folders must be a list, not a text",
            ),
        ];
        for (text, message) in from_file {
            assert_eq!(with_file(text).unwrap_err().to_string(), message, "{text}");
        }
        let from_flag = [
            (
                ("http.lisen", "x"),
                "settings: http.lisen is not a setting; known here: listen, public_url, tls",
            ),
            (
                ("alerts.dedup_window_seconds", "soon"),
                "settings: alerts.dedup_window_seconds must be a whole number, not a text",
            ),
            (
                ("bus.retention_hours", "-1"),
                "settings: bus.retention_hours must be a whole number, not a negative number",
            ),
        ];
        for ((key, value), message) in from_flag {
            assert_eq!(with_flag(key, value).unwrap_err().to_string(), message);
        }
    }

    /// What the next test runs with a setting in its environment.
    #[test]
    fn environment_child() {
        if let Err(error) = load(&Flags::default()) {
            println!("{error}");
        }
    }

    #[test]
    fn a_refused_setting_of_the_environment_is_named_too() {
        let refused = [
            (
                "WATCHFLOOR__HTTP__LISEN",
                "settings: http.lisen is not a setting; known here: listen, public_url, tls",
            ),
            (
                "WATCHFLOOR__ALERTS__DEDUP_WINDOW_SECONDS",
                "settings: alerts.dedup_window_seconds must be a whole number, not a text",
            ),
        ];
        for (variable, message) in refused {
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "config::load::tests::environment_child", "--nocapture"])
                .env(variable, "hunter2")
                .output()
                .unwrap();
            let said = String::from_utf8(child.stdout).unwrap();
            assert!(said.lines().any(|line| line == message), "{said}");
        }
    }

    #[test]
    fn a_file_that_is_not_toml_is_refused_by_line_without_showing_it() {
        let error = with_file("[database]\nurl = postgres://role:hunter2@host/db\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("line 2: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn mutated_settings_are_settings_or_an_error_that_names_no_source() {
        let text =
            "data_dir = \"d\"\n[http]\nlisten = \"127.0.0.1:1\"\n[bus]\nretention_hours = 3\n[rules]\nfolders = []\n";
        let mut refused = 0;
        for bytes in crate::mutation::mutations(text.as_bytes(), 1_000) {
            if let Err(error) = with_file(&String::from_utf8_lossy(&bytes)) {
                refused += 1;
                assert!(!error.to_string().contains(".rs:"), "{error}");
            }
        }
        assert!(refused > 500, "{refused} of 1000 were refused");
    }

    #[test]
    fn a_placeholder_does_not_start() {
        let error = with_file("[database]\nurl = \"{{database_url}}\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("database.url"), "{error}");
    }

    #[test]
    fn flags_win_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("watchfloor.toml");
        std::fs::write(&file, "[alerts]\ndedup_window_seconds = 60\n").unwrap();
        let set = vec![("alerts.dedup_window_seconds".to_owned(), "90".to_owned())];
        let config = load(&Flags {
            file: Some(file),
            set,
            data_dir: None,
        })
        .unwrap();
        assert_eq!(config.alerts.dedup_window_seconds, 90);
    }

    #[test]
    fn a_window_out_of_range_says_its_range() {
        let error = with_file("[alerts]\ndedup_window_seconds = 0\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("between 1 and 86400"), "{error}");
    }
}
