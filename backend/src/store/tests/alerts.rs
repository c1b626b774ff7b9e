//! Alerts from detections, and what people do to them.

use super::{acme, at, database, detection, record};
use crate::store::{
    Database, Window,
    alerts::{self, ChangeError, Outcome},
    endpoints::{self, EndpointSighting, EndpointSort},
};
use watchfloor_shared::{
    AlertId, EndpointId,
    alert::{AlertChange, AlertFilter, AlertSort, AlertStatus, AnalystVerdict, HistoryAction, Severity},
};

fn to(status: AlertStatus) -> AlertChange {
    AlertChange {
        status: Some(status),
        ..AlertChange::default()
    }
}

async fn all(db: &Database, filter: &AlertFilter) -> Vec<watchfloor_shared::alert::AlertSummary> {
    let mut tx = acme(db).await;
    alerts::list(&mut tx, filter, AlertSort::Oldest, &Window::first(500))
        .await
        .unwrap()
        .items
}

#[tokio::test]
async fn detections_fold_correlate_and_repeat_without_effect() {
    let db = database!();
    let mut worse = detection("r", "a", 2, 10);
    worse.severity = Severity::Critical;
    worse.contributing = vec![watchfloor_shared::EventId::new("earlier")];
    let batch = [
        detection("r", "a", 1, 0),
        worse,
        detection("r", "b", 3, 55),
        detection("r", "c", 4, 200),
    ];
    let recorded = record(&db, &batch).await;
    assert_eq!(recorded.changed.len(), 3);
    assert!(
        matches!(&recorded.outcomes[1], Outcome::Folded(id) if Outcome::Raised(id.clone()) == recorded.outcomes[0])
    );
    let again = record(&db, &batch).await;
    assert_eq!(again.outcomes, vec![Outcome::AlreadyRecorded; 4]);
    assert_eq!(again.changed, Vec::new());

    let listed = all(&db, &AlertFilter::default()).await;
    let seen: Vec<_> = listed
        .iter()
        .map(|a| (a.endpoint_id.as_str(), a.count, a.severity))
        .collect();
    assert_eq!(
        seen,
        [
            ("a", 2, Severity::Critical),
            ("b", 1, Severity::High),
            ("c", 1, Severity::High)
        ]
    );
    assert_eq!(listed[0].related_endpoints, [EndpointId::new("b")]);
    assert_eq!(listed[1].related_endpoints, [EndpointId::new("a")]);
    assert_eq!(listed[2].related_endpoints, []);
    assert_eq!((listed[0].first_seen, listed[0].last_seen), (at(0), at(10)));

    let mut tx = acme(&db).await;
    let detail = alerts::get(&mut tx, &listed[0].id).await.unwrap().unwrap();
    assert_eq!(detail.summary, listed[0]);
    assert_eq!(detail.matched, batch[0].matched);
    assert_eq!(detail.rule, batch[0].rule);
    assert_eq!(detail.events.len(), 3, "both events and the contributing one");
    assert_eq!(detail.related[0].shared, ["same rule", "same technique"]);
    let told: Vec<_> = detail
        .history
        .iter()
        .map(|h| (h.action.clone(), h.to.clone()))
        .collect();
    assert_eq!(
        told,
        [
            (HistoryAction::Folded, Some("1".into())),
            (HistoryAction::Raised, Some("open".into()))
        ]
    );
    assert_eq!(crate::store::rules::hits(&mut tx).await.unwrap()[0].1, 3);
}

#[tokio::test]
async fn a_closed_alert_takes_no_more() {
    let db = database!();
    let first = record(&db, &[detection("r", "a", 1, 0)]).await.changed[0]
        .summary
        .id
        .clone();
    let mut tx = acme(&db).await;
    alerts::change(&mut tx, &first, None, &to(AlertStatus::Resolved), "Ada", at(5))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let recorded = record(&db, &[detection("r", "a", 1, 0), detection("r", "a", 2, 10)]).await;
    assert_eq!(recorded.outcomes[0], Outcome::AlreadyRecorded);
    assert!(matches!(&recorded.outcomes[1], Outcome::Raised(id) if *id != first));
}

#[tokio::test]
async fn hostile_text_is_stored_and_told() {
    let db = database!();
    let mut hostile = detection("r\0", "ho\0st'; DROP TABLE alerts; --", 1, 0);
    hostile.evidence = "a\0b \\u0000 \u{1F600} %_".to_owned();
    hostile.matched[0].value = "\0\0".to_owned();
    let id = record(&db, std::slice::from_ref(&hostile)).await.changed[0]
        .summary
        .id
        .clone();
    assert_eq!(record(&db, &[hostile]).await.outcomes, [Outcome::AlreadyRecorded]);
    let mut tx = acme(&db).await;
    let detail = alerts::get(&mut tx, &id).await.unwrap().unwrap();
    assert_eq!(detail.summary.evidence, "a\u{2400}b \\u0000 \u{1F600} %_");
    assert_eq!(detail.matched[0].value, "\u{2400}\u{2400}");
    for q in ["a\0b", "%_", "' OR true --"] {
        let filter = AlertFilter {
            q: Some(q.to_owned()),
            user: vec!["\0".to_owned()],
            ..AlertFilter::default()
        };
        alerts::list(&mut tx, &filter, AlertSort::Newest, &Window::default())
            .await
            .unwrap();
        alerts::facets(&mut tx, &filter).await.unwrap();
    }
    assert!(alerts::get(&mut tx, &AlertId::new("\0")).await.unwrap().is_none());
}

#[tokio::test]
async fn changes_follow_the_rules_and_can_be_taken_back() {
    let db = database!();
    let raised = record(&db, &[detection("r", "a", 1, 0)]).await.changed[0].clone();
    let (id, version) = (raised.summary.id.clone(), raised.summary.version);
    let mut tx = acme(&db).await;
    let mine = AlertChange {
        assignee: Some("Ada".into()),
        ..to(AlertStatus::Acknowledged)
    };
    let changed = alerts::change(&mut tx, &id, Some(version), &mine, "Ada", at(10))
        .await
        .unwrap();
    assert_eq!((changed.seq, changed.summary.version), (raised.seq + 1, version + 1));

    let late = alerts::change(&mut tx, &id, Some(version), &to(AlertStatus::Resolved), "Bo", at(11)).await;
    assert!(matches!(late, Err(ChangeError::VersionConflict { current }) if current == version + 1));
    let wrong = to(AlertStatus::FalsePositive);
    let refused = alerts::change(&mut tx, &id, None, &wrong, "Ada", at(12)).await;
    assert!(matches!(refused, Err(ChangeError::NoteRequired)));
    let long = AlertChange {
        note: Some("x".repeat(4_001)),
        ..wrong.clone()
    };
    assert!(matches!(
        alerts::change(&mut tx, &id, None, &long, "Ada", at(12)).await,
        Err(ChangeError::NoteTooLong)
    ));
    let same = to(AlertStatus::Acknowledged);
    assert!(matches!(
        alerts::change(&mut tx, &id, None, &same, "Ada", at(12)).await,
        Err(ChangeError::NothingToChange)
    ));
    let why = AlertChange {
        note: Some("a scanner".into()),
        ..wrong
    };
    let closed = alerts::change(&mut tx, &id, None, &why, "Ada", at(13))
        .await
        .unwrap()
        .summary;
    assert_eq!(
        (closed.status, closed.verdict),
        (AlertStatus::FalsePositive, Some(AnalystVerdict::FalsePositive))
    );
    let illegal = alerts::change(&mut tx, &id, None, &to(AlertStatus::Acknowledged), "Ada", at(14)).await;
    assert!(matches!(
        illegal,
        Err(ChangeError::Illegal {
            from: AlertStatus::FalsePositive,
            ..
        })
    ));

    take_back(&mut tx, &id, closed.version).await;
}

/// Ada acknowledged the alert, then closed it.
async fn take_back(tx: &mut crate::store::TenantTx, id: &AlertId, version: i64) {
    assert!(matches!(
        alerts::undo(tx, id, None, "Bo", at(15)).await,
        Err(ChangeError::NothingToUndo)
    ));
    let back = alerts::undo(tx, id, Some(version), "Ada", at(16))
        .await
        .unwrap()
        .summary;
    assert_eq!(
        (back.status, back.verdict, back.assignee.as_deref()),
        (AlertStatus::Acknowledged, None, Some("Ada"))
    );
    let further = alerts::undo(tx, id, None, "Ada", at(17)).await.unwrap().summary;
    assert_eq!((further.status, further.assignee), (AlertStatus::Open, None));
    assert!(matches!(
        alerts::undo(tx, id, None, "Ada", at(18)).await,
        Err(ChangeError::NothingToUndo)
    ));

    let history = alerts::get(tx, id).await.unwrap().unwrap().history;
    let told: Vec<_> = history
        .iter()
        .map(|h| (h.action.clone(), h.to.as_deref(), h.note.as_deref()))
        .collect();
    let person = |action, to, note| (action, Some(to), note);
    assert_eq!(told[0], person(HistoryAction::Undone, "open", None));
    assert_eq!(
        told[2],
        person(HistoryAction::StatusChanged, "false_positive", Some("a scanner"))
    );
    assert!(told.contains(&person(HistoryAction::Assigned, "Ada", None)));
    assert!(matches!(
        alerts::undo(tx, &AlertId::new("no"), None, "Ada", at(1)).await,
        Err(ChangeError::NotFound)
    ));
}

#[tokio::test]
async fn folding_meanwhile_is_no_conflict() {
    let db = database!();
    let raised = record(&db, &[detection("r", "a", 1, 0)]).await.changed[0]
        .summary
        .clone();
    record(&db, &[detection("r", "a", 2, 1)]).await;
    let mut tx = acme(&db).await;
    let acknowledge = to(AlertStatus::Acknowledged);
    let changed = alerts::change(&mut tx, &raised.id, Some(raised.version), &acknowledge, "Ada", at(2))
        .await
        .unwrap();
    assert_eq!((changed.summary.count, changed.summary.version), (2, 3));
}

#[tokio::test]
async fn changes_are_numbered_in_commit_order_and_shown_once() {
    let db = database!();
    let one = record(&db, &[detection("r", "a", 1, 0), detection("r", "z", 2, 5_000)]).await;
    let two = record(&db, &[detection("r", "a", 3, 1)]).await;
    let mut tx = acme(&db).await;
    assert_eq!(alerts::last_change(&mut tx).await.unwrap(), 3);
    let since = alerts::changed_since(&mut tx, 1, 10).await.unwrap();
    assert_eq!(since.iter().map(|c| c.seq).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(since[1], two.changed[0]);
    let ids: Vec<AlertId> = one.changed.iter().map(|c| c.summary.id.clone()).collect();
    let shown = alerts::mark_shown(&mut tx, &ids, at(9)).await.unwrap();
    assert_eq!(shown.len(), 2);
    assert!(shown.contains(&(ids[0].clone(), one.changed[0].summary.times.received)));
    assert_eq!(alerts::mark_shown(&mut tx, &ids, at(10)).await.unwrap(), []);
    let other = db.tenant(&crate::store::testing::tenant_id("beta")).await;
    assert_eq!(alerts::mark_shown(&mut other.unwrap(), &ids, at(10)).await.unwrap(), []);
}

#[tokio::test]
async fn pages_lose_and_repeat_nothing_and_facets_agree_with_the_list() {
    let db = database!();
    let made = |n: u64| {
        let mut d = detection(&format!("r{}", n % 3), &format!("h{}", n % 7), n, (n as i64 / 4) * 400);
        d.severity = Severity::ALL[(n % 4) as usize];
        d
    };
    record(&db, &(0..60).map(made).collect::<Vec<_>>()).await;
    let total = all(&db, &AlertFilter::default()).await.len();
    for sort in [AlertSort::Severity, AlertSort::Newest, AlertSort::Oldest] {
        let mut tx = acme(&db).await;
        let whole = alerts::list(&mut tx, &AlertFilter::default(), sort, &Window::first(500))
            .await
            .unwrap();
        let (mut paged, mut window) = (Vec::new(), Window::first(7));
        loop {
            let page = alerts::list(&mut tx, &AlertFilter::default(), sort, &window)
                .await
                .unwrap();
            assert_eq!(page.total as usize, total);
            paged.extend(page.items);
            match page.next {
                Some(cursor) => window.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(paged, whole.items, "{sort:?}");
        let jump = Window {
            offset: Some(20),
            ..Window::first(5)
        };
        let jumped = alerts::list(&mut tx, &AlertFilter::default(), sort, &jump)
            .await
            .unwrap();
        assert_eq!(jumped.items, whole.items[20..25]);
    }
    facets_agree(&db).await;
}

async fn facets_agree(db: &Database) {
    let mut tx = acme(db).await;
    let filter = AlertFilter {
        severity: vec![Severity::High, Severity::Low],
        endpoint: vec!["h1".to_owned(), "h2".to_owned()],
        from: Some(at(400)),
        q: Some("TITLE r".to_owned()),
        ..AlertFilter::default()
    };
    let facets = alerts::facets(&mut tx, &filter).await.unwrap();
    let count = async |tx: &mut _, filter: AlertFilter| {
        alerts::list(tx, &filter, AlertSort::Newest, &Window::first(1))
            .await
            .unwrap()
            .total
    };
    assert_eq!(facets.matching, count(&mut tx, filter.clone()).await);
    for facet in &facets.severity {
        let only = AlertFilter {
            severity: Severity::parse(&facet.value).into_iter().collect(),
            ..filter.clone()
        };
        assert_eq!(facet.count, count(&mut tx, only).await, "{}", facet.value);
    }
    for facet in &facets.endpoint {
        let only = AlertFilter {
            endpoint: vec![facet.value.clone()],
            ..filter.clone()
        };
        assert_eq!(facet.count, count(&mut tx, only).await, "{}", facet.value);
    }
    let histogram = alerts::histogram(&mut tx, &filter, 60_000).await.unwrap();
    let sum: i64 = histogram
        .buckets
        .iter()
        .map(|b| b.low + b.medium + b.high + b.critical)
        .sum();
    assert_eq!(sum, facets.matching);
}

#[tokio::test]
async fn facets_follow_changes_and_keep_nothing_of_what_was_rolled_back() {
    let db = database!();
    let id = record(&db, &[detection("r", "a", 1, 0)]).await.changed[0]
        .summary
        .id
        .clone();
    let open = async || {
        alerts::facets(&mut acme(&db).await, &AlertFilter::default())
            .await
            .unwrap()
            .open
    };
    assert_eq!(open().await, 1);
    let mut tx = acme(&db).await;
    alerts::change(&mut tx, &id, None, &to(AlertStatus::Resolved), "Ada", at(1))
        .await
        .unwrap();
    assert_eq!(
        alerts::facets(&mut tx, &AlertFilter::default()).await.unwrap().open,
        0,
        "its own view"
    );
    drop(tx);
    assert_eq!(open().await, 1, "rolled back");
    let mut tx = acme(&db).await;
    alerts::change(&mut tx, &id, None, &to(AlertStatus::Acknowledged), "Ada", at(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(open().await, 0, "committed");
}

#[tokio::test]
async fn endpoints_gather_what_they_say_and_their_risk() {
    let db = database!();
    let sighting = |id: &str, address: &str, second: i64, simulated| EndpointSighting {
        id: EndpointId::new(id),
        name: id.to_uppercase(),
        platform: "windows".to_owned(),
        addresses: vec![address.to_owned()],
        first_seen: at(second),
        last_seen: at(second + 1),
        simulated,
    };
    record(&db, &[detection("r", "ws-2", 1, 0)]).await;
    let mut tx = acme(&db).await;
    let batch = [
        sighting("ws-1", "10.0.0.1", 5, true),
        sighting("ws-2", "10.0.0.2", 7, true),
    ];
    endpoints::upsert(&mut tx, &batch).await.unwrap();
    endpoints::upsert(&mut tx, &[sighting("ws-1", "10.0.0.9", 3, false), batch[0].clone()])
        .await
        .unwrap();
    let one = endpoints::get(&mut tx, &EndpointId::new("ws-1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(one.addresses, ["10.0.0.1", "10.0.0.9"]);
    assert_eq!(
        (one.first_seen, one.last_seen, one.simulated, one.risk),
        (at(3), at(6), false, 0)
    );
    let by = async |tx: &mut _, query: Option<&str>, sort| -> Vec<String> {
        let page = endpoints::list(tx, query, sort, &Window::default()).await.unwrap();
        page.items
            .into_iter()
            .map(|e| format!("{} {} {:?}", e.id, e.risk, e.risk_because))
            .collect()
    };
    let ranked = by(&mut tx, None, EndpointSort::Risk).await;
    assert_eq!(ranked, ["ws-2 35 [\"1 high alert\"]", "ws-1 0 []"]);
    assert_eq!(by(&mut tx, Some("10.0.0.9"), EndpointSort::Name).await, ["ws-1 0 []"]);
    assert_eq!(by(&mut tx, Some("WS-"), EndpointSort::LastSeen).await.len(), 2);
    let first = endpoints::list(&mut tx, None, EndpointSort::Risk, &Window::first(1))
        .await
        .unwrap();
    let rest = Window {
        cursor: first.next,
        ..Window::first(1)
    };
    let second = endpoints::list(&mut tx, None, EndpointSort::Risk, &rest).await.unwrap();
    assert_eq!(
        (second.items[0].id.as_str(), second.next, second.total),
        ("ws-1", None, 2)
    );
}
