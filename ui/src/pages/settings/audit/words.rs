//! What an entry's operation is called, and what it says in detail, on one line.

use serde_json::Value;
use watchfloor_shared::audit::{ActorKind, AuditEntry, Outcome};

/// An operation that is not in here is called by its id.
const ACTIONS: [(&str, &str); 41] = [
    ("session.sign_in", "Signed in"),
    ("session.link", "Signed in by a link"),
    ("session.provider_return", "Signed in by the identity provider"),
    ("session.switch", "Came from another organization"),
    ("session.sign_out", "Signed out"),
    ("setup.redeem", "Made the owner's account"),
    ("invitation.accept", "Accepted an invitation"),
    ("me.password", "Changed their password"),
    ("me.end_session", "Ended a session of theirs"),
    ("me.end_sessions", "Ended their other sessions"),
    ("me.begin_factor", "Began with a second factor"),
    ("me.confirm_factor", "Set up a second factor"),
    ("me.remove_factor", "Removed their second factor"),
    ("people.reset_factor", "Removed somebody's second factor"),
    ("people.invite", "Invited somebody"),
    ("people.cancel_invitation", "Cancelled an invitation"),
    ("people.change", "Changed a role"),
    ("people.remove", "Removed somebody"),
    ("organizations.make", "Made an organization"),
    ("organizations.change", "Changed an organization"),
    ("alerts.change", "Changed an alert"),
    ("alerts.undo", "Took an alert's change back"),
    ("alerts.bulk", "Changed alerts"),
    ("plain.feedback", "Judged an alert"),
    ("keys.issue", "Made a key"),
    ("keys.revoke", "Revoked a key"),
    ("walls.pair", "Paired a screen"),
    ("walls.change", "Changed a screen"),
    ("walls.revoke", "Revoked a screen"),
    ("fleet.change", "Renamed a sensor"),
    ("fleet.revoke", "Revoked a sensor"),
    ("fleet.command", "Told a sensor"),
    ("fleet.cancel_command", "Took a command back"),
    ("fleet.make_claim", "Made a claim code"),
    ("fleet.cancel_claim", "Cancelled a claim code"),
    ("ingest.enrolment", "Enrolled"),
    ("ingest.renewal", "Renewed its certificate"),
    ("inventory.replace_assets", "Replaced the assets"),
    ("inventory.replace_people", "Replaced the people"),
    ("inventory.replace_sites", "Replaced the sites"),
    ("pipeline.redrive", "Sent dead letters again"),
];

pub fn action(entry: &AuditEntry) -> String {
    let known = ACTIONS.iter().find(|(id, _)| *id == entry.action);
    let words = known.map_or(entry.action.as_str(), |(_, words)| *words);
    match entry.record.outcome {
        Outcome::Done => words.to_owned(),
        Outcome::Refused => format!("Refused: {}", lower_first(words)),
    }
}

fn lower_first(words: &str) -> String {
    let mut chars = words.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

pub const fn kind(kind: ActorKind) -> &'static str {
    match kind {
        ActorKind::Person => "person",
        ActorKind::Key => "key",
        ActorKind::Sensor => "sensor",
        ActorKind::Claimed => "not proven",
    }
}

/// `name: probe 7 · location: Lyon · s1`; what is absent is left out.
pub fn detail(entry: &AuditEntry) -> String {
    let mut parts = Vec::new();
    match &entry.record.detail {
        Some(Value::Object(fields)) => {
            let said = fields.iter().filter(|(_, value)| !value.is_null());
            parts.extend(said.map(|(name, value)| format!("{}: {}", name.replace('_', " "), said_as(value))));
        }
        Some(value) => parts.push(said_as(value)),
        None => {}
    }
    // Ids are long and seldom looked at: the end is what a narrow window cuts off.
    parts.extend(entry.record.object.clone());
    parts.join(" · ")
}

fn said_as(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(action: &str, outcome: &str, detail: Value) -> AuditEntry {
        serde_json::from_value(json!({
            "number": 1, "at": "2026-01-02T03:04:05Z", "action": action, "outcome": outcome, "hash": "",
            "actor": {"kind": "person", "id": "u", "name": "Ada"}, "object": "s1", "detail": detail,
        }))
        .unwrap()
    }

    #[test]
    fn an_entry_is_said_in_words() {
        let renamed = entry("fleet.change", "done", json!({"name": "probe 7", "location": null}));
        assert_eq!(action(&renamed), "Renamed a sensor");
        assert_eq!(detail(&renamed), "name: probe 7 · s1");
        let refused = entry("keys.issue", "refused", Value::Null);
        assert_eq!(action(&refused), "Refused: made a key");
        assert_eq!(action(&entry("new.thing", "done", json!(3))), "new.thing");
        assert_eq!(
            detail(&entry("new.thing", "done", json!({"done_rows": 3}))),
            "done rows: 3 · s1"
        );
    }

    #[test]
    fn every_operation_has_one_name() {
        let ids: std::collections::HashSet<_> = ACTIONS.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), ACTIONS.len());
    }
}
