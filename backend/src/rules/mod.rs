//! The rules in force: those that ship and those of the configured folders, reloaded when a file changes.
//!
//! Invariant: detection always has a whole rule set. A bad edit leaves that file as it was and is reported; all other changes
//! take effect.

pub mod folder;
mod watch;

use folder::FolderError;
use rust_embed::RustEmbed;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use watch::Watch;
use watchfloor_engine::sigma::{RuleSet, RuleSource};
use watchfloor_shared::rule::{RuleState, RuleSummary};

/// The pack's name of the rules that ship.
pub const STARTER_PACK: &str = "starter";

#[derive(RustEmbed)]
#[folder = "../rules/linux"]
#[prefix = "linux/"]
struct Linux;

#[derive(RustEmbed)]
#[folder = "../rules/network"]
#[prefix = "network/"]
struct Network;

#[derive(RustEmbed)]
#[folder = "../rules/windows"]
#[prefix = "windows/"]
struct Windows;

/// The rules that ship with the product.
pub fn starter_pack() -> Vec<RuleSource> {
    let mut sources = embedded::<Linux>();
    sources.extend(embedded::<Network>());
    sources.extend(embedded::<Windows>());
    sources
}

/// The rules of one folder, by path.
fn embedded<Folder: RustEmbed>() -> Vec<RuleSource> {
    let files = Folder::iter().filter(|path| path.ends_with(".yml"));
    let mut sources: Vec<RuleSource> = files
        .filter_map(|path| {
            let yaml = String::from_utf8(Folder::get(&path)?.data.into_owned()).ok()?;
            Some(RuleSource {
                pack: STARTER_PACK.to_owned(),
                path: path.into_owned(),
                yaml,
            })
        })
        .collect();
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

#[derive(Debug, thiserror::Error)]
pub enum RuleBookError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot watch the rule folders: {0}")]
    Watch(#[from] notify::Error),
    #[error("cannot start watching the rule folders: {0}")]
    Thread(#[from] std::io::Error),
}

/// Why a rule file, as it is on the disk now, is not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    pub pack: String,
    pub path: String,
    pub reason: String,
}

/// The rules of the server. Cheap to clone; all clones see a reload at once.
#[derive(Clone)]
pub struct RuleBook {
    shelf: Arc<Shelf>,
    /// Ends with the last clone.
    _watch: Option<Arc<Watch>>,
}

/// What a reload replaces.
struct Shelf {
    starter_pack: bool,
    folders: Vec<PathBuf>,
    current: RwLock<Arc<RuleSet>>,
    /// The accepted text of every file, by pack and path.
    accepted: Mutex<BTreeMap<(String, String), RuleSource>>,
    problems: RwLock<Vec<RuleProblem>>,
}

impl RuleBook {
    /// Loads all rules and watches the folders. Rules that cannot run do not fail this; a folder that cannot be read does.
    pub fn open(starter_pack: bool, folders: &[PathBuf]) -> Result<Self, RuleBookError> {
        let shelf = Arc::new(Shelf {
            starter_pack,
            folders: folders.to_vec(),
            current: RwLock::new(Arc::new(RuleSet::load([]))),
            accepted: Mutex::default(),
            problems: RwLock::default(),
        });
        shelf.reload()?;
        let watch = if folders.is_empty() {
            None
        } else {
            Some(Arc::new(Watch::start(folders, Arc::downgrade(&shelf))?))
        };
        Ok(Self { shelf, _watch: watch })
    }

    /// The rules in force now. Hold it for a batch, not for longer.
    pub fn current(&self) -> Arc<RuleSet> {
        Arc::clone(&self.shelf.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// For the console; `alerts` is for the caller to fill.
    pub fn summaries(&self) -> Vec<RuleSummary> {
        self.current()
            .rules()
            .iter()
            .map(watchfloor_engine::sigma::LoadedRule::summary)
            .collect()
    }

    /// Files whose latest text is not in force.
    pub fn problems(&self) -> Vec<RuleProblem> {
        self.shelf
            .problems
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Reads the folders again now.
    pub fn reload(&self) -> Result<(), RuleBookError> {
        Ok(self.shelf.reload()?)
    }
}

impl Shelf {
    fn reload(&self) -> Result<(), FolderError> {
        let mut problems = Vec::new();
        let mut found = if self.starter_pack { starter_pack() } else { Vec::new() };
        for folder in &self.folders {
            let read = folder::read(folder)?;
            problems.extend(read.unreadable.into_iter().map(|error| RuleProblem {
                pack: folder.display().to_string(),
                path: String::new(),
                reason: error.to_string(),
            }));
            found.extend(read.sources);
        }
        let mut accepted = self.accepted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = BTreeMap::new();
        let mut sources = Vec::with_capacity(found.len());
        for source in found {
            let key = (source.pack.clone(), source.path.clone());
            let kept = match accepted.get(&key) {
                Some(before) if before.yaml != source.yaml => judged(before, source, &mut problems),
                _ => source,
            };
            sources.push(kept.clone());
            next.insert(key, kept);
        }
        let set = RuleSet::load(sources);
        report(&set, &problems);
        *accepted = next;
        *self.problems.write().unwrap_or_else(PoisonError::into_inner) = problems;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
        Ok(())
    }
}

/// The new text of a file, or the old one when the edit broke it.
fn judged(before: &RuleSource, after: RuleSource, problems: &mut Vec<RuleProblem>) -> RuleSource {
    match fault(&after) {
        Some(reason) if fault(before).is_none() => {
            problems.push(RuleProblem {
                pack: after.pack,
                path: after.path,
                reason,
            });
            before.clone()
        }
        _ => after,
    }
}

/// What is wrong with a file by itself. A correlation may refer to rules of other files, so it is judged with them.
fn fault(source: &RuleSource) -> Option<String> {
    let alone = RuleSet::load([source.clone()]);
    let wrong = alone
        .rules()
        .iter()
        .filter(|rule| !rule.correlation)
        .find_map(|rule| match &rule.state {
            RuleState::Unsupported(reason) => Some(reason.clone()),
            RuleState::Active => None,
        });
    wrong.or_else(|| alone.rules().is_empty().then(|| "it holds no rule".to_owned()))
}

fn report(set: &RuleSet, problems: &[RuleProblem]) {
    let counts = set.counts();
    tracing::info!(
        rules.active = counts.active,
        rules.unsupported = counts.unsupported,
        rules.correlations = counts.correlations,
        "rules loaded"
    );
    for problem in problems {
        tracing::warn!(
            rule.pack = problem.pack,
            rule.path = problem.path,
            reason = problem.reason,
            "rule file not in force"
        );
    }
}

impl crate::api::RulesView for RuleBook {
    fn summaries(&self) -> Vec<watchfloor_shared::rule::RuleSummary> {
        RuleBook::summaries(self)
    }
}

#[cfg(test)]
mod tests;
