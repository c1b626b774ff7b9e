//! What a model said of a window, as a document: found by search beside the events, below the threshold too.
//!
//! Invariant: the document is a pure function of the window, the score and the model, with its id, so that a window that is
//! scored again after a restart is the same document.

use crate::json::Map;
use crate::{
    event::{Event, SCHEMA_VERSION},
    normalize::id_of_parts,
    window::Window,
};
use serde_json::json;

/// `event.dataset` of the document. Events of an endpoint are those without it.
pub const DATASET: &str = "watchfloor.inference";

/// A window's score.
#[derive(Debug, Clone, Copy)]
pub struct Inference<'a> {
    pub window: &'a Window,
    /// Calibrated, 0 to 1.
    pub attack_prob: f32,
    /// From which the model's windows are alerts.
    pub threshold: f32,
    /// The model's name and version.
    pub model: (&'a str, &'a str),
}

impl Inference<'_> {
    /// Its time is the window's end. `host.name` is the endpoint's id, as in alerts: a window knows no other name.
    pub fn event(&self) -> Event {
        let (window, stream) = (self.window, &self.window.stream);
        let platform = stream.platform.as_str();
        let (name, version) = self.model;
        let parts = ["inference", stream.endpoint.as_str(), platform, name, version];
        let id = id_of_parts(&parts, window.end);
        let is_attack = self.attack_prob >= self.threshold;
        let percent = (self.attack_prob * 100.0).round() as u64;
        let mut doc = Map::new();
        let mut set = |name: &'static str, value: serde_json::Value| doc.insert(name, value);
        set("@timestamp", json!(window.end));
        set(
            "event",
            json!({
                "id": id, "kind": "metric", "module": "watchfloor", "dataset": DATASET, "start": window.start, "end": window.end,
                "risk_score_norm": percent,
            }),
        );
        set(
            "host",
            json!({"id": stream.endpoint, "name": stream.endpoint, "os": {"type": platform}}),
        );
        set(
            "message",
            json!(format!(
                "{percent} % an attack: {} events of {} seconds",
                window.events.len(),
                window.end.since(window.start).as_secs()
            )),
        );
        set(
            "inference",
            json!({
                "prediction": if is_attack { "attack" } else { "benign" },
                "attack_prob": self.attack_prob, "confidence": self.attack_prob.max(1.0 - self.attack_prob), "threshold": self.threshold,
                "model": {"name": name, "version": version},
                "graph": {
                    "events": window.events.len(), "nodes": window.graph.nodes(), "edges": window.graph.edges.len(),
                    "merged": window.graph.merged,
                },
            }),
        );
        let mut marks = json!({"schema": SCHEMA_VERSION});
        if window.is_simulated {
            marks["simulated"] = true.into();
        }
        set("watchfloor", marks);
        Event {
            id,
            timestamp: window.end,
            endpoint: stream.endpoint.clone(),
            doc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::{Platform, build},
        window::StreamKey,
    };
    use watchfloor_shared::{EndpointId, TenantId, Timestamp};

    fn window() -> Window {
        Window {
            stream: StreamKey {
                tenant: "acme".parse::<TenantId>().unwrap(),
                endpoint: EndpointId::new("ws-1"),
                platform: Platform::Windows,
            },
            start: Timestamp::from_millis(0),
            end: Timestamp::from_millis(180_000),
            received: Timestamp::from_millis(190_000),
            is_simulated: true,
            events: vec![1, 2, 3],
            graph: build(0, 180_000, Vec::new(), Vec::new()),
        }
    }

    #[test]
    fn a_score_is_an_event_that_search_finds_and_that_says_which_model_gave_it() {
        let window = window();
        let of = |attack_prob, version| {
            Inference {
                window: &window,
                attack_prob,
                threshold: 0.7,
                model: ("windows", version),
            }
            .event()
        };
        let event = of(0.42, "1");
        assert_eq!(Event::from_json(&event.to_json()).unwrap(), event);
        assert_eq!(event.get("event.risk_score_norm"), Some(&42.into()));
        assert_eq!(event.text("inference.prediction"), Some("benign"));
        assert_eq!(of(0.7, "1").text("inference.prediction"), Some("attack"));
        assert!(event.is_simulated());
        assert_eq!(of(0.9, "1").id, event.id, "one window of one model is one document");
        assert_ne!(of(0.42, "2").id, event.id);
    }
}
