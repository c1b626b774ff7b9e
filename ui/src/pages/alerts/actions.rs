//! What a person does to alerts: shown at once, confirmed by the server, taken back visibly where it is refused.

use super::{list::AlertList, text};
use crate::{
    api::{self, Fault},
    components::{toast::Toasts, use_toasts},
    state::{Session, use_session},
};
use leptos::{prelude::*, task::spawn_local};
use std::{collections::HashMap, sync::Arc};
use watchfloor_shared::{
    AlertId,
    alert::{AlertChange, AlertStatus, AlertSummary, AnalystVerdict, BulkAction, BulkResult, Refusal},
    identity::Permission,
    problem::ErrorCode,
};

/// What the server takes in one call.
const BULK_MAX: usize = 1_000;

#[derive(Clone, Copy)]
pub struct Actions {
    list: AlertList,
    session: Session,
    toasts: Toasts,
    /// Alerts that wait for the note which a false positive needs.
    pub noting: RwSignal<Option<Vec<Arc<AlertSummary>>>>,
    /// Grows with each confirmed change, so that an open inspector looks again.
    pub changes: RwSignal<u32>,
}

pub fn provide_actions(list: AlertList) -> Actions {
    let actions = Actions {
        list,
        session: use_session(),
        toasts: use_toasts(),
        noting: RwSignal::new(None),
        changes: RwSignal::new(0),
    };
    provide_context(actions);
    actions
}

impl Actions {
    /// The selection, or else the current row.
    pub fn targets(self) -> Vec<Arc<AlertSummary>> {
        let checked: Vec<AlertId> = self.list.checked.with_untracked(|c| c.iter().cloned().collect());
        if checked.is_empty() {
            return untrack(|| self.list.current_alert()).into_iter().collect();
        }
        checked
            .iter()
            .filter_map(|id| untrack(|| self.list.known(id)))
            .collect()
    }
    pub fn set_status(self, status: AlertStatus, targets: Vec<Arc<AlertSummary>>) {
        if targets.is_empty() {
            return;
        }
        if status == AlertStatus::FalsePositive {
            self.noting.set(Some(targets));
            return;
        }
        let mut change = AlertChange {
            status: Some(status),
            ..AlertChange::default()
        };
        if status == AlertStatus::Investigating {
            change.assignee = self
                .session
                .me
                .with_untracked(|me| me.as_ref().map(|me| me.name.clone()));
        }
        self.change(change, targets, text::past(status));
    }
    pub fn mark_false_positive(self, note: String, targets: Vec<Arc<AlertSummary>>) {
        let change = AlertChange {
            status: Some(AlertStatus::FalsePositive),
            verdict: Some(AnalystVerdict::FalsePositive),
            note: Some(note),
            ..AlertChange::default()
        };
        self.change(change, targets, text::past(AlertStatus::FalsePositive));
    }
    pub fn take_it(self, targets: Vec<Arc<AlertSummary>>) {
        let name = self
            .session
            .me
            .with_untracked(|me| me.as_ref().map(|me| me.name.clone()));
        let change = AlertChange {
            assignee: name,
            ..AlertChange::default()
        };
        self.change(change, targets, "assigned to you");
    }
    fn change(self, change: AlertChange, targets: Vec<Arc<AlertSummary>>, what: &'static str) {
        if targets.is_empty() {
            return;
        }
        if !untrack(|| self.session.may(Permission::ChangeAlerts)) {
            self.toasts.fault("Your role may look at alerts, not change them");
            return;
        }
        for target in &targets {
            self.list.force(Arc::new(ahead(target, &change)));
        }
        self.list.checked.update(|c| c.clear());
        spawn_local(async move {
            let before: HashMap<AlertId, Arc<AlertSummary>> =
                targets.iter().map(|t| (t.id.clone(), Arc::clone(t))).collect();
            let result = send(&targets, change).await;
            self.settle(result, before, what, true);
        });
    }
    /// Confirms what was done, takes back what was not, and says both.
    fn settle(
        self,
        result: Result<BulkResult, Fault>,
        before: HashMap<AlertId, Arc<AlertSummary>>,
        what: &'static str,
        undoable: bool,
    ) {
        let asked = before.len();
        let result = result.unwrap_or_else(|fault| refuse_all(before.keys(), &fault));
        let done: Vec<Arc<AlertSummary>> = result.done.iter().cloned().map(Arc::new).collect();
        // The answer may come after the page was left; what was done is still said, and can still be undone.
        if !self.list.is_gone() {
            for alert in result.refused.iter().filter_map(|refusal| before.get(&refusal.id)) {
                self.list.force(Arc::clone(alert));
            }
            for alert in result.done {
                self.list.take(alert);
            }
            self.changes.update(|n| *n = n.wrapping_add(1));
            self.list.count_again();
        }
        let why = result.refused.first().map(|r| r.reason.as_str());
        let words = text::outcome(done.len(), asked, what, why);
        match (done.is_empty(), undoable, why.is_some()) {
            (true, ..) => self.toasts.fault(words),
            (false, true, false) => self.toasts.done(words, move || self.undo(done.clone())),
            (false, true, true) => self.toasts.partly(words, move || self.undo(done.clone())),
            (false, false, false) => self.toasts.say(words),
            (false, false, true) => self.toasts.fault(words),
        }
    }
    fn undo(self, targets: Vec<Arc<AlertSummary>>) {
        spawn_local(async move {
            let before = targets.iter().map(|t| (t.id.clone(), Arc::clone(t))).collect();
            let ids = targets.iter().map(|t| t.id.clone()).collect();
            self.settle(bulk(ids, BulkAction::Undo).await, before, "as before", false);
        });
    }
}

/// What the alert will be if the server agrees.
fn ahead(alert: &AlertSummary, change: &AlertChange) -> AlertSummary {
    let mut alert = alert.clone();
    if let Some(status) = change.status {
        alert.status = status;
    }
    if let Some(assignee) = &change.assignee {
        alert.assignee = Some(assignee.clone()).filter(|name| !name.is_empty());
    }
    if change.verdict.is_some() {
        alert.verdict = change.verdict;
    }
    alert
}

fn refuse_all<'a>(ids: impl Iterator<Item = &'a AlertId>, fault: &Fault) -> BulkResult {
    let reason = fault.sentence();
    let refused = ids
        .map(|id| Refusal {
            id: id.clone(),
            reason: reason.clone(),
        })
        .collect();
    BulkResult {
        done: Vec::new(),
        refused,
    }
}

/// One alert goes with its version, so that nobody's work is overwritten; many go each on its own.
async fn send(targets: &[Arc<AlertSummary>], change: AlertChange) -> Result<BulkResult, Fault> {
    if let [alert] = targets {
        return change_one(alert, &change).await.map(|done| BulkResult {
            done: vec![done],
            refused: Vec::new(),
        });
    }
    bulk(
        targets.iter().map(|t| t.id.clone()).collect(),
        BulkAction::Change(change),
    )
    .await
}

async fn change_one(alert: &AlertSummary, change: &AlertChange) -> Result<AlertSummary, Fault> {
    let first = api::alerts::change(&alert.id, change, Some(alert.version)).await;
    let Err(fault) = first else { return first };
    if fault.code() != Some(ErrorCode::PreconditionFailed) {
        return Err(fault);
    }
    // Another detection that joined the alert is no reason to refuse what a person decided.
    let now = api::alerts::get(&alert.id).await?.summary;
    let same = now.status == alert.status && now.assignee == alert.assignee && now.verdict == alert.verdict;
    if same {
        api::alerts::change(&alert.id, change, Some(now.version)).await
    } else {
        Err(fault)
    }
}

async fn bulk(ids: Vec<AlertId>, action: BulkAction) -> Result<BulkResult, Fault> {
    let mut all = BulkResult {
        done: Vec::new(),
        refused: Vec::new(),
    };
    for part in ids.chunks(BULK_MAX) {
        match api::alerts::bulk(part.to_vec(), action.clone()).await {
            Ok(result) => {
                all.done.extend(result.done);
                all.refused.extend(result.refused);
            }
            Err(fault) => all.refused.extend(refuse_all(part.iter(), &fault).refused),
        }
    }
    Ok(all)
}
