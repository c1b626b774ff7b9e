//! What ships for operators asks for figures that the product has.

use super::client;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};
use watchfloor_shared::identity::Role;
use watchfloor_tests::app;

/// Names of metrics in a PromQL expression.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("watchfloor_") || word.starts_with("process_"))
}

fn asked_for() -> BTreeSet<String> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    let read = |file: &str| fs::read_to_string(deploy.join(file)).unwrap();
    let dashboard: Value = serde_json::from_str(&read("grafana/watchfloor.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut asked = BTreeSet::new();
    for target in targets {
        let found: Vec<&str> = names(target["expr"].as_str().unwrap()).collect();
        assert!(!found.is_empty(), "{target} asks for nothing of ours");
        asked.extend(found.into_iter().map(str::to_owned));
    }
    let rules = read("prometheus/watchfloor.rules.yml");
    asked.extend(rules.lines().flat_map(names).map(str::to_owned));
    asked
}

#[tokio::test]
async fn every_panel_and_rule_asks_for_a_metric_that_is_there() {
    let Some(app) = app::shared() else { return };
    let tenant = app.tenant().await;
    let cookie = app.cookie(&tenant, Role::Admin).await;
    let request = client().get(app.url("/metrics")).header("cookie", cookie);
    let text = request.send().await.unwrap().text().await.unwrap();
    let families: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let asked = asked_for();
    assert!(asked.len() > 10, "{asked:?}");
    for name in &asked {
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        assert!(families.contains(family), "{name} is not in {families:?}");
    }
}
