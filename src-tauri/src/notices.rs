//! Which alerts the desktop tells of: new ones, of the severities that were chosen, a few at once and the rest as a number.

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};
use watchfloor_shared::{
    AlertId, Timestamp,
    alert::{AlertStatus, AlertSummary, Severity},
};

/// More than these within [`WHILE`] are told together.
const AT_ONCE: usize = 3;
const WHILE: Duration = Duration::from_secs(15);
/// Alerts that are remembered as told or left out.
const REMEMBERED: usize = 8_192;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Alert {
        id: AlertId,
        title: String,
        body: String,
        urgent: bool,
    },
    /// So many more than were told one by one.
    More(u64),
}

/// Decides without a clock: now is an argument.
#[derive(Debug, Default)]
pub struct Notices {
    /// Alerts stored before we began to listen are no news. The server's clock.
    since: Option<Timestamp>,
    known: HashSet<AlertId>,
    order: VecDeque<AlertId>,
    told: VecDeque<Instant>,
    held: u64,
}

impl Notices {
    /// The server's clock when the stream began; the first one counts.
    pub fn begin(&mut self, server_now: Timestamp) {
        self.since.get_or_insert(server_now);
    }

    pub fn on_alert(&mut self, now: Instant, alert: &AlertSummary, chosen: &[Severity]) -> Option<Notice> {
        let is_news = self.since.is_some_and(|since| alert.times.stored >= since);
        if !is_news
            || alert.status != AlertStatus::Open
            || !self.remember(&alert.id)
            || !chosen.contains(&alert.severity)
        {
            return None;
        }
        self.forget(now);
        if self.told.len() >= AT_ONCE {
            self.held += 1;
            return None;
        }
        self.told.push_back(now);
        Some(Notice::Alert {
            id: alert.id.clone(),
            title: title(alert),
            body: plain(&format!("{} · {}", alert.endpoint_id, alert.evidence)),
            urgent: alert.severity == Severity::Critical,
        })
    }

    /// To be called every few seconds: the number of those that were held back.
    pub fn on_tick(&mut self, now: Instant) -> Option<Notice> {
        self.forget(now);
        if self.held == 0 || self.told.len() >= AT_ONCE {
            return None;
        }
        self.told.push_back(now);
        Some(Notice::More(std::mem::take(&mut self.held)))
    }

    fn remember(&mut self, id: &AlertId) -> bool {
        let is_new = self.known.insert(id.clone());
        if is_new {
            self.order.push_back(id.clone());
            if self.order.len() > REMEMBERED
                && let Some(oldest) = self.order.pop_front()
            {
                self.known.remove(&oldest);
            }
        }
        is_new
    }

    fn forget(&mut self, now: Instant) {
        while self
            .told
            .front()
            .is_some_and(|told| now.saturating_duration_since(*told) >= WHILE)
        {
            self.told.pop_front();
        }
    }
}

/// The desktop reads markup in a notification's body; what an attacker named a file is none.
fn plain(body: &str) -> String {
    body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn title(alert: &AlertSummary) -> String {
    let severity = match alert.severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    };
    let simulated = if alert.simulated { " (simulated)" } else { "" };
    format!("{severity}: {}{simulated}", alert.title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchfloor_shared::{
        EndpointId, RuleId,
        alert::{AlertTimes, DetectionSource},
    };

    fn alert(id: &str, severity: Severity, stored: Timestamp) -> AlertSummary {
        AlertSummary {
            id: AlertId::new(id),
            title: "LSASS memory read".to_owned(),
            evidence: "rundll32.exe".to_owned(),
            severity,
            status: AlertStatus::Open,
            source: DetectionSource::Sigma,
            rule_id: RuleId::new("r"),
            endpoint_id: EndpointId::new("ws-1"),
            user: None,
            process_name: None,
            count: 1,
            first_seen: stored,
            last_seen: stored,
            techniques: Vec::new(),
            related_endpoints: Vec::new(),
            assignee: None,
            verdict: None,
            simulated: false,
            times: AlertTimes {
                observed: stored,
                received: stored,
                detected: stored,
                stored,
                shown: None,
            },
            version: 1,
        }
    }

    const CHOSEN: [Severity; 2] = [Severity::High, Severity::Critical];

    #[test]
    fn only_news_of_the_chosen_severities_is_told_and_once() {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let later = start.saturating_add(Duration::from_secs(1));
        let mut notices = Notices::default();
        let now = Instant::now();
        let high = alert("a", Severity::High, later);
        assert_eq!(
            notices.on_alert(now, &high, &CHOSEN),
            None,
            "nobody knows yet what is new"
        );
        let mut notices = Notices::default();
        notices.begin(start);
        let told = notices.on_alert(now, &high, &CHOSEN);
        assert!(
            matches!(told, Some(Notice::Alert { ref id, .. }) if id.as_str() == "a"),
            "{told:?}"
        );
        assert_eq!(notices.on_alert(now, &high, &CHOSEN), None, "it only changed");
        assert_eq!(
            notices.on_alert(now, &alert("b", Severity::Medium, later), &CHOSEN),
            None
        );
        let old = alert("c", Severity::Critical, start.saturating_sub(Duration::from_secs(1)));
        assert_eq!(notices.on_alert(now, &old, &CHOSEN), None);
        let mut closed = alert("d", Severity::Critical, later);
        closed.status = AlertStatus::Resolved;
        assert_eq!(notices.on_alert(now, &closed, &CHOSEN), None);
    }

    #[test]
    fn what_an_attacker_named_is_no_markup() {
        assert_eq!(plain("<a href='x'>&"), "&lt;a href='x'&gt;&amp;");
    }

    #[test]
    fn a_flood_is_a_few_and_a_number() {
        let start: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let mut notices = Notices::default();
        notices.begin(start);
        let now = Instant::now();
        let told = (0..500).filter(|n| {
            notices
                .on_alert(now, &alert(&format!("{n}"), Severity::High, start), &CHOSEN)
                .is_some()
        });
        assert_eq!(told.count(), AT_ONCE);
        assert_eq!(notices.on_tick(now), None);
        let later = now + WHILE;
        assert_eq!(notices.on_tick(later), Some(Notice::More(500 - AT_ONCE as u64)));
        assert_eq!(notices.on_tick(later), None);
    }
}
