//! What events say about processes, gathered per process.

use super::{Touch, touch};
use crate::Event;
use std::collections::HashMap;
use watchfloor_shared::{EntityId, tree::ProcessNode};

#[derive(Debug, Default)]
pub(super) struct Nodes {
    by_entity: HashMap<EntityId, ProcessNode>,
}

impl Nodes {
    /// Takes in one event; events come in time order.
    pub(super) fn learn(&mut self, event: &Event) {
        let Some(entity) = event.text("process.entity_id").map(EntityId::new) else {
            return;
        };
        let parent = event.text("process.parent.entity_id").map(EntityId::new);
        let node = self.by_entity.entry(entity.clone()).or_insert_with(|| unknown(entity));
        describe(node, event, "process");
        fill(&mut node.user, account(event));
        if parent.as_ref() != Some(&node.entity_id) && node.parent.is_none() {
            node.parent.clone_from(&parent);
        }
        match touch(event) {
            Some(Touch::Start) => {
                node.missing = false;
                node.started = node.started.or(Some(event.timestamp));
                node.event_id = node.event_id.clone().or_else(|| Some(event.id.clone()));
            }
            Some(Touch::End) => node.ended = Some(event.timestamp),
            _ => {}
        }
        if let Some(parent) = parent {
            let node = self.by_entity.entry(parent.clone()).or_insert_with(|| unknown(parent));
            describe(node, event, "process.parent");
        }
    }

    pub(super) fn into_all(mut self) -> HashMap<EntityId, ProcessNode> {
        for node in self.by_entity.values_mut() {
            if node.name.is_empty() {
                let path = node.executable.as_deref().unwrap_or_default();
                let name = path.rsplit(['\\', '/']).next().filter(|name| !name.is_empty());
                name.unwrap_or("unknown process").clone_into(&mut node.name);
            }
        }
        self.by_entity
    }
}

fn unknown(entity_id: EntityId) -> ProcessNode {
    ProcessNode {
        entity_id,
        parent: None,
        pid: None,
        name: String::new(),
        executable: None,
        command_line: None,
        user: None,
        integrity_level: None,
        sha256: None,
        started: None,
        ended: None,
        event_id: None,
        files: 0,
        network: 0,
        registry: 0,
        modules: 0,
        on_path: false,
        matched: false,
        missing: true,
        severity: None,
    }
}

fn describe(node: &mut ProcessNode, event: &Event, of: &str) {
    let text = |name: &str| event.text(&format!("{of}.{name}")).map(str::to_owned);
    if node.name.is_empty() {
        node.name = text("name").unwrap_or_default();
    }
    fill(&mut node.executable, text("executable"));
    fill(&mut node.command_line, text("command_line"));
    fill(&mut node.sha256, text("hash.sha256"));
    let pid = event.get(&format!("{of}.pid")).and_then(crate::json::Value::as_i64);
    node.pid = node.pid.or(pid);
    if of == "process" {
        fill(&mut node.integrity_level, text("integrity_level"));
        let source = event.text("winlog.event_data.IntegrityLevel").map(str::to_owned);
        fill(&mut node.integrity_level, source);
    } else {
        fill(&mut node.user, text("user.name"));
    }
}

/// `domain\user`.
pub(super) fn account(event: &Event) -> Option<String> {
    let name = event.text("user.name")?;
    Some(match event.text("user.domain") {
        Some(domain) if !domain.is_empty() => format!("{domain}\\{name}"),
        _ => name.to_owned(),
    })
}

fn fill(slot: &mut Option<String>, value: Option<String>) {
    if slot.is_none() {
        *slot = value.filter(|text| !text.is_empty());
    }
}
