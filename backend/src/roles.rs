//! Which of the product's jobs a process does: doors, stages, API. All of them unless the settings say less.
//!
//! Invariant: what does not do everything keeps nothing that another process would miss, so bus, database and index are shared then.

use crate::pipeline::topology::{INDEX, STAGES};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

const ALL: &str = "all";
const INGEST: &str = "ingest";
const API: &str = "api";

/// One job. Every stage is one, under its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The doors that senders use, and followed files.
    Ingest,
    Stage(&'static str),
    /// Console and API.
    Api,
}

impl Role {
    fn every() -> impl Iterator<Item = Self> {
        let stages = STAGES.iter().map(|stage| Self::Stage(stage.name));
        std::iter::once(Self::Ingest).chain(stages).chain([Self::Api])
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => INGEST,
            Self::Stage(name) => name,
            Self::Api => API,
        }
    }
}

/// At least one. In the settings: a list of names, or a text with commas between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Vec<String>")]
pub struct Roles(BTreeSet<Role>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be names of roles")]
enum Written {
    Line(String),
    List(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownRole {
    #[error("no role is named; there are: {0}")]
    None(String),
    #[error("there is no role `{0}`; there are: {1}")]
    Name(String, String),
}

/// What a process that does not do everything has to share.
#[derive(Debug, Clone, Copy)]
pub struct Shared {
    pub bus: bool,
    pub database: bool,
    pub index: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self(Role::every().collect())
    }
}

impl Roles {
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    pub fn has_stage(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|role| matches!(role, Role::Stage(own) if *own == name))
    }

    pub fn has_any_stage(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has_stage(name))
    }

    /// Whether the process reads or writes the index.
    pub fn uses_index(&self) -> bool {
        self.has(Role::Api) || self.has_stage(INDEX.name)
    }

    fn names(&self) -> Vec<String> {
        match self.is_all() {
            true => vec![ALL.to_owned()],
            false => self.0.iter().map(|role| role.name().to_owned()).collect(),
        }
    }

    /// Why these roles cannot work with what is not shared.
    pub fn validate(&self, shared: Shared) -> Result<(), String> {
        if self.is_all() {
            return Ok(());
        }
        let needs = [
            (
                shared.bus,
                "bus.kafka.brokers: the log in a data directory is one process' own",
            ),
            (
                shared.database,
                "database.url: the PostgreSQL in a data directory is one process' own",
            ),
            (
                shared.index || !self.uses_index(),
                "search.opensearch.urls: the index in a data directory is one process' own",
            ),
        ];
        match needs.iter().find(|(is_met, _)| !is_met) {
            Some((_, what)) => Err(format!("`{self}` is not everything, which needs {what}")),
            None => Ok(()),
        }
    }
}

impl FromStr for Roles {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::named(text.split(','))
    }
}

impl Roles {
    fn named<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, UnknownRole> {
        let mut roles = BTreeSet::new();
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            let named: Vec<Role> = Role::every()
                .filter(|role| name == ALL || role.name() == name)
                .collect();
            if named.is_empty() {
                return Err(UnknownRole::Name(name.to_owned(), known()));
            }
            roles.extend(named);
        }
        match roles.is_empty() {
            true => Err(UnknownRole::None(known())),
            false => Ok(Self(roles)),
        }
    }
}

fn known() -> String {
    let names: Vec<_> = std::iter::once(ALL).chain(Role::every().map(Role::name)).collect();
    names.join(", ")
}

impl TryFrom<Written> for Roles {
    type Error = UnknownRole;

    fn try_from(written: Written) -> Result<Self, UnknownRole> {
        match written {
            Written::Line(text) => text.parse(),
            Written::List(names) => Self::named(names.iter().map(String::as_str)),
        }
    }
}

impl From<Roles> for Vec<String> {
    fn from(roles: Roles) -> Self {
        roles.names()
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Shared = Shared {
        bus: false,
        database: false,
        index: false,
    };

    #[test]
    fn every_stage_is_a_role_and_all_is_all_of_them() {
        let every: Vec<String> = Role::every().map(|role| role.name().to_owned()).collect();
        let roles = Roles::named(every.iter().map(String::as_str)).unwrap();
        assert!(roles.is_all() && roles == "all".parse().unwrap());
        assert!(STAGES.iter().all(|stage| roles.has_stage(stage.name)));
        let written = serde_json::to_value(&roles).unwrap();
        assert_eq!(written, serde_json::json!(["all"]));
        assert_eq!(serde_json::from_value::<Roles>(written).unwrap(), roles);
    }

    #[test]
    fn some_roles_come_back_as_they_were_written() {
        let roles: Roles = " api, detect,detect ".parse().unwrap();
        assert!(roles.has(Role::Api) && roles.has_stage("detect") && !roles.has(Role::Ingest) && !roles.is_all());
        assert_eq!(roles.to_string(), "detect,api");
        let listed: Roles = serde_json::from_str(r#"["api","detect"]"#).unwrap();
        assert_eq!(listed, roles);
    }

    #[test]
    fn an_unknown_role_is_named_with_those_there_are() {
        let refused = |text: &str| text.parse::<Roles>().unwrap_err().to_string();
        assert!(
            refused("api,intell")
                .starts_with("there is no role `intell`; there are: all, ingest, aggregate, normalize")
        );
        assert!(refused(" ,").starts_with("no role is named"));
    }

    #[test]
    fn what_is_not_everything_shares_what_it_uses() {
        let everything = Roles::default();
        assert_eq!(everything.validate(NOTHING), Ok(()));
        let stage: Roles = "normalize".parse().unwrap();
        let bus = Shared { bus: true, ..NOTHING };
        let database = Shared { database: true, ..bus };
        assert!(stage.validate(NOTHING).unwrap_err().contains("bus.kafka.brokers"));
        assert!(stage.validate(bus).unwrap_err().contains("database.url"));
        assert_eq!(stage.validate(database), Ok(()));
        for searching in ["api", "index"] {
            let roles: Roles = searching.parse().unwrap();
            assert!(roles.validate(database).unwrap_err().contains("search.opensearch.urls"));
            assert_eq!(
                roles.validate(Shared {
                    index: true,
                    ..database
                }),
                Ok(())
            );
        }
    }

    /// Values of a field in a manifest, where it is written so that a line is enough to read it.
    fn values<'a>(manifest: &'a str, field: &str) -> Vec<&'a str> {
        let rest = |line: &'a str| line.split_once(field).map(|(_, rest)| rest);
        let value = |rest: &'a str| rest.split([']', '}', ',']).next().unwrap_or_default().trim();
        manifest.lines().filter_map(rest).map(value).collect()
    }

    #[test]
    fn the_manifests_start_every_role_once_and_grow_stages_alone() {
        let deployed = values(include_str!("../../deploy/kubernetes/deployments.yaml"), "--role, ");
        let roles = Roles::named(deployed.iter().copied()).unwrap();
        assert!(roles.is_all(), "{roles} is not everything");
        assert_eq!(deployed.len(), Role::every().count());
        let autoscaling = include_str!("../../deploy/kubernetes/autoscaling.yaml");
        let grown = values(autoscaling, "matchLabels: { stage: ");
        assert!(!grown.is_empty() && grown == values(autoscaling, "kind: Deployment, name: "));
        assert!(
            grown.iter().all(|name| STAGES.iter().any(|stage| stage.name == *name)),
            "{grown:?}"
        );
    }
}
