//! Names of sections that existing deployments use: `OpenSearch__*`, `PostgresqlSettings__*`, `RedisSettings__*`, `InfluxDb__*`,
//! `ThreatMap__Kafka__*` and `Database__AutoMigrate`, in the environment without our prefix or as sections of the file.
//!
//! Invariant: an unknown name within them is refused like any other, and our own names win.

use super::ConfigError;
use crate::pipeline::topology::topic;
use figment::value::{Dict, Value};
use std::collections::BTreeMap;

/// Ours for theirs, by the lower-cased path. What is made of several is put together below.
const NAMES: &[(&str, &str)] = &[
    ("opensearch.url", "search.opensearch.urls"),
    ("opensearch.urls", "search.opensearch.urls"),
    ("opensearch.uri", "search.opensearch.urls"),
    ("opensearch.username", "search.opensearch.username"),
    ("opensearch.password", "search.opensearch.password"),
    ("opensearch.indexprefix", "search.opensearch.index_prefix"),
    ("opensearch.cacertificate", "search.opensearch.tls.ca"),
    ("redissettings.username", "redis.username"),
    ("redissettings.password", "redis.password"),
    ("redissettings.instancename", "redis.prefix"),
    ("redissettings.cacertificate", "redis.tls.ca"),
    ("influxdb.url", "influxdb.url"),
    ("influxdb.token", "influxdb.token"),
    ("influxdb.org", "influxdb.organization"),
    ("influxdb.organization", "influxdb.organization"),
    ("influxdb.bucket", "influxdb.bucket"),
    ("influxdb.cacertificate", "influxdb.ca"),
    ("threatmap.kafka.bootstrapservers", "bus.kafka.brokers"),
    ("threatmap.kafka.brokers", "bus.kafka.brokers"),
    ("threatmap.kafka.saslmechanism", "bus.kafka.sasl.mechanism"),
    ("threatmap.kafka.saslusername", "bus.kafka.sasl.username"),
    ("threatmap.kafka.saslpassword", "bus.kafka.sasl.password"),
    ("threatmap.kafka.cacertificate", "bus.kafka.tls.ca"),
    ("database.automigrate", "database.auto_migrate"),
];
/// Of which something is made here.
const PARTS: &[&str] = &[
    "postgresqlsettings.host",
    "postgresqlsettings.port",
    "postgresqlsettings.database",
    "postgresqlsettings.username",
    "postgresqlsettings.password",
    "postgresqlsettings.sslmode",
    "postgresqlsettings.migrationusername",
    "postgresqlsettings.migrationpassword",
    "redissettings.host",
    "redissettings.port",
    "redissettings.database",
    "redissettings.ssl",
    "threatmap.kafka.topic",
    "threatmap.kafka.usetls",
];
/// For the reference of all settings.
pub fn markdown() -> String {
    let names = NAMES
        .iter()
        .map(|(theirs, ours)| format!("| `{theirs}` | `{ours}` |\n"));
    let parts = PARTS.iter().map(|theirs| {
        let ours = match theirs.split('.').next() {
            Some("postgresqlsettings") => "`database.url`, with `migration…` `database.migration_url`",
            Some("redissettings") => "`redis.url`",
            _ => "`bus.kafka`",
        };
        format!("| `{theirs}` | {ours} |\n")
    });
    format!(
        "\n## Names of existing deployments\n\nRead in any case, as sections of the file ({}) and from the environment without our prefix\n\
         (`OpenSearch__Password`). Our own names win.\n\n| theirs | ours |\n|---|---|\n{}{}",
        SECTIONS.join(", "),
        names.collect::<String>(),
        parts.collect::<String>(),
    )
}

/// How the sections are spelled. Two of ours differ from theirs by case alone.
const SECTIONS: [&str; 6] = [
    "OpenSearch",
    "PostgresqlSettings",
    "RedisSettings",
    "InfluxDb",
    "ThreatMap",
    "Database",
];
const LISTS: [&str; 2] = ["search.opensearch.urls", "bus.kafka.brokers"];

/// Their sections, taken out of a file.
pub fn take_sections(table: &mut toml::Table) -> Dict {
    let theirs = SECTIONS.iter().filter_map(|name| Some((*name, table.remove(*name)?)));
    let values = theirs.filter_map(|(name, value)| Some((name.to_owned(), Value::serialize(value).ok()?)));
    values.collect()
}

/// Their variables in the environment.
pub fn environment() -> Dict {
    let mut dict = Dict::new();
    for (name, text) in std::env::vars_os() {
        let (Ok(name), Ok(text)) = (name.into_string(), text.into_string()) else {
            continue;
        };
        let mut parts = name.split("__");
        let first = parts.next().unwrap_or_default();
        let Some(section) = SECTIONS.iter().find(|section| section.eq_ignore_ascii_case(first)) else {
            continue;
        };
        let rest: Vec<&str> = parts.collect();
        if !rest.is_empty() {
            let value = text.parse().unwrap_or_else(|never| match never {});
            put(&mut dict, std::iter::once(*section).chain(rest), value);
        }
    }
    dict
}

fn put<'a>(dict: &mut Dict, mut path: impl Iterator<Item = &'a str>, value: Value) {
    let Some(first) = path.next() else { return };
    let mut rest = path.peekable();
    if rest.peek().is_none() {
        dict.insert(first.to_owned(), value);
        return;
    }
    let inner = dict.entry(first.to_owned()).or_insert_with(|| Value::from(Dict::new()));
    if let Value::Dict(_, inner) = inner {
        // By way of a list, or the type would never end.
        let rest: Vec<&str> = rest.collect();
        put(inner, rest.into_iter(), value);
    }
}

/// Their names as ours.
pub fn translate(theirs: Dict) -> Result<Dict, ConfigError> {
    let mut leaves = Vec::new();
    collect(&theirs, "", &mut leaves);
    let (mut ours, mut parts) = (Dict::new(), BTreeMap::new());
    for (path, value) in leaves {
        let name = path.to_ascii_lowercase();
        if let Some((_, own)) = NAMES.iter().find(|(known, _)| *known == name) {
            let value = if LISTS.contains(own) { listed(value) } else { value };
            put(&mut ours, own.split('.'), value);
        } else if PARTS.contains(&name.as_str()) {
            parts.insert(name, text(&value));
        } else {
            return Err(unknown(&path));
        }
    }
    for (key, value) in [
        ("database.url", postgresql(&parts, "username", "password")),
        (
            "database.migration_url",
            postgresql(&parts, "migrationusername", "migrationpassword"),
        ),
        ("redis.url", redis(&parts)),
    ] {
        if let Some(value) = value {
            put(&mut ours, key.split('.'), Value::from(value));
        }
    }
    if let Some(uses) = parts.get("threatmap.kafka.usetls") {
        put(
            &mut ours,
            "bus.kafka.tls.enabled".split('.'),
            Value::from(uses.eq_ignore_ascii_case("true")),
        );
    }
    match parts.get("threatmap.kafka.topic") {
        Some(other) if other != topic::GEO => Err(ConfigError::Invalid {
            key: "ThreatMap.Kafka.Topic".to_owned(),
            why: format!("must be {}", topic::GEO),
        }),
        _ => Ok(ours),
    }
}

fn collect(dict: &Dict, path: &str, leaves: &mut Vec<(String, Value)>) {
    for (name, value) in dict {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        match value {
            Value::Dict(_, inner) => collect(inner, &path, leaves),
            value => leaves.push((path, value.clone())),
        }
    }
}

fn unknown(path: &str) -> ConfigError {
    let section = path.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let known = NAMES.iter().map(|(name, _)| *name).chain(PARTS.iter().copied());
    let known: Vec<&str> = known.filter(|name| name.split('.').next() == Some(&section)).collect();
    ConfigError::Refused(format!(
        "{path} is not a setting; known here, in any case: {}",
        known.join(", ")
    ))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, is_so) => is_so.to_string(),
        Value::Num(_, number) => number
            .to_i128()
            .map(|n| n.to_string())
            .or_else(|| number.to_u128().map(|n| n.to_string()))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// Several are written with commas between them.
fn listed(value: Value) -> Value {
    match value {
        Value::String(_, text) => {
            let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
            Value::from(parts.map(Value::from).collect::<Vec<Value>>())
        }
        list => list,
    }
}

type Parts = BTreeMap<String, String>;

fn postgresql(parts: &Parts, username: &str, password: &str) -> Option<String> {
    let part = |name: &str| {
        parts
            .get(&format!("postgresqlsettings.{name}"))
            .filter(|text| !text.is_empty())
    };
    let (host, username) = (part("host")?, part(username)?);
    let mut url = reqwest::Url::parse("postgres://host/").ok()?;
    url.set_host(Some(host)).ok()?;
    url.set_username(username).ok()?;
    url.set_password(part(password).map(String::as_str)).ok()?;
    url.set_port(part("port").and_then(|port| port.parse().ok())).ok()?;
    url.set_path(part("database").map_or("watchfloor", String::as_str));
    if let Some(mode) = part("sslmode") {
        url.query_pairs_mut().append_pair("sslmode", &mode.to_ascii_lowercase());
    }
    Some(url.to_string())
}

fn redis(parts: &Parts) -> Option<String> {
    let part = |name: &str| {
        parts
            .get(&format!("redissettings.{name}"))
            .filter(|text| !text.is_empty())
    };
    let host = part("host")?;
    let scheme = match part("ssl").is_some_and(|ssl| ssl.eq_ignore_ascii_case("true")) {
        true => "rediss",
        false => "redis",
    };
    let port = part("port").map(|port| format!(":{port}")).unwrap_or_default();
    let database = part("database")
        .map(|database| format!("/{database}"))
        .unwrap_or_default();
    Some(format!("{scheme}://{host}{port}{database}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(text: &str) -> Result<serde_json::Value, ConfigError> {
        let mut table: toml::Table = toml::from_str(text).unwrap();
        let ours = translate(take_sections(&mut table))?;
        assert!(table.is_empty(), "left: {table:?}");
        Ok(serde_json::to_value(ours).unwrap())
    }

    #[test]
    fn their_sections_become_ours() {
        let ours = translated(
            "[OpenSearch]\nUrl = \"https://a:9200, https://b:9200\"\nUsername = \"u\"\nPassword = \"p\"\n\
             [PostgresqlSettings]\nHost = \"db\"\nPort = 5433\nDatabase = \"soc\"\nUsername = \"app\"\nPassword = \"p@:/s\"\nMigrationUsername = \"owner\"\nSslMode = \"Require\"\n\
             [RedisSettings]\nHost = \"cache\"\nPort = 6380\nSsl = true\nPassword = \"r\"\n\
             [InfluxDb]\nUrl = \"http://127.0.0.1:8086\"\nToken = \"t\"\nOrg = \"o\"\nBucket = \"b\"\n\
             [ThreatMap.Kafka]\nBootstrapServers = \"k1:9092,k2:9092\"\nTopic = \"ravenxcope_threat_geo_events\"\n\
             [Database]\nAutoMigrate = false\n",
        )
        .unwrap();
        assert_eq!(
            ours,
            serde_json::json!({
                "search": {"opensearch": {"urls": ["https://a:9200", "https://b:9200"], "username": "u", "password": "p"}},
                "database": {
                    "url": "postgres://app:p%40%3A%2Fs@db:5433/soc?sslmode=require",
                    "migration_url": "postgres://owner@db:5433/soc?sslmode=require",
                    "auto_migrate": false,
                },
                "redis": {"url": "rediss://cache:6380", "password": "r"},
                "influxdb": {"url": "http://127.0.0.1:8086", "token": "t", "organization": "o", "bucket": "b"},
                "bus": {"kafka": {"brokers": ["k1:9092", "k2:9092"]}},
            })
        );
    }

    #[test]
    fn what_is_not_known_is_refused_with_what_is() {
        let refused = |text: &str| translated(text).unwrap_err().to_string();
        let unknown = refused("[InfluxDb]\nUrll = \"hunter2\"\n");
        assert!(
            unknown.contains("InfluxDb.Urll is not a setting") && unknown.contains("influxdb.bucket"),
            "{unknown}"
        );
        assert!(!unknown.contains("hunter2"));
        assert!(refused("[ThreatMap.Kafka]\nTopic = \"other\"\n").contains("ravenxcope_threat_geo_events"));
    }
}
