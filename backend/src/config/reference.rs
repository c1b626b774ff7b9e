//! The reference of all settings, made from the defaults and the table below; a test fails for a key without a line.

use super::{Config, alias, keys::KEYS};
use serde_json::Value;
use std::fmt::Write;

pub fn markdown() -> Result<String, serde_json::Error> {
    let defaults = serde_json::to_value(Config::default())?;
    let mut text = String::from(
        "# Settings\n\nRead from a TOML file (`--config`), then from the environment (`WATCHFLOOR__SECTION__KEY`), then from flags\n\
         (`--set section.key=value`). An unknown key is refused. `watchfloor config print` shows what is in force, secrets hidden.\n\n\
         | key | default | meaning |\n|---|---|---|\n",
    );
    for (key, meaning) in KEYS {
        let default = match lookup(&defaults, key) {
            None | Some(Value::Null) => "–".to_owned(),
            Some(value) => format!("`{value}`"),
        };
        let _ = writeln!(text, "| `{key}` | {default} | {meaning} |");
    }
    text.push_str(&alias::markdown());
    Ok(text)
}

fn lookup<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.').try_fold(value, |value, part| value.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, inner)| {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                leaves(inner, &path, found);
            }),
            _ => found.push(path.to_owned()),
        }
    }

    #[test]
    fn every_setting_is_explained_and_no_explained_one_is_missing() {
        let mut there = Vec::new();
        leaves(&serde_json::to_value(Config::default()).unwrap(), "", &mut there);
        let mut explained: Vec<_> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
        there.sort();
        explained.sort();
        assert_eq!(there, explained);
    }
}
