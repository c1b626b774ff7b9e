//! An event as flat fields, and the one line that says what it is about.

use serde_json::Value;

/// Dotted names with their values as text, in the order a person looks for them.
pub fn flatten(source: &Value) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    collect("", source, &mut fields);
    fields.sort_by(|a, b| rank(&a.0).cmp(&rank(&b.0)).then_with(|| a.0.cmp(&b.0)));
    fields
}

fn collect(name: &str, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let dotted = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}.{key}")
                };
                collect(&dotted, value, out);
            }
        }
        Value::Null => {}
        Value::Array(values) if values.iter().any(Value::is_object) => {
            values.iter().for_each(|value| collect(name, value, out));
        }
        other => out.push((name.to_owned(), text_of(other))),
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

const FIRST: [&str; 11] = [
    "process.",
    "user.",
    "file.",
    "registry.",
    "destination.",
    "source.",
    "dns.",
    "dll.",
    "host.",
    "event.",
    "rule.",
];

fn rank(name: &str) -> usize {
    FIRST
        .iter()
        .position(|prefix| name.starts_with(prefix))
        .unwrap_or(FIRST.len())
}

/// A value by its dotted name.
pub fn get(source: &Value, name: &str) -> Option<String> {
    let direct = source.get(name);
    let mut at = source;
    for key in name.split('.') {
        match at.get(key) {
            Some(next) => at = next,
            None => return direct.map(text_of),
        }
    }
    (!at.is_null() && !at.is_object()).then(|| text_of(at))
}

/// What the event is about, in the machine's words.
pub fn summary(source: &Value) -> String {
    let get = |name| get(source, name);
    let code = get("event.code").unwrap_or_default();
    if let Some(question) = get("dns.question.name") {
        return format!("{} → {question}", process(source));
    }
    if let Some(key) = get("registry.path") {
        let data = get("registry.data.strings")
            .map(|data| format!(" = {data}"))
            .unwrap_or_default();
        return format!("{} → {key}{data}", process(source));
    }
    if let Some(address) = get("destination.ip").or_else(|| get("destination.domain")) {
        let port = get("destination.port")
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        return format!("{} → {address}{port}", process(source));
    }
    if let Some(target) = get("winlog.event_data.TargetImage") {
        let access = get("winlog.event_data.GrantedAccess")
            .map(|a| format!(", {a}"))
            .unwrap_or_default();
        return format!("{} → {target}{access}", process(source));
    }
    if code != "1"
        && let Some(path) = get("file.path").or_else(|| get("dll.path"))
    {
        return format!("{} → {path}", process(source));
    }
    let line = get("process.command_line").or_else(|| get("process.executable"));
    line.or_else(|| get("message")).unwrap_or_else(|| process(source))
}

fn process(source: &Value) -> String {
    get(source, "process.name")
        .or_else(|| get(source, "event.action"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nested_and_dotted_documents_read_the_same() {
        let nested = json!({"process": {"name": "a.exe", "args": ["x", "y"]}});
        assert_eq!(get(&nested, "process.name").as_deref(), Some("a.exe"));
        assert_eq!(
            get(&json!({"process.name": "a.exe"}), "process.name").as_deref(),
            Some("a.exe")
        );
        assert_eq!(flatten(&nested)[0], ("process.args".to_owned(), "x, y".to_owned()));
    }

    #[test]
    fn the_line_says_what_was_touched() {
        let doc = json!({"process": {"name": "a.exe", "command_line": "a.exe /x"}, "destination": {"ip": "203.0.113.7", "port": 443}});
        assert_eq!(summary(&doc), "a.exe → 203.0.113.7:443");
        assert_eq!(summary(&json!({"process": {"command_line": "a.exe /x"}})), "a.exe /x");
    }
}
