//! What an alert tells about its event: who, which process, the quiet text of its row and one or two true sentences.
//!
//! Nothing is guessed: a part that the event does not name is left out.

mod evidence;
mod facts;
mod sentence;
mod text;

use crate::{
    Event,
    alert::{Detection, Located},
    sigma::LoadedRule,
};
use facts::{Facts, Kind};
use sentence::Sentence;
use watchfloor_shared::{
    EntityId, EventId, Timestamp,
    alert::{DetectionSource, MatchedField, Phrase},
};

/// One event, ready to be told. Shared by all rules that match it.
pub struct Story<'a> {
    event: &'a Event,
    facts: Facts<'a>,
    kind: Kind<'a>,
}

/// Several events that a correlation rule saw together.
pub struct Chain {
    /// Oldest first.
    pub events: Vec<EventId>,
    /// The rules that the events matched, by title, each once.
    pub parts: Vec<String>,
    /// How many distinct values, where the rule counts values, and of which field.
    pub distinct: Option<(usize, String)>,
    pub timespan: String,
    /// What they have in common: field and value.
    pub group: Vec<(String, String)>,
}

impl<'a> Story<'a> {
    pub fn of(event: &'a Event) -> Self {
        let facts = Facts::of(event);
        let kind = Kind::of(&facts);
        Self { event, facts, kind }
    }

    /// A rule's match on this event.
    pub fn detection(
        &self,
        rule: &LoadedRule,
        matched: Vec<MatchedField>,
        received: Timestamp,
        detected: Timestamp,
    ) -> Detection {
        let evidence = evidence::row(&self.facts, &self.kind, &matched);
        let what_happened = sentence::what_happened(&self.facts, &self.kind, &matched);
        let (process_name, process_entity) = self.process();
        Detection {
            source: DetectionSource::Sigma,
            rule: rule.alert_rule(),
            severity: rule.severity,
            techniques: rule.techniques.clone(),
            event_id: self.event.id.clone(),
            contributing: Vec::new(),
            endpoint_id: self.event.endpoint.clone(),
            subject: self.subject(),
            endpoint_name: self.endpoint_name(),
            user: self.facts.user(&self.kind),
            process_name,
            process_entity,
            file_sha256: self.facts.sha256(),
            evidence,
            what_happened,
            matched,
            observed: self.event.timestamp,
            received,
            detected,
            simulated: self.event.is_simulated(),
            located: Located::of(self.event),
        }
    }

    /// A correlation that this event completed.
    pub fn correlation(&self, rule: &LoadedRule, chain: Chain, received: Timestamp, detected: Timestamp) -> Detection {
        let count = chain.events.len();
        let group = chain.group.iter().map(|(field, value)| MatchedField {
            field: field.clone(),
            value: value.clone(),
            spans: Vec::new(),
            condition: format!("the same in {count} events"),
        });
        let mut detection = self.detection(rule, group.collect(), received, detected);
        detection.evidence = chain.row();
        detection.what_happened = chain.sentences();
        detection.contributing = chain.events;
        detection
    }

    /// A network sensor is one endpoint and tells of many: its alerts are about who did what to whom.
    fn subject(&self) -> String {
        if self.event.text("event.kind") != Some("alert") {
            return String::new();
        }
        let parts = ["rule.id", "source.ip", "destination.ip"].map(|path| self.event.text(path));
        match parts {
            [rule, Some(source), Some(destination)] => format!("{} {source} {destination}", rule.unwrap_or_default()),
            _ => String::new(),
        }
    }

    fn endpoint_name(&self) -> String {
        let names = ["host.name", "winlog.computer_name"];
        let name = names.iter().find_map(|path| self.event.text(path));
        name.unwrap_or(self.event.endpoint.as_str()).to_owned()
    }

    fn process(&self) -> (Option<String>, Option<EntityId>) {
        let name = self
            .event
            .text("process.name")
            .or_else(|| self.kind.actor().map(text::file_name));
        let entity = self
            .event
            .text("process.entity_id")
            .or_else(|| self.facts.data("ProcessGuid"));
        (name.map(str::to_owned), entity.map(EntityId::new))
    }
}

impl Chain {
    /// `12 × Failed logon in 5m · TargetUserName bob`.
    fn row(&self) -> String {
        let mut row = match &self.distinct {
            Some((count, field)) => format!("{count} different {field} in {}", self.timespan),
            None if self.parts.len() == 1 => {
                format!("{} × {} in {}", self.events.len(), self.parts.join(""), self.timespan)
            }
            None => self.parts.join(" → "),
        };
        for (field, value) in &self.group {
            row.push_str(&format!(" · {field} {value}"));
        }
        text::shortened(&row, evidence::CHARS_MAX)
    }

    fn sentences(&self) -> Vec<Phrase> {
        let mut sentence = Sentence::default();
        sentence.words(&format!("{} events within {}", self.events.len(), self.timespan));
        match &self.distinct {
            Some((count, field)) => {
                sentence.words(&format!("with {count} different values of"));
                sentence.machine(field);
            }
            None => sentence.words(&format!("matched {}", quoted(&self.parts))),
        }
        for (index, (field, value)) in self.group.iter().enumerate() {
            sentence.words(if index == 0 { ", all with" } else { "and" });
            sentence.machine(field);
            sentence.machine(value);
        }
        sentence.end();
        sentence.phrases()
    }
}

/// `«A», «B» and «C»`.
fn quoted(titles: &[String]) -> String {
    let quoted: Vec<String> = titles.iter().map(|title| format!("«{title}»")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

#[cfg(test)]
mod tests;
