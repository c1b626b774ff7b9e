//! File, then environment, then flags.

use super::Config;
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("the settings file {0} cannot be read")]
    Missing(PathBuf),
    #[error("settings: {0}")]
    Syntax(String),
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
    if let Some(file) = &flags.file {
        readable(file)?;
        figment = figment.merge(Toml::file_exact(file));
    }
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
        .map_err(|error| ConfigError::Syntax(describe(&error)))?;
    config.validate()?;
    Ok(config)
}

fn readable(file: &Path) -> Result<(), ConfigError> {
    std::fs::metadata(file)
        .map(|_| ())
        .map_err(|_| ConfigError::Missing(file.to_owned()))
}

fn describe(error: &figment::Error) -> String {
    error
        .clone()
        .into_iter()
        .map(|cause| cause.to_string())
        .collect::<Vec<_>>()
        .join("; ")
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

    #[test]
    fn a_key_nobody_knows_is_refused_by_name() {
        let error = with_file("[http]\nlisen = \"127.0.0.1:1\"\n").unwrap_err().to_string();
        assert!(error.contains("lisen"), "{error}");
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
