//! Lanes and their marks.

use super::{MARKS_MAX, TimelineInput};
use crate::{
    Event,
    tree::{Touch, touch},
};
use std::collections::HashMap;
use watchfloor_shared::{
    Timestamp,
    timeline::{Lane, LaneBy, Mark, MarkKind},
    tree::ArtifactKind,
};

/// Marks closer together than the range by this merge first; then by half as many, and so on.
const STEPS: i64 = 1_200;

pub(super) fn key(event: &Event, by: LaneBy) -> String {
    match by {
        LaneBy::Process => event.text("process.entity_id").unwrap_or_default().to_owned(),
        LaneBy::User => user(event).unwrap_or_default(),
        LaneBy::Host => event.endpoint.to_string(),
    }
}

fn user(event: &Event) -> Option<String> {
    let name = event.text("user.name")?;
    Some(match event.text("user.domain") {
        Some(domain) if !domain.is_empty() => format!("{domain}\\{name}"),
        _ => name.to_owned(),
    })
}

/// One lane's events before they become marks.
pub(super) struct Group<'a> {
    key: String,
    label: Option<String>,
    begin: Option<Timestamp>,
    end: Option<Timestamp>,
    alert: bool,
    on_path: bool,
    pub(super) events: Vec<&'a Event>,
}

impl<'a> Group<'a> {
    pub(super) fn new(key: String) -> Self {
        Self {
            key,
            label: None,
            begin: None,
            end: None,
            alert: false,
            on_path: false,
            events: Vec::new(),
        }
    }

    pub(super) fn learn(&mut self, event: &Event, input: &TimelineInput<'_>) {
        self.alert |= input.alert_events.contains(&event.id);
        let entity = event.text("process.entity_id");
        self.on_path |= self.alert || entity.is_some_and(|entity| input.path.iter().any(|on| on.as_str() == entity));
        if self.label.is_none() {
            self.label = match input.by {
                LaneBy::Process => event.text("process.name").map(str::to_owned),
                LaneBy::User => user(event),
                LaneBy::Host => event.text("host.name").map(str::to_owned),
            };
        }
        if input.by == LaneBy::Process && !self.key.is_empty() {
            match touch(event) {
                Some(Touch::Start) => self.begin = self.begin.or(Some(event.timestamp)),
                Some(Touch::End) => self.end = Some(event.timestamp),
                _ => {}
            }
        }
    }

    /// Lanes that touch the alert, then the path to it, then by first mark.
    pub(super) fn rank(&self) -> (bool, bool, Option<Timestamp>, String) {
        let first = self.events.first().map(|event| event.timestamp);
        (!self.alert, !self.on_path, first, self.key.clone())
    }

    fn lane(&self, marks: Vec<Mark>, by: LaneBy) -> Lane {
        let nameless = match by {
            LaneBy::Process if self.key.is_empty() => "no process",
            LaneBy::Process => "unknown process",
            LaneBy::User => "no user",
            LaneBy::Host => "unknown host",
        };
        Lane {
            key: self.key.clone(),
            label: self.label.clone().unwrap_or_else(|| nameless.to_owned()),
            begin: self.begin,
            end: self.end,
            on_path: self.on_path,
            marks,
        }
    }
}

/// Merges neighbours, the wider the more there are, until the marks are few enough; then the last lanes go.
pub(super) fn lanes(groups: &[Group<'_>], input: &TimelineInput<'_>) -> Vec<Lane> {
    let range = i64::try_from(input.to.since(input.from).as_nanos()).unwrap_or(i64::MAX);
    let mut width = range / STEPS;
    loop {
        let marks: Vec<Vec<Mark>> = groups.iter().map(|group| marks(group, width, input)).collect();
        let merged = |marks: &[Mark]| marks.iter().filter(|mark| mark.severity.is_none()).count();
        let count: usize = marks.iter().map(|marks| merged(marks)).sum();
        if count <= MARKS_MAX || width >= range {
            let mut room = MARKS_MAX;
            let fits = |(group, marks): (&Group<'_>, Vec<Mark>)| {
                let needed = merged(&marks);
                let kept = group.alert || needed <= room;
                room = room.saturating_sub(needed);
                kept.then(|| group.lane(marks, input.by))
            };
            return groups.iter().zip(marks).filter_map(fits).collect();
        }
        width = width.saturating_mul(2).max(1);
    }
}

fn marks(group: &Group<'_>, width: i64, input: &TimelineInput<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut open: HashMap<u8, usize> = HashMap::new();
    for event in &group.events {
        let (kind, label) = mark_of(event);
        let alert = input.alert_events.contains(&event.id);
        let last = open.get(&order(kind)).and_then(|at| marks.get_mut(*at));
        if let Some(mark) = last.filter(|mark| !alert && event.timestamp.nanos() - mark.at.nanos() <= width) {
            mark.count += 1;
            continue;
        }
        if !alert {
            open.insert(order(kind), marks.len());
        }
        marks.push(Mark {
            at: event.timestamp,
            kind,
            count: 1,
            severity: alert.then_some(input.severity),
            event_id: event.id.clone(),
            label,
        });
    }
    for mark in marks.iter_mut().filter(|mark| mark.count > 1) {
        mark.label = format!("{} and {} more", mark.label, mark.count - 1);
    }
    marks
}

fn mark_of(event: &Event) -> (MarkKind, String) {
    let name = || event.text("process.name").unwrap_or("process").to_owned();
    match touch(event) {
        Some(Touch::Start) => (
            MarkKind::ProcessStart,
            event.text("process.command_line").map_or_else(name, str::to_owned),
        ),
        Some(Touch::End) => (MarkKind::ProcessEnd, name()),
        Some(Touch::Logon) => (MarkKind::Logon, user(event).unwrap_or_else(|| "logon".to_owned())),
        Some(Touch::Thing { kind, label, .. }) => (MarkKind::Touch(kind), label),
        None => {
            let action = event.text("event.action").map(|action| action.replace('-', " "));
            let code = || event.text("event.code").map(|code| format!("event {code}"));
            (
                MarkKind::Other,
                action.or_else(code).unwrap_or_else(|| "event".to_owned()),
            )
        }
    }
}

fn order(kind: MarkKind) -> u8 {
    match kind {
        MarkKind::ProcessStart => 0,
        MarkKind::ProcessEnd => 1,
        MarkKind::Logon => 2,
        MarkKind::Other => 3,
        MarkKind::Touch(ArtifactKind::Process) => 4,
        MarkKind::Touch(ArtifactKind::File) => 5,
        MarkKind::Touch(ArtifactKind::Network) => 6,
        MarkKind::Touch(ArtifactKind::Registry) => 7,
        MarkKind::Touch(ArtifactKind::Module) => 8,
        MarkKind::Touch(ArtifactKind::Pipe) => 9,
        MarkKind::Touch(ArtifactKind::Dns) => 10,
    }
}
