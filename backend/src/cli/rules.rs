//! `watchfloor rules …`: check rules, or match them against files on exactly the code path of the server.

use super::terminal;
use crate::{
    clock::Clock,
    replay::reader,
    rules::{folder, starter_pack},
};
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::{collections::BTreeMap, io::Write, path::PathBuf, process::ExitCode};
use watchfloor_engine::{
    Verdict,
    alert::Detection,
    normalize::{Origin, RawContext, normalize},
    sigma::{Correlator, LoadedRule, RuleSet, RuleSource},
};
use watchfloor_shared::{Timestamp, rule::RuleState};

#[derive(Subcommand)]
pub enum RulesCommand {
    /// Say of every rule in a folder whether it runs; status 1 when one does not
    Check(CheckArguments),
    /// Match rules against recordings, one line per match
    Match(MatchArguments),
}

#[derive(Args)]
pub struct CheckArguments {
    /// Folder or file of Sigma rules
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print one JSON object with every rule
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct MatchArguments {
    /// Folder or file of Sigma rules, may be given several times; the rules that ship when absent
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// JSONL, JSON array, EVTX, any of them gzip or zstd; or a folder of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print one JSON object per match
    #[arg(long)]
    json: bool,
}

pub fn run(command: &RulesCommand, out: &mut impl Write) -> Result<ExitCode> {
    match command {
        RulesCommand::Check(arguments) => check(arguments, out),
        RulesCommand::Match(arguments) => matches(arguments, out),
    }
}

#[derive(Serialize)]
struct Checked<'a> {
    file: String,
    rule_id: &'a str,
    rule_title: &'a str,
    level: &'a str,
    logsource: &'a str,
    #[serde(flatten)]
    state: &'a RuleState,
    /// Whether events of its logsource can arrive at all.
    collected: bool,
}

fn check(arguments: &CheckArguments, out: &mut impl Write) -> Result<ExitCode> {
    let folder = folder::read(&arguments.folder)?;
    let unreadable: Vec<String> = folder.unreadable.iter().map(ToString::to_string).collect();
    let rules = RuleSet::load(folder.sources);
    let counts = rules.counts();
    if arguments.json {
        let checked: Vec<Checked<'_>> = rules.rules().iter().map(Checked::of).collect();
        let report = serde_json::json!({
            "total": counts.total, "active": counts.active, "not_collected": counts.not_collected,
            "unsupported": counts.unsupported, "correlations": counts.correlations,
            "unreadable": unreadable, "rules": checked,
        });
        writeln!(out, "{report}")?;
    } else {
        table(rules.rules(), out)?;
        unreadable
            .iter()
            .try_for_each(|reason| writeln!(out, "unreadable: {reason}"))?;
        writeln!(
            out,
            "{} rules: {} active ({} of them for sources that nothing sends, {} correlations), {} unsupported",
            counts.total, counts.active, counts.not_collected, counts.correlations, counts.unsupported
        )?;
    }
    let fine = counts.unsupported == 0 && unreadable.is_empty() && counts.total > 0;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl<'a> Checked<'a> {
    fn of(rule: &'a LoadedRule) -> Self {
        Self {
            file: rule.path.clone(),
            rule_id: rule.id.as_str(),
            rule_title: &rule.title,
            level: &rule.level,
            logsource: &rule.logsource,
            state: &rule.state,
            collected: rule.collected,
        }
    }
}

/// The rules that do not run: file, rule, reason.
fn table(rules: &[LoadedRule], out: &mut impl Write) -> Result<()> {
    let rows: Vec<(&str, &str, &str)> = rules
        .iter()
        .filter_map(|rule| match &rule.state {
            RuleState::Unsupported(reason) => Some((rule.path.as_str(), rule.title.as_str(), reason.as_str())),
            RuleState::Active => None,
        })
        .collect();
    let width = |column: fn(&(&str, &str, &str)) -> usize| rows.iter().map(column).max().unwrap_or(0);
    let (file, rule) = (width(|row| row.0.chars().count()), width(|row| row.1.chars().count()));
    if !rows.is_empty() {
        writeln!(out, "{:file$}  {:rule$}  REASON", "FILE", "RULE")?;
    }
    for (path, title, reason) in rows {
        writeln!(out, "{path:file$}  {title:rule$}  {reason}")?;
    }
    Ok(())
}

#[derive(Serialize)]
struct Match<'a> {
    rule_id: &'a str,
    rule_title: &'a str,
    level: &'a str,
    event_id: &'a str,
    event_time: Timestamp,
    file: String,
}

fn matches(arguments: &MatchArguments, out: &mut impl Write) -> Result<ExitCode> {
    let rules = RuleSet::load(sources(&arguments.rules)?);
    let counts = rules.counts();
    if counts.unsupported > 0 {
        terminal::say(format!(
            "{} of {} rules do not run; `rules check` says why",
            counts.unsupported, counts.total
        ));
    }
    let mut matcher = Matcher {
        rules,
        correlator: Correlator::default(),
        now: Clock::system().now(),
        events: 0,
        dead: BTreeMap::new(),
    };
    let mut found = 0u64;
    for file in &arguments.files {
        let mut lines = reader::open(file)?;
        while let Some(line) = lines.next() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    terminal::say(error.to_string());
                    *matcher.dead.entry("file.unreadable").or_default() += 1;
                    continue;
                }
            };
            for detection in matcher.matches(&line.bytes, line.position) {
                let path = lines.path().unwrap_or(file).display().to_string();
                print(&detection, path, arguments.json, out)?;
                found += 1;
            }
        }
    }
    matcher.report(found);
    Ok(ExitCode::SUCCESS)
}

fn sources(folders: &[PathBuf]) -> Result<Vec<RuleSource>> {
    if folders.is_empty() {
        return Ok(starter_pack());
    }
    let mut sources = Vec::new();
    for path in folders {
        let folder = folder::read(path).with_context(|| format!("rules in {}", path.display()))?;
        folder
            .unreadable
            .iter()
            .for_each(|error| terminal::say(error.to_string()));
        sources.extend(folder.sources);
    }
    Ok(sources)
}

fn print(detection: &Detection, file: String, json: bool, out: &mut impl Write) -> Result<()> {
    let found = Match {
        rule_id: detection.rule.id.as_str(),
        rule_title: &detection.rule.title,
        level: &detection.rule.level,
        event_id: detection.event_id.as_str(),
        event_time: detection.observed,
        file,
    };
    if json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
    } else {
        writeln!(
            out,
            "{} {:13} {} · {} · {}",
            found.event_time, found.level, found.rule_title, detection.evidence, found.file
        )?;
    }
    Ok(())
}

/// The live path without bus and stores.
struct Matcher {
    rules: RuleSet,
    correlator: Correlator,
    now: Timestamp,
    events: u64,
    dead: BTreeMap<&'static str, u64>,
}

impl Matcher {
    fn matches(&mut self, raw: &[u8], position: u64) -> Vec<Detection> {
        let context = RawContext {
            received: self.now,
            position,
            simulated: false,
            origin: Origin::UNKNOWN,
        };
        let event = match normalize(raw, &context) {
            Verdict::Emit(event) => event,
            Verdict::Drop(reason) => {
                *self.dead.entry(reason.as_str()).or_default() += 1;
                return Vec::new();
            }
            Verdict::Dead(reason) => {
                *self.dead.entry(reason.as_str()).or_default() += 1;
                return Vec::new();
            }
        };
        self.events += 1;
        let mut found = self.rules.detect(&event, self.now, self.now);
        let correlated = self
            .correlator
            .on_detections(&self.rules, &event, &found, self.now, self.now);
        found.extend(correlated);
        found
    }

    fn report(&self, found: u64) {
        terminal::say(format!("{} events, {found} matches", terminal::thousands(self.events)));
        for (reason, count) in &self.dead {
            terminal::say(format!("{count} records left out: {reason}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_log_that_cannot_be_read_is_left_out_as_such() {
        let mut log = b"ElfFile\0".to_vec();
        log.resize(4_096, 0);
        log.extend([7; 65_536]);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&log).unwrap();
        let mut matcher = Matcher {
            rules: RuleSet::load(Vec::new()),
            correlator: Correlator::default(),
            now: Timestamp::EPOCH,
            events: 0,
            dead: BTreeMap::new(),
        };
        for line in reader::open(file.path()).unwrap() {
            let line = line.unwrap();
            assert!(matcher.matches(&line.bytes, line.position).is_empty());
        }
        assert_eq!(matcher.dead, BTreeMap::from([("evtx.corrupt", 1)]));
    }
}
